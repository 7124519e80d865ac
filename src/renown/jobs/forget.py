"""Forget: take somebody out of the store, groups, portraits, the lake, every published day and its exports."""

from collections.abc import Iterable

from renown.answers import Who, account_ids
from renown.answers.held import ACCOUNTS, Home
from renown.engines.duckdb import DuckDB
from renown.jobs.portray import unname
from renown.lake import Batch, Lake
from renown.records import KEPT
from renown.steps import Step


def forget(engine: DuckDB, home: Home, asked: Who) -> int:
    """
    Erase somebody and let nothing bring them back: of each account a mark is kept that does not say whose it is.

    Older versions of the lake's tables go too, so that no file holds them any more. What
    others received from them stays in others' published points, without a name.

    Parameters
    ----------
    engine : DuckDB
        A session of its own.
    home : Home
        What is to forget.
    asked : Who

    Returns
    -------
    int
        Rows that went.

    Raises
    ------
    BusyLake
        If another process is writing to the lake; the same call goes on where this one ended.
    """
    keep_out(engine, home, asked)
    return _erase(engine, home, asked)


def erase(engine: DuckDB, home: Home, asked: Who) -> int:
    """Erase somebody as `forget` does, and keep no mark: what comes in later may bring them back."""
    accounts = account_ids(asked, engine, home.lake, home.people)
    gone = _erase(engine, home, asked)
    for account in accounts:
        home.people.opt_outs.remove(*account)
    home.people.clean()
    return gone


def keep_out(engine: DuckDB, home: Home, asked: Who) -> None:
    """Leave somebody's accounts out of all that comes in, and of all that is scored, from here on."""
    for (network, account_id), account in account_ids(asked, engine, home.lake, home.people).items():
        home.people.opt_outs.add(network, account_id, account)


def withdraw(home: Home, asked: Who) -> int:
    """Take somebody out of all that is shown: published days, portraits, groups' logs; return how many rows went."""
    accounts = [account for _, account in asked.accounts]
    gone = home.days.forget(asked.key, accounts)
    gone += home.portraits.forget(asked.key) + unname(home.portraits, {asked.key, *accounts})
    home.portraits.clean()
    gone += home.judgements.forget([asked.key, *accounts], judge=asked.name)
    return gone + home.groups.forget(asked.key)


def _erase(engine: DuckDB, home: Home, asked: Who) -> int:
    """Take out all that was done by them and to them, and what killed runs left of it."""
    lake = home.lake
    accounts = account_ids(asked, engine, lake, home.people)
    engine.sweep()
    with lake.writing() as batch:
        gone = withdraw(home, asked)
        gone += sum(_taken_back(engine, lake, batch, network, theirs) for network, theirs in _by_network(asked).items())
        lake.purge("undone")
        for table, keys in ACCOUNTS.items():
            for network, theirs in _by_network(asked).items():
                held = " or ".join(f"{key} in ({_listed(theirs)})" for key in keys)
                gone += _from_table(engine, lake, batch, table, network, held)
            lake.purge(table)
    return gone + home.people.forget(asked.key, accounts)


def _by_network(asked: Who) -> dict[str, list[int]]:
    networks = sorted({network for network, _ in asked.accounts})
    return {network: [account for where, account in asked.accounts if where == network] for network in networks}


def _taken_back(engine: DuckDB, lake: Lake, batch: Batch, network: str, accounts: Iterable[int]) -> int:
    """Take out what says that acts of these accounts were taken back; their acts are still there to tell."""
    engine.scan("acted", lake.files("interactions", network=network), KEPT["interactions"])
    theirs = f"select interaction from acted where actor in ({_listed(accounts)}) and interaction is not null"
    engine.run(Step("theirs", theirs, {"interaction": "bigint"}))
    return _from_table(engine, lake, batch, "undone", network, "interaction in (select interaction from theirs)")


def _from_table(engine: DuckDB, lake: Lake, batch: Batch, table: str, network: str, held: str) -> int:
    """Rewrite the files of one network's table that hold such rows; return how many rows went."""
    files = lake.files(table, network=network)
    engine.scan("present", files, KEPT[table], file="file")
    hit = engine.rows(f"select file, count(*) from present where {held} group by file order by file")
    if not hit:
        return 0
    engine.scan("present", [file for file, _ in hit], KEPT[table])
    engine.execute(f"create or replace temp view remaining as select * from present where not coalesce({held}, false)")
    by = [name for name in ("network", "day_no") if name in KEPT[table]]
    written = engine.write_by("remaining", batch.folder / "forgotten" / network / table, by=by, prefix="f")
    engine.execute("drop view remaining")
    lake.commit(table, written, batch=batch, remove=[file for file, _ in hit])
    return sum(rows for _, rows in hit)


def _listed(accounts: Iterable[int]) -> str:
    return ", ".join(map(str, accounts))
