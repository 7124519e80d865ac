"""Serving: put a published day's scores where pages read them, and into everybody's history."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import sqlalchemy as sa

from renown.errors import HomeError
from renown.records import day_number
from renown.steps import literal
from renown.store.copies import copies, explained
from renown.store.reader import reader
from renown.store.schema import history, serving

if TYPE_CHECKING:
    from renown.store.days import PublishedDay

BLOCK = 256
"""People whose scores of a day make one row of history; SQLite keeps rows up to some 1000 bytes in one page."""
HUNDREDTHS = 100
"""Scores are kept in history as whole hundredths of a point in two bytes, least first; 0 is no score."""
SLOTS = "slots"
"""Published table of everybody who ever had a score: `person`, and `slot`, their place in history."""


@dataclass(frozen=True)
class Copy:
    """What is made of a day before it is served."""

    name: str
    row: dict[str, Any]
    """Row of `serving`."""
    before: str | None
    """The copy that was served when this one was begun."""
    day_no: int
    blocks: list[bytes]
    """Scores of the day, `BLOCK` people each."""


class Serving:
    """The served scores of a store."""

    def __init__(self, database: sa.Engine, root: Path) -> None:
        self._database = database
        self._root = root
        self._copies = copies(database)
        self._reader = reader(database)

    def build(self, day: "PublishedDay") -> Copy:
        """Make a copy of the scores to serve once a day is published; nothing that is read changes."""
        live = self._live()
        day_no, scores = day_number(day.day), str((day.folder / "scores").relative_to(self._root))
        row: dict[str, Any] = {"place": 1, "day_no": day_no, "method": day.method, "scores": scores}
        # A day out of order lands in history; the latest stays served.
        if live is not None and live.day_no > day_no:
            row |= {"day_no": live.day_no, "method": live.method, "scores": live.scores}
        slots = day.folder / SLOTS
        slots.mkdir(exist_ok=True)
        with explained(slots), duckdb.connect(config={"threads": 2, "memory_limit": "2GB"}) as connection:
            connection.execute("set preserve_insertion_order = false")
            _give_slots(connection, self._files(scores), self._files(live.slots) if live else None)
            connection.execute(f"copy slots to {literal(slots / 'part.parquet')} (format parquet)")
            blocks = _blocks(connection)
            name = self._copies.build(_rows(connection, self._files(row["scores"])), row["day_no"])
        row |= {"copy": name, "slots": str(slots.relative_to(self._root))}
        return Copy(name, row, live.copy if live else None, day_no, blocks)

    def put(self, connection: sa.Connection, copy: Copy) -> None:
        """
        Serve a copy, as part of the transaction that publishes its day.

        Raises
        ------
        HomeError
            If another process published meanwhile.
        """
        gone = connection.execute(sa.delete(serving).where(serving.c.copy == copy.before)).rowcount
        begun = connection.scalar(sa.select(sa.func.count()).select_from(serving))
        if begun or (copy.before and not gone):
            msg = "another process published scores meanwhile; score this day again when it is done"
            raise HomeError(msg)
        connection.execute(sa.insert(serving).values(**copy.row))
        this = history.c.day_no == copy.day_no
        # Rows are clustered by block: looking through all of them for a day is for days scored again.
        if connection.scalar(sa.select(history.c.day_no).where(history.c.block == 0, this)) is not None:
            connection.execute(sa.delete(history).where(this))
        _land(connection, copy)
        self._copies.serve(connection, copy.name, copy.row["day_no"])

    def tidy(self) -> None:
        """Remove copies that are not served, such as those of a run that was killed."""
        live = self._live()
        self._copies.tidy(live.copy if live else "")

    def forget(self, keys: list[int]) -> int:
        """Take people out of the served scores and out of history; return how many rows went."""
        live = self._live()
        if live is None:
            return 0
        select = f"select slot from served where key in ({', '.join(map(str, keys))})"
        slots = [slot for (slot,) in self._reader.rows(select, {})]
        with self._database.begin() as connection:
            for slot in slots:
                _blank(connection, *divmod(slot, BLOCK))
        return self._copies.erase(live.copy, keys)

    def _live(self) -> sa.Row[Any] | None:
        with self._database.connect() as connection:
            return connection.execute(sa.select(serving)).one_or_none()

    def _files(self, folder: str) -> str:
        return f"read_parquet({literal(self._root / folder / '*.parquet')}, hive_partitioning=false)"


def _give_slots(connection: duckdb.DuckDBPyConnection, scores: str, slots: str | None) -> None:
    """Make the tables `landing`, the scores of the day, and `slots`, with new ones for who has none."""
    connection.execute(f"create temp table landing as select person, score from {scores}")
    held = f"select person, slot from {slots}" if slots else "select 0::bigint as person, 0 as slot where false"
    connection.execute(f"""
        create temp table slots as
        with held as ({held})
        select person, slot from held
        union all
        select person, ((select coalesce(max(slot), -1) from held) + row_number() over (order by person))::integer
        from landing anti join held using (person)""")


def _blocks(connection: duckdb.DuckDBPyConnection) -> list[bytes]:
    """Return the scores of the landing day in the order of slots."""
    found = connection.execute("select slot, score from landing join slots using (person)").fetchnumpy()
    (last,) = connection.execute("select coalesce(max(slot), -1) from slots").fetchall()[0]
    packed = np.zeros((last // BLOCK + 1) * BLOCK, "<u2")
    packed[found["slot"]] = np.round(found["score"] * HUNDREDTHS)
    return [block.tobytes() for block in packed.reshape(-1, BLOCK)]


def _rows(connection: duckdb.DuckDBPyConnection, scores: str) -> duckdb.DuckDBPyRelation:
    """Return a copy's rows, sorted by key: everybody with a slot, without a score who is not scored that day."""
    connection.execute(f"""
        create temp table ranks as
        select person, (rank() over (order by score desc))::integer as rank from {scores}""")
    return connection.sql(f"""
        select k.person as key, k.slot, s.name, s.score,
          100.0::double * ((select count(*) from ranks) - r.rank + 1) / (select count(*) from ranks) as percentile,
          r.rank, s.people, s.days::integer as days, s.networks::integer as networks, s.accounts::integer as accounts,
          s.strength
        from slots k left join {scores} s on s.person = k.person left join ranks r on r.person = k.person
        order by k.person""")


def _land(connection: sa.Connection, copy: Copy) -> None:
    rows = ((block, copy.day_no, scores) for block, scores in enumerate(copy.blocks))
    if connection.dialect.name == "sqlite":
        raw: Any = connection.connection.driver_connection
        raw.executemany("insert into history (block, day_no, scores) values (?, ?, ?)", rows)
        return
    raw = connection.connection.driver_connection
    with raw.cursor().copy("copy history (block, day_no, scores) from stdin") as out:
        for row in rows:
            out.write_row(row)


def _blank(connection: sa.Connection, block: int, place: int) -> None:
    """Leave no score in one place of a block, on any day."""
    start = 2 * place
    for row in connection.execute(sa.select(history).where(history.c.block == block)).all():
        blank = row.scores[:start] + b"\0\0" + row.scores[start + 2 :]
        here = sa.and_(history.c.block == block, history.c.day_no == row.day_no)
        connection.execute(sa.update(history).where(here).values(scores=blank))
