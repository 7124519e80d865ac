"""The fields of a user's file: what each may hold, said once in SQL to read it and once in Python to explain it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from renown.errors import BadInput
from renown.records import VERBS
from renown.steps import literal

LONGEST = 1024
"""Bytes of an id or handle; the longest known, an AT-URI of a post, has about 600."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""No network here is older: an earlier instant is one read in the wrong unit."""
SKEW = timedelta(minutes=10)
"""How far a source's clock may run ahead of ours."""
UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
"""Parts of a second that a number may count."""
MOST = 10**12
"""Largest count: no channel has as many views. A hundred of them still add up in the method's millionths (2^63)."""
_PEOPLE = 10**10
"""More than there are: nobody has as many followers, nothing as many likes."""
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?$")


def figure(count: int | None) -> int | None:
    """
    Return a count that somebody else states; None where it is none: unknown, hidden (below zero) or absurd.

    Examples
    --------
    >>> figure(7), figure(-1), figure(10**30), figure(None)
    (7, None, None, None)
    """
    return count if count is not None and 0 <= count <= _PEOPLE else None


@dataclass(frozen=True)
class Reading:
    """How a file's columns are to be understood."""

    columns: Mapping[str, str]
    """Field to the file's column."""
    verbs: Mapping[str, str]
    """The file's word to the verb; our own verbs need none."""
    unit: str | None
    """What a number in `at` counts, of `UNITS`; None takes seconds, or ISO 8601 text."""
    now: datetime
    """No record is younger."""

    @property
    def codes(self) -> dict[str, int]:
        """Every word that the verb's column may hold, with the verb's number."""
        return dict(VERBS) | {word: VERBS[verb] for word, verb in self.verbs.items()}

    @property
    def latest(self) -> datetime:
        """The last instant that is not in the future."""
        return self.now + SKEW


@dataclass(frozen=True)
class Field:
    """One field: is it needed, how is it read, what is wrong with a value."""

    needed: bool
    sql: Callable[[str, str, str, Reading], str]
    """(field, column, the column's SQL type, reading) to an expression that fails with ``error(field)``."""
    fault: Callable[[object, Reading], str | None]
    """A value to what is wrong with it and what to do; None where nothing is."""


def _refuse(field: str, condition: str, value: str) -> str:
    return f"case when {condition} then {value} else error('{field}') end"


def _id_sql(field: str, column: str, kind: str, reading: Reading) -> str:  # noqa: ARG001 - one signature for all
    text = column if kind == "VARCHAR" else f"cast({column} as varchar)"
    return _refuse(field, f"strlen({text}) between 1 and {LONGEST}", text)


def _text_sql(field: str, column: str, kind: str, reading: Reading) -> str:  # noqa: ARG001 - one signature for all
    text = column if kind == "VARCHAR" else f"cast({column} as varchar)"
    fits = f"when strlen({text}) <= {LONGEST} then nullif({text}, '')"
    return f"case {fits} when {text} is not null then error('{field}') end"


def _verb_sql(field: str, column: str, kind: str, reading: Reading) -> str:  # noqa: ARG001 - one signature for all
    cases = " ".join(f"when {literal(word)} then {code}" for word, code in reading.codes.items())
    return f"cast(case {column} {cases} else error('{field}') end as smallint)"


def _whole_sql(field: str, column: str, kind: str, reading: Reading) -> str:  # noqa: ARG001 - one signature for all
    number = f"try_cast({column} as double)"
    return _refuse(field, f"{number} between 0 and {MOST} and {number} = floor({number})", f"cast({number} as bigint)")


def _figure_sql(field: str, column: str, kind: str, reading: Reading) -> str:
    return f"case when {_blank(column, kind)} then null else {_whole_sql(field, column, kind, reading)} end"


def _flag_sql(field: str, column: str, kind: str, reading: Reading) -> str:  # noqa: ARG001 - one signature for all
    flag = f"try_cast({column} as boolean)"
    return f"case when {_blank(column, kind)} then null when {flag} is not null then {flag} else error('{field}') end"


def _said_sql(field: str, column: str, kind: str, reading: Reading) -> str:  # noqa: ARG001 - one signature for all
    flag = f"try_cast({column} as boolean)"
    return _refuse(field, f"{flag} is not null", flag)


