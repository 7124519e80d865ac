"""URLs: the API server and its token, and which links and redirects may be followed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import httpx2

from renown.connectors.http.redact import redact
from renown.errors import InvalidSettingsError, NetworkRefusedError

_PORTS = {"http": 80, "https": 443}
_MAX_PORT = 65_535
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=|:%()*!-]+")
"""RFC 6750, 2.1, and more characters that networks use, such as the parentheses in keys of Stack Exchange."""

_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)

QueryParams = Mapping[str, str | int | Sequence[str]]
"""Query parameters; a sequence becomes repeated pairs of one name."""
Origin = tuple[str, str, int]
"""Scheme, host and port (RFC 6454, 4)."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """An API server, and how to access it."""

    base_url: str = field(kw_only=False)
    """Base URL of its API."""
    token: str | None = field(default=None, repr=False)
    """Bearer token; sent only to the origin (scheme, host, port) of `base_url`."""
    credential_name: str = ""
    """Name of the credential that the token is from; accounts that are read with one share its quota."""
    private_ok: bool = False
    """Whether `base_url` may be on a private network or this machine."""
    other_urls: tuple[str, ...] = ()
    """Base URLs of other servers: further relays, or where its redirects may lead."""

    def url(self) -> httpx2.URL:
        """
        Parse and validate `base_url`.

        Raises
        ------
        InvalidSettingsError
            If it is not the URL of an API, or the token is invalid or may not be sent there.
        """
        url = _parse_url(self.base_url)
        if url is None or not is_fetchable(url) or url.query or url.fragment:
            raise InvalidSettingsError(
                "the address of an API is not an http or https URL of a host and port, without a password or query; "
                "write https://HOST"
            )
        if self.token is not None and not _TOKEN.fullmatch(self.token):
            raise InvalidSettingsError(
                f"the token for {url.host} is empty, or has blanks or other invalid characters; copy it again"
            )
        if self.token and url.scheme == "http" and not self.private_ok:
            raise InvalidSettingsError(f"the token for {url.host} would be sent unencrypted over http; write https")
        return url


def is_fetchable(url: httpx2.URL) -> bool:
    """Tell whether a URL is one of http or https, with a host and without a password."""
    return url.scheme in _PORTS and bool(url.host) and not url.userinfo and has_valid_port(url)


def has_valid_port(url: httpx2.URL) -> bool:
    """
    Tell whether the port of a URL exists: sockets take 65,559 for 23.

    Examples
    --------
    >>> [has_valid_port(httpx2.URL(f"https://a.example{port}")) for port in ("", ":443", ":0", ":65559")]
    [True, True, False, False]
    """
    return url.port is None or 0 < url.port <= _MAX_PORT


def origin(url: httpx2.URL) -> Origin:
    """Return the origin of a URL; the token is sent only to URLs of the same origin."""
    return url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]


def resolve_link(server: Server, source: httpx2.URL, link: str) -> httpx2.URL:
    """
    Resolve a link or redirect to an absolute URL, if it may be followed.

    Parameters
    ----------
    server : Server
    source : httpx2.URL
        The URL that contained it.
    link : str
        Absolute, or relative to `source`.

    Raises
    ------
    NetworkRefusedError
        If it points to a host that is not allowed, from https to http, or is not an http URL.
    """
    target = _parse_url(link)
    url = source.join(target) if target is not None else None
    if url is None or not is_fetchable(url):
        raise NetworkRefusedError(
            f"{source.host} redirects or links to something that is not an http or https URL without a password; "
            "it is not followed"
        )
    host = redact(url.raw_host.decode("ascii"), server.token)
    if source.scheme == "https" and url.scheme == "http":
        raise NetworkRefusedError(f"{source.host} redirects or links from https to http at {host}; it is not followed")
    own_host = server.url().host
    other_hosts = {other.host for other in map(_parse_url, server.other_urls) if other is not None}
    if url.host not in {own_host, *other_hosts}:
        raise NetworkRefusedError(
            f"{source.host} redirects or links to {host}, which is not followed; only {own_host} is allowed"
        )
    return url.copy_with(fragment=None)


def resolve_path(server: Server, path: str, params: QueryParams | None = None) -> httpx2.URL:
    """Resolve a path below a server's base URL, or an absolute URL, as `resolve_link` does; add query parameters."""
    base = server.url()
    text = path if _ABSOLUTE.match(path) else f"{str(base).rstrip('/')}/{path.lstrip('/')}"
    url = resolve_link(server, base, text)
    return url.copy_merge_params(dict(params)) if params else url


@lru_cache(maxsize=64)
def _parse_url(text: str) -> httpx2.URL | None:
    # The base URL is needed several times for each request.
    try:
        return httpx2.URL(text)
    except httpx2.InvalidURL:
        return None
