"""Collect: a batch of records into the lake, each once, all or nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

from renown import ingest
from renown.engines.base import Written
from renown.engines.duckdb import DuckDB
from renown.jobs.progress import Progress, Silent
from renown.lake import Batch, Lake
from renown.records import KEPT
from renown.steps import Step


@dataclass(frozen=True)
class Collected:
    """What became of a batch."""

    table: str
    read: int
    """Records in the batch."""
    new: int
    """Records that the lake lacked."""
    accounts: int
    """Accounts named for the first time."""
    days: int
    """Days on which there were new records."""


def collect(
    engine: DuckDB,
    lake: Lake,
    said: Step,
    *,
    table: str,
    network: str,
    covers: Iterable[int] = (),
    batch_id: str | None = None,
    cursor: str = "",
    progress: Progress | None = None,
) -> Collected:
    """
    Take a batch of one network's records into the lake.

    Parameters
    ----------
    engine : DuckDB
        A session of its own.
    lake : Lake
    said : Step
        The step `batch`, in the columns of ``records.SAID[table]``.
    table : str
    network : str
    covers : iterable of int
        Numbers of the verbs that this source shows.
    batch_id : str, optional
        Where it is given, the batch is taken in once however often it is sent.
    cursor : str, optional
        Where the source is to be read on from; kept with the data.
    progress : Progress, optional

    Returns
    -------
    Collected
    """
    tell = progress or Silent()
    with lake.writing(batch_id) as batch:
        if batch_id is not None and lake.holds(table, batch_id):
            return Collected(table, 0, 0, 0, 0)
        tell.start(f"importing {table}", 4)
        tell.advance("naming accounts")
        engine.run(said)
        named = _name(engine, lake, batch, table, network)
        tell.advance("reading records")
        arrived = _arrive(engine, batch, table, network)
        tell.advance("looking for what is there already")
        kept, replaced = _once(engine, lake, batch, table, network, arrived)
        tell.advance("committing")
        _cover(engine, lake, batch, network, covers)
        if kept.files or replaced or batch_id is not None or cursor:
            lake.commit(table, kept.files, batch=batch, remove=replaced, cursor=cursor)
    done = Collected(table, sum(file.rows for file in arrived), kept.new, named, kept.days)
    tell.done(f"{done.read:,} {table} read, {done.new:,} new on {done.days} days, {done.accounts:,} new accounts")
    return done


@dataclass(frozen=True)
class _Kept:
    files: list[Written]
    new: int
    days: int


def _name(engine: DuckDB, lake: Lake, batch: Batch, table: str, network: str) -> int:
    """Give a key to every account that the batch names first; return how many."""
    if table == "undone":
        engine.table("exceptions", (), {"account_id": "string", "account": "bigint"})
        return 0
    for directory in ("accounts", "handles"):
        engine.scan(directory, lake.files(directory, network=network), KEPT[directory])
    engine.run(ingest.named(table))
    engine.run(ingest.keys(network))
    while moved := engine.rows(ingest.taken()):
        # Two ids with one hash: one pair is to be expected among three thousand million accounts.
        for account_id, account in moved:
            engine.execute("update keys set account = ? where account_id = ?", (account + 1, account_id))
    engine.run(ingest.exceptions(network))
    fresh = 0
    for directory, step in (("accounts", ingest.new_accounts(network)), ("handles", ingest.new_handles(network))):
        engine.run(step)
        written = engine.write_by(step.name, batch.folder / directory, by=["network"], prefix="a")
        if written:
            lake.commit(directory, written, batch=batch)
        fresh = fresh or sum(file.rows for file in written)
    for name in ("named", "keys"):
        engine.drop(name)
    return fresh


def _arrive(engine: DuckDB, batch: Batch, table: str, network: str) -> list[Written]:
    """Write the batch beside the lake, in the lake's columns and folders."""
    excepted = bool(engine.rows("select 1 from exceptions limit 1"))
    engine.run(ingest.rows(table, network, excepted=excepted))
    return engine.write_by("arriving", batch.folder / "arrived", by=["network", "day_no"], prefix="b")


def _once(
    engine: DuckDB, lake: Lake, batch: Batch, table: str, network: str, arrived: list[Written]
) -> tuple[_Kept, list[str]]:
    """Leave out what the lake has; return the files to take in and the files they replace."""
    files: list[Written] = []
    replaced: list[str] = []
    new, days = 0, set()
    for part in _parts(engine, table, arrived):
        near = None if part.with_ids else part.days
        there = lake.files(table, network=network, days=near)
        engine.scan("arrived", [str(file.path) for file in part.files], KEPT[table])
        engine.run(ingest.present(table, there))
        engine.execute(f"create or replace table suspects as {ingest.suspects(table, with_ids=part.with_ids)}")
        if not engine.rows("select 1 from suspects limit 1"):
            files += part.files
            survived = part.files
        else:
            engine.run(ingest.contested(table, with_ids=part.with_ids))
            survived = _write(engine, batch, ingest.surviving(table, with_ids=part.with_ids), f"c{len(files)}")
            out = [row[0] for row in engine.rows(ingest.losers())]
            if out:
                files += _write(engine, batch, ingest.remaining(table, out, with_ids=part.with_ids), f"d{len(files)}")
            files += survived
            replaced += out
            engine.drop("contested")
        new += sum(file.rows for file in survived)
        days |= {file.partition["day_no"] for file in survived}
    return _Kept(files, new, len(days)), replaced


@dataclass(frozen=True)
class _Part:
    files: list[Written]
    days: set[int]
    with_ids: bool
    """Whether acts have ids of their network, and may have come before with another day."""


def _parts(engine: DuckDB, table: str, arrived: list[Written]) -> list[_Part]:
    """Split a batch by day, unless acts have ids of their network: those may come again on another day."""
    if not arrived:
        return []
    engine.scan("arrived", [str(file.path) for file in arrived], KEPT[table])
    if table == "undone" or (
        table == "interactions" and engine.rows("select 1 from arrived where interaction is not null limit 1")
    ):
        return [_Part(arrived, set(), with_ids=True)]
    by_day: dict[int, list[Written]] = {}
    for file in arrived:
        by_day.setdefault(int(file.partition["day_no"]), []).append(file)
    return [_Part(files, {day_no}, with_ids=False) for day_no, files in sorted(by_day.items())]


def _write(engine: DuckDB, batch: Batch, step: Step, prefix: str) -> list[Written]:
    engine.run(step)
    return engine.write_by(step.name, batch.folder / prefix, by=["network", "day_no"], prefix=prefix)


def _cover(engine: DuckDB, lake: Lake, batch: Batch, network: str, covers: Iterable[int]) -> None:
    """Note the verbs that the network's data is known to show from here on."""
    engine.scan("coverage", lake.files("coverage", network=network), KEPT["coverage"])
    known = {row[0] for row in engine.rows("select verb from coverage")}
    fresh = sorted(set(covers) - known)
    if fresh:
        engine.table("covered", [(network, verb) for verb in fresh], KEPT["coverage"])
        written = engine.write_by("covered", batch.folder / "covered", by=["network"], prefix="v")
        lake.commit("coverage", written, batch=batch)
