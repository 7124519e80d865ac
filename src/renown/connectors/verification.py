"""Verification: check whether an account's own description proves a person's claim on it."""

import re
from collections.abc import Callable, Iterable
from urllib.parse import SplitResult, unquote, urlsplit

from renown.connectors.base import AccountBio, Link

MAX_BIO_CHARACTERS = 100_000
"""Maximum characters of a bio that are searched, markup included; networks allow a few hundred to some thousand."""
_PORTS = {"http": 80, "https": 443}
_PUNCTUATION = ".,;:!?()[]{}<>*_\"'\u2018\u2019\u201c\u201d\u00ab\u00bb\u2026"
"""Punctuation to strip from words; the last seven are quotation marks and an ellipsis."""
_BLOCK_TAGS = frozenset(
    {"p", "br", "div", "li", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "td", "tr"}
)
_MARKDOWN_TARGET = re.compile(r"\]\(<?([^\s<>()]+)")
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
    if token and token in split_words(bio.text[:MAX_BIO_CHARACTERS]):
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
    """
    Return the links in a plain text or in Markdown: the words that are URLs, and the targets of ``[text](URL)``.

    Examples
    --------
    >>> [link.url for link in find_links("see https://a.example, [me](https://b.example) or nostr:npub1x")]
    ['https://a.example', 'https://b.example', 'nostr:npub1x']
    """
    text = text[:MAX_BIO_CHARACTERS]
    words = split_words(text) | set(_MARKDOWN_TARGET.findall(text))
    return tuple(Link(word) for word in sorted(words) if word.startswith("nostr:") or _normalize_url(word))


def parse_html_bio(texts: Iterable[str], check_time: Callable[[], None]) -> AccountBio:
    """
    Build a bio from untrusted HTML texts, of which at most `MAX_BIO_CHARACTERS` are read together.

    Parameters
    ----------
    texts : iterable of str
    check_time : callable
        Raises an error when no time is left; called before each text.
    """
    visible_texts: list[str] = []
    links: list[Link] = []
    remaining = MAX_BIO_CHARACTERS
    for text in texts:
        if remaining <= 0:
            break
        check_time()
        visible_text, text_links = parse_html(text[:remaining])
        visible_texts.append(visible_text)
        links += text_links
        # An empty text counts, too: a list may have a million of them.
        remaining -= len(text) + 1
    return AccountBio("\n".join(visible_texts), tuple(links))


def parse_html(text: str) -> tuple[str, tuple[Link, ...]]:
    """
    Parse untrusted HTML in linear time; return its visible text and its links.

    Notes
    -----
    Only tokens are read: parsers that build a tree, and Python's own, take quadratic time for some inputs, such as
    deeply nested elements or unfinished tags.

    Examples
    --------
    >>> parse_html('<p>I am <!-- not --><b>A</b>da</p>')[0].split()
    ['I', 'am', 'Ada']
    """
    from turbohtml import TokenType, tokenize  # noqa: PLC0415 - its import takes as long as a third of a command's start

    visible_text: list[str] = []
    links: list[Link] = []
    hidden_depth = 0
    for token in tokenize(text):
        tag = token.tag or ""
        if token.type is TokenType.START_TAG:
            hidden_depth += tag in _HIDDEN_TAGS
            href = token.attr("href") if tag == "a" else None
            if href is not None and not hidden_depth:
                links.append(Link(href, "me" in (token.attr("rel") or "").lower().split()))
        elif token.type is TokenType.END_TAG:
            hidden_depth = max(0, hidden_depth - (tag in _HIDDEN_TAGS))
        elif token.type is TokenType.TEXT and not hidden_depth:
            visible_text.append(token.data or "")
        if tag in _BLOCK_TAGS:
            visible_text.append("\n")
    return "".join(visible_text), tuple(links)


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
