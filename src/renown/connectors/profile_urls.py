"""Profile URLs: the page of an account, and the account of a page, from the patterns that connectors declare."""

import re
from collections.abc import Iterable
from functools import cache
from urllib.parse import quote, unquote

from renown.connectors.account_names import shorten_name
from renown.connectors.base import Connector
from renown.errors import InvalidInputError

_PLACEHOLDER = re.compile(r"\{(handle|id|user|server|site|id_name|id_server|page)(?::((?:[^{}]|\{[\d,]+\})*))?\}")
_SAFE_CHARACTERS = "@:!$&'()*+,;=~"
"""Characters of a path segment that need no quoting (RFC 3986, 3.3)."""
_HOST = r"[A-Za-z0-9.-]+"
_SEGMENT = r"[^/?#]+"
_REGEXES = {"server": _HOST, "site": rf"{_HOST}(/[^?#]*)?"}
"""Placeholder to what it stands for by default, if that is no segment of a path: a host, or a host with a path."""


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
    for pattern in connector.profile_urls:
        names = {match[1] for match in _PLACEHOLDER.finditer(pattern)}
        if all(values.get(name) for name in names):
            return _PLACEHOLDER.sub(lambda match: _quote(match[1], values[match[1]]), pattern)
    return None


def normalize_name(connector: Connector, name: str) -> str:
    """
    Return the name of an account that is given by its name or by the URL of its page, which may lack the scheme.

    Raises
    ------
    InvalidInputError
        If it is a URL, but not that of a page of an account on the network.

    Examples
    --------
    >>> from renown.connectors import CONNECTORS
    >>> normalize_name(CONNECTORS["github"], "https://GitHub.com/octocat/?tab=stars")
    'octocat'
    >>> normalize_name(CONNECTORS["mastodon"], "example.social/@ada")
    '@ada@example.social'
    """
    text = name.strip()
    is_url = re.match("https?://", text, re.IGNORECASE)
    if not connector.profile_urls or not (is_url or "/" in text):
        return text
    for pattern in connector.profile_urls:
        if matched_name := _match_pattern(pattern, text if is_url else f"https://{text}"):
            return matched_name
    if not is_url:
        return text
    usual_form = _PLACEHOLDER.sub(r"{\1}", connector.profile_urls[0])
    raise InvalidInputError(
        f"{shorten_name(name)} is no page of an account on {connector.network}; write a name such as "
        f"{connector.example}, or a URL such as {usual_form}"
    )


def _quote(placeholder: str, value: str) -> str:
    return quote(value, safe=_SAFE_CHARACTERS + ("/" if placeholder == "site" else ""))


def match_profile_url(connectors: Iterable[Connector], text: str) -> list[tuple[Connector, str]]:
    """
    Return the networks, and the names there, of the accounts whose page a URL may be; none if it is no such URL.

    A network of one site is certain, and no other network has pages there. Pages of networks of many servers may look
    alike: then only the server can tell which it is. A whole site is the last resort. The scheme may be missing.

    Examples
    --------
    >>> from renown.connectors import CONNECTORS
    >>> def match(text):
    ...     return [(connector.network, name) for connector, name in match_profile_url(CONNECTORS.values(), text)]
    >>> match("bsky.app/profile/ada.bsky.social"), match("https://lemmy.world/u/ada")
    ([('bluesky', 'ada.bsky.social')], [('lemmy', '@ada@lemmy.world'), ('discourse', '@ada@lemmy.world')])
    >>> match("https://www.youtube.com/watch?v=1"), match("@ada@example.social")
    ([], [])
    """
    text = text.strip()
    if not text.startswith("nostr:"):
        text = text if "://" in text else f"https://{text}"
        if "/" not in text.partition("://")[2]:
            return []
    patterns = [(connector, pattern) for connector in connectors for pattern in connector.profile_urls]
    for kind in (_has_known_host, _has_any_host, _is_site):
        names: dict[str, tuple[Connector, str]] = {}
        for connector, pattern in patterns:
            if kind(pattern) and connector.network not in names and (name := _match_pattern(pattern, text)):
                names[connector.network] = connector, name
        if names:
            return list(names.values())
        if kind is _has_known_host and any(
            kind(pattern) and _compile(f"https://{_host(pattern)}/{{site:.*}}").fullmatch(f"{_address(text)[0]}/")
            for _, pattern in patterns
        ):
            return []
    return []


def _host(pattern: str) -> str:
    """Return the host of a pattern, which is itself a pattern."""
    return re.split(r"/(?![^{]*\})", pattern.partition("://")[2])[0]


def _is_site(pattern: str) -> bool:
    """Tell whether an account is a whole site, so that every URL looks like one."""
    return "{site" in pattern


def _has_any_host(pattern: str) -> bool:
    return "{server" in pattern


def _has_known_host(pattern: str) -> bool:
    return not (_is_site(pattern) or _has_any_host(pattern))


def _address(text: str) -> tuple[str, str]:
    """Return the host and path of a URL, and the two with its query; other URIs as they are."""
    address = text.partition("#")[0].partition("://")[2].removeprefix("www.") or text
    return address.partition("?")[0].rstrip("/"), address


def _match_pattern(pattern: str, text: str) -> str | None:
    """Return the name in a URL of this pattern, as `find` reads it; None if it is another URL."""
    path, address = _address(text)
    has_query = "?" in _PLACEHOLDER.sub("", pattern)
    match = _compile(pattern).fullmatch(address if has_query else path)
    if not match:
        return None
    values = {key: unquote(value) for key, value in match.groupdict().items() if key != "page"}
    for name, server in (("user", "server"), ("id_name", "id_server")):
        if server in values:
            return f"{'@' if name == 'user' else ''}{values[name]}@{values[server]}"
    return next(iter(values.values()))


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    """Return a regular expression for a host, without ``www.``, a path, and a query if the pattern has one."""
    text = (pattern.partition("://")[2] or pattern).removeprefix("www.").removesuffix("/")
    regex = ""
    position = 0
    for match in _PLACEHOLDER.finditer(text):
        regex += re.escape(text[position : match.start()])
        regex += f"(?P<{match[1]}>{match[2] or _REGEXES.get(match[1], _SEGMENT)})"
        position = match.end()
    return re.compile(regex + re.escape(text[position:]), re.IGNORECASE)
