"""Serving: snapshots of the published scores, laid out for fast reads."""
