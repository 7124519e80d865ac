"""Write the tables of a day for one person, as publishing it would, so that their score can be explained."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from renown.engines.base import Engine
from renown.lake import Lake
from renown.method.file import Method
from renown.method.parameters import INPUT_COLUMNS
from renown.records import day_number
from renown.scoring import ledger_replay
from renown.scoring.inputs import load_inputs, view_parameters
from renown.scoring.replay import rerun_steps
from renown.scoring.score import PUBLISHED_PREFIX
from renown.store import PublishedDay

_SUFFIX = "unpublished_day"


def write_unpublished_day(
    engine: Engine,
    lake: Lake,
    method: Method,
    folder: Path,
    *,
    day: date,
    versions: Mapping[str, int],
    now: datetime,
) -> PublishedDay:
    """
    Write the tables of a day into a folder, for the people whose days were recomputed.

    Parameters
    ----------
    engine : Engine
        The session of `recompute_days`, without the use of the ledger. Its inputs are those of the day afterwards.
    lake : Lake
    method : Method
        A method with a ledger.
    folder : Path
        Empty, and deleted by the caller once nothing reads the day any more.
    day : date
        The last of the recomputed days.
    versions : mapping of str to int
        Version of each lake table.
    now : datetime

    Returns
    -------
    PublishedDay
        A day that no store has.
    """
    engine.write("claimed_entries", folder / "entries")
    members = engine.query("select account, person, name from members")
    unpublished_day = PublishedDay(
        day=day,
        method=method.version,
        method_digest=method.digest,
        method_text=method.text,
        inputs="",
        engine=engine.name,
        folder=folder,
        people=len({person for _, person, _ in members}),
        lake=dict(versions),
        published_at=now,
        has_own_entries=True,
    )
    load_inputs(engine, lake, method, day_number(day), versions, suffix=_SUFFIX)
    view_parameters(engine, method, suffix=_SUFFIX)
    engine.create_table("requested_accounts", sorted({(account,) for account, _, _ in members}), {"account": "bigint"})
    ledger_replay.copy_day_rows(engine, lake, method, unpublished_day, suffix=_SUFFIX)
    ledger_replay.create_members(engine, members, suffix=_SUFFIX, method=method)
    engine.create_table("edition", [(day_number(day), method.version, "")], INPUT_COLUMNS["edition"])
    selects = {table: f"select * from {table}_{_SUFFIX}" for table in ledger_replay.REPLAY_TABLES}
    rerun_steps(engine, method, selects, last_step=method.steps[-1].name)
    for step in method.steps:
        if step.name.startswith(PUBLISHED_PREFIX):
            engine.write(step.name, folder / step.name.removeprefix(PUBLISHED_PREFIX))
    return unpublished_day
