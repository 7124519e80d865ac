"""Fetch the picture of an account: one conditional request to whatever server its profile names, within limits."""

from typing import TYPE_CHECKING

import httpx2

from renown.connectors.http import WebPage
from renown.connectors.http.urls import is_fetchable, origin
from renown.errors import NetworkRefusedError

if TYPE_CHECKING:
    from renown.connectors.http import Client, HttpResult

PICTURE_TYPES = ("image/webp", "image/png", "image/jpeg", "image/gif")
"""Media types that are read; SVG is not, since it is a program."""
MAX_URL_LENGTH = 2048
_MAX_BYTES = 5_000_000
_SECONDS = 10.0
"""For the whole request, with redirects."""


def resolve_picture_url(client: "Client", url: str) -> str:
    """
    Return the absolute URL of a picture, which may be relative to that of the API.

    Raises
    ------
    NetworkRefusedError
        If it is not an http or https URL, has a password, or is too long.
    """
    try:
        resolved = httpx2.URL(client.base_url).join(url.strip())
    except (httpx2.InvalidURL, UnicodeError):
        resolved = httpx2.URL()
    if not is_fetchable(resolved) or len(str(resolved)) > MAX_URL_LENGTH:
        raise NetworkRefusedError("the address of the picture is not an http or https URL without a password")
    return str(resolved.copy_with(fragment=None))


def fetch_picture(client: "Client", url: str, *, validator: str = "") -> "HttpResult":
    """
    Fetch a picture, without a token and without retry.

    Parameters
    ----------
    client : Client
        Of the account's server: the request counts for its budget. A private address is allowed only there.
    url : str
        As `resolve_picture_url` returns it.
    validator : str
        `HttpResult.validator` of the response that had the picture before.

    Returns
    -------
    HttpResult
        Its body is a `WebPage`, unless the picture did not change.

    Raises
    ------
    NetworkUnavailableError
        If it cannot be read now.
    NetworkRefusedError
        If it cannot be read at all, is too large, or no picture.
    BudgetExceededError
        If the budget has no page or time left.
    """
    target, api_url = httpx2.URL(url), httpx2.URL(client.base_url)
    base_url = client.base_url if origin(target) == origin(api_url) else str(target.copy_with(raw_path=b"/"))
    with client.open_client(base_url, seconds=_SECONDS, max_bytes=_MAX_BYTES, max_attempts=1) as picture_client:
        result = picture_client.get(
            url, response_type=WebPage, headers={"Accept": ", ".join(PICTURE_TYPES)}, validator=validator
        )
    if not result.not_modified and result.body.media_type not in PICTURE_TYPES:
        raise NetworkRefusedError(
            f"{target.host} answered with {result.body.media_type[:80]!r}, not a picture of {', '.join(PICTURE_TYPES)}"
        )
    return result
