"""Entries of group logs, appended and read in a transaction of the caller."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from renown.records import day_from_number, day_number
from renown.store.groups.log import GroupLogEntry, LogOpening, build_entry, create_opening
from renown.store.schema import group_log, openings


def read_head(connection: sa.Connection, group_id: int) -> tuple[int, str]:
    """Return number and digest of the last entry; 0 and an empty string for an empty log."""
    select = sa.select(group_log.c.number, group_log.c.digest).where(group_log.c.group_id == group_id)
    row = connection.execute(select.order_by(group_log.c.number.desc()).limit(1)).one_or_none()
    return (row.number, row.digest) if row else (0, "")


def append_entry(
    connection: sa.Connection,
    group: tuple[int, str],
    kind: str,
    scores: Mapping[str, int | None],
    *,
    at: datetime,
    day: date | None = None,
    challenge: int = 0,
    terms: Mapping[str, Any] | None = None,
) -> int:
    """
    Append an entry to a group's log.

    Parameters
    ----------
    connection : Connection
        Must hold the group's lock, see `lock_group`.
    group : (group_id, name)
    kind : str
    scores : mapping of str to int or None
        Hundredths of a point, by person's name.
    at, day, challenge, terms
        As in `build_entry`.

    Returns
    -------
    int
        The entry's number.
    """
    group_id, name = group
    last_number, previous_digest = read_head(connection, group_id)
    number = last_number + 1
    new_openings = [create_opening(member, score) for member, score in scores.items()]
    entry = build_entry(
        name,
        number,
        previous_digest,
        at=at,
        kind=kind,
        openings=new_openings,
        day=day,
        challenge=challenge,
        terms=terms,
    )
    key = {"group_id": group_id, "number": number}
    day_no = day_number(day) if day else None
    row = key | {"challenge": challenge, "day_no": day_no, "message": entry.message, "digest": entry.digest}
    connection.execute(sa.insert(group_log).values(**row))
    if new_openings:
        rows = [
            {**key, "member": opening.member, "score": opening.score, "salt": opening.salt} for opening in new_openings
        ]
        connection.execute(sa.insert(openings), rows)
    return number


def read_entries(connection: sa.Connection, group_id: int) -> list[GroupLogEntry]:
    """Return the whole log, oldest entry first."""
    select = sa.select(group_log).where(group_log.c.group_id == group_id).order_by(group_log.c.number)
    rows = connection.execute(select).all()
    openings_by_number: dict[int, list[LogOpening]] = {}
    select = sa.select(openings).where(openings.c.group_id == group_id).order_by(openings.c.number, openings.c.member)
    for row in connection.execute(select):
        openings_by_number.setdefault(row.number, []).append(LogOpening(row.member, row.score, row.salt))
    return [
        GroupLogEntry(row.number, row.message, row.digest, tuple(openings_by_number.get(row.number, ())))
        for row in rows
    ]


def read_latest_entries(connection: sa.Connection, group_id: int, n: int) -> list[GroupLogEntry]:
    """Return the last `n` entries, newest first, without the openings of their commitments."""
    select = sa.select(group_log).where(group_log.c.group_id == group_id).order_by(group_log.c.number.desc())
    return [GroupLogEntry(row.number, row.message, row.digest, ()) for row in connection.execute(select.limit(n))]


def read_index_keys(connection: sa.Connection, group_id: int) -> list[tuple[int, str | None]]:
    """Return the (challenge, day) columns that each entry's row is indexed by, to verify them against its text."""
    select = sa.select(group_log.c.challenge, group_log.c.day_no).where(group_log.c.group_id == group_id)
    rows = connection.execute(select.order_by(group_log.c.number))
    return [(challenge, None if day_no is None else day_from_number(day_no).isoformat()) for challenge, day_no in rows]
