"""The list of changes: whose score, claims or consent changed, and who departed, for those who copy the data."""

from datetime import datetime
from functools import partial

from renown.answers import Position
from renown.answers.person_changes import describe_changes
from renown.web.api.cursor import decode_cursor, encode_cursor
from renown.web.api.models import ChangesResponse
from renown.web.people import find_by_key
from renown.web.state import AppState


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
    changes = describe_changes(rows[:limit], partial(find_by_key, state))
    return ChangesResponse(changes, resume if len(rows) > limit else None, resume)


def _parse_position(state: AppState, after: str | datetime | None) -> Position:
    """Return where a list of changes begins: at a cursor, after an instant, or at the start."""
    if isinstance(after, datetime):
        return state.people.changes.find_position(after)
    return decode_cursor(after, state.cursor_secret)