def _at_sql(field: str, column: str, kind: str, reading: Reading) -> str:
    parts = UNITS[reading.unit or "s"]
    whole, broken = f"try_cast({column} as bigint)", f"try_cast({column} as double)"
    if kind.startswith(("TIMESTAMP", "DATE")):
        seconds = f"cast(floor(epoch({column})) as bigint)"
    elif kind != "VARCHAR":
        seconds = f"{whole} // {parts}" if "INT" in kind else f"cast(floor({broken} / {parts}) as bigint)"
    else:
        text = f"cast(floor(epoch(try_cast({column} as timestamptz))) as bigint)"
        seconds = (
            f"case when contains({column}, '.') and {broken} is not null and isfinite({broken}) "
            f"then try_cast(floor({broken} / {parts}) as bigint) "
            f"else coalesce({whole} // {parts}, {text if reading.unit is None else 'null'}) end"
        )
    low, high = int(EARLIEST.timestamp()), int(reading.latest.timestamp())
    return _refuse(field, f"({seconds}) between {low} and {high}", f"({seconds})")


def _early_sql(field: str, column: str, kind: str, reading: Reading) -> str:
    return f"case when {_blank(column, kind)} then null else {_at_sql(field, column, kind, reading)} end"


def _blank(column: str, kind: str) -> str:
    return f"({column} is null or {column} = '')" if kind == "VARCHAR" else f"{column} is null"


def _id_fault(value: object, reading: Reading) -> str | None:
    if value is None or value == "":
        return "is empty; every record needs it"
    return _text_fault(value, reading)


def _text_fault(value: object, _reading: Reading) -> str | None:
    size = len(str(value if value is not None else "").encode())
    return (
        f"is {size:,} bytes long; an id or handle has at most {LONGEST:,}. Is the column the right one?"
        if size > LONGEST
        else None
    )


def _verb_fault(value: object, reading: Reading) -> str | None:
    if value in reading.codes:
        return None
    return f"is no verb; known: {', '.join(VERBS)}. Say what it means with --verbs {value or 'WORD'}=repost"


def _whole_fault(value: object, _reading: Reading) -> str | None:
    try:
        number = float(str(value))
    except ValueError:
        return "is not a number; write a whole number of 0 or more"
    if not 0 <= number <= MOST or number != int(number):
        return f"is not a count; write a whole number from 0 to {MOST:,}"
    return None


def _figure_fault(value: object, reading: Reading) -> str | None:
    return None if value in (None, "") else _whole_fault(value, reading)


def _flag_fault(value: object, _reading: Reading) -> str | None:
    if value in (None, "") or str(value).lower() in {"true", "false", "t", "f", "1", "0", "yes", "no", "y", "n"}:
        return None
    return "is neither true nor false; write one of them, or leave it empty"


def _said_fault(value: object, reading: Reading) -> str | None:
    return "is empty; write true or false" if value in (None, "") else _flag_fault(value, reading)


def _early_fault(value: object, reading: Reading) -> str | None:
    return None if value in (None, "") else _at_fault(value, reading)


def _at_fault(value: object, reading: Reading) -> str | None:
    if value in (None, ""):
        return "is empty; every record needs its instant"
    try:
        at = _instant(value, reading.unit)
    except (ValueError, OverflowError):
        return f"is no instant; write ISO 8601 text or a number of {reading.unit or 's'} (see --at-unit)"
    if at is not None and EARLIEST <= at <= reading.latest:
        return None
    said = "beyond the year 9999" if at is None else at.isoformat(timespec="seconds")
    side = "in the future" if at is None or at > reading.latest else f"before {EARLIEST.year}"
    return f"is {said}, {side}{_likelier(value, reading)}"


def _likelier(value: object, reading: Reading) -> str:
    """Say which unit would make sense of a number that makes none in this one."""
    for unit in UNITS:
        try:
            at = _instant(value, unit) if _NUMBER.match(str(value)) else None
        except (ValueError, OverflowError):
            continue
        if at is not None and EARLIEST <= at <= reading.latest:
            return f"; in {unit} it would be {at.isoformat(timespec='seconds')}: try --at-unit {unit}"
    return "; correct the file, or the clock of this machine"


