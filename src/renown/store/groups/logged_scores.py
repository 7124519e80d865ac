"""Scores in group logs, read in a transaction of the caller: as last logged, unless their day was taken back."""

import json
from datetime import date

import sqlalchemy as sa

from renown.records import day_from_number, day_number
from renown.store.groups.log import WITHDRAWN
from renown.store.schema import group_log, members, openings, people
from renown.store.serving.history import HUNDREDTHS_PER_POINT


def read_logged_scores(connection: sa.Connection, group_id: int, challenge: int, day: date) -> dict[str, int | None]:
    """Return each person's score of a day, in hundredths of a point, as last logged; nobody's if it was taken back."""
    tables = openings.join(group_log)
    condition = _select_day(connection, group_id, challenge, day)
    select = sa.select(openings.c.member, openings.c.score).select_from(tables).where(condition)
    return dict(connection.execute(select.order_by(group_log.c.number)).all())


def is_day_logged(connection: sa.Connection, group_id: int, challenge: int, day: date) -> bool:
    """Return whether a day's scores were logged; entries of people who joined with its score do not count."""
    condition = _select_day(connection, group_id, challenge, day)
    messages = connection.scalars(sa.select(group_log.c.message).where(condition))
    return any(json.loads(message)["kind"] != "joined" for message in messages)


def read_scores_since_joining(
    connection: sa.Connection, group_id: int, challenge: int
) -> dict[str, dict[date, float | None]]:
    """Return every member's scores by day, in points, as last logged since the member joined."""
    tables = openings.join(group_log).join(people, people.c.name == openings.c.member).join(members)
    condition = sa.and_(
        group_log.c.group_id == group_id,
        members.c.group_id == group_id,
        group_log.c.challenge == challenge,
        group_log.c.day_no.is_not(None),
        group_log.c.number >= members.c.number,
    )
    columns = (openings.c.member, group_log.c.day_no, group_log.c.number, openings.c.score)
    select = sa.select(*columns).select_from(tables).where(condition)
    withdrawals = _read_withdrawals(connection, group_id, challenge)
    scores: dict[str, dict[date, float | None]] = {}
    for member, day_no, number, score in connection.execute(select.order_by(group_log.c.day_no, group_log.c.number)):
        if number > withdrawals.get(day_no, 0):
            points = None if score is None else score / HUNDREDTHS_PER_POINT
            scores.setdefault(member, {})[day_from_number(day_no)] = points
    return scores


def _select_day(connection: sa.Connection, group_id: int, challenge: int, day: date) -> sa.ColumnElement[bool]:
    """Return the condition of the entries of a day that were not taken back."""
    withdrawal = _read_withdrawals(connection, group_id, challenge).get(day_number(day), 0)
    return sa.and_(
        group_log.c.group_id == group_id,
        group_log.c.challenge == challenge,
        group_log.c.day_no == day_number(day),
        group_log.c.number > withdrawal,
    )


def _read_withdrawals(connection: sa.Connection, group_id: int, challenge: int) -> dict[int, int]:
    """Return the number of the last entry that took back each day, by day number."""
    condition = sa.and_(
        group_log.c.group_id == group_id,
        group_log.c.challenge == challenge,
        group_log.c.day_no.is_not(None),
        group_log.c.message.contains(WITHDRAWN),
    )
    select = sa.select(group_log.c.day_no, group_log.c.number, group_log.c.message).where(condition)
    rows = connection.execute(select.order_by(group_log.c.number))
    return {day_no: number for day_no, number, message in rows if json.loads(message)["kind"] == WITHDRAWN}
