"""Profile URLs: the page of an account, and the account of a page, from the patterns that connectors declare."""

import re
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import quote, unquote

from renown.connectors.base import Connector
from renown.errors import InvalidInputError

_PLACEHOLDER = re.compile(r"\{(handle|id|user|server|site|id_name|id_server)\}")
_SAFE_CHARACTERS = "@:!$&'()*+,;=~"
"""Characters of a path segment that need no quoting (RFC 3986, 3.3)."""
_HOST = r"[A-Za-z0-9.-]+"
_SEGMENT = r"[^/?#]+"
_REGEXES = {"server": _HOST, "site": rf"{_HOST}(/[^?#]*)?"}
"""Placeholder to what it stands for, if that is no segment of a path: a host, or a host with a path."""


def build_profile_url(connector: Connector, account_id: str, handle: str) -> str | None:
    """
    Return the URL of an account's page by the first pattern that can be filled; None if there is none.

    Parameters
    ----------
    connector : Connector
    account_id : str
    handle : str
        The latest one; empty if none is known.

    Examples
    --------
    >>> from renown.connectors import CONNECTORS
    >>> build_profile_url(CONNECTORS["mastodon"], "ada@example.social", "")
    'https://example.social/@ada'
    >>> build_profile_url(CONNECTORS["stackexchange"], "22656@stackoverflow.com", "a@evil.example")
    'https://stackoverflow.com/users/22656'
    >>> build_profile_url(CONNECTORS["github"], "583231", "octocat"), build_profile_url(CONNECTORS["github"], "1", "")
    ('https://github.com/octocat', None)
    """
    user, at, server = (handle or account_id).lstrip("@").partition("@")
    values = {"handle": handle.lstrip("@"), "id": account_id, "site": account_id}
    if at and re.fullmatch(_HOST, server):
        values |= {"user": user, "server": server}
    id_name, at, id_server = account_id.partition("@")
    if at and re.fullmatch(_HOST, id_server):
        values |= {"id_name": id_name, "id_server": id_server}
    for pattern in connector.page_urls or connector.profile_urls:
        names = set(_PLACEHOLDER.findall(pattern))
        if all(values.get(name) for name in names):
            return _PLACEHOLDER.sub(lambda match: _quote(match[1], values[match[1]]), pattern)
    return None


def normalize_name(connector: Connector, name: str) -> str:
    """
    Return the name of an account that is given by its name or by the URL of its page.

    Raises
    ------
    InvalidInputError
        If it is a URL, but not that of a page of an account on the network.

    Examples
    --------
    >>> from renown.connectors import CONNECTORS
    >>> normalize_name(CONNECTORS["github"], "https://GitHub.com/octocat/?tab=stars")
    'octocat'
    >>> normalize_name(CONNECTORS["mastodon"], "https://example.social/@ada")
    '@ada@example.social'
    """
    text = name.strip()
    if not re.match("https?://", text) or not connector.profile_urls:
        return text
    address = re.split("[?#]", text)[0].partition("://")[2].removeprefix("www.").rstrip("/")
    for pattern in connector.profile_urls:
        if match := _compile(pattern).fullmatch(address):
            values = {key: unquote(value) for key, value in match.groupdict().items()}
            return f"@{values['user']}@{values['server']}" if "server" in values else next(iter(values.values()))
    raise InvalidInputError(
        f"{name[:200]!r} is no page of an account on {connector.network}; write a name such as {connector.example}, or "
        f"a URL such as {connector.profile_urls[0]}"
    )


def _quote(placeholder: str, value: str) -> str:
    return quote(value, safe=_SAFE_CHARACTERS + ("/" if placeholder == "site" else ""))


def match_profile_url(connectors: Iterable[Connector], text: str) -> tuple[Connector, str] | None:
    """
    Return the network and the name of the account whose page a URL is; None if it is no such URL.

    Networks of one site come before those of any site, whose pages look alike, and these before whole sites. The scheme
    may be missing.

    Examples
    --------
    >>> from renown.connectors import CONNECTORS
    >>> connector, name = match_profile_url(CONNECTORS.values(), "bsky.app/profile/ada.bsky.social")
    >>> connector.network, name
    ('bluesky', 'ada.bsky.social')
    >>> match_profile_url(CONNECTORS.values(), "@ada@example.social") is None
    True
    """
    text = text.strip()
    url = text if "://" in text else f"https://{text}"
    if "/" not in text.partition("://")[2 if "://" in text else 0]:
        return None
    for connector in sorted(connectors, key=lambda connector: (_is_site(connector), connector.has_many_servers)):
        if connector.profile_urls:
            with suppress(InvalidInputError):
                return connector, normalize_name(connector, url)
    return None


def _is_site(connector: Connector) -> bool:
    """Tell whether an account of a network is a whole site, so that every URL looks like one."""
    return any("{site}" in pattern for pattern in connector.profile_urls)


def _compile(pattern: str) -> re.Pattern[str]:
    """Return a regular expression for a host, without ``www.``, and a path."""
    text = pattern.partition("://")[2].removeprefix("www.")
    regex = ""
    position = 0
    for match in _PLACEHOLDER.finditer(text):
        regex += re.escape(text[position : match.start()])
        regex += f"(?P<{match[1]}>{_REGEXES.get(match[1], _SEGMENT)})"
        position = match.end()
    return re.compile(regex + re.escape(text[position:]), re.IGNORECASE)
