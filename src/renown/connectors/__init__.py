"""Connectors: where records come from, one module a source."""

from renown.connectors import mastodon
from renown.connectors.base import Connector

CONNECTORS: dict[str, Connector] = {each.network: each for each in (mastodon.CONNECTOR,)}
"""Every network that accounts can be read from, by its name."""
