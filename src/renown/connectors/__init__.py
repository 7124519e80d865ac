"""Connectors: where records come from, one module a source."""

from renown.connectors import mastodon
from renown.connectors.base import Connector
from renown.connectors.bluesky import appview

CONNECTORS: dict[str, Connector] = {each.network: each for each in (appview.CONNECTOR, mastodon.CONNECTOR)}
"""Every network that accounts can be read from, by its name."""
