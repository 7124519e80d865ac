"""Feeds of a site, RSS or Atom: what it posted lately, when, and in which categories."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from renown.connectors.decode_values import parse_lenient_instant
from renown.connectors.post_tags import read_tags

if TYPE_CHECKING:
    from turbohtml import Document, Element

FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml"})
_MAX_POSTS = 500
_CATEGORIES = frozenset({"category", "dc:subject"})
_NO_CATEGORY = "uncategorized"
"""Category that WordPress gives to posts without one."""
_RSS_TAG = re.compile(r"<rss\b[^>]{0,4000}>")
_VERSION = re.compile(r"""\sversion\s*=\s*("[^"]*"|'[^']*')""")


@dataclass(frozen=True, kw_only=True)
class FeedPost:
    """A post of a site."""

    url: str
    title: str = ""
    published: datetime | None = None
    """UTC instant; None if the feed does not tell it."""
    tags: tuple[str, ...] = ()
    """Its categories."""


def parse_feed(text: str, url: str) -> list[FeedPost] | None:
    """
    Parse the posts of an RSS or Atom feed, the newest 500; None if it is none. Declared entities are not expanded.

    Examples
    --------
    >>> parse_feed("<rss><channel><item><title>A</title><link>/a</link></item></channel></rss>", "https://a.example/f")
    [FeedPost(url='https://a.example/a', title='A', published=None, tags=())]
    """
    from turbohtml import HTMLParseError  # noqa: PLC0415 - see `verification.parse_html`

    try:
        # The parser takes version 2.0 only; older ones have the same elements.
        document = _parse_document(_RSS_TAG.sub(_set_version, text, count=1))
        parsed = document.feed()
    except (HTMLParseError, ValueError):
        return None
    return parsed and [
        FeedPost(
            url=link,
            title=(entry.title or "").strip(),
            published=_parse_instant(entry.published or entry.updated),
            tags=tags,
        )
        for entry, tags in zip(
            parsed.entries[:_MAX_POSTS], _read_categories(document, len(parsed.entries)), strict=False
        )
        if (link := _join(url, entry.link or ""))
    ]


def _parse_document(text: str) -> "Document":
    """Parse XML; what is not well-formed, as HTML is."""
    from turbohtml import HTMLParseError, parse, parse_xml  # noqa: PLC0415 - see `verification.parse_html`

    try:
        return parse_xml(text)
    except HTMLParseError:
        return parse(text)


def _read_categories(document: "Document", count: int) -> Sequence[tuple[str, ...]]:
    """Return the categories of each entry, of which there are this many; the parser of feeds leaves them out."""
    elements = document.find_all("item") or document.find_all("entry")
    if len(elements) != count:
        return ((),) * count
    return [_read_entry_categories(element) for element in elements[:_MAX_POSTS]]


def _read_entry_categories(entry: "Element") -> tuple[str, ...]:
    from turbohtml import Element  # noqa: PLC0415 - see `verification.parse_html`

    categories = (child for child in entry.children if isinstance(child, Element) and child.tag in _CATEGORIES)
    texts = [_category_text(category) for category in categories]
    return tuple(text for text in read_tags(texts) if text.casefold() != _NO_CATEGORY)


def _category_text(category: "Element") -> object:
    """Return the text of an element (RSS), which may be CDATA, or else its label or term (Atom)."""
    text = "".join(str(getattr(part, "data", None) or "") for part in category.children)
    return text.strip() or category.attrs.get("label") or category.attrs.get("term")


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
