"""
Group log: an append-only hash chain of scores, as commitments, from which people can still be erased.

Its entries are appended and read inside a database transaction of the caller.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from renown.records import day_from_number, day_number
from renown.store.schema import group_log, groups, members, openings, people
from renown.store.serving.history import HUNDREDTHS_PER_POINT

_SALT_BYTES = 16
WITHDRAWN = "withdrawn"
"""Kind of an entry which says that a day's scores, as logged before, were taken back."""


@dataclass(frozen=True)
class LogOpening:
    """Opening of a commitment; once it is deleted, the commitment reveals nothing about anybody."""

    member: str
    """The person's name."""
    score: int | None
    """Hundredths of a point; None without a score."""
    salt: str
    """128 random bits in hex: without it, nobody can guess the name and score behind the commitment."""

    @property
    def commitment(self) -> str:
        """SHA-256, in hex, of ``salt score name`` (single spaces); a missing score is ``-``."""
        return _sha256_hex(f"{self.salt} {'-' if self.score is None else self.score} {self.member}")


@dataclass(frozen=True)
class GroupLogEntry:
    """One entry of a group's log."""

    number: int
    """1, 2, 3 …"""
    message: str
    """JSON: `group`, `number`, `before` (digest of the previous entry), `at`, `kind`, `members` (commitments), …"""
    digest: str
    """SHA-256 of `message`, in hex."""
    openings: tuple[LogOpening, ...]
    """Openings of the members' commitments, except erased ones."""


@dataclass(frozen=True)
class LogVerification:
    """Result of verifying a group's log."""

    group: str
    entries: int
    head: str
    """Digest of the last entry; with it anybody can check later that nothing up to it was changed."""
    erased_scores: int
    """Commitments whose openings were erased with their person."""
    faults: tuple[str, ...]
    """What was changed after it was written; empty if nothing was."""


def create_opening(member: str, score: int | None) -> LogOpening:
    """Create the opening of a commitment, with a random salt."""
    return LogOpening(member, score, secrets.token_hex(_SALT_BYTES))


def build_entry(
    group: str,
    number: int,
    previous_digest: str,
    *,
    at: datetime,
    kind: str,
    openings: Sequence[LogOpening] = (),
    day: date | None = None,
    challenge: int = 0,
    terms: Mapping[str, Any] | None = None,
) -> GroupLogEntry:
    """
    Build the next entry of the hash chain.

    Parameters
    ----------
    group : str
    number : int
        Position in the log, from 1.
    previous_digest : str
        Digest of the previous entry; empty for the first.
    at : datetime
        UTC instant.
    kind : str
    openings : sequence of LogOpening
        Commitments are sorted by their hex digits, so that the order reveals no name or score.
    day : date, optional
        UTC day of the scores.
    challenge : int
        0 for the group itself.
    terms : mapping, optional
        Further fields of the entry.
    """
    fields: dict[str, Any] = {
        "group": group,
        "number": number,
        "before": previous_digest,
        "at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "kind": kind,
        "day": day.isoformat() if day else None,
        "challenge": challenge,
        "members": sorted(opening.commitment for opening in openings),
        **(terms or {}),
    }
    text = json.dumps(fields)
    return GroupLogEntry(number, text, _sha256_hex(text), tuple(openings))


def verify_log(
    group: str,
    entries: Sequence[GroupLogEntry],
    *,
    head: str | None = None,
    index_keys: Sequence[tuple[int, str | None]],
    terms: Sequence[tuple[str, int, Mapping[str, Any]]],
) -> LogVerification:
    """
    Verify a log by recomputing its hash chain and commitments.

    Parameters
    ----------
    group : str
    entries : sequence of GroupLogEntry
        In log order.
    head : str, optional
        A digest from an earlier verification: if no entry has it, entries up to it were changed or removed.
    index_keys : sequence of (challenge, day)
        Columns that each entry's row is indexed by; they must match its text.
    terms : sequence of (kind, challenge, terms)
        Terms of the group and its challenges as stored; the log must say the same.
    """
    digests = [entry.digest for entry in entries]
    previous_digests = ["", *digests]
    faults = [
        f"entry {entry.number}: {fault}"
        for index, entry in enumerate(entries)
        for fault in _find_entry_faults(group, index + 1, previous_digests[index], entry)
    ]
    if head and head not in digests:
        faults.append(f"no entry has the digest {head}: entries up to it were changed or removed")
    erased_scores = 0
    if not faults:
        messages = [json.loads(entry.message) for entry in entries]
        erased_scores = sum(len(message["members"]) for message in messages) - sum(
            len(entry.openings) for entry in entries
        )
        faults += _find_index_faults(messages, index_keys, terms)
    return LogVerification(group, len(entries), digests[-1] if digests else "", erased_scores, tuple(faults))


