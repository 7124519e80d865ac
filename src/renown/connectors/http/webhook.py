"""
Send webhooks: one signed POST to a URL that a person or an application chose.

References
----------
standardwebhooks.com: headers `webhook-id`, `webhook-timestamp` and `webhook-signature` (HMAC-SHA-256).
"""

import base64
import hmac
import time
from collections.abc import Callable

import httpcore2
import httpx2

from renown import __version__
from renown.connectors.http.ssrf import INTERNET, SsrfGuardBackend, Transport
from renown.connectors.http.urls import Server, origin
from renown.errors import InvalidSettingsError, NetworkRefusedError, NetworkUnavailableError

_TIMEOUT = 10.0
"""Seconds for the whole request."""
_SECRET_PREFIX = "whsec_"  # noqa: S105 - the form of the specification, no secret


def check_webhook_url(url: str, *, allow_private: bool = False) -> str:
    """
    Check that a URL can receive webhooks.

    Parameters
    ----------
    url : str
    allow_private : bool
        Whether the settings allow servers of one's own, also without encryption.

    Raises
    ------
    InvalidSettingsError
        If it is no URL, has a password, or is not encrypted.
    """
    parsed = Server(url.partition("?")[0]).url()
    if parsed.scheme != "https" and not allow_private:
        raise InvalidSettingsError("webhooks are sent encrypted only; give a URL that begins with https://")
    return url


def format_secret(secret: str) -> str:
    """Return the secret in the form in which libraries for webhooks expect it."""
    return _SECRET_PREFIX + base64.b64encode(secret.encode()).decode()


def sign_webhook(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """
    Return the signature header of a webhook.

    Examples
    --------
    >>> sign_webhook("s", "m1", 1700000000, b"{}")
    'v1,IWLSqW+K/RJL2X9kz0MRSUoH8fyegI0fpgcY5JjcOjo='
    """
    content = f"{message_id}.{timestamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(secret.encode(), content, 'sha256')).decode()}"


def send_webhook(
    url: str,
    secret: str,
    message_id: str,
    body: bytes,
    *,
    allow_private: bool = False,
    transport: Transport = INTERNET,
    clock: Callable[[], float] = time.time,
) -> None:
    """
    Send one webhook: no redirects, and no retry, which is up to the queue.

    Parameters
    ----------
    url : str
    secret : str
        Signs the message.
    message_id : str
        The same for each attempt, so that receivers can ignore repeated ones.
    body : bytes
        JSON.
    allow_private : bool
        Whether the receiver may have an address that is not public.
    transport : Transport
    clock : callable
        Returns seconds since 1970.

    Raises
    ------
    NetworkUnavailableError
        If it was not accepted; it may be later.
    NetworkRefusedError
        If the address is not public, or the receiver wants no more (410).
    """
    target = httpx2.URL(url)
    started_at, timestamp = time.monotonic(), int(clock())
    backend = SsrfGuardBackend(
        origin(target)[1:],
        lambda: _TIMEOUT - (time.monotonic() - started_at),
        transport,
        allow_private=allow_private,
    )
    headers: dict[bytes | str, bytes | str] = {
        "Host": target.netloc.decode("ascii"),
        "User-Agent": f"renown/{__version__}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign_webhook(secret, message_id, timestamp, body),
    }
    timeouts = dict.fromkeys(("connect", "read", "write", "pool"), _TIMEOUT)
    try:
        with (
            httpcore2.ConnectionPool(network_backend=backend) as pool,
            pool.stream("POST", url, headers=headers, content=body, extensions={"timeout": timeouts}) as response,
        ):
            status = response.status
    except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError, OSError) as error:
        raise NetworkUnavailableError(f"{target.host} did not answer: {type(error).__name__}") from error
    if status == httpx2.codes.GONE:
        raise NetworkRefusedError(f"{target.host} wants no more webhooks (410)")
    if not httpx2.codes.is_success(status):
        raise NetworkUnavailableError(f"{target.host} answered {status}; webhooks are accepted with 200 to 299")
