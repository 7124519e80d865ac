"""Read the header of a CSV file: its column names, and the separator between them."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from renown.errors import InvalidInputError
from renown.imports.parser_errors import shorten

_DELIMITERS = ",;\t|"
_MAX_HEADER_BYTES = 1 << 20
_LINE_ENDS = re.compile("\r\n|\n|\r")
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<delimiter>[,;|\t])"?')
"""First line by which Excel is told the separator."""
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
"""Byte order marks of UTF-16."""


@dataclass(frozen=True)
class CsvHeader:
    """What the first lines of a CSV file say."""

    delimiter: str
    names: tuple[str, ...]
    skipped_lines: int = 0
    """Lines before the one with the column names."""


def read_csv_header(file: IO[bytes], path: Path, known_names: Iterable[str]) -> CsvHeader:
    """
    Read the header of a CSV file.

    Parameters
    ----------
    file : binary file
        The file, from its start and without compression.
    path : Path
        For messages.
    known_names : iterable of str
        Column names to expect: of all separators, the one that gives most of them is taken.

    Raises
    ------
    InvalidInputError
        If the first line is no header, or not in UTF-8.
    """
    lines = _read_first_lines(file, path)
    separator = _SEPARATOR_LINE.fullmatch(lines[0])
    line = lines[1] if separator and len(lines) > 1 else lines[0]
    delimiters = [separator["delimiter"]] if separator else sorted(_DELIMITERS, key=line.count, reverse=True)
    expected = set(map(normalize_name, known_names))
    delimiter, names = max(
        ((delimiter, _split_header(line, delimiter)) for delimiter in delimiters),
        key=lambda header: len(expected & set(map(normalize_name, header[1]))),
    )
    if not any(names) or len(set(names)) != len(names):
        raise InvalidInputError(
            f"{path}, line 1: {shorten(line)} is not a header; the first line must have unique column names"
        )
    if len(names) == 1 and len(line.split()) > 1:
        raise InvalidInputError(
            f"{path}, line 1: {shorten(line)} is not a header with separators, but columns with blanks between them; "
            f"add a header and write commas: (echo actor,target,at,verb; tr -s ' ' , < {path.name}) > with-header.csv"
        )
    return CsvHeader(delimiter, tuple(names), 1 if separator else 0)


def normalize_name(name: str) -> str:
    """
    Return the name of a column in lower case and without blanks around it.

    Examples
    --------
    >>> normalize_name(" Actor")
    'actor'
    """
    return name.strip().lower()


def _read_first_lines(file: IO[bytes], path: Path) -> list[str]:
    """Return the first two lines, without their ends, and perhaps what follows."""
    content = file.read(_MAX_HEADER_BYTES)
    if content.startswith(_UTF_16_MARKS):
        raise InvalidInputError(
            f"{path}, line 1: the file is UTF-16, as PowerShell and Excel write it; "
            f"convert it with iconv -f UTF-16 -t UTF-8"
        )
    # Bytes that are not UTF-8 in later lines are found when the records are read; the end may be within a character.
    text = content.decode("utf-8-sig", errors="replace")
    lines = _LINE_ENDS.split(text, maxsplit=2)
    if "\ufffd" in lines[0]:
        raise InvalidInputError(
            f"{path}, line 1: {shorten(lines[0])} is not UTF-8; "
            "convert the file, for instance with iconv -f LATIN1 -t UTF-8"
        )
    return lines


def _split_header(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # such as a NUL, or a name of more than 131,072 characters
        return []
