"""Connectors: where records come from, one module a source."""

from renown.connectors.base import Connector

CONNECTORS: dict[str, Connector] = {}
"""Every network that accounts can be read from, by its name."""
