"""Proofs: whether what an account says of itself shows that a claim on it is its owner's."""

from html.parser import HTMLParser
from urllib.parse import SplitResult, unquote, urlsplit

from renown.connectors.base import About, Link

_PORTS = {"http": 80, "https": 443}
_AROUND = ".,;:!?()[]{}<>*_\"'\u2018\u2019\u201c\u201d\u00ab\u00bb\u2026"
"""What people write around words; the last seven are quotation marks and an ellipsis."""
_BREAKS = frozenset({"p", "br", "div", "li", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "td", "tr"})
_UNREAD = frozenset({"script", "style", "template", "title"})


def proof(about: About, token: str, page: str) -> str:
    """
    Return what proves a claim, the strongest; empty where nothing does.

    Parameters
    ----------
    about : About
        What the account says of itself.
    token : str
        The claim's own.
    page : str
        URL of the person's page; empty where they have none.
    """
    if token and token in words(about.text):
        return "token"
    ours = _address(page)
    if ours and any(link.me and _address(link.url) == ours for link in about.links):
        return "link"
    # Whoever runs the page's host runs the account that is called by it, and only they take claims there.
    return "domain" if ours and about.domain == ours[1] else ""


def words(text: str) -> set[str]:
    """
    Return the words of a text, without what stands around them.

    Examples
    --------
    >>> sorted(words("me: (renown-1), notrenown-1 renown-1x"))
    ['me', 'notrenown-1', 'renown-1', 'renown-1x']
    """
    return {word.strip(_AROUND) for word in text.split()} - {""}


def links(text: str) -> tuple[Link, ...]:
    """Return the links in a text without markup: words that are URLs."""
    return tuple(Link(word) for word in sorted(words(text)) if _address(word))


def html(text: str) -> tuple[str, tuple[Link, ...]]:
    """
    Return the text that HTML shows, and its links; any server may write anything.

    Examples
    --------
    >>> html('<p>I am <!-- not --><b>A</b>da</p>')[0].split()
    ['I', 'am', 'Ada']
    """
    page = _Shown()
    page.feed(text)
    page.close()
    return "".join(page.text), tuple(page.links)


def _address(url: str) -> tuple[str, str, int, tuple[str, ...], str] | None:
    """Return what makes two URLs the same: scheme, host, port, path and query; None where it is no page's."""
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


class _Shown(HTMLParser):
    """Gathers what is to be read: no attribute, comment or script is."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.links: list[Link] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNREAD:
            self._unread += 1
        if tag in _BREAKS:
            self.text.append("\n")
        # Of two attributes with one name, browsers take the first.
        said = {name: value or "" for name, value in reversed(attrs)}
        if tag == "a" and "href" in said and not self._unread:
            self.links.append(Link(said["href"], "me" in said.get("rel", "").lower().split()))

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNREAD:
            self._unread = max(0, self._unread - 1)
        if tag in _BREAKS:
            self.text.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.text.append(data)
