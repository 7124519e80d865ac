"""How much of a slow proof to run: all of it, or the short form for continuous integration."""

import os

import pytest

SHORT = os.environ.get("RENOWN_PROOFS") == "short"
"""Whether `make proofs PROOFS=short` runs."""


def scaled(full: int, short: int) -> int:
    """Return how many rounds or kills a proof takes: `full`, or `short` in the short form."""
    return short if SHORT else full


DATABASES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.proof))
"""The databases of a store; `make test` runs SQLite, the proofs PostgreSQL."""
only_in_full = pytest.mark.skipif(SHORT, reason="part of `make proofs`, not of its short form")
"""Mark of proofs that the short form leaves out."""
