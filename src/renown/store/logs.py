"""Logs: append to a group's log within a transaction, and read it."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from renown.records import day_number, day_of
from renown.store.chain import Entry, Opening, opening, seal
from renown.store.history import HUNDREDTHS
from renown.store.schema import group_log, groups, members, openings, people


def take_turn(connection: sa.Connection, group_id: int) -> None:
    """Hold up whoever else would write to this group, until the transaction ends; to be called first in it."""
    here = groups.c.group_id == group_id
    connection.execute(sa.update(groups).where(here).values(group_id=group_id))


def head(connection: sa.Connection, group_id: int) -> tuple[int, str]:
    """Return number and digest of the last entry; 0 and nothing where there is none."""
    select = sa.select(group_log.c.number, group_log.c.digest).where(group_log.c.group_id == group_id)
    row = connection.execute(select.order_by(group_log.c.number.desc()).limit(1)).one_or_none()
    return (row.number, row.digest) if row else (0, "")


def append(
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
    Append an entry.

    Parameters
    ----------
    connection : Connection
        Whose turn it is.
    group : (group_id, name)
    kind : str
    scores : mapping of str to int or None
        Person's name to hundredths of a point.
    at, day, challenge, terms
        As in `chain.seal`.

    Returns
    -------
    int
        The entry's number.
    """
    group_id, name = group
    last, before = head(connection, group_id)
    number = last + 1
    told = [opening(member, score) for member, score in scores.items()]
    entry = seal(name, number, before, at=at, kind=kind, openings=told, day=day, challenge=challenge, terms=terms)
    key = {"group_id": group_id, "number": number}
    day_no = day_number(day) if day else None
    row = key | {"challenge": challenge, "day_no": day_no, "said": entry.said, "digest": entry.digest}
    connection.execute(sa.insert(group_log).values(**row))
    if told:
        rows = [{**key, "member": one.member, "score": one.score, "salt": one.salt} for one in told]
        connection.execute(sa.insert(openings), rows)
    return number


def known(connection: sa.Connection, group_id: int, challenge: int, day: date) -> dict[str, int | None]:
    """Return each person's score of a day as it was logged last."""
    joined = openings.join(group_log)
    here = sa.and_(
        group_log.c.group_id == group_id, group_log.c.challenge == challenge, group_log.c.day_no == day_number(day)
    )
    select = sa.select(openings.c.member, openings.c.score).select_from(joined).where(here)
    return dict(connection.execute(select.order_by(group_log.c.number)).all())


def is_logged(connection: sa.Connection, group_id: int, challenge: int, day: date) -> bool:
    """Tell whether a day was logged: by more than people who joined with its score."""
    here = sa.and_(
        group_log.c.group_id == group_id, group_log.c.challenge == challenge, group_log.c.day_no == day_number(day)
    )
    said = connection.scalars(sa.select(group_log.c.said).where(here))
    return any(json.loads(one)["kind"] != "joined" for one in said)


def since_joining(connection: sa.Connection, group_id: int, challenge: int) -> dict[str, dict[date, float | None]]:
    """Return every member's scores by day, in points, as they were logged last since the member joined."""
    joined = openings.join(group_log).join(people, people.c.name == openings.c.member).join(members)
    here = sa.and_(
        group_log.c.group_id == group_id,
        members.c.group_id == group_id,
        group_log.c.challenge == challenge,
        group_log.c.day_no.is_not(None),
        group_log.c.number >= members.c.number,
    )
    select = sa.select(openings.c.member, group_log.c.day_no, openings.c.score).select_from(joined).where(here)
    found: dict[str, dict[date, float | None]] = {}
    for member, day_no, score in connection.execute(select.order_by(group_log.c.day_no, group_log.c.number)):
        found.setdefault(member, {})[day_of(day_no)] = None if score is None else score / HUNDREDTHS
    return found


def entries(connection: sa.Connection, group_id: int) -> list[Entry]:
    """Return the whole log."""
    select = sa.select(group_log).where(group_log.c.group_id == group_id).order_by(group_log.c.number)
    rows = connection.execute(select).all()
    told: dict[int, list[Opening]] = {}
    select = sa.select(openings).where(openings.c.group_id == group_id).order_by(openings.c.number, openings.c.member)
    for row in connection.execute(select):
        told.setdefault(row.number, []).append(Opening(row.member, row.score, row.salt))
    return [Entry(row.number, row.said, row.digest, tuple(told.get(row.number, ()))) for row in rows]


def latest(connection: sa.Connection, group_id: int, n: int) -> list[Entry]:
    """Return the last entries, the latest first, without what opens their commitments."""
    select = sa.select(group_log).where(group_log.c.group_id == group_id).order_by(group_log.c.number.desc())
    return [Entry(row.number, row.said, row.digest, ()) for row in connection.execute(select.limit(n))]


def places(connection: sa.Connection, group_id: int) -> list[tuple[int, str | None]]:
    """Return the challenge and day that each entry is filed under; verified against what it says."""
    select = sa.select(group_log.c.challenge, group_log.c.day_no).where(group_log.c.group_id == group_id)
    rows = connection.execute(select.order_by(group_log.c.number))
    return [(challenge, None if day_no is None else day_of(day_no).isoformat()) for challenge, day_no in rows]
