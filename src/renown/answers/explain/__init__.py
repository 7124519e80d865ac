"""Explanations: what made a score, and why it changed."""
