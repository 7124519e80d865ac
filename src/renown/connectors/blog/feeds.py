"""Feeds of a site, RSS or Atom: what it posted lately, and when."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

from renown.connectors.decode_values import parse_lenient_instant

FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml"})
_MAX_POSTS = 500
_RSS_TAG = re.compile(r"<rss\b[^>]{0,4000}>")
_VERSION = re.compile(r"""\sversion\s*=\s*("[^"]*"|'[^']*')""")


@dataclass(frozen=True, kw_only=True)
class FeedPost:
    """A post of a site."""

    url: str
    title: str = ""
    published: datetime | None = None
    """UTC instant; None if the feed does not tell it."""


def parse_feed(text: str, url: str) -> list[FeedPost] | None:
    """
    Parse the posts of an RSS or Atom feed, the newest 500; None if it is none. Declared entities are not expanded.

    Examples
    --------
    >>> parse_feed("<rss><channel><item><title>A</title><link>/a</link></item></channel></rss>", "https://a.example/f")
    [FeedPost(url='https://a.example/a', title='A', published=None)]
    """
    from turbohtml import HTMLParseError  # noqa: PLC0415 - see `verification.parse_html`
    from turbohtml.extract import feed  # noqa: PLC0415

    try:
        # The parser takes version 2.0 only; older ones have the same elements.
        parsed = feed(_RSS_TAG.sub(_set_version, text, count=1))
    except (HTMLParseError, ValueError):
        return None
    return parsed and [
        FeedPost(
            url=link, title=(entry.title or "").strip(), published=_parse_instant(entry.published or entry.updated)
        )
        for entry in parsed.entries[:_MAX_POSTS]
        if (link := _join(url, entry.link or ""))
    ]


def _set_version(tag: re.Match[str]) -> str:
    return _VERSION.sub("", tag[0]).replace("<rss", '<rss version="2.0"', 1)


def _parse_instant(text: str | None) -> datetime | None:
    """Parse an instant as RSS (RFC 5322) or Atom (RFC 3339) writes it."""
    if text is None:
        return None
    try:
        at = parsedate_to_datetime(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return parse_lenient_instant(text)


def _join(url: str, link: str) -> str:
    try:
        return urljoin(url, link.strip()) if link.strip() else ""
    except ValueError:
        return ""
