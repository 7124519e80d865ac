"""Collect: a batch of records into the lake, each once, all or nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import stamina

from renown import ingest
from renown.engines.duckdb import DuckDB
from renown.errors import BusyLake
from renown.jobs.arrival import Arrival
from renown.jobs.door import leave_out
from renown.jobs.progress import Progress, Silent
from renown.lake import Batch, Lake
from renown.records import KEPT, SAID
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
    said: Step | Sequence[tuple[object, ...]],
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
    said : Step or sequence of tuple
        The step `batch`, or its rows, in the columns of ``records.SAID[table]``.
    table : str
    network : str
    covers : iterable of int
        Numbers of the verbs that this source shows.
    batch_id : str, optional
        Where it is given, the batch is taken in once however often it is sent; anew where somebody came back since.
    cursor : str, optional
        Where the source is to be read on from; kept with the data.
    progress : Progress, optional

    Returns
    -------
    Collected
    """
    tell = progress or Silent()
    if batch_id is not None and (returned := lake.opted_out().returned):
        batch_id = f"{batch_id} {returned}"
    with lake.writing(batch_id) as batch:
        if batch_id is not None and lake.holds(table, batch_id):
            tell.done(f"nothing new: this batch of {table} was taken in before")
            return Collected(table, 0, 0, 0, 0)
        tell.start(f"importing {table}", 4)
        tell.advance("naming accounts")
        _let_be_batch(engine, said, table)
        leave_out(engine, lake.opted_out(), table, network)
        named = name(engine, lake, batch, table, network)
        tell.advance("reading records")
        arrival = Arrival(engine, batch, table, network)
        arrived = arrival.written()
        tell.advance("looking for what is there already")
        taken = arrival.once(arrived, lake.files(table, network=network))
        tell.advance("committing")
        cover(engine, lake, batch, network, covers)
        if taken.files or taken.replaced or batch_id is not None or cursor:
            lake.commit(table, taken.files, batch=batch, remove=taken.replaced, cursor=cursor)
    done = Collected(table, sum(file.rows for file in arrived), taken.new, named, len(taken.days))
    tell.done(f"{done.read:,} {table} read, {done.new:,} new on {done.days} days, {done.accounts:,} new accounts")
    return done


def turns() -> Iterable[stamina.Attempt]:
    """Wait for the writer's turn, a minute at the most: a stream has it for a moment at a time."""
    return stamina.retry_context(on=BusyLake, attempts=None, timeout=60, wait_initial=0.2, wait_max=2)


def _let_be_batch(engine: DuckDB, said: Step | Sequence[tuple[object, ...]], table: str) -> None:
    if isinstance(said, Step):
        engine.run(said)
    else:
        engine.table("batch", said, SAID[table])


def name(engine: DuckDB, lake: Lake, batch: Batch, table: str, network: str) -> int:
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


def cover(engine: DuckDB, lake: Lake, batch: Batch, network: str, covers: Iterable[int]) -> None:
    """Note the verbs that the network's data is known to show from here on."""
    engine.scan("coverage", lake.files("coverage", network=network), KEPT["coverage"])
    known = {row[0] for row in engine.rows("select verb from coverage")}
    fresh = sorted(set(covers) - known)
    if fresh:
        engine.table("covered", [(network, verb) for verb in fresh], KEPT["coverage"])
        written = engine.write_by("covered", batch.folder / "covered", by=["network"], prefix="v")
        lake.commit("coverage", written, batch=batch)
