"""
Snapshots of the scores in PostgreSQL: tables of blocks of people, and views of the snapshot that is served.

Rows are encoded for binary COPY: one array per column of a block, many blocks at a time.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
import sqlalchemy as sa

from renown.store.serving.batches import Texts, split_blocks
from renown.store.serving.blocks import SERVED_COLUMNS_SQL, UNNEST_SQL
from renown.store.serving.columns import CLAIMED_SCORES_SQL, COLUMNS, INDEXES, percentile_sql, unmark_null_sql
from renown.store.serving.snapshot import SnapshotRows, translate_driver_errors

COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""Signature, no flags, no header extension; see PostgreSQL's documentation, COPY, "Binary Format"."""
COPY_TRAILER = b"\xff\xff"
_ARRAY_TYPES = {"bigint": (20, ">i8"), "integer": (23, ">i4"), "double precision": (701, ">f8")}
"""OID (catalogue pg_type) and NumPy dtype of an array's elements, by SQL type."""
_TEXT_OID = 25
"""OID of text."""
_LENGTH_BYTES = 4
"""Bytes of the length field before each field and array element."""

_BLOCK_PEOPLE = 25
"""People per block: about 2.5 kB, three blocks to a database page."""
_STREAMS = 2
"""Threads that COPY to PostgreSQL, each with a server process beside it: more gain nothing on two cores."""
_NUMERIC_COLUMNS = {name: sql_type for name, sql_type in COLUMNS.items() if sql_type != "text"}
_ARRAY_COLUMNS_SQL = ", ".join(f"{name} {sql_type}[] not null" for name, sql_type in COLUMNS.items())
_TABLE_OPTIONS_SQL = "toast_tuple_target = 8160, autovacuum_enabled = false"
"""Keep a block in its page, without TOAST; a table that does not change for a day needs no autovacuum."""
_NO_STATISTICS_SQL = ", ".join(f"alter {name} set statistics 0" for name in ("block", *COLUMNS))
"""Collect no statistics: they would contain keys of people, and on arrays take ten times as long as a table rewrite."""


