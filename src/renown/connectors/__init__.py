"""Connectors: read accounts from networks, one connector per network."""

from collections.abc import Iterator, MutableMapping
from functools import cached_property
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from renown.errors import InvalidSettingsError

if TYPE_CHECKING:
    from renown.connectors.base import Connector

ENTRY_POINT_GROUP = "renown.connectors"
"""Entry points of other packages in this group name a `Connector`."""


_BUILT_IN = {
    "bluesky": "bluesky.api",
    **{name: name for name in ("mastodon", "github", "hackernews", "stackexchange", "lemmy", "youtube", "discourse")},
    **{name: name for name in ("nostr", "x", "threads", "instagram", "farcaster", "misskey", "blog")},
}
"""Network to the module of this package with its `CONNECTOR`."""


def load_connectors() -> dict[str, "Connector"]:
    """
    Return the built-in connectors and those that other installed packages register as entry points, by network.

    Raises
    ------
    InvalidSettingsError
        If an entry point cannot be imported, is not a connector, or names a network that has one already.
    """
    from renown.connectors.base import Connector  # noqa: PLC0415 - see `ConnectorRegistry`

    connectors = {network: _import_connector(network) for network in _BUILT_IN}
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


def _import_connector(network: str) -> "Connector":
    connector: Connector = import_module(f"{__name__}.{_BUILT_IN[network]}").CONNECTOR
    return connector


def _entry_point_error(name: str, reason: str) -> InvalidSettingsError:
    return InvalidSettingsError(
        f"cannot load the connector {name!r} of an installed package: {reason}; update or uninstall that package"
    )


class ConnectorRegistry(MutableMapping[str, "Connector"]):
    """Connectors by network, imported when they are looked up: a built-in one alone, another one with all of them."""

    @cached_property
    def _connectors(self) -> dict[str, "Connector"]:
        return load_connectors()

    def __getitem__(self, network: str) -> "Connector":
        """Return the connector of a network."""
        if network in _BUILT_IN and "_connectors" not in vars(self):
            return _import_connector(network)
        return self._connectors[network]

    def __setitem__(self, network: str, connector: "Connector") -> None:
        """Add a connector."""
        self._connectors[network] = connector

    def __delitem__(self, network: str) -> None:
        """Remove a connector."""
        del self._connectors[network]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the networks."""
        return iter(self._connectors)

    def __len__(self) -> int:
        """Return the number of connectors."""
        return len(self._connectors)


CONNECTORS = ConnectorRegistry()
"""The registry: network name to the connector that reads its accounts."""
