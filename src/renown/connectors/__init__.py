"""Connectors: read accounts from networks, one connector per network."""

from importlib.metadata import entry_points

from renown.connectors import (
    blog,
    discourse,
    farcaster,
    github,
    hackernews,
    instagram,
    lemmy,
    mastodon,
    nostr,
    stackexchange,
    threads,
    x,
    youtube,
)
from renown.connectors.base import Connector
from renown.connectors.bluesky import api
from renown.errors import InvalidSettingsError

ENTRY_POINT_GROUP = "renown.connectors"
"""Entry points of other packages in this group name a `Connector`."""


_BUILT_IN = (
    *(api.CONNECTOR, mastodon.CONNECTOR, github.CONNECTOR),
    *(hackernews.CONNECTOR, stackexchange.CONNECTOR, lemmy.CONNECTOR),
    *(youtube.CONNECTOR, discourse.CONNECTOR, nostr.CONNECTOR),
    *(x.CONNECTOR, threads.CONNECTOR, instagram.CONNECTOR, farcaster.CONNECTOR),
    blog.CONNECTOR,
)


def load_connectors() -> dict[str, Connector]:
    """
    Return the built-in connectors and those that other installed packages register as entry points, by network.

    Raises
    ------
    InvalidSettingsError
        If an entry point cannot be imported, is not a connector, or names a network that has one already.
    """
    connectors = {connector.network: connector for connector in _BUILT_IN}
    for entry_point in entry_points(group=ENTRY_POINT_GROUP):
        try:
            connector = entry_point.load()
        except Exception as error:  # a plug-in may fail in any way; say which one to uninstall
            raise _entry_point_error(entry_point.value, f"it fails with {error!r}") from error
        if not isinstance(connector, Connector):
            raise _entry_point_error(entry_point.value, f"it is a {type(connector).__name__}, not a Connector")
        if connector.network in connectors:
            raise _entry_point_error(entry_point.value, f"there is a connector for {connector.network!r} already")
        connectors[connector.network] = connector
    return connectors


def _entry_point_error(name: str, reason: str) -> InvalidSettingsError:
    return InvalidSettingsError(
        f"cannot load the connector {name!r} of an installed package: {reason}; update or uninstall that package"
    )


CONNECTORS = load_connectors()
"""The registry: network name to the connector that reads its accounts."""
