"""
Fields of import files: which a table has, which types their columns may have, and the SQL that reads them.

The SQL decides alone what is refused: it names the problem of a value, of which `problems` has the words.
"""

from dataclasses import dataclass, replace

from renown.imports.field_sql import (
    FieldSQL,
    account_problem_sql,
    account_sql,
    allow_null,
    bool_problem_sql,
    bool_value_sql,
    count_problem_sql,
    count_value_sql,
    handle_problem_sql,
    handle_sql,
    id_problem_sql,
    is_plain_id_sql,
    no_problem_sql,
    optional_sql,
    optional_text_sql,
    required_sql,
    tags_problem_sql,
    tags_sql,
    tags_value_sql,
    text_value_sql,
    trim_sql,
    url_problem_sql,
    verb_problem_sql,
    verb_value_sql,
)
from renown.imports.instant_sql import instant_problem_sql, instant_value_sql

_TEXT_TYPES = r"VARCHAR|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|UUID|BLOB|ENUM.*|DECIMAL\(\d+,0\)|\"NULL\""
_NUMBER_TYPES = r"VARCHAR|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*|\"NULL\""
_BOOL_TYPES = r"VARCHAR|BOOLEAN|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|\"NULL\""
_TAG_TYPES = _TEXT_TYPES + r"|VARCHAR\[\]|\"NULL\"\[\]"
_INSTANT_TYPES = _NUMBER_TYPES + r"|TIMESTAMP.*|DATE"


@dataclass(frozen=True, kw_only=True)
class FieldSpec:
    """A field of a table: whether it is required, which types a column may have, and how to read it."""

    required: bool
    types: str
    """Regular expression of the column's SQL types."""
    input_sql: FieldSQL
    """From the file's column: without blanks, names normalized, missing values of optional fields null."""
    problem_sql: FieldSQL
    """From the input and its value (`value_name`): null if it is valid, else the name of a problem."""
    value_sql: FieldSQL
    """From the input: the value for the batch."""
    is_plain_sql: FieldSQL | None = None
    """From the file's column: whether its value is the input, and valid, so that the other SQL need not be run."""


def _spec(types: str, input_sql: FieldSQL, problem_sql: FieldSQL, value_sql: FieldSQL, *, required: bool) -> FieldSpec:
    return FieldSpec(required=required, types=types, input_sql=input_sql, problem_sql=problem_sql, value_sql=value_sql)


_ACCOUNT = _spec(_TEXT_TYPES, account_sql, account_problem_sql, text_value_sql, required=True)
_ID = _spec(_TEXT_TYPES, trim_sql, id_problem_sql, text_value_sql, required=True)
_OPTIONAL_ID = replace(
    _spec(_TEXT_TYPES, optional_text_sql, allow_null(id_problem_sql), text_value_sql, required=False),
    is_plain_sql=is_plain_id_sql,
)
_HANDLE = _spec(_TEXT_TYPES, handle_sql, handle_problem_sql, text_value_sql, required=False)
_VERB = _spec(_TEXT_TYPES, trim_sql, verb_problem_sql, verb_value_sql, required=True)
_COUNT = _spec(_NUMBER_TYPES, required_sql, count_problem_sql, count_value_sql, required=True)
_OPTIONAL_COUNT = _spec(_NUMBER_TYPES, optional_sql, allow_null(count_problem_sql), count_value_sql, required=False)
_BOOL = _spec(_BOOL_TYPES, required_sql, bool_problem_sql, bool_value_sql, required=True)
_OPTIONAL_BOOL = _spec(_BOOL_TYPES, optional_sql, allow_null(bool_problem_sql), bool_value_sql, required=False)
_INSTANT = _spec(_INSTANT_TYPES, required_sql, instant_problem_sql, instant_value_sql, required=True)
_OPTIONAL_INSTANT = _spec(
    _INSTANT_TYPES, optional_sql, allow_null(instant_problem_sql), instant_value_sql, required=False
)
_TITLE = _spec(_TEXT_TYPES, optional_text_sql, no_problem_sql, text_value_sql, required=False)
_URL = _spec(_TEXT_TYPES, optional_text_sql, allow_null(url_problem_sql), text_value_sql, required=False)
_TAGS = _spec(_TAG_TYPES, tags_sql, allow_null(tags_problem_sql), tags_value_sql, required=False)

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
    "posts": {
        "account_id": _ACCOUNT,
        "post_id": _ID,
        "title": _TITLE,
        "url": _URL,
        "tags": _TAGS,
        "at": _OPTIONAL_INSTANT,
    },
}
"""Table to its fields, in the order of `records.BATCH_COLUMNS`."""
DETAIL_FIELDS = {"posts": ("title", "url", "tags")}
"""Table to those of its fields of which a file has one or more: without them its records say nothing."""
