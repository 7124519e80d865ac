"""Export everybody's scores and points, day by day."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from renown.engines.duckdb import DuckDB
from renown.exports.columns import select_columns
from renown.exports.identities import load_identities, load_ranges
from renown.exports.sources import DayRange, ExportSources, TablePart
from renown.scoring.points import open_all_points
from renown.steps import quote_literal
from renown.store import PublishedDay, PublishedTables

_SCORES_SQL = """
from (
  select s.*, count(*) over () as total, rank() over (order by coalesce(s.verified_score, 0) desc) as rank
  from {scores} s anti join departed_people d on d.key = s.person
) s
left join claimed_people c on c.person = s.person
left join confidence_ranges r on r.person = s.person and r.score = s.score
left join latest_handles h on h.account = s.person
order by s.rank, s.name"""
_SCORE_EXPRESSIONS = {
    "name": "s.name",
    "rank": "case when s.verified_score is not null then s.rank end",
    "percentile": "case when s.verified_score is not null then 100 * (s.total - s.rank + 1) / s.total end",
    "score": "s.score",
    "strength": "s.strength / 1e9",
    "people_reached": "s.people",
    "observed_days": "s.days",
    "claimed": "s.person < 0",
    "verified": "coalesce(c.verified, false)",
    "handles": "case when s.person < 0 then coalesce(c.handles, []) when h.handle is null then [] "
    "else [concat(split_part(s.name, ':', 1), ':', h.handle)] end",
    "account_ids": "case when s.person < 0 then coalesce(c.account_ids, []) else [s.name] end",
}
_POINTS_SQL = """
from {points} p
join {scores} s on s.person = p.person
anti join departed_people d on d.key = p.person
left join account_names a on a.account = p.account
left join latest_handles h on h.account = p.account
order by s.score desc, s.name, p.network, a.account_id, p.signal"""
_POINT_EXPRESSIONS = {
    "name": "s.name",
    "network": "p.network",
    "account_id": "a.account_id",
    "handle": "h.handle",
    "received": "p.received / 1e6",
    "self_reported": "p.self_reported / 1e6",
    "follower_equivalents": "exp(p.value) - 1",
    "weight": "p.weight / 1e6",
    "claimed": "p.person < 0",
}


def list_score_parts(sources: ExportSources, days: DayRange) -> list[TablePart]:
    """List the parts of the table `scores`."""
    return [TablePart(day.day, partial(_open_scores, sources, day)) for day in days.find_days(sources.days)]


def list_point_parts(sources: ExportSources, days: DayRange) -> list[TablePart]:
    """List the parts of the table `points`."""
    return [TablePart(day.day, partial(_open_points, sources, day)) for day in days.find_days(sources.days)]


@contextmanager
def _open_scores(sources: ExportSources, day: PublishedDay, engine: DuckDB) -> Iterator[str]:
    load_identities(engine, sources)
    load_ranges(engine, sources, day.day)
    with PublishedTables(day, engine.connection) as published:
        source_sql = _SCORES_SQL.format(scores=published.rows_sql("scores"))
        yield select_columns("scores", _SCORE_EXPRESSIONS | _day_expressions(day), source_sql)


@contextmanager
def _open_points(sources: ExportSources, day: PublishedDay, engine: DuckDB) -> Iterator[str]:
    with open_all_points(engine, sources.lake, day, sources.folder) as published:
        engine.reset()
        load_identities(engine, sources)
        source_sql = _POINTS_SQL.format(points=published.rows_sql("points"), scores=published.rows_sql("scores"))
        yield select_columns("points", _POINT_EXPRESSIONS | _day_expressions(day), source_sql)


def _day_expressions(day: PublishedDay) -> dict[str, str]:
    return {"day": f"date {quote_literal(str(day.day))}", "method": quote_literal(day.method)}
