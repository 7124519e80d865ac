"""SQL that reads ids, names, verbs, counts and flags of import files, and names the problem of a refused value."""

from collections.abc import Callable

from renown.connectors.bluesky.ids import NETWORK as BLUESKY
from renown.connectors.mastodon.ids import NETWORK as MASTODON
from renown.imports.column_reader import ColumnReader
from renown.records import MAX_ID_BYTES
from renown.steps import quote_literal

FieldSQL = Callable[[str, str, ColumnReader], str]
"""(column or input name, SQL type of the column, reader) to an SQL expression."""

MAX_COUNT = 10**12
"""Maximum count: no channel has as many views, and the sum of 100 of them in millionths is below 2^63."""
_MISSING_WORDS = ("nan", "NaN", "NaT", "NA", "N/A", "#N/A", "<NA>", "None", "null", "NULL", r"\N", "undefined")
"""What pandas, R, Excel, Python, JavaScript and SQL write for a missing value."""
_BLANKS = " \t\u00a0"
"""Characters removed around values: spaces, tabs, and the no-break spaces of spreadsheets."""
_DAMAGED_NUMBER = r"[+-]?[0-9]+([.,][0-9]*)?[eE][+-]?[0-9]+|[+-]?[0-9]+[.,]0{0,2}"
"""A number that went through floating point: 9.06E+17, 123.0."""
_PLAIN_ID = "[A-Za-z_:/-]*[0-9][A-Za-z0-9_:/-]*"
"""An id that needs no other check: no blanks, no brackets, no decimal point, and no word for a missing value."""
_OBJECT = r"(?s)\{.*\}|\[.*\]"
_WEB_URL = "https?://[^[:cntrl:][:space:]][^[:cntrl:]]*"
_ASCII_ADDRESS = r"[^@\s]+@[!-?A-~]+"
"""``user@domain`` with the domain as in DNS."""


def value_name(name: str) -> str:
    """
    Return the SQL name of the value of an input, which is computed once for all that reads it.

    Examples
    --------
    >>> value_name('"at"')
    '"at value"'
    """
    return f'{name[:-1]} value"'


def plain_name(name: str) -> str:
    """Return the SQL name of the column that tells whether an input is the file's value as it is, and valid."""
    return f'{name[:-1]} is plain"'