def _instant(value: object, unit: str | None) -> datetime | None:
    """Return the instant a value means, None where no calendar holds it."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if unit is None and not _NUMBER.match(str(value)):
        at = datetime.fromisoformat(str(value))
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    try:
        return datetime.fromtimestamp(float(str(value)) / UNITS[unit or "s"], UTC)
    except (OverflowError, OSError, ValueError):
        if not _NUMBER.match(str(value)):
            raise
        return None


_ID, _WHOLE, _AT = (True, _id_sql, _id_fault), (True, _whole_sql, _whole_fault), (True, _at_sql, _at_fault)
_VERB, _SAID = (True, _verb_sql, _verb_fault), (True, _said_sql, _said_fault)
_TEXT, _FIGURE, _FLAG = (
    (False, _text_sql, _text_fault),
    (False, _figure_sql, _figure_fault),
    (False, _flag_sql, _flag_fault),
)

FIELDS: dict[str, dict[str, Field]] = {
    "interactions": {
        "interaction_id": Field(*_TEXT),
        "verb": Field(*_VERB),
        "actor_id": Field(*_ID),
        "target_id": Field(*_ID),
        "post_id": Field(*_TEXT),
        "at": Field(*_AT),
    },
    "tallies": {
        "account_id": Field(*_ID),
        "post_id": Field(*_TEXT),
        "verb": Field(*_VERB),
        "count": Field(*_WHOLE),
        "at": Field(*_AT),
    },
    "profiles": {
        "account_id": Field(*_ID),
        "handle": Field(*_TEXT),
        "followers": Field(*_FIGURE),
        "following": Field(*_FIGURE),
        "posts": Field(*_FIGURE),
        "lists": Field(*_FIGURE),
        "verified": Field(*_FLAG),
        "created_at": Field(needed=False, sql=_early_sql, fault=_early_fault),
        "at": Field(*_AT),
    },
    "undone": {
        "interaction_id": Field(*_ID),
        "at": Field(*_AT),
    },
    "presence": {
        "account_id": Field(*_ID),
        "present": Field(*_SAID),
        "at": Field(*_AT),
    },
}
"""Table to its fields, in the order of `records.SAID`."""


def reading(
    table: str,
    present: list[str],
    *,
    columns: Mapping[str, str],
    verbs: Mapping[str, str],
    unit: str | None,
    now: datetime,
    file: str,
) -> Reading:
    """
    Match a table's fields with a file's columns.

    A field is looked for under its own name, with and without ``_id``, unless
    `columns` names another.

    Raises
    ------
    BadInput
        If a needed field has no column, or `columns`, `verbs` or `unit` name something unknown.
    """
    if unit is not None and unit not in UNITS:
        msg = f"--at-unit is {unit!r}; write one of {', '.join(UNITS)}"
        raise BadInput(msg)
    if wrong := {verb for verb in verbs.values() if verb not in VERBS}:
        msg = f"--verbs names {', '.join(map(repr, sorted(wrong)))}; known verbs: {', '.join(VERBS)}"
        raise BadInput(msg)
    short = {field.removesuffix("_id").replace("interaction", "id"): field for field in FIELDS[table]}
    named = {short.get(field, field): column for field, column in columns.items()}
    if wrong := set(named) - set(FIELDS[table]):
        msg = f"--map names the field {', '.join(map(repr, sorted(wrong)))}; {table} have: {', '.join(short)}"
        raise BadInput(msg)
    if lost := {column for column in named.values() if column not in present}:
        listed = ", ".join(map(repr, sorted(lost)))
        msg = f"{file}: no column {listed}, which --map names; the file has: {', '.join(present)}"
        raise BadInput(msg)
    for name, field in short.items():
        found = next((column for column in (name, field) if column in present), None)
        if field not in named and found is not None:
            named[field] = found
    missing = [name for name, field in short.items() if FIELDS[table][field].needed and field not in named]
    if missing:
        has = f"the file has: {', '.join(present)}"
        msg = f"{file}: no column for {', '.join(missing)}; {has}. Say which with --map {missing[0]}=COLUMN"
        raise BadInput(msg)
    return Reading(named, dict(verbs), unit, now)
