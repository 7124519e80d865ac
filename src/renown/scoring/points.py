"""Load points per signal and account: published ones of claimed people, and those of everybody else computed again."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory

from renown.engines.base import Engine
from renown.lake import Lake
from renown.method.parameters import INPUT_COLUMNS
from renown.records import day_number
from renown.scoring.replay import (
    RequestedRows,
    load_day_tables,
    load_published_method,
    publishes_all_points,
    replay_tables,
    rerun_steps,
)
from renown.steps import Step
from renown.store import PublishedDay, PublishedPoints, PublishedTables

_SUFFIX = "receipt_day"
_POINTS_STEP = "published_points"
_COMPUTED_POINTS = "computed_points"
_COMPUTED_SQL = """
select {columns}
from (
  select q.*, case when abs(missing) <= 1e-9 then 1e0
    when reaction_points > 0e0 and reaction_points + missing > 0e0
    then case when reads = 'interactions' then (reaction_points + missing) / reaction_points else 1e0 end
    else coalesce((score - 1e0) / nullif(score - missing - 1e0, 0e0), 1e0) end as factor
  from (
    select p.*, c.reads, d.score, d.score - s.score as missing,
      sum(case when c.reads = 'interactions' then p.points else 0e0 end) over (partition by p.person) as reaction_points
    from published_points p
    join scales c on c.network = p.network and c.name = p.signal
    join scores s on s.person = p.person
    join day_scores d on d.person = p.person
    where p.person >= 0
  ) q
) p"""
"""Points as published ones, and by which factor those of what the lake has now fall short of the published score."""
_SCORE_COLUMNS = {"person": "bigint", "score": "double"}


def load_points(
    engine: Engine, lake: Lake, published: PublishedTables, keys: Iterable[int]
) -> dict[int, list[PublishedPoints]]:
    """
    Load the points per signal and account of people, most points first.

    Methods with a ledger publish the points of claimed people only. Those of unclaimed accounts are computed again by
    the same steps, from the rows of these accounts.

    Parameters
    ----------
    engine : Engine
        A session whose tables are not needed any more.
    lake : Lake
    published : PublishedTables
    keys : iterable of int
        Score keys: negative for claimed people, else the account's key.

    Raises
    ------
    InvalidMethodError
        If points have to be computed again, and the day was published by a method whose SQL is not in this version.
    """
    points = {key: published.read_points(key) for key in keys}
    missing_keys = [key for key, rows in points.items() if not rows and key >= 0]
    scored_keys = sorted(published.read_scores_by_key(missing_keys)) if missing_keys else []
    if not scored_keys or publishes_all_points(published):
        return points
    _replay_accounts(engine, lake, published, scored_keys)
    return points | {key: find_points(engine, published, key) for key in scored_keys}


def find_points(engine: Engine, published: PublishedTables, key: int) -> list[PublishedPoints]:
    """Return a person's points: as published, or else from an engine in which the day's steps were run for them."""
    if (rows := published.read_points(key)) or key < 0 or publishes_all_points(published):
        return rows
    _create_computed_points(engine, published)
    names = [field.name for field in fields(PublishedPoints)]
    values = engine.query(
        f"select {', '.join(names)} from {_COMPUTED_POINTS} where person = {key} "
        "order by points desc, network, account, signal"
    )
    return [PublishedPoints(**dict(zip(names, row, strict=True))) for row in values]


@contextmanager
def open_all_points(engine: Engine, lake: Lake, day: PublishedDay, folder: Path) -> Iterator[PublishedTables]:
    """
    Open a published day with the points of everybody, also those that were not published.

    Parameters
    ----------
    engine : Engine
        A session whose tables are not needed any more.
    lake : Lake
    day : PublishedDay
    folder : Path
        For files with the points that are computed again, while the day is open.
    """
    with PublishedTables(day) as published, TemporaryDirectory(dir=folder) as points_folder:
        _add_missing_points(engine, lake, published, Path(points_folder))
        yield published


def _add_missing_points(engine: Engine, lake: Lake, published: PublishedTables, folder: Path) -> None:
    """Compute the points that were not published into files of a folder, and let the published tables read them."""
    if publishes_all_points(published):
        return
    keys = published.read_score_arrays()[0]
    _replay_accounts(engine, lake, published, keys[keys >= 0].tolist())
    _create_computed_points(engine, published)
    engine.write(_COMPUTED_POINTS, folder)
    published.add_points(sorted(str(file) for file in folder.glob("*.parquet")))


def _replay_accounts(engine: Engine, lake: Lake, published: PublishedTables, accounts: Sequence[int]) -> None:
    """Run the day's steps again for unclaimed accounts."""
    method = load_published_method(published)
    load_day_tables(engine, lake, published, method, RequestedRows(accounts=accounts), suffix=_SUFFIX)
    rerun_steps(engine, method, {table: f"select * from {table}_{_SUFFIX}" for table in replay_tables(method)})


def _create_computed_points(engine: Engine, published: PublishedTables) -> None:
    """
    Create the table of points of unclaimed accounts, like those that are published of claimed people.

    If somebody who reacted was erased since, the missing points belong to the reactions, as reactions that are not in
    the lake any more.
    """
    day = published.day
    step = next(step for step in load_published_method(published).steps if step.name == _POINTS_STEP)
    edition = (day_number(day.day), day.method, day.inputs)
    engine.create_table("edition", [edition], INPUT_COLUMNS["edition"])
    engine.scan("day_scores", day.files("scores"), _SCORE_COLUMNS)
    engine.run(step)
    computed = {
        "points": "p.points * p.factor as points",
        "received": "case when p.reads = 'interactions' and p.factor <> 1e0 "
        "then cast(floor(cast(p.received as double) * p.factor + 5e-1) as bigint) else p.received end as received",
    }
    columns_sql = ", ".join(computed.get(name, f"p.{name}") for name in step.columns)
    engine.run(Step(name=_COMPUTED_POINTS, sql=_COMPUTED_SQL.format(columns=columns_sql), columns=step.columns))
