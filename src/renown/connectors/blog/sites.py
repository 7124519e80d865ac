"""Sites: the id of a blog from an address, and its pages."""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from renown.connectors.http import Action, ErrorRule, WebPage
from renown.errors import InvalidInputError, NetworkRefusedError
from renown.records import is_valid_id

if TYPE_CHECKING:
    from renown.connectors.http import Client, HttpResult

_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*\.[a-z][a-z0-9-]{1,62}")
"""A name with a dot; neither an IP address nor the name of a machine in a private network."""
_MAX_PAGE_BYTES = 1_000_000
"""Maximum size of a page."""
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
GONE = (ErrorRule(action=Action.GONE, statuses={404, 410}, reason="the page was deleted or moved"),)


def parse_site_id(address: str) -> str:
    """
    Return the id of a site: its host without ``www.``, and its path if it is not all of the host.

    Raises
    ------
    InvalidInputError
        If it is not the address of a site on the internet.

    Examples
    --------
    >>> parse_site_id("https://www.Ada.example/"), parse_site_id("http://tilde.example/~ada/?x#y")
    ('ada.example', 'tilde.example/~ada')
    """
    site_id = _normalize(address)
    if not site_id or "?" in site_id:
        raise InvalidInputError(
            f"{address[:200]!r} is not the address of a blog; write the address of its home page, such as "
            "https://ada.example"
        )
    return site_id


def page_id(url: str) -> str:
    """
    Return what identifies a page: its address without scheme, ``www.``, fragment and final slash; empty for no page.

    Examples
    --------
    >>> page_id("http://ada.example/post/?p=1#top"), page_id("mailto:ada@ada.example"), page_id("http://localhost/")
    ('ada.example/post?p=1', '', '')
    """
    return _normalize(url, keep_query=True) if "://" in url else ""


def page_url(id_: str) -> str | None:
    """
    Return the URL of a page by its id; None if it is not the id of a page.

    Examples
    --------
    >>> page_url("ada.example/post?p=1"), page_url("javascript:alert(1)")
    ('https://ada.example/post?p=1', None)
    """
    url = f"https://{id_}"
    return url if page_id(url) == id_ else None


def is_part_of(page: str, site_id: str) -> bool:
    """
    Tell whether a page, by its id, belongs to a site.

    Examples
    --------
    >>> is_part_of("ada.example/post", "ada.example"), is_part_of("tilde.example/~adam", "tilde.example/~ada")
    (True, False)
    """
    return page == site_id or page.startswith((f"{site_id}/", f"{site_id}?"))


def find_author_id(source: str, author_url: str) -> str:
    """
    Return the id of the site on which a source was published.

    Anybody can name anybody as an author: the author's address counts only if the source is part of it.

    Examples
    --------
    >>> find_author_id("https://tilde.example/~bob/1", "https://tilde.example/~bob")
    'tilde.example/~bob'
    >>> find_author_id("https://evil.example/1", "https://ada.example/")
    'evil.example'
    """
    page, author = page_id(source), page_id(author_url)
    return author if author and "?" not in author and is_part_of(page, author) else re.split("[/?]", page)[0]


def _normalize(address: str, *, keep_query: bool = False) -> str:
    text = address.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = (parts.hostname or "").encode("idna").decode("ascii").lower().removeprefix("www."), parts.port
    except (ValueError, UnicodeError):
        return ""
    if parts.scheme not in {"http", "https"} or port or "@" in parts.netloc or not _HOST.fullmatch(host):
        return ""
    query = f"?{parts.query}" if keep_query and parts.query else ""
    result = f"{host}{parts.path.rstrip('/')}{query}"
    return result if result.isprintable() and " " not in result and is_valid_id(result) else ""


@dataclass(frozen=True)
class Site:
    """A host whose pages can be read."""

    client: "Client"
    is_own_server: bool
    """Whether a server of the settings answers in place of the host."""

    def fetch(
        self, url: str, *, accept: str = "text/html, application/xhtml+xml;q=0.9", validator: str = ""
    ) -> "HttpResult":
        """
        Fetch a page: the body of the result is a `WebPage`.

        Raises
        ------
        AccountGoneError
            If it does not exist, or no longer.
        """
        parts = urlsplit(url)
        path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        return self.client.get(
            path if self.is_own_server else url,
            response_type=WebPage,
            errors=GONE,
            headers={"Accept": accept},
            validator=validator,
        )

    def fetch_html(self, url: str) -> WebPage:
        """Fetch a page that has to be HTML; its URL is that after redirects."""
        page: WebPage = self.fetch(url).body
        if page.media_type not in _HTML_TYPES:
            raise NetworkRefusedError(f"{urlsplit(url).hostname} answered with {page.media_type[:80]!r}, not HTML")
        return replace(page, url=url) if self.is_own_server else page


@contextmanager
def open_site(client: "Client", url: str, *, seconds: float = math.inf) -> Iterator[Site]:
    """
    Open the host of a page with the budget of a client, at most for some seconds.

    A server that the settings mark as private answers for all hosts.
    """
    parts = urlsplit(client.base_url if client.is_private else url)
    host = parts.hostname or ""
    other_host = host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"
    with client.open_client(
        client.base_url if client.is_private else f"{parts.scheme}://{parts.netloc}",
        other_urls=() if client.is_private else (f"https://{other_host}",),
        seconds=seconds,
        max_bytes=_MAX_PAGE_BYTES,
    ) as site_client:
        yield Site(site_client, is_own_server=client.is_private)
