"""Headers: what an answer's head says of its neighbours, and of when to ask again."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

LONGEST = 86_400.0
"""Seconds; whatever asks for more is believed this far. X's longest window, the longest of the networks', is a day."""
_EPOCH = 1_000_000_000
"""Seconds; a smaller number than this (2001) counts from now, as in draft-ietf-httpapi-ratelimit-headers-02."""

_NUMBER = re.compile(r"\d{1,18}(\.\d{0,9})?", re.ASCII)
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_PARAMETER = re.compile(rf';\s*([^\s=;,"<>]+)\s*(?:=\s*(?:{_QUOTED}|([^\s;,"<>]*)))?')
_LINK = re.compile(rf"<([^<>]*)>((?:\s*{_PARAMETER.pattern})*)")


def links(header: str, url: httpx2.URL) -> dict[str, str]:
    """
    Return the URLs that a Link header names, by relation.

    Parameters
    ----------
    header : str
        Its value; empty where there is none.
    url : httpx2.URL
        Of the page it came with: links are relative to it.

    References
    ----------
    RFC 8288, 3: several relations in one link; the first of two with one relation counts; a link with an `anchor` is
    another page's.

    Examples
    --------
    >>> links('</p?max_id=7>; rel="next", <https://a.example/p>; rel=prev', httpx2.URL("https://a.example/p"))
    {'next': 'https://a.example/p?max_id=7', 'prev': 'https://a.example/p'}
    """
    found: dict[str, str] = {}
    for target, rest, *_ in _LINK.findall(header):
        said = {name.lower(): quoted or bare for name, quoted, bare in reversed(_PARAMETER.findall(rest))}
        if "anchor" not in said:
            for relation in said.get("rel", "").lower().split():
                found.setdefault(relation, _joined(url, target))
    return {relation: to for relation, to in found.items() if to}


def retry_after(headers: Mapping[str, str], ours: float) -> float | None:
    """
    Return the seconds that an answer asks to wait, 0 to `LONGEST`; None where it does not.

    Parameters
    ----------
    headers : mapping of str to str
    ours : float
        Now, by our clock, in seconds since 1970; the answer's own `Date` is believed before it.

    References
    ----------
    RFC 9110, 10.2.3: a number of seconds or a date.
    """
    text = headers.get("retry-after", "").strip()
    if _NUMBER.fullmatch(text):
        return _sane(float(text))
    at = _http_date(text)
    return None if at is None else _sane(at - _now(headers, ours))


def until_reset(headers: Mapping[str, str], ours: float) -> float | None:
    """
    Return the seconds until requests are allowed again, 0 to `LONGEST`; None where some are left.

    Parameters
    ----------
    headers : mapping of str to str
    ours : float
        Now, by our clock, in seconds since 1970; the answer's own `Date` is believed before it.

    References
    ----------
    Mastodon, "Rate limits", Headers: `X-RateLimit-Reset` is ISO 8601. Bluesky's servers (atproto,
    ``packages/xrpc-server/src/rate-limiter.ts``): `RateLimit-Reset` is in seconds since 1970.
    """
    for prefix in ("x-ratelimit", "ratelimit"):
        remaining = headers.get(f"{prefix}-remaining", "").strip()
        if _NUMBER.fullmatch(remaining) and float(remaining) < 1:
            now = _now(headers, ours)
            at = _instant(headers.get(f"{prefix}-reset", "").strip(), now)
            if at is not None:
                return _sane(at - now)
    return None


def _now(headers: Mapping[str, str], ours: float) -> float:
    """Return now by the server's clock: its dates are compared with its own."""
    theirs = _http_date(headers.get("date", ""))
    return ours if theirs is None else theirs


def _instant(text: str, now: float) -> float | None:
    if _NUMBER.fullmatch(text):
        number = float(text)
        return number if number >= _EPOCH else now + number
    try:
        return _epoch(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def _http_date(text: str) -> float | None:
    try:
        return _epoch(parsedate_to_datetime(text))
    except (ValueError, OverflowError, TypeError):
        return None


def _epoch(at: datetime) -> float:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _sane(seconds: float) -> float:
    return min(max(math.ceil(seconds), 0.0), LONGEST)


def _joined(url: httpx2.URL, target: str) -> str:
    try:
        return str(url.join(target))
    except httpx2.InvalidURL:
        return ""
