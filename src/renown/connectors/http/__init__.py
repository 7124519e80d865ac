"""HTTP: the client that all connectors use, with a request budget, rate limits, retry and SSRF protection."""

import lazy_loader

# What connectors say of their network needs no HTTP library; `__init__.pyi` says where each name is.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
