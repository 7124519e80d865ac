"""Find out whom to look up: the actors of an account whose profiles tell whether they are established."""

from datetime import datetime, timedelta

from renown.engines.duckdb import DuckDB
from renown.lake import Lake
from renown.records import LAKE_COLUMNS, day_number
from renown.steps import quote_literal

REPEAT_DAYS = 30
"""Days after which an account that acted again is looked up again."""
_TABLES = ("interactions", "profiles", "accounts")


def find_actors_to_look_up(
    engine: DuckDB, lake: Lake, network: str, account_id: str, *, now: datetime, days: int, limit: int
) -> list[str]:
    """
    Find those who acted on an account and were never looked up, then those who acted long after the last look.

    Parameters
    ----------
    engine : DuckDB
    lake : Lake
    network, account_id : str
        The account on which they acted.
    now : datetime
    days : int
        Days before now whose acts matter.
    limit : int
        Most ids to return.

    Returns
    -------
    list of str
        Ids of accounts, those with the most acts first.
    """
    today = day_number(now.date())
    window = range(day_number((now - timedelta(days=days)).date()), today + 1)
    for table in _TABLES:
        files = lake.files(table, network=network, days=window if table == "interactions" else None)
        engine.scan(f"{table}_of_network", files, LAKE_COLUMNS[table])
    rows = engine.query(f"""
        select n.account_id
        from (
          select i.actor, count(*) as acts, max(i.day_no) as day_no
          from interactions_of_network i
          join accounts_of_network t on t.account = i.target and t.account_id = {quote_literal(account_id)}
          where i.actor <> i.target group by i.actor
        ) a
        join accounts_of_network n on n.account = a.actor
        left join (
          select account, max(day_no) as day_no from profiles_of_network where self_reported is null group by account
        ) p on p.account = a.actor
        where p.account is null or (p.day_no <= {today - REPEAT_DAYS} and a.day_no > p.day_no)
        order by p.account is not null, a.acts desc, n.account_id
        limit {limit}""")
    return [found_id for (found_id,) in rows]
