"""Say in our words what DuckDB's parsers found wrong with a file."""

import re
from pathlib import Path

import duckdb

from renown.steps import quote_literal
from renown.text import truncate

MAX_JSON_BYTES = 32 << 20
"""Maximum bytes of a record of JSON Lines: a longer one is a file of another kind."""
_MAX_SHOWN_CHARS = 60
"""Maximum characters of a value in an error message."""
_CSV_LINE = re.compile(r"CSV Error on Line: (\d+)")
_FIELD_COUNTS = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
_JSON_RECORD = re.compile(r"JSON transform error in file .*, in line (\d+): (.*)")
_JSON_PROBLEM = re.compile(r"Malformed JSON in file .*, at byte \d+ in line \d+: (.*)")
"""Its line is not that of the file."""

_CSV_PROBLEMS = {
    "not utf-8 encoded": "not UTF-8; convert the file, for instance with iconv -f LATIN1 -t UTF-8",
    "unterminated quote": "a quote is not closed, or text follows it; write a quote within a value twice",
    "Maximum line size": "the line is too long; is a quote or a line end missing?",
    "invalid state": "the lines end in different ways; make them alike, for instance with tr -d '\\r'",
}
"""Part of DuckDB's message to what is wrong and what to do."""


def describe_parser_error(error: Exception) -> str:
    """Return the line and the problem, as in ``line 3: 5 fields, but the header has 4``."""
    text = str(error)
    line = _CSV_LINE.search(text)
    prefix = f"line {line[1]}: " if line else ""
    if counts := _FIELD_COUNTS.search(text):
        return f"{prefix}{counts[2]} fields, but the header has {counts[1]}; is a quote or a delimiter missing?"
    for part, problem in _CSV_PROBLEMS.items():
        if part in text:
            return prefix + problem
    if record := _JSON_RECORD.search(text):
        return f"line {record[1]}: cannot be read ({record[2][:200]}); write one object per line, with each key once"
    if problem_text := _JSON_PROBLEM.search(text):
        return f"not JSON ({problem_text[1].strip()}); write one object per line"
    return f"{prefix}cannot be read ({_first_line(text)}); write or download it again"


def describe_json_error(connection: duckdb.DuckDBPyConnection, path: Path, error: duckdb.Error) -> str:
    """Return the first line that is not JSON, and the problem; the line in the parser's message is not reliable."""
    try:
        rows = connection.execute(
            f"select number, line from {numbered_lines_sql(path)} where line is not null "
            "and (case when json_valid(line) then json_type(line) end) is distinct from 'OBJECT' limit 1"
        ).fetchall()
    except duckdb.Error as line_error:
        return describe_parser_error(line_error)
    if not rows:
        return describe_parser_error(error)
    number, line = rows[0]
    return f"line {number}: {shorten(line)} is not a JSON object; write one object per line"


def numbered_lines_sql(path: Path) -> str:
    """Return a subquery for the lines of a text file with their numbers, whatever is in them; blank ones are null."""
    scan = (
        f"read_csv({quote_literal(path)}, header=false, auto_detect=false, delim=chr(1), quote='', escape='', "
        f"columns={{'line': 'VARCHAR'}}, max_line_size={MAX_JSON_BYTES})"
    )
    return f"(select row_number() over () as number, nullif(trim(line, ' \t\r'), '') as line from {scan})"


def shorten(value: object) -> str:
    """Return a value as it is shown in an error message."""
    return truncate(repr(value), _MAX_SHOWN_CHARS)


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[0][:200]
