"""Bluesky: its records and events as ours."""
