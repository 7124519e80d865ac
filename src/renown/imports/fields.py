"""
Fields of import files: in SQL, how each is read and which values are refused; in words, what to do about those.

The SQL decides alone. What it returns for a refused value is the name of a problem, of which `describe_problem` gives
the words, so that an explanation cannot disagree with the refusal.
"""

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from renown.connectors.bluesky.ids import NETWORK as BLUESKY
from renown.connectors.mastodon.ids import NETWORK as MASTODON
from renown.connectors.mastodon.ids import normalize_account_id
from renown.records import MAX_ID_BYTES, VERBS
from renown.steps import quote_literal
from renown.text import find_nearest, suggest_spelling

EARLIEST_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)
"""Earliest valid instant: no supported network is older, so an earlier one was read in the wrong unit."""
MAX_CLOCK_SKEW = timedelta(minutes=10)
"""How far a source's clock may be ahead of ours."""
_MAX_UTC_OFFSET = timedelta(hours=14)
"""Largest UTC offset of a time zone (Line Islands)."""
TIME_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
"""Unit of a numeric timestamp to units per second."""
MAX_COUNT = 10**12
"""Maximum count: no channel has as many views, and the sum of 100 of them in millionths is below 2^63."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MISSING_WORDS = ("nan", "NaN", "NaT", "NA", "N/A", "#N/A", "<NA>", "None", "null", "NULL", r"\N", "undefined")
"""What pandas, R, Excel, Python, JavaScript and SQL write for a missing value."""
_BLANKS = " \t\u00a0"
"""Characters removed around values: spaces, tabs, and the no-break spaces of spreadsheets."""
_DAMAGED_NUMBER = r"[+-]?[0-9]+([.,][0-9]*)?[eE][+-]?[0-9]+|[+-]?[0-9]+[.,]0{0,2}"
"""A number that went through floating point: 9.06E+17, 123.0."""
_LOCAL_INSTANT = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T]+[0-9:.]*)?"
"""ISO 8601 text without a UTC offset."""
_INSTANT_FORM = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?|$)", re.ASCII)
"""A day and time in ISO 8601, whether or not it exists; what follows the seconds does not matter."""
_OBJECT = r"(?s)\{.*\}|\[.*\]"
_ASCII_ADDRESS = r"[^@\s]+@[!-?A-~]+"
"""``user@domain`` with the domain as in DNS."""

_TEXT_TYPES = r"VARCHAR|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|UUID|BLOB|ENUM.*|DECIMAL\(\d+,0\)|\"NULL\""
_NUMBER_TYPES = r"VARCHAR|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*|\"NULL\""
_BOOL_TYPES = r"VARCHAR|BOOLEAN|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|\"NULL\""
_INSTANT_TYPES = _NUMBER_TYPES + r"|TIMESTAMP.*|DATE"


@dataclass(frozen=True, kw_only=True)
class ColumnReader:
    """How to read the columns of a file."""

    columns: Mapping[str, str]
    """Field to the file's column name."""
    verbs: Mapping[str, str]
    """The file's own word to the verb; words that are already verbs need no entry."""
    unit: str | None
    """Unit of numeric timestamps, of `TIME_UNITS`; None for seconds, or ISO 8601 text."""
    now: datetime
    """Latest valid instant, apart from clock skew."""
    network: str = ""
    """Network of the records: its names are normalized as by its connector."""
    timezone: str = "UTC"
    """Time zone of instants that have no UTC offset, as in the IANA database."""

    @property
    def verb_codes(self) -> dict[str, int]:
        """Every valid word of the verb column to the verb's number."""
        return dict(VERBS) | {word: VERBS[verb] for word, verb in self.verbs.items()}

    @property
    def latest(self) -> datetime:
        """Latest valid instant, with clock skew."""
        return self.now + MAX_CLOCK_SKEW


_FieldSQL = Callable[[str, str, ColumnReader], str]
"""(column or input name, SQL type of the column, reader) to an SQL expression."""


