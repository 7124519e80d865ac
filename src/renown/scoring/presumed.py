"""
Presumed accounts: those whose acts are known without credit, since credit cannot flow to them.

Where only the acts on some accounts are read, what others received is missing. Then a look at an actor's profile tells
whether the account is established; without any look, nobody can be told apart.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import chain

from renown.engines.base import Engine
from renown.lake import Lake
from renown.method.file import Method
from renown.records import LAKE_COLUMNS
from renown.scoring.aliases import load_day_alias_keys, scan_lake
from renown.scoring.inputs import LOOKED_UP_NETWORKS, exclude_days, select_days_sql
from renown.scoring.ledger import LEDGER_COLUMNS, Ledger, LedgerState
from renown.steps import Step, quote_literal

_TABLE_BEFORE = "established_before"
_PROFILES = "all_profiles"
"""Table with the profiles of all days, also of later ones."""
_PROFILE_COLUMNS = {
    name: LAKE_COLUMNS["profiles"][name]
    for name in ("network", "day_no", "account", "followers", "posts", "created_day", "self_reported")
}
"""Columns of it that tell who is established."""


@dataclass(frozen=True, kw_only=True)
class PresumedInputs:
    """What presumed accounts are computed from."""

    lake: Lake
    method: Method
    versions: Mapping[str, int]
    """Version of each lake table."""


@dataclass(frozen=True, kw_only=True)
class ActorProfiles:
    """Which profiles tell who of some actors is established, and which of their rows are in a table already."""

    accounts_sql: str
    """SELECT of the keys of these actors."""
    table: str
    """Table with all rows of `days` of `networks`; it need not exist without networks."""
    days: AbstractSet[int]
    networks: AbstractSet[str]


def list_looked_up_networks(engine: Engine) -> tuple[str, ...]:
    """List the networks whose actors are looked up, in order of their names."""
    if engine.is_known_empty(LOOKED_UP_NETWORKS):
        return ()
    return tuple(network for (network,) in engine.query(f"select network from {LOOKED_UP_NETWORKS} order by network"))


def create_established_accounts(
    engine: Engine, inputs: PresumedInputs, *, table: str = "", actors: ActorProfiles | None = None
) -> None:
    """
    Create the table of the established accounts.

    Parameters
    ----------
    engine : Engine
        Has the inputs of a day.
    inputs : PresumedInputs
        Profiles of later days are read, too: a look at an account tells of its earlier days.
    table : str, optional
        Another name than that of the step.
    actors : ActorProfiles, optional
        The only accounts that are needed: their profiles, few of all, are read once.
    """
    version = inputs.versions.get("profiles")
    step = inputs.method.presumed_steps[0]
    networks = list_looked_up_networks(engine) if version is not None else ()
    files_by_network = {name: inputs.lake.files("profiles", network=name, version=version) for name in networks}
    if not any(files_by_network.values()):
        engine.create_table(table or step.name, (), step.columns)
        return
    if actors:
        for network in actors.networks & files_by_network.keys():
            files_by_network[network] = exclude_days(files_by_network[network], actors.days)
    name = f"{_PROFILES}_of_files" if actors else _PROFILES
    aliases = load_day_alias_keys(engine, inputs.lake, inputs.versions)
    scan_lake(engine, "profiles", list(chain.from_iterable(files_by_network.values())), aliases, name=name)
    if actors:
        _select_profiles(engine, name, actors)
    engine.run(replace(step, name=table or step.name))


def _select_profiles(engine: Engine, rows: str, actors: ActorProfiles) -> None:
    """Create the table of all profiles with those of actors only, from the rows of files and of copies."""
    columns_sql, condition = ", ".join(_PROFILE_COLUMNS), f"account in ({actors.accounts_sql})"
    selects = [f"select {columns_sql} from {rows} where {condition}"]
    if actors.networks:
        networks_sql = ", ".join(map(quote_literal, sorted(actors.networks)))
        condition += f" and network in ({networks_sql}) and ({select_days_sql(actors.days)})"
        selects.append(f"select {columns_sql} from {actors.table} where {condition}")
    engine.run(Step(name=_PROFILES, sql=" union all ".join(selects), columns=_PROFILE_COLUMNS))


def create_presumed_accounts(engine: Engine, inputs: PresumedInputs) -> None:
    """Create the tables of the established and the presumed accounts, as `create_established_accounts`."""
    create_established_accounts(engine, inputs)
    engine.run(inputs.method.presumed_steps[1])


def find_newly_presumed_days(
    engine: Engine, inputs: PresumedInputs, ledger: Ledger, state: LedgerState | None
) -> set[int]:
    """
    Find the entered days with acts of accounts that were looked up since, and are presumed from another day on.

    Parameters
    ----------
    engine : Engine
        Has the table of the established accounts.
    inputs : PresumedInputs
    ledger : Ledger
    state : LedgerState or None
        Of the ledger; without one, no day is entered.
    """
    version = inputs.versions.get("profiles", 0)
    if state is None or state.profiles == version or not list_looked_up_networks(engine):
        return set()
    if not inputs.lake.has_files("profiles", state.profiles):
        return set(state.interactions)
    inputs_before = replace(inputs, versions={**inputs.versions, "profiles": state.profiles})
    create_established_accounts(engine, inputs_before, table=_TABLE_BEFORE)
    engine.scan("ledger_entries", ledger.files("entries"), LEDGER_COLUMNS["entries"])
    rows = engine.query(f"""
        select distinct e.day_no from ledger_entries e
        join established_accounts p on p.account = e.actor
        left join {_TABLE_BEFORE} b on b.account = e.actor
        where p.first_day <= e.day_no and (b.account is null or b.first_day > e.day_no)
        union
        select distinct e.day_no from ledger_entries e
        join {_TABLE_BEFORE} b on b.account = e.actor
        left join established_accounts p on p.account = e.actor
        where b.first_day <= e.day_no and (p.account is null or p.first_day > e.day_no)""")
    engine.drop(_TABLE_BEFORE)
    return {day_no for (day_no,) in rows}
