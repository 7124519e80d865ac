"""The list of changes: whose score, claims or consent changed, and who departed, for those who copy the data."""

from collections.abc import Iterable
from datetime import datetime

from renown.answers import Position
from renown.store import PersonChange
from renown.web.api.cursor import decode_cursor, encode_cursor
from renown.web.api.models import ChangeResponse, ChangesResponse
from renown.web.state import AppState

CHANGED, DEPARTED = "changed", "departed"
"""What a change means for a copy: fetch the person again, or delete them."""


def list_changes(state: AppState, *, after: str | datetime | None, limit: int) -> ChangesResponse:
    """
    List a page of changes, oldest first; each person appears once, at their latest change.

    Parameters
    ----------
    state : AppState
    after : str or datetime, optional
        A cursor, or an instant.
    limit : int
    """
    position = _parse_position(state, after)
    rows = state.people.changes.list_after(position, limit + 1)
    last = rows[:limit][-1].position if rows else position
    resume = encode_cursor(last, state.cursor_secret)
    changes = describe_changes(state, rows[:limit])
    return ChangesResponse(changes, resume if len(rows) > limit else None, resume)


def describe_changes(state: AppState, rows: Iterable[PersonChange]) -> list[ChangeResponse]:
    """Describe changes as others may see them now: people who are hidden, or have no score, have departed."""
    changes = []
    for row in rows:
        score = state.find_by_key(row.key) if row.key is not None else None
        change = ChangeResponse(
            id=row.public_id,
            kind=CHANGED if score else DEPARTED,
            name=score.name if score else None,
            score=score.score if score else None,
            changed_at=row.changed_at,
            score_at=row.score_at,
            claims_at=row.claims_at,
            consent_at=row.consent_at,
        )
        changes.append(change)
    return changes


def _parse_position(state: AppState, after: str | datetime | None) -> Position:
    """Return where a list of changes begins: at a cursor, after an instant, or at the start."""
    if isinstance(after, datetime):
        return state.people.changes.find_position(after)
    return decode_cursor(after, state.cursor_secret)
