"""
Ingest: the steps that turn what a connector said into rows of the lake.

Keys are given here, once, and each record is taken in once. These steps are
DuckDB's alone: they read text and hash it, which no two engines do alike.
"""

from renown.ingest.keys import (
    clashes,
    exceptions,
    heard_handles,
    keys,
    known,
    learned,
    met,
    more_odd,
    named,
    new_accounts,
    new_handles,
    odd,
    strangers,
    taken,
)
from renown.ingest.leaving import opted_out, pads, staying
from renown.ingest.listings import LISTED, LISTS, gone_acts, held, lapsed, new_acts, too_young
from renown.ingest.once import contested, doubled, identity, losers, merged, remaining, settled, surviving, suspects
from renown.ingest.rows import rows

__all__ = [
    "LISTED",
    "LISTS",
    "clashes",
    "contested",
    "doubled",
    "exceptions",
    "gone_acts",
    "heard_handles",
    "held",
    "identity",
    "keys",
    "known",
    "lapsed",
    "learned",
    "losers",
    "merged",
    "met",
    "more_odd",
    "named",
    "new_accounts",
    "new_acts",
    "new_handles",
    "odd",
    "opted_out",
    "pads",
    "remaining",
    "rows",
    "settled",
    "staying",
    "strangers",
    "surviving",
    "suspects",
    "taken",
    "too_young",
]
