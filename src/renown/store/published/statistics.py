"""Statistics of everybody on a published day: counts, means and arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from renown.steps import quote_literal
from renown.store.published.tables import PublishedTables

if TYPE_CHECKING:
    from renown.store.published.arrays import AccountFigures, SignalMatrix


def count_people_by_score(published: PublishedTables) -> list[tuple[int, int]]:
    """
    Count the people by their verified score in hundredths of a point, the highest score first.

    People without a verified score count as 0, as in ranks.
    """
    select = f"""
        select cast(round(100 * coalesce(verified_score, 0)) as integer) as hundredths, count(*)
        from {published.rows_sql("scores")} group by hundredths order by hundredths desc"""
    return published.execute(select).fetchall()


def list_networks(published: PublishedTables) -> list[str]:
    """Return the networks on which anybody was scored."""
    select = f"select distinct network from {published.rows_sql('strengths')} order by network"
    return [network for (network,) in published.execute(select).fetchall()]


def read_mean_weights(published: PublishedTables) -> dict[int, float]:
    """Return each signal's mean actor weight, in millionths; an actor counts once per account they acted on."""
    select = f"select signal, sum(weight * targets) / sum(targets) from {published.rows_sql('actors')} group by signal"
    return dict(published.execute(select).fetchall())


@dataclass(frozen=True)
class FollowerRatio:
    """Followers per unit of a signal that the accounts of a network have."""

    signal: str
    accounts: int
    low_quartile: float
    median: float
    high_quartile: float


def read_follower_ratios(published: PublishedTables, network: str, audience: str) -> list[FollowerRatio]:
    """
    Return the followers per unit of each other signal on a network.

    Parameters
    ----------
    published : PublishedTables
    network : str
    audience : str
        Name of the signal that counts followers.
    """
    points_sql = published.rows_sql("points")
    rows = published.execute(
        f"""
        select p.signal, count(*), quantile_cont(a.received / p.received, 0.25), median(a.received / p.received),
            quantile_cont(a.received / p.received, 0.75)
        from (select account, received from {points_sql} where network = ? and signal = ? and received > 0) a
        join {points_sql} p on p.account = a.account and p.signal <> ? and p.received > 0
        group by p.signal order by p.signal""",
        [network, audience, audience],
    ).fetchall()
    return [FollowerRatio(*row) for row in rows]


def read_account_figures(published: PublishedTables, network: str, signals: Mapping[str, str]) -> "AccountFigures":
    """
    Return the followers, lists and reactions of the accounts of a network, on a day with a ledger.

    Parameters
    ----------
    published : PublishedTables
    network : str
    signals : mapping of str to str
        Name of each signal to what it reads.
    """
    import numpy as np  # noqa: PLC0415 - counts need no arrays

    from renown.store.published.arrays import AccountFigures  # noqa: PLC0415 - as above

    reads_sql = " ".join(f"when {quote_literal(name)} then {quote_literal(reads)}" for name, reads in signals.items())
    select = f"""
        select cast(max(case when reads = 'followers' then received / 1e6 end) as double) as followers,
            cast(max(case when reads = 'lists' then received / 1e6 end) as double) as lists,
            max(case when reads = 'interactions' then value end) as reactions_value
        from (
            select p.account, p.received, p.value, case p.signal {reads_sql} end as reads
            from {published.rows_sql("points")} p
            join {published.rows_sql("strengths")} s on s.account = p.account and s.self_reported = 0
            where p.network = ?
        ) group by account order by account"""
    columns = published.execute(select, [network]).fetchnumpy()
    return AccountFigures(**{name: np.ma.filled(column, np.nan) for name, column in columns.items()})


def read_signal_matrix(published: PublishedTables, value_names: Mapping[str, str]) -> "SignalMatrix":
    """
    Return the signal values of all claimed people as arrays, without a Python object per person.

    Parameters
    ----------
    published : PublishedTables
    value_names : mapping of str to str
        Signal to the value that it is a part of, if it has none of its own; signals of one value are one column.
    """
    from renown.store.published.arrays import SignalMatrix  # noqa: PLC0415 - counts need no arrays

    names_sql = " ".join(
        f"when {quote_literal(signal)} then {quote_literal(name)}" for signal, name in value_names.items()
    )
    signal_sql = f"case signal {names_sql} else signal end" if names_sql else "signal"
    values_sql = f"""
        select person, network, {signal_sql} as signal, max(value) as value, max(weight) as weight
        from {published.rows_sql("points")} where person < 0 group by all"""
    signals_sql = (
        f"select network, signal, max(weight) from ({values_sql}) group by network, signal order by network, signal"
    )
    entries_sql = f"select person, dense_rank() over (order by network, signal) - 1 as place, value from ({values_sql})"
    scores_sql = f"select person, score from {published.rows_sql('scores')} where person < 0 order by person"
    people, values = (published.execute(select).fetchnumpy() for select in (scores_sql, entries_sql))
    return SignalMatrix(
        keys=people["person"],
        scores=people["score"],
        signals=published.execute(signals_sql).fetchall(),
        row_keys=values["person"],
        columns=values["place"],
        values=values["value"],
    )
