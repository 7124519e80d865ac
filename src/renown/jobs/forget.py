"""Forget: take somebody out of the store with its groups, every table of the lake and every published day."""

from collections.abc import Iterable

from renown.answers import Who
from renown.engines.duckdb import DuckDB
from renown.lake import Batch, Lake
from renown.records import KEPT
from renown.store import Days, Groups, People

_KEYS = {
    "interactions": ("actor", "target"),
    "tallies": ("account",),
    "profiles": ("account",),
    "presence": ("account",),
    "accounts": ("account",),
    "handles": ("account",),
}
"""The columns that hold accounts."""


def forget(engine: DuckDB, lake: Lake, days: Days, people: People, groups: Groups, *, asked: Who) -> int:
    """
    Take somebody and all that was done by them and to them out, for good.

    Older versions of the lake's tables go too, so that no file holds them any more. What
    others received from them stays in others' published points, without a name.

    Parameters
    ----------
    engine : DuckDB
        A session of its own.
    lake, days, people, groups
        What is to forget.
    asked : Who

    Returns
    -------
    int
        Rows that went.
    """
    gone = 0
    with lake.writing() as batch:
        for network in sorted({network for network, _ in asked.accounts}):
            accounts = [account for where, account in asked.accounts if where == network]
            gone += sum(_from_table(engine, lake, batch, table, network, accounts) for table in _KEYS)
        for table in _KEYS:
            lake.purge(table)
    gone += days.forget(asked.key, [account for _, account in asked.accounts])
    # Their openings are found by their name, which goes with the person.
    return gone + groups.forget(asked.key) + people.forget(asked.key)


def _from_table(engine: DuckDB, lake: Lake, batch: Batch, table: str, network: str, accounts: Iterable[int]) -> int:
    """Rewrite the files of one network's table that hold these accounts; return how many rows went."""
    files = lake.files(table, network=network)
    listed = ", ".join(map(str, accounts))
    held = " or ".join(f"{key} in ({listed})" for key in _KEYS[table])
    engine.scan("present", files, KEPT[table], file="file")
    hit = engine.rows(f"select file, count(*) from present where {held} group by file order by file")
    if not hit:
        return 0
    engine.scan("present", [file for file, _ in hit], KEPT[table])
    engine.execute(f"create or replace temp view remaining as select * from present where not ({held})")
    by = [name for name in ("network", "day_no") if name in KEPT[table]]
    written = engine.write_by("remaining", batch.folder / "forgotten" / network / table, by=by, prefix="f")
    engine.execute("drop view remaining")
    lake.commit(table, written, batch=batch, remove=[file for file, _ in hit])
    return sum(rows for _, rows in hit)
