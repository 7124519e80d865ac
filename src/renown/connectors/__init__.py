"""Connectors: where records come from, one module a source."""
