"""Binary: rows as PostgreSQL's COPY takes them, made for all rows of one form at a time."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""Signature, no flags, no extension: PostgreSQL's documentation, COPY, "Binary Format"."""
TRAILER = b"\xff\xff"


def encoded(columns: Mapping[str, Any]) -> Iterator[bytes]:
    """
    Return rows in pieces, those of one form together: the same nulls, texts equally long.

    Parameters
    ----------
    columns : mapping of str to ndarray
        Numbers, or texts as objects; masked where they are null.
    """
    plain = {name: _bytes(column) if column.dtype == object else column for name, column in columns.items()}
    form = np.zeros(len(next(iter(plain.values()))), np.int64)
    for column in plain.values():
        if column.dtype.kind == "S":
            form = form * (column.dtype.itemsize + 1) + np.strings.str_len(np.ma.getdata(column))
        if np.ma.is_masked(column):
            form = 2 * form + np.ma.getmaskarray(column)
    for one in np.unique(form):
        here = np.flatnonzero(form == one)
        yield _rows({name: column[here] for name, column in plain.items()})


def _bytes(column: Any) -> Any:
    texts = np.array([text.encode() for text in np.ma.filled(column, "")])
    return np.ma.masked_array(texts, np.ma.getmask(column))


def _rows(columns: Mapping[str, Any]) -> bytes:
    """Return rows of one form: the number of fields, then each field's size in bytes, -1 for null, and the field."""
    fields: list[Any] = [("fields", ">i2")]
    known = {name: np.ma.getdata(column) for name, column in columns.items() if not np.ma.is_masked(column)}
    for name in columns:
        fields.append((f"size of {name}", ">i4"))
        if name in known:
            value = known[name]
            fields.append((name, f"S{len(value[0])}" if value.dtype.kind == "S" else value.dtype.newbyteorder(">")))
    rows = np.empty(len(next(iter(columns.values()))), fields)
    rows["fields"] = len(columns)
    for name in columns:
        rows[f"size of {name}"] = rows.dtype[name].itemsize if name in known else -1
    for name, values in known.items():
        rows[name] = values
    return rows.tobytes()