def lock_group(connection: sa.Connection, group_id: int) -> None:
    """Lock a group against other writers until the transaction ends; call it first in the transaction."""
    is_group = groups.c.group_id == group_id
    connection.execute(sa.update(groups).where(is_group).values(group_id=group_id))


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


def read_logged_scores(connection: sa.Connection, group_id: int, challenge: int, day: date) -> dict[str, int | None]:
    """Return each person's score of a day, in hundredths of a point, as last logged; nobody's if it was taken back."""
    tables = openings.join(group_log)
    condition = sa.and_(
        group_log.c.group_id == group_id,
        group_log.c.challenge == challenge,
        group_log.c.day_no == day_number(day),
        group_log.c.number > _read_withdrawals(connection, group_id, challenge).get(day_number(day), 0),
    )
    select = sa.select(openings.c.member, openings.c.score).select_from(tables).where(condition)
    return dict(connection.execute(select.order_by(group_log.c.number)).all())


def is_day_logged(connection: sa.Connection, group_id: int, challenge: int, day: date) -> bool:
    """Return whether a day's scores were logged; entries of people who joined with its score do not count."""
    condition = sa.and_(
        group_log.c.group_id == group_id,
        group_log.c.challenge == challenge,
        group_log.c.day_no == day_number(day),
        group_log.c.number > _read_withdrawals(connection, group_id, challenge).get(day_number(day), 0),
    )
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


def _find_index_faults(
    messages: Sequence[Mapping[str, Any]],
    index_keys: Sequence[tuple[int, str | None]],
    terms: Sequence[tuple[str, int, Mapping[str, Any]]],
) -> Iterator[str]:
    """Yield differences between the log and the store's other columns and tables."""
    for message, index_key in zip(messages, index_keys, strict=True):
        if (message["challenge"], message["day"]) != index_key:
            yield (
                f"entry {message['number']}: its row is indexed under challenge and day {index_key}, "
                "its text says otherwise"
            )
    logged_messages = [dict(message) for message in messages if message["kind"] in {"created", "challenge"}]
    for message in messages:
        if message["kind"] == "changed":
            logged_messages[0] |= {key: message[key] for key in ("title", "goal", "goal_origin") if key in message}
    stored_terms = [{"kind": kind, "challenge": number, **values} for kind, number, values in terms]
    logged_terms = [
        {key: message.get(key) for key in row} for message, row in zip(logged_messages, stored_terms, strict=False)
    ]
    if logged_terms != stored_terms or len(logged_messages) != len(stored_terms):
        yield "the terms of the group, or of one of its challenges, differ from the log"


def _find_entry_faults(group: str, number: int, previous_digest: str, entry: GroupLogEntry) -> Iterator[str]:
    if _sha256_hex(entry.message) != entry.digest:
        yield "its text does not match its digest"
        return
    message = json.loads(entry.message)
    if (entry.number, message["number"], message["group"]) != (number, number, group):
        yield f"it is not entry {number} of {group!r}"
    if message["before"] != previous_digest:
        yield "it does not name the digest of the previous entry"
    commitments = list(message["members"])
    for opening in entry.openings:
        if opening.commitment in commitments:
            commitments.remove(opening.commitment)
        else:
            yield f"the name or score of {opening.member!r} does not match its commitment"


def _sha256_hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