def trim_sql(column: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    """Return SQL for a text without blanks around it."""
    text = column if sql_type == "VARCHAR" else f"cast({column} as varchar)"
    has_blanks = " or ".join(f"contains({text}, {quote_literal(blank)})" for blank in _BLANKS)
    return f"case when {has_blanks} then trim({text}, {quote_literal(_BLANKS)}) else {text} end"


def account_sql(column: str, sql_type: str, reader: ColumnReader) -> str:
    """Normalize names as the network's connector does: without ``@`` before them, and without capitals."""
    text = trim_sql(column, sql_type, reader)
    if reader.network == MASTODON:
        name = f"ltrim({text}, '@')"
        is_address = f"contains({name}, '@') and not contains({text}, '/')"
        return f"case when {is_address} then lower({name}) else {name} end"
    if reader.network == BLUESKY:
        return f"case when starts_with({text}, 'did:') then {text} else lower(ltrim({text}, '@')) end"
    # An @ belongs to ids with a server, such as those of Matrix (@ada:example.org).
    return f"case when starts_with({text}, '@') and not contains({text}, ':') then ltrim({text}, '@') else {text} end"


def handle_sql(column: str, sql_type: str, reader: ColumnReader) -> str:
    """Return SQL for a handle without ``@`` before it; null if it is empty."""
    text = trim_sql(column, sql_type, reader)
    return f"nullif(case when contains({text}, ':') then {text} else ltrim({text}, '@') end, '')"


def optional_text_sql(column: str, sql_type: str, reader: ColumnReader) -> str:
    """Return SQL for a text without blanks around it; null if it is empty or a word for a missing value."""
    text = trim_sql(column, sql_type, reader)
    return f"case when {text} in ('', {_missing_words_sql()}) then null else {text} end"


def optional_sql(column: str, sql_type: str, reader: ColumnReader) -> str:
    """Return SQL for a value of any type; null if it is empty or a word for a missing value."""
    return optional_text_sql(column, sql_type, reader) if sql_type == "VARCHAR" else column


def required_sql(column: str, sql_type: str, reader: ColumnReader) -> str:
    """Return SQL for a value of any type; null if it is empty."""
    return f"nullif({trim_sql(column, sql_type, reader)}, '')" if sql_type == "VARCHAR" else column


def _missing_words_sql() -> str:
    return ", ".join(map(quote_literal, _MISSING_WORDS))


def id_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    """Return SQL for the problem of an id; most are seen to be valid without a regular expression, which is slow."""
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


def is_plain_id_sql(column: str, sql_type: str, reader: ColumnReader) -> str:
    """Return SQL that tells whether an id needs no other check: one expression instead of ten for most ids."""
    text = text_value_sql(column, sql_type, reader)
    return f"regexp_full_match({text}, {quote_literal(_PLAIN_ID)}) and strlen({text}) <= {MAX_ID_BYTES}"


def account_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:
    """Return SQL for the problem of an account's id or handle."""
    problem = id_problem_sql(name, sql_type, reader)
    if reader.network != MASTODON:
        return problem
    is_address = f"contains({name}, '@') and not contains({name}, '/')"
    is_valid = f"regexp_full_match({name}, {quote_literal(_ASCII_ADDRESS)})"
    return f"coalesce({problem}, case when {is_address} and not {is_valid} then 'address' end)"


def handle_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    """Return SQL for the problem of a handle."""
    return f"case when strlen({name}) > {MAX_ID_BYTES} then 'too long' end"


def text_value_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    """Return SQL for the value of an input as text."""
    return name if sql_type == "VARCHAR" else f"cast({name} as varchar)"


def verb_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    """Return SQL for the problem of a verb."""
    return f"case when {value_name(name)} is null then 'verb' end"


def verb_value_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    """Return SQL for the number of a verb; null if it is none."""
    cases = " ".join(f"when {quote_literal(word)} then {code}" for word, code in reader.verb_codes.items())
    return f"cast(case {name} {cases} end as smallint)"


def count_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    """Return SQL for the problem of a count."""
    number = f"try_cast({name} as double)"
    return (
        f"case when {number} between 0 and {MAX_COUNT} and {number} = floor({number}) then null "
        f"when {name} is null then 'empty' when {number} is null or isnan({number}) then 'no number' "
        "else 'no count' end"
    )


def count_value_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    """Return SQL for a count; null if it is no number."""
    return f"try_cast(try_cast({name} as double) as bigint)"


def bool_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    """Return SQL for the problem of a flag."""
    return f"case when {name} is null then 'no flag' when try_cast({name} as boolean) is null then 'flag' end"


def bool_value_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    """Return SQL for a flag; null if it is none."""
    return f"try_cast({name} as boolean)"


def no_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    """Return SQL for the problem of a text that may be anything."""
    return "cast(null as varchar)"


def url_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    """Return SQL for the problem of an address on the web: pages link to no other."""
    return (
        f"case when strlen({name}) > {MAX_ID_BYTES} then 'long url' "
        f"when not regexp_full_match({name}, {quote_literal(_WEB_URL)}) then 'url' end"
    )


def tags_sql(column: str, sql_type: str, reader: ColumnReader) -> str:
    """Return SQL for tags as text, a list of them as JSON; null if there are none."""
    if sql_type.endswith("[]"):
        return f"cast(to_json({column}) as varchar)"
    return optional_text_sql(column, sql_type, reader)


def tags_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    """Return SQL for the problem of tags: what has the form of a list must be one of texts or numbers, in JSON."""
    is_tag = "json_type(item) in ('VARCHAR', 'NULL', 'BIGINT', 'UBIGINT', 'DOUBLE')"
    has_other = f"len(list_filter(json_extract({name}, '$[*]'), lambda item: not {is_tag})) > 0"
    return (
        f"case when starts_with({name}, '{{') then 'tags' when starts_with({name}, '[') "
        f"then case when not json_valid({name}) then 'tags' when {has_other} then 'tags' end end"
    )


def tags_value_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    """Return SQL for tags in which a list is strict JSON of texts: DuckDB reads more than JSON has, such as NaN."""
    texts = f"cast(to_json(json_extract_string({name}, '$[*]')) as varchar)"
    is_list = f"case when starts_with({name}, '[') then json_valid({name}) else false end"
    return f"case when {is_list} then {texts} else {name} end"


def allow_null(problem_sql: FieldSQL) -> FieldSQL:
    """Return what names the problems of a value that may be missing: null is none."""

    def optional_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:
        return f"case when {name} is null then null else {problem_sql(name, sql_type, reader)} end"

    return optional_problem_sql
