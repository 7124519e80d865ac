"""Changes of people as others may see them: for the API's list of changes, and for webhooks of applications."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from renown.store import PersonChange, ServedScore

CHANGED, DEPARTED = "changed", "departed"
"""What a change means for a copy: fetch the person again, or delete them."""


@dataclass(frozen=True, kw_only=True)
class ChangeEntry:
    """The latest change of a person."""

    id: str
    """The person's `id` in scores."""
    kind: str
    """`changed`: fetch the person again; `departed`: delete what you have of them."""
    name: str | None
    """Null if they departed; so is the score."""
    score: float | None
    """1 to 100."""
    changed_at: datetime
    """UTC instant of the latest change, of whatever kind."""
    score_at: datetime | None
    """When the score changed last; null if it never did. So are the others."""
    claims_at: datetime | None
    """When an account was claimed, proven or taken off last."""
    consent_at: datetime | None
    """When the person, or a setting, hid or showed them last."""


def describe_changes(
    rows: Iterable[PersonChange], find_visible: Callable[[int], ServedScore | None]
) -> list[ChangeEntry]:
    """
    Describe changes as others may see them now: people who are hidden, or have no score, have departed.

    Parameters
    ----------
    rows : iterable of PersonChange
    find_visible : callable
        Returns the score of a key if it is visible, else None.
    """
    entries = []
    for row in rows:
        score = find_visible(row.key) if row.key is not None else None
        entry = ChangeEntry(
            id=row.public_id,
            kind=CHANGED if score else DEPARTED,
            name=score.name if score else None,
            score=score.score if score else None,
            changed_at=row.changed_at,
            score_at=row.score_at,
            claims_at=row.claims_at,
            consent_at=row.consent_at,
        )
        entries.append(entry)
    return entries
