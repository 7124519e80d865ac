"""Blocks: the copies in PostgreSQL, some people a row; of whose scores one is served."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import sqlalchemy as sa

from renown.store import binary
from renown.store.copies import INDEXES, LISTED, explained, percentile
from renown.store.rows import COLUMNS, Rows

_BLOCK = 25
"""People in a block: some 2.5 kB, three to a page."""
_STREAMS = 2
"""Threads that copy to PostgreSQL, each beside a process of the server: more than that gains nothing on two cores."""
_NUMBERS = {name: of for name, of in COLUMNS.items() if of != "text"}
_NONE: dict[str, Any] = {"bigint": -1, "integer": -1, "double precision": float("nan"), "text": ""}
"""What stands in an array for null, by type; no value of a column that has nulls is any of these."""
_ARRAYS = ", ".join(f"{name} {of}[] not null" for name, of in COLUMNS.items())
_WHOLE = "toast_tuple_target = 8160, autovacuum_enabled = false"
"""A block stays in one piece, in its page; and a table that never changes, for a day, is not worth a look at it all."""
_UNCOUNTED = ", ".join(f"alter {name} set statistics 0" for name in ("block", *COLUMNS))
"""No statistics hold a key of anybody; of arrays, they take ten times as long as writing the table anew."""
_ROW = "key[i] as key, " + ", ".join(
    f"nullif({name}[i], '{_NONE[of]}') as {name}" for name, of in COLUMNS.items() if name != "key"
)
_PEOPLE = "{blocks} cross join lateral generate_subscripts(key, 1) i"
_TOLD = f"{_ROW}, {percentile('scored', 'nullif(rank[i], -1)')}, day_no, copy"
_HELD = f"(block < 0 or {LISTED} >= any(rank)) and (key[i] < 0 or rank[i] between 1 and {LISTED})"
PERSON = f"""(select {_TOLD} from (
    select *, array_position(key, :key) as i from blocks where block <= :key order by block desc limit 1) block
  where i is not null) person"""
"""What follows FROM to find who has ``:key``: in the last block that does not begin after it."""

RANKS = "(select unnest(rank) as rank from blocks) ranks"
"""What follows FROM to look through everybody's rank: twice as fast as the view."""


class Blocks:
    """
    Copies in PostgreSQL: two tables each, and views of the served one's.

    A row of the first holds a block of people, an array for each column: a row each took the server twice as long
    to take in, and as long again to index. The second has a row for each of those whom lists are made of. The view
    `blocks` is the first; `served` has a row for everybody in it, `listed` those of the second.
    """

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def build(self, rows: Rows, day_no: int) -> str:  # noqa: ARG002 - the views say it
        """Copy rows to new tables."""
        import psycopg  # noqa: PLC0415 - an extra

        copy, places = f"served_{uuid.uuid4().hex}", iter(rows.chunks())
        with explained("PostgreSQL", psycopg.Error):
            with self._database.begin() as session:
                session.execute(sa.text(f"create table {copy} (block bigint not null, {_ARRAYS}) with ({_WHOLE})"))
                session.execute(sa.text(f"alter table {copy} {_UNCOUNTED}"))
            with ThreadPoolExecutor(_STREAMS) as threads:
                for stream in [threads.submit(self._stream, copy, rows, places) for _ in range(_STREAMS)]:
                    stream.result()
            with self._database.begin() as session:
                listed = f"select {_ROW} from {_PEOPLE.format(blocks=copy)} where {_HELD}"
                session.execute(sa.text(f"alter table {copy} add primary key (block)"))
                session.execute(sa.text(f"create table {copy}_listed as {listed}"))
                for on in INDEXES.values():
                    session.execute(sa.text(f"create index on {copy}_listed {on}"))
        return copy

    def serve(self, connection: sa.Connection, copy: str, scored: int, day_no: int) -> None:
        """Point the views at the tables."""
        told = f"*, {max(scored, 1)} as scored, {day_no} as day_no, '{copy}' as copy"
        views = {
            "blocks": (blocks := f"select {told} from {copy}"),
            # Not from the other view: whoever reads it would wait for that one while this waits for them.
            "served": f"select {_TOLD} from {_PEOPLE.format(blocks=f'({blocks}) blocks')}",
            "listed": f"select {percentile(max(scored, 1))}, {told} from {copy}_listed",
        }
        for view, rows in views.items():
            connection.execute(sa.text(f"create or replace view {view} as {rows}"))

    def tidy(self, served: str) -> None:
        """Drop every other table."""
        held = "select tablename from pg_tables where schemaname = current_schema() and tablename like 'served\\_%'"
        with self._database.begin() as connection:
            for (table,) in connection.execute(sa.text(held)).all():
                if table not in {served, f"{served}_listed"}:
                    connection.execute(sa.text(f"drop table {table}"))

    def erase(self, served: str, keys: list[int]) -> int:
        """Take people out, and what is left of them in the tables' pages."""
        gone = f"array[{', '.join(map(str, keys))}]::bigint[]"
        kept = f"from generate_subscripts(held.key, 1) i where held.key[i] <> all({gone})"
        columns = ", ".join(f"{name} = array(select held.{name}[i] {kept} order by i)" for name in COLUMNS)
        with self._database.begin() as connection:
            held = f"select count(*) from {_PEOPLE.format(blocks=served)} where key && {gone} and key[i] = any({gone})"
            count = connection.scalar(sa.text(held))
            connection.execute(sa.text(f"delete from {served} where key <@ {gone}"))
            # A block's first key may be of somebody who goes.
            changed = f"block = (select min(held.key[i]) {kept}), {columns}"
            connection.execute(sa.text(f"update {served} held set {changed} where key && {gone}"))
            connection.execute(sa.text(f"delete from {served}_listed where key = any({gone})"))
        with self._database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in (served, f"{served}_listed"):
                connection.execute(sa.text(f"vacuum (full, analyze) {table}"))
        return int(count or 0)

    def _stream(self, copy: str, rows: Rows, places: Iterator[int]) -> None:
        """Copy the chunks that no other stream has taken."""
        columns = ", ".join(["block", *_NUMBERS, "name"])
        with self._database.begin() as session:
            raw: Any = session.connection.driver_connection
            with raw.cursor().copy(f"copy {copy} ({columns}) from stdin (format binary)") as out:
                out.write(binary.HEADER)
                for place in places:
                    chunk = {name: np.ma.filled(of, _NONE[COLUMNS[name]]) for name, of in rows.chunk(place).items()}
                    for piece in binary.encoded(chunk, _NUMBERS, _BLOCK):
                        out.write(piece)
                out.write(binary.TRAILER)
