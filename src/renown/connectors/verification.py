"""Verification: check whether an account's own description proves a person's claim on it."""

from html.parser import HTMLParser
from urllib.parse import SplitResult, unquote, urlsplit

from renown.connectors.base import AccountBio, Link

_PORTS = {"http": 80, "https": 443}
_PUNCTUATION = ".,;:!?()[]{}<>*_\"'\u2018\u2019\u201c\u201d\u00ab\u00bb\u2026"
"""Punctuation to strip from words; the last seven are quotation marks and an ellipsis."""
_BLOCK_TAGS = frozenset(
    {"p", "br", "div", "li", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "td", "tr"}
)
_HIDDEN_TAGS = frozenset({"script", "style", "template", "title"})


def find_proof(bio: AccountBio, token: str, page: str) -> str:
    """
    Return the strongest proof of a claim: ``token``, ``link`` or ``domain``; empty if there is none.

    Parameters
    ----------
    bio : AccountBio
    token : str
        The claim's token.
    page : str
        URL of the person's page; empty if they have none.
    """
    if token and token in split_words(bio.text):
        return "token"
    page_url = _normalize_url(page)
    if page_url and any(link.has_rel_me and _normalize_url(link.url) == page_url for link in bio.links):
        return "link"
    # Whoever runs the page's host also controls the account named after it, and only they accept claims there.
    return "domain" if page_url and bio.domain == page_url[1] else ""


def split_words(text: str) -> set[str]:
    """
    Split a text into words, without punctuation around them.

    Examples
    --------
    >>> sorted(split_words("me: (renown-1), notrenown-1 renown-1x"))
    ['me', 'notrenown-1', 'renown-1', 'renown-1x']
    """
    return {word.strip(_PUNCTUATION) for word in text.split()} - {""}


def find_links(text: str) -> tuple[Link, ...]:
    """Return the links in a plain text: the words that are URLs."""
    return tuple(Link(word) for word in sorted(split_words(text)) if _normalize_url(word))


def parse_html(text: str) -> tuple[str, tuple[Link, ...]]:
    """
    Parse untrusted HTML; return its visible text and its links.

    Examples
    --------
    >>> parse_html('<p>I am <!-- not --><b>A</b>da</p>')[0].split()
    ['I', 'am', 'Ada']
    """
    parser = _VisibleTextParser()
    parser.feed(text)
    parser.close()
    return "".join(parser.text), tuple(parser.links)


def _normalize_url(url: str) -> tuple[str, str, int, tuple[str, ...], str] | None:
    """Normalize a URL for comparison: scheme, host, port, path, query; None if it is not a page's URL."""
    try:
        parts: SplitResult = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii").lower().rstrip(".")
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in _PORTS or not host or "@" in parts.netloc:
        return None
    path = tuple(unquote(part) for part in parts.path.strip("/").split("/")) if parts.path.strip("/") else ()
    return parts.scheme, host, port, path, parts.query


class _VisibleTextParser(HTMLParser):
    """Collects visible text and links; no attributes, comments or scripts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.links: list[Link] = []
        self._hidden_depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN_TAGS:
            self._hidden_depth += 1
        if tag in _BLOCK_TAGS:
            self.text.append("\n")
        # Of two attributes with the same name, browsers use the first.
        attributes = {name: value or "" for name, value in reversed(attrs)}
        if tag == "a" and "href" in attributes and not self._hidden_depth:
            self.links.append(Link(attributes["href"], "me" in attributes.get("rel", "").lower().split()))

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN_TAGS:
            self._hidden_depth = max(0, self._hidden_depth - 1)
        if tag in _BLOCK_TAGS:
            self.text.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden_depth:
            self.text.append(data)
