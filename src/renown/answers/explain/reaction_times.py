"""When reactions came: the first one to each post, by which people recognize it, and how many in each hour."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache

from renown.connectors import CONNECTORS
from renown.engines.base import Engine, Row
from renown.records import DAY_SECONDS, VERBS

FirstReactions = Mapping[tuple[int, str], str]
"""(account, post) to the UTC instant of the first reaction, in ISO 8601."""
_HOUR_SECONDS = 3_600


@cache
def _is_timed_sql(networks: frozenset[str] | None = None) -> str:
    """Return the condition of interactions on these networks, by default on all, whose instant is that of the act."""
    names = CONNECTORS if networks is None else [name for name in sorted(networks) if name in CONNECTORS]
    untimed = [(name, VERBS[verb]) for name in names for verb in CONNECTORS[name].untimed]
    # Files with days instead of instants put acts at midnight to the second.
    return " and ".join(
        ["second > 0", *(f"not (network = '{network}' and verb = {verb})" for network, verb in untimed)]
    )


def load_first_reactions(
    engine: Engine, table: str = "interactions", *, networks: Iterable[str] | None = None
) -> FirstReactions:
    """
    Load the first reaction of the window to each post, of those whose instant is known.

    Parameters
    ----------
    engine : Engine
    table : str
        Table with the interactions of the window.
    networks : iterable of str, optional
        The networks of these interactions, if they are known: no other connector is imported then.
    """
    is_timed_sql = _is_timed_sql(None if networks is None else frozenset(networks))
    rows = engine.query(f"""
        select target, post, min(cast(day_no as bigint) * {DAY_SECONDS} + second)
        from {table} where post <> '' and {is_timed_sql} group by target, post order by target, post""")
    return {
        (account, post): datetime.fromtimestamp(second, UTC).isoformat(timespec="seconds")
        for account, post, second in rows
    }


def find_post_time(network: str, account: int, post: str, first_reactions: FirstReactions) -> str | None:
    """
    Return when a post was made, as its id tells, if that is not after the first reaction; else the first reaction.

    Ids are made up by apps and servers, so they may tell any time.
    """
    first_reaction, connector = first_reactions.get((account, post)), CONNECTORS.get(network)
    moment = connector.post_time(post) if connector and post else None
    posted_at = moment.isoformat(timespec="seconds") if moment else None
    return posted_at if posted_at and not (first_reaction and posted_at > first_reaction) else first_reaction


def load_reaction_hours(engine: Engine) -> Mapping[Row, list[Row]]:
    """
    Count the reactions to people in each hour of the window, of those whose instant is known.

    Parameters
    ----------
    engine : Engine
        Has the tables `interactions`, `verbs`, `ages`, `undone`, `absent` and `owners`.

    Returns
    -------
    mapping of tuple to list of tuple
        (score key,) to (hours since 1970, reactions), in the order of time.
    """
    hour_sql = f"cast(floor((cast(i.day_no as bigint) * {DAY_SECONDS} + i.second) / {_HOUR_SECONDS}e0) as bigint)"
    return engine.query_by_key(
        _count_reactions_sql(hour_sql, f"select * from interactions where {_is_timed_sql()}"), width=1
    )


def load_reaction_days(engine: Engine) -> Mapping[Row, list[Row]]:
    """Count the reactions to people on each day of the window, as (days since 1970, reactions), by (score key,)."""
    return engine.query_by_key(_count_reactions_sql("i.day_no", "select * from interactions"), width=1)


def _count_reactions_sql(period_sql: str, interactions_sql: str) -> str:
    """Return SQL that counts acts that count, on accounts of others, by person and period."""
    return f"""
        select o.person, {period_sql} as period, cast(count(*) as bigint)
        from ({interactions_sql}) i
        join owners o on o.account = i.target
        join ages a on a.day_no = i.day_no
        join (select distinct verb from verbs) v on v.verb = i.verb
        left join undone u on u.interaction = i.interaction
        left join absent g on g.account = i.actor
        left join owners s on s.account = i.actor and s.person = o.person
        where u.interaction is null and g.account is null and s.account is null
        group by 1, 2 order by 1, 2"""
