"""Causes of a score change."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from renown.answers.explain.attribution import SignalMove

CAUSES = {
    "undone": "reactions that were undone",
    "absence": "accounts that were deleted or restored",
    "late": "reactions that arrived late",
    "left": "reactions older than the window",
    "decay": "ageing of the remaining reactions",
    "new": "new reactions and counts",
    "standing": "weight of the people who reacted",
    "profile": "followers and lists",
    "coverage": "what can be observed of the networks",
    "identities": "accounts linked or unlinked",
    "method": "another version of the method",
    "forgotten": "reactions no longer in the lake",
}
"""
Causes of a score change with their descriptions, in the order in which they are applied.

With a ledger, what an act is worth is fixed on its day: there is no `standing`; without one, there is no `late`. If the
two days were published by methods of which one or both have a ledger, `method` comes first: the first day's data, as
they are known now, by the last day's method.
"""


@dataclass(frozen=True)
class ChangeCause:
    """One cause of a score change."""

    kind: str
    """One of `CAUSES`."""
    points: float
    """Signed points of score."""
    before: float
    """Score before this cause, after the earlier ones."""
    after: float
    """Score after it: the `before` of the next cause."""
    signals: tuple[SignalMove, ...]
    """Largest change first; their points sum to the cause's."""

    def anonymize(self, keys: AbstractSet[int]) -> "ChangeCause":
        """Return a copy without the names of these accounts."""
        return replace(self, signals=tuple(signal.anonymize(keys) for signal in self.signals))

    def rename(self, names: Mapping[int, str], own_names: Mapping[str, str]) -> "ChangeCause":
        """Return a copy with the names of accounts by their key, and of the person's own by their former name."""
        return replace(self, signals=tuple(signal.rename(names, own_names) for signal in self.signals))

    def redact_names(self, allowed_names: AbstractSet[str]) -> "ChangeCause":
        """Return a copy that keeps only the allowed names of actors."""
        return replace(self, signals=tuple(signal.redact_names(allowed_names) for signal in self.signals))
