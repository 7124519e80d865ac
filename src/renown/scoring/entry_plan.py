"""Plan which days to enter into the ledger: new ones, and those whose acts changed."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from renown.delta import group_names_by_day
from renown.engines.base import Engine
from renown.lake import Lake
from renown.method.file import Method
from renown.records import LAKE_COLUMNS
from renown.scoring.aliases import AliasKeys, load_alias_keys
from renown.scoring.ledger import JudgedNetworks, Ledger, LedgerState
from renown.scoring.presumed import list_looked_up_networks


@dataclass(frozen=True, kw_only=True)
class EntryPlan:
    """Which days have to be entered before a day can be scored."""

    state: LedgerState
    """The state of the ledger afterwards."""
    days: tuple[int, ...]
    """Days to enter: from the first new day on, or from the first of which the lake has other acts now."""
    undone_days: tuple[int, ...] = ()
    """Days on which acts of entered days were undone since; from the first of those acts on, days are entered again."""
    rebuild: bool = False
    """Whether the days replace all entries."""


def plan_entries(
    lake: Lake,
    state: LedgerState | None,
    method: Method,
    day_no: int,
    versions: Mapping[str, int],
    *,
    networks: JudgedNetworks | None = None,
    other_days: Collection[int] = (),
) -> EntryPlan:
    """
    Compare the lake with the state of the ledger, and plan what to enter so that a day can be scored.

    Parameters
    ----------
    lake : Lake
    state : LedgerState or None
        State of the ledger; None if it is new.
    method : Method
    day_no : int
        The day to score.
    versions : mapping of str to int
        Version of each lake table.
    networks : JudgedNetworks, optional
        Where actors can be told apart; nowhere by default. With others than before, all days are entered again.
    other_days : collection of int
        Days with acts of accounts whose aliases changed since, or that were looked up since.
    """
    window_start = day_no - int(method["window_days"]) + 1
    interactions = _fingerprint_days(lake, "interactions", versions)
    undone = _fingerprint_days(lake, "undone", versions)
    judged = networks or JudgedNetworks()
    entered = state if state and (state.method, state.networks) == (method.digest, judged) else None
    last_day = max(day_no, entered.last_day) if entered else day_no
    # Who acted back is looked up in the days before an act, so changes of those days matter, too.
    lookup_start = window_start - int(method["friend_days"]) + 1
    relevant_days = [day for day in sorted(interactions) if lookup_start <= day <= last_day]
    changed_days = [
        day
        for day in relevant_days
        if entered and (interactions[day] != entered.interactions.get(day) or day in other_days)
    ]
    first_day = window_start
    if entered and window_start >= entered.first_day:
        first_day = max(window_start, min(changed_days, default=last_day + 1))
    return EntryPlan(
        state=LedgerState(
            method=method.digest,
            first_day=min(window_start, entered.first_day) if entered else window_start,
            last_day=last_day,
            interactions={
                **(entered.interactions if entered else {}),
                **{day: interactions[day] for day in relevant_days},
            },
            undone={day: fingerprint for day, fingerprint in undone.items() if day <= last_day},
            aliases=versions.get("aliases", 0),
            profiles=versions.get("profiles", 0),
            networks=judged,
        ),
        days=tuple(day for day in relevant_days if day >= first_day),
        undone_days=tuple(
            day for day in sorted(undone) if day <= last_day and entered and undone[day] != entered.undone.get(day)
        ),
        rebuild=entered is None,
    )


def find_comparable_days(engine: Engine, lake: Lake, ledger: Ledger, versions: Mapping[str, int]) -> list[int]:
    """
    Find the entered days whose entries would be the same if they were entered again now.

    Those are the days whose acts, undone acts and aliases are as they were, in a ledger that judges by the same seeds,
    and by the same profiles where actors are looked up.

    Parameters
    ----------
    engine : Engine
        Has the inputs of a day, and the table of seeds.
    lake : Lake
    ledger : Ledger
    versions : mapping of str to int
        Version of each lake table.
    """
    state, networks = ledger.load_state(), find_judged_networks(engine)
    if state is None or (state.aliases, state.networks) != (versions.get("aliases", 0), networks):
        return []
    if networks.looked_up and state.profiles != versions.get("profiles", 0):
        return []
    has_seeds = bool(engine.query("select 1 from seeds limit 1"))
    undone = _fingerprint_days(lake, "undone", versions)
    if has_seeds != (ledger.last_fixed_day("flows") is not None) or {
        day: text for day, text in undone.items() if day <= state.last_day
    } != dict(state.undone):
        return []
    interactions = _fingerprint_days(lake, "interactions", versions)
    return [
        day
        for day, fingerprint in sorted(state.interactions.items())
        if state.first_day <= day <= state.last_day and interactions.get(day) == fingerprint
    ]


def list_days_to_enter(engine: Engine, lake: Lake, plan: EntryPlan, *, credit_from: int) -> list[int]:
    """
    List the days to enter: after a changed day all later ones, whose entries depend on who acted back before.

    The days whose acts have not passed on credit yet are among them; if they were entered before, nothing changes.
    """
    changed_days = [*plan.days, *_find_undone_days(engine, lake, plan), credit_from]
    first_day = min(changed_days)
    return [day for day in sorted(plan.state.interactions) if day >= max(first_day, plan.state.first_day)]


def _find_undone_days(engine: Engine, lake: Lake, plan: EntryPlan) -> list[int]:
    """Find the entered days with acts that were undone since."""
    if plan.rebuild or not plan.undone_days:
        return []
    engine.scan("undone_since", lake.files("undone", days=plan.undone_days), LAKE_COLUMNS["undone"])
    engine.scan("interactions", lake.files("interactions", days=plan.state.interactions), LAKE_COLUMNS["interactions"])
    rows = engine.query(
        "select distinct i.day_no from interactions i join undone_since u on u.interaction = i.interaction"
    )
    return [day_no for (day_no,) in rows]


def find_judged_networks(engine: Engine) -> JudgedNetworks:
    """Find the networks whose actors can be told apart."""
    whole_networks = engine.query("select network from whole_networks order by network")
    return JudgedNetworks(
        whole=tuple(network for (network,) in whole_networks), looked_up=list_looked_up_networks(engine)
    )


def find_aliased_days(
    engine: Engine, lake: Lake, state: LedgerState, aliases: AliasKeys, versions: Mapping[str, int]
) -> set[int]:
    """Find the entered days with acts of, or on, accounts whose aliases changed since."""
    if state.aliases == versions.get("aliases", 0):
        return set()
    if not lake.has_files("aliases", state.aliases):
        return set(state.interactions)
    aliases_before = load_alias_keys(engine, lake, state.aliases)
    changed = {alias for alias, _ in set(aliases.items()) ^ set(aliases_before.items())}
    engine.create_table("changed_aliases", [(alias,) for alias in sorted(changed)], {"alias": "bigint"})
    engine.scan("stored_acts", lake.files("interactions", days=state.interactions), LAKE_COLUMNS["interactions"])
    rows = engine.query(
        "select distinct i.day_no from stored_acts i join changed_aliases c on c.alias = i.actor or c.alias = i.target"
    )
    return {day_no for (day_no,) in rows}


def _fingerprint_days(lake: Lake, table: str, versions: Mapping[str, int]) -> dict[int, str]:
    """Return the fingerprint of the files of each day of a table: other rows have other files."""
    names_by_day = group_names_by_day(lake.files(table, version=versions.get(table)))
    return {
        day_no: hashlib.sha256("\n".join(names).encode()).hexdigest()[:16] for day_no, names in names_by_day.items()
    }
