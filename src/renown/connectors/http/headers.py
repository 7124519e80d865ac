"""Response headers: pagination links, Retry-After and rate limits."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

MAX_WAIT_SECONDS = 86_400.0
"""Seconds; longer waits are cut to this. The longest rate limit window of all networks, X's, is a day."""
_EPOCH_THRESHOLD = 1_000_000_000
"""Epoch second (2001); a smaller reset value is relative to now, as in draft-ietf-httpapi-ratelimit-headers-02."""
MAX_VALIDATOR_LENGTH = 500
"""Maximum characters of a validator that is stored and sent back."""

_NUMBER = re.compile(r"\d{1,18}(\.\d{0,9})?", re.ASCII)
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_PARAMETER = re.compile(rf';\s*([^\s=;,"<>]+)\s*(?:=\s*(?:{_QUOTED}|([^\s;,"<>]*)))?')
_LINK = re.compile(rf"<([^<>]*)>((?:\s*{_PARAMETER.pattern})*)")
_ETAG = re.compile(r'(W/)?"[\x21\x23-\x7e]*"')


def parse_links(header: str, url: httpx2.URL) -> dict[str, str]:
    """
    Parse a Link header into relation and URL, for pagination.

    Parameters
    ----------
    header : str
        Its value; empty if there is none.
    url : httpx2.URL
        URL of the page; links are relative to it.

    References
    ----------
    RFC 8288, 3: a link may have several relations; of two links with one relation the first counts; a link with an
    `anchor` belongs to another page.

    Examples
    --------
    >>> parse_links('</p?max_id=7>; rel="next", <https://a.example/p>; rel=prev', httpx2.URL("https://a.example/p"))
    {'next': 'https://a.example/p?max_id=7', 'prev': 'https://a.example/p'}
    """
    links: dict[str, str] = {}
    for target, parameter_text, *_ in _LINK.findall(header):
        parameters = {
            name.lower(): quoted_value or plain_value
            for name, quoted_value, plain_value in reversed(_PARAMETER.findall(parameter_text))
        }
        if "anchor" not in parameters:
            for relation in parameters.get("rel", "").lower().split():
                links.setdefault(relation, _join_url(url, target))
    return {relation: link_url for relation, link_url in links.items() if link_url}


def parse_retry_after(headers: Mapping[str, str], local_now: float) -> float | None:
    """
    Parse Retry-After into seconds to wait, 0 to `MAX_WAIT_SECONDS`; None without a valid one.

    Parameters
    ----------
    headers : mapping of str to str
    local_now : float
        Now by the local clock, in seconds since 1970; the response's `Date` takes precedence.

    References
    ----------
    RFC 9110, 10.2.3: a number of seconds or a date.
    """
    text = headers.get("retry-after", "").strip()
    if _NUMBER.fullmatch(text):
        return clamp_wait(float(text))
    at = _parse_http_date(text)
    return None if at is None else clamp_wait(at - _server_now(headers, local_now))


def parse_rate_limit_reset(headers: Mapping[str, str], local_now: float) -> float | None:
    """
    Parse the rate limit headers into seconds until the reset, 0 to `MAX_WAIT_SECONDS`; None while requests are left.

    Parameters
    ----------
    headers : mapping of str to str
    local_now : float
        Now by the local clock, in seconds since 1970; the response's `Date` takes precedence.

    References
    ----------
    Mastodon, "Rate limits", Headers: `X-RateLimit-Reset` is ISO 8601. Bluesky's servers (atproto,
    ``packages/xrpc-server/src/rate-limiter.ts``): `RateLimit-Reset` is in seconds since 1970; so is X's
    `x-rate-limit-reset` ("Response Codes & Errors").
    """
    for prefix in ("x-ratelimit", "ratelimit", "x-rate-limit"):
        remaining = headers.get(f"{prefix}-remaining", "").strip()
        if _NUMBER.fullmatch(remaining) and float(remaining) < 1:
            now = _server_now(headers, local_now)
            at = _parse_reset(headers.get(f"{prefix}-reset", "").strip(), now)
            if at is not None:
                return clamp_wait(at - now)
    return None


def parse_validator(headers: Mapping[str, str]) -> str:
    """
    Return the validator of a response for conditional requests: its ETag, else its Last-Modified date, else empty.

    References
    ----------
    RFC 9110, 8.8 (validators) and 13.1 (If-None-Match, If-Modified-Since).

    Examples
    --------
    >>> parse_validator({"etag": 'W/"a1"'}), parse_validator({"etag": "a1"})
    ('W/"a1"', '')
    """
    etag, modified = headers.get("etag", "").strip(), headers.get("last-modified", "").strip()
    if len(etag) <= MAX_VALIDATOR_LENGTH and _ETAG.fullmatch(etag):
        return etag
    return modified if modified.isascii() and modified.isprintable() and _parse_http_date(modified) is not None else ""


def conditional_headers(validator: str) -> dict[str, str]:
    """Return the request headers that ask for a response only if it changed; empty without a validator."""
    if not validator:
        return {}
    return {"If-None-Match" if _ETAG.fullmatch(validator) else "If-Modified-Since": validator}


def _server_now(headers: Mapping[str, str], local_now: float) -> float:
    """Return now by the server's clock: its dates are compared with its own `Date`."""
    server_date = _parse_http_date(headers.get("date", ""))
    return local_now if server_date is None else server_date


def _parse_reset(text: str, now: float) -> float | None:
    if _NUMBER.fullmatch(text):
        number = float(text)
        return number if number >= _EPOCH_THRESHOLD else now + number
    try:
        return _to_epoch(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def _parse_http_date(text: str) -> float | None:
    try:
        return _to_epoch(parsedate_to_datetime(text))
    except (ValueError, OverflowError, TypeError):
        return None


def _to_epoch(at: datetime) -> float:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def clamp_wait(seconds: float) -> float:
    """Clamp seconds to wait to whole ones, 0 to `MAX_WAIT_SECONDS`."""
    return min(max(math.ceil(seconds), 0.0), MAX_WAIT_SECONDS)


def _join_url(url: httpx2.URL, target: str) -> str:
    try:
        return str(url.join(target))
    except httpx2.InvalidURL:
        return ""