@dataclass(frozen=True, kw_only=True)
class FieldSpec:
    """A field of a table: whether it is required, which types a column may have, and how to read it."""

    required: bool
    types: str
    """Regular expression of the column's SQL types."""
    input_sql: _FieldSQL
    """From the file's column: without blanks, names normalized, missing values of optional fields null."""
    problem_sql: _FieldSQL
    """From the input and its value (`value_name`): null if it is valid, else the name of a problem."""
    value_sql: _FieldSQL
    """From the input: the value for the batch."""


@dataclass(frozen=True)
class InvalidValue:
    """A refused value, as the SQL read it."""

    text: str | None
    """The file's value."""
    number: float | None
    """The same as a number, if it is one."""
    value: object
    """What `FieldSpec.value_sql` made of it."""


def describe_problem(problem: str, invalid: InvalidValue, reader: ColumnReader, *, required: bool) -> str:
    """Return what is wrong with a refused value and what to do, to be read after the value."""
    if problem in {"early", "late"}:
        seconds = int(str(invalid.value))
        if (instant := _format_seconds(seconds)) is None:
            side = "after the year 9999" if problem == "late" else "before the year 1"
            return f"is {side}{_suggest_unit(invalid, reader)}"
        if 0 < seconds - reader.latest.timestamp() <= _MAX_UTC_OFFSET.total_seconds():
            return (
                f"is {instant}, in the future; times without a UTC offset are read as "
                f"{reader.timezone}: if this is a local time, add its offset, such as +09:00, or name its zone with "
                "--tz; otherwise correct the file, or the clock of this machine"
            )
        side = "in the future" if problem == "late" else f"before {EARLIEST_INSTANT.year}"
        return f"is {instant}, {side}{_suggest_unit(invalid, reader)}"
    instant_form = f"a number of {reader.unit or 's'}"
    if reader.unit is None:
        if _is_impossible_instant(invalid.text or ""):
            return "is a day or time that does not exist; correct it"
        instant_form = f"ISO 8601 text such as 2026-11-20T10:00:00Z, or {instant_form}"
    unknown = "" if required else ", or leave it empty if it is unknown"
    sentences = {
        "empty": "is empty; every record needs it",
        "no instant": "is empty; every record needs a timestamp",
        "no flag": "is empty; write true or false",
        "too long": f"is {len((invalid.text or '').encode()):,} bytes long; an id or handle has at most "
        f"{MAX_ID_BYTES:,}. Is it the right column?",
        "missing": "is a word for a missing value, not an id; remove the record, or write the account's permanent id",
        "damaged": "is a number in floating point, which spreadsheets and pandas make of long ids: digits are lost. "
        "Export the ids again as text",
        "object": "is an object or list, not an id; write the id in it to a column of its own and name that with --map",
        "address": f"has a domain that is not as in DNS; write {_suggest_address(invalid.text)}",
        "verb": f"is not a known verb; {_suggest_verb(invalid.text or '')}",
        "no number": f"is not a number; write a whole number of 0 or more{unknown}",
        "no count": f"is not a count; write a whole number from 0 to {MAX_COUNT:,}",
        "flag": f"is neither true nor false; write one of them{unknown}",
        "instant": f"is not a timestamp; write {instant_form} (see --at-unit)",
    }
    return sentences[problem]


def _suggest_verb(word: str) -> str:
    """Suggest the verb that is nearest to a word, and how to map the word."""
    nearest = find_nearest(word, VERBS)
    mapping = shlex.quote(f"{word or 'WORD'}={nearest or 'VERB'}")
    return f"{suggest_spelling(word, VERBS)}{'' if nearest else '.'} Map it with --verbs {mapping}"


def _is_impossible_instant(text: str) -> bool:
    """Tell whether a text has the form of a day and time in ISO 8601, but there is none such."""
    if not (match := _INSTANT_FORM.match(text.strip())):
        return False
    try:
        datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return True
    return False


