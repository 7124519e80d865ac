"""ASGI middleware: authentication, rate limits, ETags, JSONP."""
