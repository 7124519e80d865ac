"""Rankings that a method is compared with: simple counts of what an account received, and PageRank."""

import numpy as np

from renown.engines.base import Engine
from renown.errors import DayNotPublishedError
from renown.lake import Lake
from renown.method.file import Method
from renown.records import LAKE_COLUMNS, VERBS
from renown.research.fit import Floats

_COUNT_HALF_LIFE_DAYS = (30, 1)
"""Half-lives of the simple counts that are decayed, and one-day decayed."""
_COUNTS = {
    "reposts": "sum(reposts)",
    "distinct reposters": "count(case when reposts > 0 then 1 end)",
    "decayed reposts": "sum(slow_reposts)",
    "other acts": "sum(acts - reposts)",
    "distinct people": "count(*)",
    "all acts": "sum(acts)",
    "one-day decayed reposts": "sum(fast_reposts)",
    "one-day decayed reposters": "sum(coalesce(last_repost, 0e0))",
    "one-day decayed acts": "sum(fast_acts)",
    "one-day decayed people": "sum(last_act)",
}
"""Simple counts of what an account received, as sums over the people who acted; people decay from their last act."""


def count_before_cut(
    session: Engine, lake: Lake, method: Method, cut_day: int, horizon: int
) -> tuple[list[int], dict[str, Floats], Floats]:
    """Return accounts with interactions before the cut, rankings by simple counts, and their later reposters."""
    window = int(method["window_days"])
    days = range(cut_day - window, cut_day + horizon)
    session.scan("interactions", lake.files("interactions", days=days), LAKE_COLUMNS["interactions"])
    session.scan("profiles", lake.files("profiles", days=range(cut_day)), LAKE_COLUMNS["profiles"])
    is_repost = f"verb in ({', '.join(map(str, _repost_verbs(method)))})"
    slow, fast = (f"exp(ln(2e0) * (day_no - {cut_day - 1}) / {days})" for days in _COUNT_HALF_LIFE_DAYS)
    counts = session.query(f"""
        select c.*, coalesce(followers, 0), coalesce(later, 0)
        from (
          select target, {", ".join(_COUNTS.values())}
          from (
            select target, actor, count(*) as acts, count(case when {is_repost} then 1 end) as reposts,
              sum(case when {is_repost} then {slow} else 0e0 end) as slow_reposts,
              sum(case when {is_repost} then {fast} else 0e0 end) as fast_reposts,
              sum({fast}) as fast_acts, max({fast}) as last_act,
              max(case when {is_repost} then {fast} end) as last_repost
            from interactions where day_no < {cut_day} and actor <> target group by target, actor
          ) people
          group by target
        ) c
        left join (select account, max(followers) as followers from profiles group by account) p on p.account = c.target
        left join (
          select target, count(distinct actor) as later from interactions
          where day_no >= {cut_day} and {is_repost} and actor <> target group by target
        ) f on f.target = c.target
        order by c.target""")
    later_reposters = np.array([row[-1] for row in counts], dtype=float)
    if not later_reposters.sum():
        raise DayNotPublishedError(
            "no account received interactions before the cut and reposts after it; choose a day that was imported"
        )
    rankings = {
        name: np.array([row[column] for row in counts], dtype=float)
        for column, name in enumerate((*_COUNTS, "followers"), 1)
    }
    if not rankings["followers"].any():
        del rankings["followers"]
    return [row[0] for row in counts], rankings, later_reposters


def _repost_verbs(method: Method) -> list[int]:
    """Return the numbers of the verbs that are reposts."""
    return [VERBS[verb] for signal in method.signals if signal.name == "amplification" for verb in signal.verbs]


def compute_page_rank(session: Engine, accounts: list[int], cut_day: int) -> Floats:
    """Return the PageRank of each account in the graph of who acted on whom before the cut, weighted by acts."""
    import networkx as nx  # noqa: PLC0415 - heavy, and of the extra `learn`

    edges = session.query(f"""
        select actor, target, count(*) from interactions
        where day_no < {cut_day} and actor <> target group by actor, target order by actor, target""")
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(edges)
    rank = nx.pagerank(graph)
    return np.array([rank[account] for account in accounts])
