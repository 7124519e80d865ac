"""Servers: whose API is read, and where its links and redirects may lead."""

import re
from dataclasses import dataclass, field

import httpx2

from renown.connectors.http.masks import shown
from renown.errors import BadSettings, NetworkRefused

_PORTS = {"http": 80, "https": 443}
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=|:%-]+")
"""RFC 6750, 2.1, and three more characters that networks use; none that quoting changes."""

Origin = tuple[str, str, int]
"""Scheme, host and port (RFC 6454, 4)."""


@dataclass(frozen=True)
class Server:
    """Whose API is read, and what may be said to it."""

    base: str
    """URL below which its API is."""
    token: str | None = field(default=None, repr=False)
    """Bearer token; sent to the scheme, host and port of `base` and nowhere else."""
    private_ok: bool = False
    """Whether `base` may be on a private network or this machine."""
    leads_to: str = ""
    """Another host that its redirects may lead to."""

    def url(self) -> httpx2.URL:
        """
        Return `base`, checked.

        Raises
        ------
        BadSettings
            If it is no URL of an API, or the token may not be sent there.
        """
        url = _parsed(self.base)
        if url is None or not _askable(url) or url.query or url.fragment:
            msg = "the address of an API is no http or https URL of a host, without a password or query; write https://HOST"
            raise BadSettings(msg)
        if self.token is not None and not _TOKEN.fullmatch(self.token):
            msg = (
                f"the token for {url.host} is empty, or has blanks or other characters that tokens lack; copy it again"
            )
            raise BadSettings(msg)
        if self.token and url.scheme == "http" and not self.private_ok:
            msg = f"a token for {url.host} would go over http, for everybody on the way to read; write https"
            raise BadSettings(msg)
        return url


def origin(url: httpx2.URL) -> Origin:
    """Return what must be equal for two URLs to be of one server."""
    return url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]


def led(server: Server, before: httpx2.URL, to: str) -> httpx2.URL:
    """
    Return where a link or redirect leads, if it may be followed.

    Parameters
    ----------
    server : Server
    before : httpx2.URL
        Where it stood.
    to : str
        A URL, or one relative to `before`.

    Raises
    ------
    NetworkRefused
        If it leads to another host than may be asked, from https to http, or is no http URL.
    """
    target = _parsed(to)
    url = before.join(target) if target is not None else None
    if url is None or not _askable(url):
        msg = f"{before.host} leads to what is no http or https URL without a password; it is not followed"
        raise NetworkRefused(msg)
    host = shown(url.raw_host.decode("ascii"), server.token)
    if before.scheme == "https" and url.scheme == "http":
        msg = f"{before.host} leads from https to http at {host}, which everybody on the way can read and change"
        raise NetworkRefused(msg)
    own = httpx2.URL(server.base).host
    if url.host not in {own, server.leads_to or own}:
        msg = f"{before.host} leads to {host}, which is not followed; only {own} is asked"
        raise NetworkRefused(msg)
    return url.copy_with(fragment=None)


def _parsed(text: str) -> httpx2.URL | None:
    try:
        return httpx2.URL(text)
    except httpx2.InvalidURL:
        return None


def _askable(url: httpx2.URL) -> bool:
    return url.scheme in _PORTS and bool(url.host) and not url.userinfo
