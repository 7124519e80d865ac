"""Middleware that tells the operator of a reverse proxy that is not named in the settings."""

import ipaddress
import logging

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

_log = logging.getLogger(__name__)


class ProxyHintMiddleware:
    """
    Log once that a proxy is not trusted: all of its visitors share the rate limits of one address.

    Parameters
    ----------
    app : ASGIApp
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._is_logged = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and not self._is_logged and (proxy := _find_untrusted_proxy(scope)):
            self._is_logged = True
            _log.warning(
                "%s sends X-Forwarded-For, but serve.trusted_proxy does not name it: its visitors share the rate "
                "limits of one address; if it is your reverse proxy, add it to serve.trusted_proxy",
                proxy,
            )
        await self._app(scope, receive, send)


def _find_untrusted_proxy(scope: Scope) -> str:
    """Return the private address that a request with X-Forwarded-For came from; empty for others, who may forge it."""
    forwarded_for = Headers(scope=scope).get("x-forwarded-for")
    host = scope["client"][0] if scope.get("client") else ""
    # With a trusted proxy the address of the request is one of the header.
    if forwarded_for is None or host in forwarded_for:
        return ""
    try:
        return host if ipaddress.ip_address(host).is_private else ""
    except ValueError:
        return ""
