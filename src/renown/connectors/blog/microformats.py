"""
Parse the microformats of untrusted web pages, in linear time.

References
----------
microformats.org/wiki/microformats2-parsing; microformats.org/wiki/h-entry, h-card.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any
from urllib.parse import urljoin

_VOID_TAGS = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_SELF_CLOSING_TAGS = frozenset({"p", "li", "dt", "dd", "tr", "td", "th", "option"})
"""Tags that end where another one of their name begins."""
_HIDDEN_TAGS = frozenset({"script", "style", "template"})
_MAX_DEPTH, _MAX_CLASS_DEPTH = 60, 4
"""Depth of the tree, and of elements with classes: an entry, what it cites, who wrote that, and their name."""
_MAX_ELEMENTS, _MAX_CLASSES = 20_000, 400
"""Elements of a page that are read, and those of them whose classes are."""
_ITEMS = frozenset({"h-entry", "h-cite", "h-card", "hentry", "vcard"})
_PROPERTIES = frozenset(
    {
        *("u-like-of", "u-repost-of", "u-in-reply-to", "u-bookmark-of", "p-rsvp", "p-author", "u-author", "p-note"),
        *("u-photo", "photo"),
        *("u-url", "u-uid", "p-name", "dt-published", "author", "fn", "url", "published", "entry-title"),
    }
)
"""Classes that are read; each property of an item in an item doubles the work, so that others are left out."""
_MAX_ITEM_PROPERTIES = 2
_LISTS = ("class", "rel")
"""Attributes that are lists of words."""
_URL_ATTRIBUTES = frozenset({"href", "src", "data", "poster", "cite"})


@dataclass(frozen=True, kw_only=True)
class Microformats:
    """What a page says in microformats, and its links."""

    items: tuple[Mapping[str, Any], ...]
    """Items of the page, those in other items after them."""
    rel_urls: Mapping[str, Mapping[str, Any]]
    """URL to the relations (`rels`) and the media type (`type`) of links that have a relation."""
    urls: frozenset[str]
    """All that the page links or embeds."""
    meta_texts: tuple[str, ...]
    """Contents of the page's meta elements."""

    def find_items(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """Yield the items of a kind, such as ``h-entry``."""
        return (item for item in self.items if kind in item["type"])

    def rel(self, relation: str) -> list[str]:
        """Return the URLs that the page links with a relation."""
        return [url for url, link in self.rel_urls.items() if relation in link["rels"]]


def parse_microformats(html: str, url: str) -> Microformats:
    """
    Parse the microformats of a page.

    The parser of the library takes exponential time for items in items, and the HTML parser below it quadratic time
    for unclosed tags: so it gets a tree of limited depth, built from tokens, with the classes that are read.

    Examples
    --------
    >>> page = '<div class="h-entry"><a class="u-like-of" href="https://ada.example/post">liked</a></div>'
    >>> [item["properties"]["like-of"] for item in parse_microformats(page, "https://bob.example/1").items]
    [['https://ada.example/post']]
    """
    import mf2py  # noqa: PLC0415 - its import takes as long as a third of a command's start

    builder = _TreeBuilder(url)
    builder.build(html)
    base_url = _join(url, builder.base) or url
    result = mf2py.parse(doc=builder.soup, url=base_url)
    return Microformats(
        items=tuple(_walk(result["items"])),
        rel_urls=result["rel-urls"],
        urls=frozenset(_join(base_url, link) for link in builder.links),
        meta_texts=tuple(builder.meta_texts),
    )


def first_text(item: Mapping[str, Any], name: str) -> str:
    """Return the first value of a property as text, of an item its URL; empty without one."""
    return next(iter(texts(item, name)), "")


def texts(item: Mapping[str, Any], name: str) -> list[str]:
    """Return the values of a property as texts; of items their URLs."""
    values = item.get("properties", {}).get(name, ())
    return [
        text
        for value in values
        for text in ([value] if isinstance(value, str) else [*texts(value, "url"), value.get("value", "")])
        if isinstance(text, str) and text
    ]


def _walk(items: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for item in items:
        yield item
        yield from _walk(item.get("children", []))


def _join(base_url: str, link: str) -> str:
    try:
        return urljoin(base_url, link.strip())
    except ValueError:
        return ""


class _TreeBuilder:
    """Builds a tree of limited depth from the tokens of a page."""

    def __init__(self, url: str) -> None:
        from bs4 import BeautifulSoup  # noqa: PLC0415 - see `parse_microformats`

        self.soup = BeautifulSoup("", "html.parser")
        self._url = url
        self._stack: list[Any] = [self.soup]
        self._class_depth = [0]
        """Number of elements with classes around and including each element of the stack."""
        self._element_count = self._class_count = 0
        self.base = ""
        self.links: list[str] = []
        self.meta_texts: list[str] = []

    def build(self, html: str) -> None:
        """Add the tokens up to the limit of elements."""
        from turbohtml import TokenType, tokenize  # noqa: PLC0415 - see `verification.parse_html`

        hidden_depth = 0
        for token in takewhile(lambda _token: self._element_count < _MAX_ELEMENTS, tokenize(html)):
            tag = token.tag or ""
            if tag in _HIDDEN_TAGS:
                hidden_depth = max(0, hidden_depth + (1 if token.type is TokenType.START_TAG else -1))
            elif hidden_depth:
                continue
            elif token.type is TokenType.START_TAG:
                self._open(tag, {name: value or "" for name, value in token.attrs or ()})
            elif token.type is TokenType.END_TAG:
                self._close(tag)
            elif token.type is TokenType.TEXT:
                self._stack[-1].append(token.data or "")

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "base":
            self.base = self.base or attributes.get("href", "")
            return
        for name in _URL_ATTRIBUTES & attributes.keys():
            if not _join(self._url, attributes[name]):
                del attributes[name]
        if tag == "meta" and "content" in attributes:
            self.meta_texts.append(attributes["content"])
        self.links += [attributes[name] for name in ("href", "src") if name in attributes]
        if tag in _SELF_CLOSING_TAGS and self._stack[-1].name == tag:
            self._close(tag)
        words = {name: attributes[name].split() for name in _LISTS if name in attributes}
        words["class"] = self._choose_classes(words.get("class", []))
        values: dict[str, Any] = dict(attributes)
        values.update(words)
        element = self.soup.new_tag(tag, attrs=values)
        self._stack[-1].append(element)
        self._element_count += 1
        if tag not in _VOID_TAGS and len(self._stack) < _MAX_DEPTH:
            self._stack.append(element)
            self._class_depth.append(self._class_depth[-1] + bool(words["class"]))

    def _choose_classes(self, classes: list[str]) -> list[str]:
        """Return the classes that are read: few properties of an item in an item, and few of them in each other."""
        items = [name for name in dict.fromkeys(classes) if name in _ITEMS]
        properties = [name for name in dict.fromkeys(classes) if name in _PROPERTIES]
        self._class_count += bool(items or properties)
        if self._class_count > _MAX_CLASSES or self._class_depth[-1] >= _MAX_CLASS_DEPTH:
            return []
        return [*items[:1], *properties[:_MAX_ITEM_PROPERTIES]] if items else properties

    def _close(self, tag: str) -> None:
        for index in range(len(self._stack) - 1, 0, -1):
            if self._stack[index].name == tag:
                del self._stack[index:], self._class_depth[index:]
                return
