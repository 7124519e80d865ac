"""
Aliases: resolve the keys of two ids of one account to one key, wherever rows of the lake are read.

An export may know an account by its name only, an API by its number. Rows keep the key under which they arrived, so
that an alias can be taken back; this module is the one place where they become one account.
"""

from collections.abc import Iterable, Mapping, Sequence

from renown.engines.base import Engine
from renown.lake import Lake
from renown.records import LAKE_COLUMNS
from renown.steps import Step

ALIASED_COLUMNS = {
    "interactions": ("actor", "target"),
    "tallies": ("account",),
    "profiles": ("account",),
    "presence": ("account",),
    "handles": ("account",),
    "posts": ("account",),
    "account_coverage": ("account",),
}
"""Columns of the lake with keys that may be those of aliases; `accounts` has one row per id, see `scan_lake`."""
_KEY_COLUMNS = {"alias": "bigint", "account": "bigint"}

AliasKeys = Mapping[int, int]
"""Key of an alias to the key of its account."""


def resolve_aliases(rows: Iterable[tuple[int, int, int]]) -> dict[int, int]:
    """
    Return the account of each alias, the same for any order of rows.

    Parameters
    ----------
    rows : iterable of (alias, account, seen)
        Keys, and the epoch second at which it was so. The latest row of an alias counts; one whose account is the
        alias itself takes it back. An alias may be of an alias; of a circle the smallest key is the account.

    Examples
    --------
    >>> resolve_aliases([(1, 2, 10), (2, 3, 10), (4, 5, 10), (4, 4, 20)])
    {1: 3, 2: 3}
    >>> resolve_aliases([(1, 2, 10), (2, 1, 10)])
    {2: 1}
    """
    latest = {alias: account for alias, account, _ in sorted(rows, key=lambda row: (row[2], row[1]))}
    resolved = {}
    for alias in sorted(latest):
        path = [alias]
        while (account := latest.get(path[-1], path[-1])) not in path:
            path.append(account)
        # A circle begins at `account`; a path that ends has an account that leads to itself.
        resolved[alias] = min(path[path.index(account) :])
    return {alias: account for alias, account in resolved.items() if alias != account}


def load_alias_keys(engine: Engine, lake: Lake, version: int | None = None) -> dict[int, int]:
    """Load the account of each alias, as of a version of the lake's table `aliases`; None for the current one."""
    files = lake.files("aliases", version=version)
    if not files:
        return {}
    engine.scan("alias_rows", files, LAKE_COLUMNS["aliases"])
    return resolve_aliases(engine.query("select alias, account, seen from alias_rows"))


def load_day_alias_keys(engine: Engine, lake: Lake, versions: Mapping[str, int]) -> dict[int, int]:
    """Load the account of each alias, as of these versions of the lake; a lake without the table has none."""
    return load_alias_keys(engine, lake, versions["aliases"]) if "aliases" in versions else {}


def load_alias_ids(engine: Engine, lake: Lake, aliases: AliasKeys) -> dict[tuple[str, str], str]:
    """Load the (network, id) of each alias with the id of its account."""
    if not aliases:
        return {}
    engine.scan("account_rows", lake.files("accounts"), LAKE_COLUMNS["accounts"])
    engine.create_table("alias_keys", sorted(aliases.items()), _KEY_COLUMNS)
    rows = engine.query("""
        select a.network, a.account_id, b.account_id from alias_keys k
        join account_rows a on a.account = k.alias join account_rows b on b.account = k.account""")
    return {(network, alias_id): account_id for network, alias_id, account_id in rows}


def scan_lake(engine: Engine, table: str, files: Sequence[str], aliases: AliasKeys, *, name: str = "") -> None:
    """
    Create a view of a table of the lake, with the keys of accounts in place of those of their aliases.

    The view of `accounts` has no aliases, so that each key has one id.

    Parameters
    ----------
    engine : Engine
    table : str
    files : sequence of str
    aliases : mapping of int to int
        Without any, it is a plain scan.
    name : str, optional
        Name of the view; that of the table by default.
    """
    columns, view = LAKE_COLUMNS[table], name or table
    if not aliases or (table != "accounts" and table not in ALIASED_COLUMNS):
        engine.scan(view, files, columns)
        return
    engine.scan(f"{view}_as_stored", files, columns)
    engine.create_table("alias_keys", sorted(aliases.items()), _KEY_COLUMNS)
    keys = ("account",) if table == "accounts" else ALIASED_COLUMNS[table]
    joins = "\n".join(f"left join alias_keys k{index} on k{index}.alias = r.{key}" for index, key in enumerate(keys))
    expressions = {column: f"r.{column}" for column in columns}
    if table == "accounts":
        joins += "\nwhere k0.alias is null"
    else:
        expressions |= {key: f"coalesce(k{index}.account, r.{key})" for index, key in enumerate(keys)}
    select = ", ".join(f"{sql} as {column}" for column, sql in expressions.items())
    sql = f"select {select}\nfrom {view}_as_stored r\n{joins}"
    engine.run(Step(name=view, sql=sql, columns=columns, stored=False))
