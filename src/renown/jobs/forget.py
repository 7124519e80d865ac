"""Forget: take an account out of every table and file of the lake."""

from renown.engines.duckdb import DuckDB
from renown.lake import Lake
from renown.records import KEPT

_KEYS = {
    "interactions": ("actor", "target"),
    "tallies": ("account",),
    "profiles": ("account",),
    "accounts": ("account",),
    "handles": ("account",),
}
"""The columns that hold accounts."""


def forget(engine: DuckDB, lake: Lake, network: str, account: int) -> int:
    """
    Take an account and all that was done by it and to it out of the lake, for good.

    Older versions of the tables go too, so that no file holds it any more;
    returns how many rows went.
    """
    gone = 0
    with lake.writing() as batch:
        for table, keys in _KEYS.items():
            files = lake.files(table, network=network)
            engine.scan("present", files, KEPT[table])
            held = " or ".join(f"{key} = {account}" for key in keys)
            rows = engine.rows(f"select count(*) from present where {held}")[0][0]
            if not rows:
                continue
            gone += rows
            hit = [file for file in files if _holds(engine, file, table, held)]
            engine.scan("present", hit, KEPT[table])
            engine.execute(f"create or replace temp view remaining as select * from present where not ({held})")
            by = [name for name in ("network", "day_no") if name in KEPT[table]]
            written = engine.write_by("remaining", batch.folder / table, by=by, prefix="f")
            engine.execute("drop view remaining")
            lake.commit(table, written, batch=batch, remove=hit)
        for table in _KEYS:
            lake.purge(table)
    return gone


def _holds(engine: DuckDB, file: str, table: str, held: str) -> bool:
    engine.scan("one_file", [file], KEPT[table])
    return bool(engine.rows(f"select 1 from one_file where {held} limit 1"))
