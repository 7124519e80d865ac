"""Bluesky: read accounts through its public API, and events through its streams."""
