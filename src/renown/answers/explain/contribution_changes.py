"""Compare what actors and posts contributed in the states of a replayed score change."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from renown.answers.explain.ledger_causes import SELF_REPORTED, UNKNOWN
from renown.answers.explain.replay_states import Contribution, SignalKey
from renown.engines.base import Engine

_KEY_COLUMNS = {"person": "bigint", "account": "bigint", "signal": "smallint"}
_VALUE_COLUMNS = {"received": "bigint", "acts": "bigint", "full_worth": "bigint"}
CONTRIBUTION_COLUMNS = {
    breakdown: {**_KEY_COLUMNS, "name": name_type, **_VALUE_COLUMNS}
    for breakdown, name_type in (("actors", "bigint"), ("posts", "string"))
}
"""Columns of the contributions of each breakdown; the name is the account key of the actor, or the id of the post."""
_UNNAMED_KINDS: dict[int | str | None, str] = {
    None: "others",
    UNKNOWN: "unknown",
    SELF_REPORTED: "self_reported",
    "": "account",
}
"""Name to the kind of a contribution that is not that of an actor or post."""


def compare_contributions(
    engine: Engine,
    states: Sequence[tuple[str, Sequence[int]]],
    *,
    kind: str,
    signal_names: Mapping[int, str],
    top: int,
) -> list[dict[int, dict[SignalKey, list[Contribution]]]]:
    """
    Compare the contributions of each state with those of the state before: what changed, largest change first.

    Whoever did nothing else, and only counts more or less because of what others did, is left out.

    Parameters
    ----------
    engine : Engine
        Has the table of each state, with the columns of `CONTRIBUTION_COLUMNS`.
    states : sequence of (str, sequence of int)
        The table of each state, and the accounts that have a strength in it.
    kind : str
        Kind of the contributions with a name: `actor` or `post`.
    signal_names : mapping of int to str
        Number of each signal to its name.
    top : int
        Maximum contributions of each signal; the others are summed.

    Returns
    -------
    list of dict of int to dict
        For each state, person to signal to what changed; nothing for the first.
    """
    contributions: list[dict[int, dict[SignalKey, list[Contribution]]]] = [{} for _ in states]
    differences_sql = _differences_sql(states)
    if not differences_sql:
        return contributions
    # All states in one statement: planning one takes longer than running it.
    rows = engine.query(f"""
        select g.state, g.person, a.network, g.account, g.signal, g.name, g.acts, g.received, g.size
        from (
          select state, person, account, signal, least(place, {top} + 1) as place,
            case when place > {top} then null else name end as name,
            case when least(place, {top} + 1) > {top} then count(*) else sum(acts) end as acts,
            sum(received) as received, sum(abs(received)) as size
          from (
            select *, row_number() over (
              partition by state, person, account, signal order by abs(received) desc, name
            ) as place
            from ({differences_sql}) compared
            where received <> 0 and (full_worth <> 0 or acts <> 0)
          ) ordered
          group by state, person, account, signal, least(place, {top} + 1), 6
        ) g
        join accounts_later a on a.account = g.account
        order by g.state, g.person, g.account, g.signal, g.place""")
    for state, person, network, account, number, name, *values in rows:
        row_kind = _UNNAMED_KINDS.get(name, kind)
        contributions[state].setdefault(person, {}).setdefault((network, account, signal_names[number]), []).append(
            Contribution(row_kind, str(name) if row_kind == kind else "", *map(int, values))
        )
    return contributions


def _differences_sql(states: Sequence[tuple[str, Sequence[int]]]) -> str:
    """Return the SELECT of how the contributions of each state differ from those of the one before, if any may."""
    keys = (*_KEY_COLUMNS, "name")
    columns = [f"coalesce(l.{key}, f.{key}) as {key}" for key in keys]
    columns += [f"coalesce(l.{value}, 0) - coalesce(f.{value}, 0) as {value}" for value in _VALUE_COLUMNS]
    join_sql = " and ".join(f"l.{key} = f.{key}" for key in reversed(keys))
    return " union all ".join(
        f"select {index} as state, {', '.join(columns)} "
        f"from ({_contributions_sql(*after)}) l full join ({_contributions_sql(*before)}) f on {join_sql}"
        for index, (before, after) in enumerate(pairwise(states), 1)
        if before != after
    )


def _contributions_sql(table: str, accounts: Sequence[int]) -> str:
    return f"select * from {table} where account in ({', '.join(map(str, accounts)) or 'null'})"