class PostgresSnapshotStore:
    """
    Snapshots in PostgreSQL: two tables per snapshot, and views of the served one.

    A row of the first table has a block of people, one array per column: with one row per person, loading took
    twice as long, and indexing as long again. The second table has one row per person who appears in lists (the first
    ranks, and claimed people). The view `blocks` is the first table, `served` unnests it to one row per person, and
    `listed` is the second table.
    """

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def build(self, rows: SnapshotRows, day_no: int) -> str:  # noqa: ARG002 - the views contain it
        """Write rows to the tables of a new snapshot with COPY; return its id."""
        import psycopg  # noqa: PLC0415 - an extra

        snapshot_id, chunks = f"served_{uuid.uuid4().hex}", list(rows.iter_chunks())
        with translate_driver_errors("PostgreSQL", psycopg.Error):
            with self._database.begin() as connection:
                connection.execute(
                    sa.text(
                        f"create table {snapshot_id} (block bigint not null, {_ARRAY_COLUMNS_SQL}) "
                        f"with ({_TABLE_OPTIONS_SQL})"
                    )
                )
                connection.execute(sa.text(f"alter table {snapshot_id} {_NO_STATISTICS_SQL}"))
            with ThreadPoolExecutor(_STREAMS) as executor:
                streams = [chunks[number::_STREAMS] for number in range(_STREAMS)]
                for future in [executor.submit(self._copy_chunks, snapshot_id, stream) for stream in streams]:
                    future.result()
            with self._database.begin() as connection:
                connection.execute(sa.text(f"alter table {snapshot_id} add primary key (block)"))
                _create_listed(connection, f"{snapshot_id}_listed", rows)
        return snapshot_id

    def serve(self, connection: sa.Connection, snapshot_id: str, scored_people: int, day_no: int) -> None:
        """Point the views at the tables of a snapshot."""
        columns_sql = f"*, {max(scored_people, 1)} as scored, {day_no} as day_no, '{snapshot_id}' as copy"
        views = {
            "blocks": (blocks_sql := f"select {columns_sql} from {snapshot_id}"),
            # Not built on the view `blocks`: a reader would lock one while this transaction locks the other (deadlock).
            "served": f"select {SERVED_COLUMNS_SQL} from {UNNEST_SQL.format(blocks=f'({blocks_sql}) blocks')}",
            "listed": f"select {percentile_sql(max(scored_people, 1))}, {columns_sql} from {snapshot_id}_listed",
        }
        for view, select_sql in views.items():
            connection.execute(sa.text(f"create or replace view {view} as {select_sql}"))

    def unserve(self, connection: sa.Connection) -> None:
        """Drop the views."""
        for view in ("blocks", "served", "listed"):
            connection.execute(sa.text(f"drop view if exists {view}"))

    def delete_unserved(self, served_id: str) -> None:
        """Drop the tables of every other snapshot."""
        tables_sql = (
            "select tablename from pg_tables where schemaname = current_schema() and tablename like 'served\\_%'"
        )
        with self._database.begin() as connection:
            for (table,) in connection.execute(sa.text(tables_sql)).all():
                if table not in {served_id, f"{served_id}_listed"}:
                    connection.execute(sa.text(f"drop table {table}"))

    def read_claimed_scores(self, served_id: str) -> dict[int, float]:
        """Return the scores of claimed people in the served tables, by key."""
        with self._database.connect() as connection:
            rows = connection.execute(sa.text(CLAIMED_SCORES_SQL.format(table=f"{served_id}_listed")))
            return {row.key: row.score for row in rows}

    def erase(self, served_id: str, keys: list[int]) -> int:
        """Delete people from the served tables, and their traces from the tables' pages; return the rows deleted."""
        keys_sql = f"array[{', '.join(map(str, keys))}]::bigint[]"
        remaining_sql = f"from generate_subscripts(held.key, 1) i where held.key[i] <> all({keys_sql})"
        columns = ", ".join(f"{name} = array(select held.{name}[i] {remaining_sql} order by i)" for name in COLUMNS)
        with self._database.begin() as connection:
            people_sql = UNNEST_SQL.format(blocks=served_id)
            count_sql = f"select count(*) from {people_sql} where key && {keys_sql} and key[i] = any({keys_sql})"
            count = connection.scalar(sa.text(count_sql))
            connection.execute(sa.text(f"delete from {served_id} where key <@ {keys_sql}"))
            # The block's first key may belong to an erased person.
            assignments_sql = f"block = (select min(held.key[i]) {remaining_sql}), {columns}"
            connection.execute(sa.text(f"update {served_id} held set {assignments_sql} where key && {keys_sql}"))
            connection.execute(sa.text(f"delete from {served_id}_listed where key = any({keys_sql})"))
        with self._database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in (served_id, f"{served_id}_listed"):
                connection.execute(sa.text(f"vacuum (full, analyze) {table}"))
        return int(count or 0)

    def _copy_chunks(self, snapshot_id: str, chunks: Sequence[Mapping[str, Any]]) -> None:
        """COPY chunks of rows."""
        columns = ", ".join(["block", *_NUMERIC_COLUMNS, "name"])
        with self._database.begin() as connection:
            driver_connection: Any = connection.connection.driver_connection
            with driver_connection.cursor().copy(
                f"copy {snapshot_id} ({columns}) from stdin (format binary)"
            ) as copy_stream:
                copy_stream.write(COPY_HEADER)
                for chunk in chunks:
                    for piece in encode_blocks(chunk, _NUMERIC_COLUMNS, _BLOCK_PEOPLE):
                        copy_stream.write(piece)
                copy_stream.write(COPY_TRAILER)


def _create_listed(connection: sa.Connection, table: str, rows: SnapshotRows) -> None:
    """Create the table of the people who appear in lists, with nulls in place of their markers."""
    columns_sql = ", ".join(f"{name} {sql_type}" for name, sql_type in COLUMNS.items())
    connection.execute(sa.text(f"create temporary table listed_rows ({columns_sql}) on commit drop"))
    driver_connection: Any = connection.connection.driver_connection
    with driver_connection.cursor().copy("copy listed_rows from stdin") as copy_stream:
        for row in rows.iter_listed():
            copy_stream.write_row(row)
    select_sql = ", ".join(f"{unmark_null_sql(name, name)} as {name}" for name in COLUMNS)
    connection.execute(sa.text(f"create table {table} as select {select_sql} from listed_rows"))
    for index_sql in INDEXES.values():
        connection.execute(sa.text(f"create index on {table} {index_sql}"))


