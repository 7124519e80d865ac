"""Columns of a DuckDB query as NumPy arrays, batch by batch, without a Python object per value."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import duckdb
import nanoarrow
import numpy as np

from renown.store.serving.columns import NULL_MARKERS

_DTYPES: dict[str, Any] = {"bigint": np.dtype("i8"), "integer": np.dtype("i4"), "double precision": np.dtype("f8")}
"""Type of an array's elements, by SQL type."""
_OFFSET_DTYPE: Any = np.dtype("i4")


class Texts(NamedTuple):
    """Texts in UTF-8, one after the other."""

    offsets: Any
    """Offset of each text in the bytes, and of the end of the last one."""
    raw: Any
    """Array of bytes, of these texts and maybe of others before and after them."""

    def slice(self, begin: int, end: int) -> "Texts":
        """Return some of the texts."""
        return Texts(self.offsets[begin : end + 1], self.raw)

    def take(self, positions: Any) -> Any:
        """Return the texts at some positions as an array of Python's."""
        begins, ends = self.offsets[positions].tolist(), self.offsets[positions + 1].tolist()
        raw, texts = memoryview(self.raw), np.empty(len(begins), object)
        texts[:] = [str(raw[begin:end], "utf-8") for begin, end in zip(begins, ends, strict=True)]
        return texts


def slice_columns(columns: Mapping[str, Any], begin: int, end: int) -> dict[str, Any]:
    """Return some rows of columns."""
    return {
        name: column.slice(begin, end) if isinstance(column, Texts) else column[begin:end]
        for name, column in columns.items()
    }


def read_batches(relation: duckdb.DuckDBPyRelation, types: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """
    Yield batches of a query's rows.

    Parameters
    ----------
    relation : DuckDBPyRelation
        Without nulls.
    types : mapping of str to str
        SQL types of its columns, in order.

    Yields
    ------
    dict of str to ndarray or Texts
    """
    for batch in nanoarrow.c_array_stream(relation):
        view = batch.view()
        yield {
            name: _view_column(batch, view.child(index), sql_type)
            for index, (name, sql_type) in enumerate(types.items())
        }


def empty_columns(types: Mapping[str, str]) -> dict[str, Any]:
    """Return columns without rows."""
    return {
        name: Texts(np.zeros(1, _OFFSET_DTYPE), np.empty(0, np.uint8))
        if sql_type == "text"
        else np.empty(0, _DTYPES[sql_type])
        for name, sql_type in types.items()
    }


def join_column(batches: Sequence[Mapping[str, Any]], name: str) -> Any:
    """Return a numeric column of all batches as one array."""
    return np.concatenate([batch[name] for batch in batches])


def insert_rows(batches: Sequence[Mapping[str, Any]], types: Mapping[str, str], keys: Any) -> list[dict[str, Any]]:
    """
    Return batches that are sorted by key, with rows for more keys, which have nulls in all other columns.

    Parameters
    ----------
    batches : sequence of mapping of str to ndarray or Texts
        With the column `key`; at least one.
    types : mapping of str to str
        SQL types of the columns.
    keys : ndarray of int
        Sorted; of no row of the batches.
    """
    last_keys = [batch["key"][-1] for batch in batches[:-1]]
    return [
        {name: _insert_values(batch, name, sql_type, new_keys) for name, sql_type in types.items()}
        for batch, new_keys in zip(batches, np.split(keys, np.searchsorted(keys, last_keys)), strict=True)
    ]


def _insert_values(batch: Mapping[str, Any], name: str, sql_type: str, keys: Any) -> Any:
    """Insert the null marker, or the key, into a column before the rows of the next higher keys."""
    column, positions = batch[name], np.searchsorted(batch["key"], keys)
    if not len(keys):
        return column
    if isinstance(column, Texts):
        return Texts(np.insert(column.offsets, positions, column.offsets[positions]), column.raw)
    return np.insert(column, positions, keys if name == "key" else NULL_MARKERS[sql_type])


class _BatchMemory:
    """Memory of a batch: an array of it keeps the batch, which frees its memory with itself."""

    def __init__(self, batch: Any, buffer: Any, dtype: Any) -> None:
        self.batch = batch
        self.__array_interface__ = np.frombuffer(buffer, dtype).__array_interface__


def _view_column(batch: Any, view: Any, sql_type: str) -> Any:
    span = slice(view.offset, view.offset + len(view))
    if sql_type != "text":
        return np.asarray(_BatchMemory(batch, view.buffer(1), _DTYPES[sql_type]))[span]
    offsets = np.asarray(_BatchMemory(batch, view.buffer(1), _OFFSET_DTYPE))[span.start : span.stop + 1]
    return Texts(offsets, np.asarray(_BatchMemory(batch, view.buffer(2), np.uint8)))


def split_blocks(columns: Mapping[str, Any], block_rows: int) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the rows of all blocks that are full, with the rows per block, and then those of a shorter last one."""
    n = len(columns["key"])
    full_blocks_end = n - n % block_rows
    for begin, end, size in ((0, full_blocks_end, block_rows), (full_blocks_end, n, n - full_blocks_end)):
        if end > begin:
            yield slice_columns(columns, begin, end), size
