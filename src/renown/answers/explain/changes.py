"""Changes of a score between two published days: causes whose points sum to the change, as shown and as stored."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from renown.answers.explain.causes import ChangeCause
from renown.answers.explain.change_summary import ChangeSummary
from renown.answers.explain.people_change import PeopleChange, Reactor
from renown.answers.explain.receipt_lines import ReceiptLine
from renown.store import PublishedDay


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The change of a score from one published day to another."""

    name: str
    first_day: str
    """UTC day, as 2026-11-22."""
    last_day: str
    """UTC day, as 2026-11-23."""
    first: float
    """Score of the first day; 1, the base score, if there was none."""
    last: float
    move: float
    causes: tuple[ChangeCause, ...]
    """One for each of `CAUSES` that there can be between days of these methods; their points sum to `move`."""
    summary: ChangeSummary = field(default_factory=ChangeSummary)
    """The change in one sentence; empty in explanations that an older version stored."""
    people: PeopleChange = field(default_factory=PeopleChange)
    """Who reacted in one of the two windows only."""

    def actors(self) -> list[ReceiptLine | Reactor]:
        """Return the receipt lines of all actors, and who is new or left."""
        lines = [line for cause in self.causes for signal in cause.signals for line in signal.actors]
        return [*lines, *self.people.reactors()]

    def anonymize(self, keys: AbstractSet[int]) -> "Changes":
        """Return a copy without the names of these accounts; all sums stay."""
        return replace(
            self,
            causes=tuple(cause.anonymize(keys) for cause in self.causes),
            people=self.people.anonymize(keys),
        )

    def rename(self, names: Mapping[int, str], own_names: Mapping[str, str]) -> "Changes":
        """Return a copy with the names of accounts by their key, and of the person's own by their former name."""
        return replace(
            self,
            causes=tuple(cause.rename(names, own_names) for cause in self.causes),
            people=self.people.rename(names),
        )

    def redact_names(self, allowed_names: AbstractSet[str]) -> "Changes":
        """Return a copy that keeps only the allowed names of actors."""
        return replace(
            self,
            causes=tuple(cause.redact_names(allowed_names) for cause in self.causes),
            people=self.people.redact_names(allowed_names),
        )


@dataclass(frozen=True)
class StoredChanges:
    """A score change as it was explained when a day was published."""

    first_inputs: str
    """Digest of what counted on the first day: if the day is scored again, the explanation is outdated."""
    last_inputs: str
    changes: Changes

    def matches(self, first: PublishedDay, last: PublishedDay) -> bool:
        """Return whether it explains the change between two published days."""
        days = (self.changes.first_day, self.changes.last_day)
        return (*days, self.first_inputs, self.last_inputs) == (
            first.day.isoformat(),
            last.day.isoformat(),
            first.inputs,
            last.inputs,
        )