def encode_blocks(columns: Mapping[str, Any], types: Mapping[str, str], block_people: int) -> Iterator[bytes]:
    """
    Encode people as rows of blocks: the first person's key, then one array per column, names last.

    Parameters
    ----------
    columns : mapping of str to ndarray or Texts
        Numeric columns without nulls, and the texts `name`; the first one is `key`.
    types : mapping of str to str
        SQL types of the numeric columns.
    block_people : int
        People per block; the last block may be shorter.
    """
    for part, size in split_blocks(columns, block_people):
        yield _encode_full_blocks(part, types, size)


def _encode_full_blocks(columns: Mapping[str, Any], types: Mapping[str, str], block_people: int) -> bytes:
    """Encode blocks that all have the same number of people."""
    names, starts = _encode_texts(columns["name"])
    name_bytes = starts[block_people::block_people] - starts[:-block_people:block_people]
    numbers = _encode_fixed_parts(columns, types, block_people, name_bytes + _array_header(0, 0).nbytes)
    fixed_bytes = numbers.dtype.itemsize
    fixed_parts, texts = memoryview(numbers.tobytes()), memoryview(names)
    return b"".join(
        piece
        for index, (begin, end) in enumerate(pairwise(starts[::block_people].tolist()))
        for piece in (fixed_parts[index * fixed_bytes : (index + 1) * fixed_bytes], texts[begin:end])
    )


def _encode_fixed_parts(
    columns: Mapping[str, Any], types: Mapping[str, str], block_people: int, name_bytes: Any
) -> Any:
    """Encode the fixed-length part of each block: numeric fields, and the header of the array of names."""
    dtype_fields: list[Any] = [("fields", ">i2"), ("size of first", ">i4"), ("first", ">i8")]
    for name, sql_type in types.items():
        element = np.dtype([("size", ">i4"), ("value", _ARRAY_TYPES[sql_type][1])])
        dtype_fields += [
            (f"size of {name}", ">i4"),
            (f"array of {name}", ">i4", (5,)),
            (name, element, (block_people,)),
        ]
    row = np.zeros(1, [*dtype_fields, ("size of names", ">i4"), ("array of names", ">i4", (5,))])
    row["fields"], row["size of first"], row["array of names"] = (
        2 + len(types),
        8,
        _array_header(_TEXT_OID, block_people),
    )
    for name, sql_type in types.items():
        header = _array_header(_ARRAY_TYPES[sql_type][0], block_people)
        row[f"array of {name}"], row[f"size of {name}"] = header, header.nbytes + row.dtype[name].itemsize
        row[name]["size"] = np.dtype(_ARRAY_TYPES[sql_type][1]).itemsize
    rows = np.repeat(row, len(name_bytes))
    for name in types:
        rows[name]["value"] = columns[name].reshape(-1, block_people)
    rows["first"], rows["size of names"] = columns["key"][::block_people], name_bytes
    return rows


def _array_header(element_oid: int, length: int) -> Any:
    """Return an array's binary header: one dimension, no nulls, element OID, length, lower bound 1."""
    return np.array([1, 0, element_oid, length, 1], ">i4")


def _encode_texts(texts: Texts) -> tuple[bytes, Any]:
    r"""
    Encode texts as array elements, each after its byte length; return the bytes and the offsets of each and of the end.

    >>> _encode_texts(Texts(np.array([0, 1, 1, 4]), np.frombuffer("a☃".encode(), np.uint8)))
    (b'\x00\x00\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x03\xe2\x98\x83', array([ 0,  5,  9, 16]))
    """
    sizes = np.diff(texts.offsets)
    starts = np.r_[0, np.cumsum(sizes + _LENGTH_BYTES, dtype=np.int64)]
    encoded, is_text = np.empty(starts[-1], np.uint8), np.ones(starts[-1], bool)
    length_positions = starts[:-1, None] + np.arange(_LENGTH_BYTES)
    is_text[length_positions] = False
    encoded[length_positions] = sizes.astype(">i4").view(np.uint8).reshape(-1, _LENGTH_BYTES)
    encoded[is_text] = texts.raw[texts.offsets[0] : texts.offsets[-1]]
    return encoded.tobytes(), starts
