"""Read the rows of a CSV file of an export one by one, by column names, wherever its header is."""

import codecs
import csv
from collections.abc import Collection, Iterator, Mapping

MAX_FIELD_CHARS = 4_000_000
"""Maximum characters of a field: posts are text. The library's own limit is 131,072, for the whole process."""
MAX_PREAMBLE_ROWS = 20
"""Maximum rows before the header; LinkedIn has two of notes and an empty one."""

csv.field_size_limit(max(csv.field_size_limit(), MAX_FIELD_CHARS))


def iterate_csv(chunks: Iterator[bytes], required: Collection[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """
    Yield the number and the fields of every row below the header, by lower-case column name.

    Notes above the header, empty rows, blanks around fields, rows that end early and empty files are tolerated.

    Parameters
    ----------
    chunks : iterator of bytes
    required : collection of str
        Lower-case names of columns that the header has; of the first rows, the one with all of them is the header.

    Raises
    ------
    ValueError
        If there is no header, it is not UTF-8, or a field is too long; the message says where.

    Examples
    --------
    >>> text = b"Notes:" + bytes([10, 10]) + b"Name,URL" + bytes([10]) + b'" Ada, B",u'
    >>> list(iterate_csv(iter([text]), ["name"]))
    [(4, {'name': 'Ada, B', 'url': 'u'})]
    """
    reader = csv.reader(_iterate_lines(chunks))
    names: list[str] = []
    is_empty = True
    try:
        for number, row in enumerate(reader, 1):
            if names:
                if any(row):
                    yield number, dict(zip(names, map(str.strip, row), strict=False))
                continue
            is_empty = is_empty and not any(row)
            header = [name.strip().casefold() for name in row]
            if set(required) <= set(header):
                names = header
            elif number > MAX_PREAMBLE_ROWS:
                break
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"after line {reader.line_num}: it is not UTF-8") from error
    if not names and not is_empty:
        raise ValueError(f"there is no header with the columns {', '.join(map(repr, required))}")


def _iterate_lines(chunks: Iterator[bytes]) -> Iterator[str]:
    """Yield the lines of a file, with their ends."""
    decode = codecs.getincrementaldecoder("utf-8")().decode
    remainder = ""
    for chunk in chunks:
        text = remainder + decode(chunk)
        *lines, remainder = text.split("\n")
        if len(remainder) > MAX_FIELD_CHARS:
            raise csv.Error(f"it has more than {MAX_FIELD_CHARS:,} characters")
        yield from map("{}\n".format, lines)
    yield remainder + decode(b"", final=True)
