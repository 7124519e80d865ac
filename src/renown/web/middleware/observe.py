"""Middleware that observes requests: metrics by route and status, request ids, an access log without personal data."""

import json
import logging
import re
import secrets
import time
from datetime import UTC, datetime
from http import HTTPMethod

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ACCESS_LOG = "renown.access"
"""Name of the logger of requests."""
_log = logging.getLogger(ACCESS_LOG)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_UNKNOWN_ROUTE = "none"


class RequestMetrics:
    """Counters of requests by method, route and status, and latencies by route."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "renown_http_requests",
            "Requests by method, route and status.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "renown_http_request_seconds",
            "Seconds until the response was sent, by route.",
            ("route",),
            buckets=_BUCKETS,
            registry=registry,
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(route).observe(seconds)


class ObserveMiddleware:
    """
    Count each request, give it an id, and log it if the access log is switched on.

    The log has neither addresses, paths nor queries: paths have names, and addresses are personal data, too.

    Parameters
    ----------
    app : ASGIApp
    metrics : RequestMetrics
    has_access_log : bool
    """

    def __init__(self, app: ASGIApp, metrics: RequestMetrics, *, has_access_log: bool) -> None:
        self._app, self._metrics, self._has_access_log = app, metrics, has_access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and observe its response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_at, request_id = time.perf_counter(), _choose_request_id(Headers(scope=scope))
        status, size = 500, 0

        async def send_with_id(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            seconds = time.perf_counter() - started_at
            endpoint = scope.get("endpoint")
            route = getattr(endpoint, "__name__", _UNKNOWN_ROUTE) if endpoint else _UNKNOWN_ROUTE
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.observe(method, route, status, seconds)
            if self._has_access_log:
                line = {
                    "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                    "id": request_id,
                    "method": method,
                    "route": route,
                    "status": status,
                    "bytes": size,
                    "ms": round(seconds * 1_000, 1),
                }
                _log.info(json.dumps(line))


_METHODS = frozenset(HTTPMethod)
"""Methods that are counted by name: the standard ones; clients can invent others."""


def _choose_request_id(headers: Headers) -> str:
    """Return the id that a reverse proxy gave the request, or a new one."""
    request_id = headers.get("x-request-id", "")
    return request_id if _REQUEST_ID.fullmatch(request_id) else secrets.token_hex(8)