def _format_seconds(seconds: int) -> str | None:
    """Return an instant in ISO 8601; None if it is outside of the years 1 to 9999."""
    try:
        return (_EPOCH + timedelta(seconds=seconds)).isoformat(timespec="seconds")
    except OverflowError:
        return None


def _suggest_unit(invalid: InvalidValue, reader: ColumnReader) -> str:
    """Suggest a unit in which a numeric timestamp would be valid."""
    for unit, per_second in TIME_UNITS.items() if invalid.number is not None else ():
        seconds = invalid.number // per_second  # type: ignore[operator]
        if EARLIEST_INSTANT.timestamp() <= seconds <= reader.latest.timestamp():
            return f"; in {unit} it would be {_format_seconds(int(seconds))}: try --at-unit {unit}"
    return "; correct the file, or the clock of this machine"


def _suggest_address(text: str | None) -> str:
    name = normalize_account_id((text or "").strip().lstrip("@"), "")
    return repr(name) if name and name.isascii() else "user@domain, such as ada@example.social"


def value_name(name: str) -> str:
    """
    Return the SQL name of the value of an input, which is computed once for all that reads it.

    Examples
    --------
    >>> value_name('"at"')
    '"at value"'
    """
    return f'{name[:-1]} value"'


def _trim_sql(column: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    text = column if sql_type == "VARCHAR" else f"cast({column} as varchar)"
    has_blanks = " or ".join(f"contains({text}, {quote_literal(blank)})" for blank in _BLANKS)
    return f"case when {has_blanks} then trim({text}, {quote_literal(_BLANKS)}) else {text} end"


def _account_sql(column: str, sql_type: str, reader: ColumnReader) -> str:
    """Normalize names as the network's connector does: without ``@`` before them, and without capitals."""
    text = _trim_sql(column, sql_type, reader)
    if reader.network == MASTODON:
        name = f"ltrim({text}, '@')"
        is_address = f"contains({name}, '@') and not contains({text}, '/')"
        return f"case when {is_address} then lower({name}) else {name} end"
    if reader.network == BLUESKY:
        return f"case when starts_with({text}, 'did:') then {text} else lower(ltrim({text}, '@')) end"
    # An @ belongs to ids with a server, such as those of Matrix (@ada:example.org).
    return f"case when starts_with({text}, '@') and not contains({text}, ':') then ltrim({text}, '@') else {text} end"


def _handle_sql(column: str, sql_type: str, reader: ColumnReader) -> str:
    text = _trim_sql(column, sql_type, reader)
    return f"nullif(case when contains({text}, ':') then {text} else ltrim({text}, '@') end, '')"


def _optional_text_sql(column: str, sql_type: str, reader: ColumnReader) -> str:
    text = _trim_sql(column, sql_type, reader)
    return f"case when {text} in ('', {_missing_words_sql()}) then null else {text} end"


def _optional_sql(column: str, sql_type: str, reader: ColumnReader) -> str:
    return _optional_text_sql(column, sql_type, reader) if sql_type == "VARCHAR" else column


def _required_sql(column: str, sql_type: str, reader: ColumnReader) -> str:
    return f"nullif({_trim_sql(column, sql_type, reader)}, '')" if sql_type == "VARCHAR" else column


def _missing_words_sql() -> str:
    return ", ".join(map(quote_literal, _MISSING_WORDS))


def _id_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    """Return SQL for the problem of an id; a plain one is recognized without a regular expression, which is slow."""
    is_suspicious = (
        f"contains({name}, '.') or contains({name}, ',') or contains({name}, '+') "
        f"or starts_with({name}, '{{') or starts_with({name}, '[')"
    )
    return (
        f"case when {name} is null or {name} = '' then 'empty' "
        f"when strlen({name}) > {MAX_ID_BYTES} then 'too long' "
        f"when {name} in ({_missing_words_sql()}) then 'missing' "
        f"when {is_suspicious} then case "
        f"when regexp_full_match({name}, {quote_literal(_DAMAGED_NUMBER)}) then 'damaged' "
        f"when regexp_full_match({name}, {quote_literal(_OBJECT)}) then 'object' end end"
    )


def _account_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:
    problem = _id_problem_sql(name, sql_type, reader)
    if reader.network != MASTODON:
        return problem
    is_address = f"contains({name}, '@') and not contains({name}, '/')"
    is_valid = f"regexp_full_match({name}, {quote_literal(_ASCII_ADDRESS)})"
    return f"coalesce({problem}, case when {is_address} and not {is_valid} then 'address' end)"


def _optional_id_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:
    return f"case when {name} is null then null else {_id_problem_sql(name, sql_type, reader)} end"


def _handle_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    return f"case when strlen({name}) > {MAX_ID_BYTES} then 'too long' end"


def _text_value_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    return name if sql_type == "VARCHAR" else f"cast({name} as varchar)"


def _verb_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    return f"case when {value_name(name)} is null then 'verb' end"


def _verb_value_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    cases = " ".join(f"when {quote_literal(word)} then {code}" for word, code in reader.verb_codes.items())
    return f"cast(case {name} {cases} end as smallint)"


def _count_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    number = f"try_cast({name} as double)"
    return (
        f"case when {number} between 0 and {MAX_COUNT} and {number} = floor({number}) then null "
        f"when {name} is null then 'empty' when {number} is null or isnan({number}) then 'no number' "
        "else 'no count' end"
    )


def _optional_count_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:
    return f"case when {name} is null then null else {_count_problem_sql(name, sql_type, reader)} end"


def _count_value_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    return f"try_cast(try_cast({name} as double) as bigint)"


def _bool_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    return f"case when {name} is null then 'no flag' when try_cast({name} as boolean) is null then 'flag' end"


def _optional_bool_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    return f"case when {name} is not null and try_cast({name} as boolean) is null then 'flag' end"


def _bool_value_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    return f"try_cast({name} as boolean)"


def _instant_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    seconds = value_name(name)
    low, high = int(EARLIEST_INSTANT.timestamp()), int(reader.latest.timestamp())
    return (
        f"case when {seconds} between {low} and {high} then null when {name} is null then 'no instant' "
        f"when {seconds} is null then 'instant' when {seconds} < {low} then 'early' else 'late' end"
    )


def _optional_instant_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:
    return f"case when {name} is null then null else {_instant_problem_sql(name, sql_type, reader)} end"


def _instant_value_sql(name: str, sql_type: str, reader: ColumnReader) -> str:
    """Return SQL for the epoch second of an instant; null if it is none."""
    units_per_second = TIME_UNITS[reader.unit or "s"]
    integer, decimal = f"try_cast({name} as bigint)", f"try_cast({name} as double)"
    from_decimal = f"case when isfinite({decimal}) then try_cast(floor({decimal} / {units_per_second}) as bigint) end"
    if reader.timezone != "UTC" and (
        sql_type == "DATE" or (sql_type.startswith("TIMESTAMP") and "ZONE" not in sql_type)
    ):
        local = f"timezone({quote_literal(reader.timezone)}, cast({name} as timestamp))"
        return f"case when isfinite({name}) then try_cast(floor(epoch({local})) as bigint) end"
    if sql_type.startswith(("TIMESTAMP", "DATE")):
        return f"case when isfinite({name}) then try_cast(floor(epoch({name})) as bigint) end"
    if "INT" in sql_type:
        return f"{integer} // {units_per_second}"
    if sql_type != "VARCHAR":
        return f"({from_decimal})"
    at = f"try_cast({name} as timestamptz)"
    if reader.timezone != "UTC":
        local = f"timezone({quote_literal(reader.timezone)}, try_cast({name} as timestamp))"
        at = f"case when {is_local_instant_sql(name)} then {local} else {at} end"
    text = f"try_cast(floor(epoch({at})) as bigint)"  # null for infinity
    if reader.unit is not None:
        text = "null"
    # Most files have ISO dates; to try them as numbers first would take as long again.
    return (
        f"(case when {name} like '____-%' then {text} "
        f"when contains({name}, '.') and isfinite({decimal}) then {from_decimal} "
        f"else coalesce({integer} // {units_per_second}, {text}) end)"
    )


def is_local_instant_sql(name: str) -> str:
    """Return SQL that tells whether a text is an instant without a UTC offset."""
    return f"regexp_full_match({name}, {quote_literal(_LOCAL_INSTANT)})"


def _spec(
    types: str, input_sql: _FieldSQL, problem_sql: _FieldSQL, value_sql: _FieldSQL, *, required: bool
) -> FieldSpec:
    return FieldSpec(required=required, types=types, input_sql=input_sql, problem_sql=problem_sql, value_sql=value_sql)


_ACCOUNT = _spec(_TEXT_TYPES, _account_sql, _account_problem_sql, _text_value_sql, required=True)
_ID = _spec(_TEXT_TYPES, _trim_sql, _id_problem_sql, _text_value_sql, required=True)
_OPTIONAL_ID = _spec(_TEXT_TYPES, _optional_text_sql, _optional_id_problem_sql, _text_value_sql, required=False)
_HANDLE = _spec(_TEXT_TYPES, _handle_sql, _handle_problem_sql, _text_value_sql, required=False)
_VERB = _spec(_TEXT_TYPES, _trim_sql, _verb_problem_sql, _verb_value_sql, required=True)
_COUNT = _spec(_NUMBER_TYPES, _required_sql, _count_problem_sql, _count_value_sql, required=True)
_OPTIONAL_COUNT = _spec(_NUMBER_TYPES, _optional_sql, _optional_count_problem_sql, _count_value_sql, required=False)
_BOOL = _spec(_BOOL_TYPES, _required_sql, _bool_problem_sql, _bool_value_sql, required=True)
_OPTIONAL_BOOL = _spec(_BOOL_TYPES, _optional_sql, _optional_bool_problem_sql, _bool_value_sql, required=False)
_INSTANT = _spec(_INSTANT_TYPES, _required_sql, _instant_problem_sql, _instant_value_sql, required=True)
_OPTIONAL_INSTANT = _spec(
    _INSTANT_TYPES, _optional_sql, _optional_instant_problem_sql, _instant_value_sql, required=False
)

FIELDS: dict[str, dict[str, FieldSpec]] = {
    "interactions": {
        "interaction_id": _OPTIONAL_ID,
        "verb": _VERB,
        "actor_id": _ACCOUNT,
        "target_id": _ACCOUNT,
        "post_id": _OPTIONAL_ID,
        "at": _INSTANT,
        "unverified": _OPTIONAL_BOOL,
    },
    "tallies": {
        "account_id": _ACCOUNT,
        "post_id": _OPTIONAL_ID,
        "verb": _VERB,
        "count": _COUNT,
        "at": _INSTANT,
        "self_reported": _OPTIONAL_BOOL,
    },
    "profiles": {
        "account_id": _ACCOUNT,
        "handle": _HANDLE,
        "followers": _OPTIONAL_COUNT,
        "following": _OPTIONAL_COUNT,
        "posts": _OPTIONAL_COUNT,
        "lists": _OPTIONAL_COUNT,
        "verified": _OPTIONAL_BOOL,
        "created_at": _OPTIONAL_INSTANT,
        "at": _INSTANT,
        "self_reported": _OPTIONAL_BOOL,
    },
    "undone": {
        "interaction_id": _ID,
        "at": _INSTANT,
    },
    "presence": {
        "account_id": _ACCOUNT,
        "present": _BOOL,
        "at": _INSTANT,
    },
}
"""Table to its fields, in the order of `records.BATCH_COLUMNS`."""
