"""
Ingest: the steps that turn what a connector said into rows of the lake.

Keys are given here, once, and each record is taken in once. These steps are
DuckDB's alone: they read text and hash it, which no two engines do alike.
"""

from renown.ingest.keys import exceptions, keys, named, new_accounts, new_handles, taken
from renown.ingest.listings import LISTED, LISTS, gone_acts, held, known_acts, new_acts
from renown.ingest.once import contested, doubled, identity, losers, remaining, settled, surviving, suspects
from renown.ingest.rows import rows

__all__ = [
    "LISTED",
    "LISTS",
    "contested",
    "doubled",
    "exceptions",
    "gone_acts",
    "held",
    "identity",
    "keys",
    "known_acts",
    "losers",
    "named",
    "new_accounts",
    "new_acts",
    "new_handles",
    "remaining",
    "rows",
    "settled",
    "surviving",
    "suspects",
    "taken",
]
