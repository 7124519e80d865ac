"""Spread: whether a higher score before a day spread further after it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from renown.engines import Engine
from renown.errors import NotPublished
from renown.inputs import take_in
from renown.jobs.learn import require
from renown.jobs.progress import Progress, Silent
from renown.lake import Lake
from renown.method import INPUTS, Method
from renown.method.learning import Booleans, Floats
from renown.records import KEPT, VERBS, day_number

SETTLING_DAYS = 7
"""Days before the cut that are scored one after another, so that trust in actors settles."""
FEW = 5
"""Reposts received from which on an account belongs to the smaller population."""
TOP = 100


@dataclass(frozen=True)
class Foresight:
    """How well one order of accounts before the cut tells their spread after it."""

    name: str
    every: float | None
    """Spearman with later distinct reposters, over all who had received anything; None where all are alike."""
    active: float | None
    """The same over those who had received `FEW` reposts or more."""
    ndcg: float
    """NDCG of the first hundred."""
    overlap: float
    """Share of the first hundred who are among the hundred that spread most."""


@dataclass(frozen=True)
class Spread:
    """What orders of accounts are worth for what came afterwards."""

    method: str
    """Version of the method."""
    method_digest: str
    """Of its constants and steps: what is told here is told of these."""
    cut: str
    """First day that is not known."""
    horizon: int
    """Days from the cut on that are foretold."""
    accounts: int
    active: int
    rows: tuple[Foresight, ...]


def foretell(
    engine: Callable[[], Engine],
    lake: Lake,
    method: Method,
    *,
    cut: date,
    horizon: int,
    progress: Progress | None = None,
) -> Spread:
    """
    Compare the method's order before a day with counts and PageRank, by what came after it.

    Parameters
    ----------
    engine : callable
        Opens a session.
    lake : Lake
    method : Method
    cut : date
        First day that is not known.
    horizon : int
        Days from the cut on that are foretold.
    progress : Progress, optional

    Raises
    ------
    NotPublished
        If nobody received anything before the cut, or nobody was reposted after it.

    References
    ----------
    PageRank of the graph from the influenced to the influencer: Page et al. (1999), Stanford InfoLab 1999-66.
    """
    require()
    tell = progress or Silent()
    tell.start("foretelling spread", SETTLING_DAYS + 2)
    first = day_number(cut)
    with engine() as session:
        tell.advance("counting")
        accounts, orders, later = _counted(session, lake, method, first, horizon)
        tell.advance("PageRank")
        orders["PageRank"] = _page_rank(session, accounts, first)
    orders = {f"method {method.version}": _strengths(engine, lake, method, first, accounts, tell)} | orders
    active = orders["reposts"] >= FEW
    rows = tuple(_foresight(name, order, later, active) for name, order in orders.items())
    tell.done(f"foretold from {len(accounts):,} accounts")
    return Spread(method.version, method.digest, cut.isoformat(), horizon, len(accounts), int(active.sum()), rows)


def _counted(
    session: Engine, lake: Lake, method: Method, first: int, horizon: int
) -> tuple[list[int], dict[str, Floats], Floats]:
    """Return the accounts that received anything before the cut, single counts of them, and later reposters."""
    half_life, window = method["half_life_days"], int(method["window_days"])
    days = range(first - window, first + horizon)
    session.scan("interactions", lake.files("interactions", days=days), KEPT["interactions"])
    session.scan("profiles", lake.files("profiles", days=range(first)), KEPT["profiles"])
    decay = f"exp(ln(2e0) * (day_no - {first - 1}) / {half_life})"
    passed = ", ".join(map(str, _passing_on(method)))
    counts = session.rows(f"""
        select c.target, reposts, reposters, decayed, others, people, acts, coalesce(followers, 0), coalesce(later, 0)
        from (
          select target, count(case when verb in ({passed}) then 1 end) as reposts,
            count(distinct case when verb in ({passed}) then actor end) as reposters,
            sum(case when verb in ({passed}) then {decay} else 0e0 end) as decayed,
            count(case when verb not in ({passed}) then 1 end) as others,
            count(distinct actor) as people, count(*) as acts
          from interactions where day_no < {first} and actor <> target group by target
        ) c
        left join (select account, max(followers) as followers from profiles group by account) p on p.account = c.target
        left join (
          select target, count(distinct actor) as later from interactions
          where day_no >= {first} and verb in ({passed}) and actor <> target group by target
        ) f on f.target = c.target
        order by c.target""")
    later = np.array([row[8] for row in counts], dtype=float)
    if not later.sum():
        msg = "nobody received anything before the cut who was reposted after it; name a day inside what was imported"
        raise NotPublished(msg)
    names = (
        "reposts",
        "distinct reposters",
        "decayed reposts",
        "other acts",
        "distinct people",
        "all acts",
        "followers",
    )
    orders = {name: np.array([row[place] for row in counts], dtype=float) for place, name in enumerate(names, 1)}
    if not orders["followers"].any():
        del orders["followers"]
    return [row[0] for row in counts], orders, later


def _passing_on(method: Method) -> list[int]:
    """Return the numbers of the verbs that pass a post on."""
    return [VERBS[verb] for signal in method.signals if signal.name == "amplification" for verb in signal.verbs]


def _page_rank(session: Engine, accounts: list[int], first: int) -> Floats:
    import networkx as nx  # noqa: PLC0415 - heavy, and of the extra `learn`

    edges = session.rows(f"""
        select actor, target, count(*) from interactions
        where day_no < {first} and actor <> target group by actor, target order by actor, target""")
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(edges)
    rank = nx.pagerank(graph)
    return np.array([rank[account] for account in accounts])


def _strengths(
    engine: Callable[[], Engine], lake: Lake, method: Method, first: int, accounts: list[int], tell: Progress
) -> Floats:
    """Score the days before the cut, each trusting actors by the day before; return the last day's strengths."""
    standings: list[tuple[int, int]] = []
    versions = lake.versions()
    for day_no in range(first - SETTLING_DAYS, first):
        tell.advance(f"scoring {first - day_no} days before the cut")
        try:
            standings = _day(engine, lake, versions, method, day_no, standings)
        except NotPublished:
            continue
    found = dict(standings)
    return np.array([found.get(account, 0) for account in accounts], dtype=float)


def _day(
    engine: Callable[[], Engine],
    lake: Lake,
    versions: Mapping[str, int],
    method: Method,
    day_no: int,
    standings: list[tuple[int, int]],
) -> list[tuple[int, int]]:
    with engine() as session:
        take_in(session, lake, method, day_no, versions)
        session.table("standings", standings, INPUTS["standings"])
        session.table("claims", [], INPUTS["claims"])
        for step in method.until("strengths"):
            session.run(step)
        return [(row[0], row[1]) for row in session.rows("select account, strength from strengths")]


def _foresight(name: str, order: Floats, later: Floats, active: Booleans) -> Foresight:
    from scipy.stats import spearmanr  # noqa: PLC0415 - heavy, and of the extra `learn`
    from sklearn.metrics import ndcg_score  # noqa: PLC0415 - as above

    def rank(kept: Booleans) -> float | None:
        if min(len(np.unique(order[kept])), len(np.unique(later[kept]))) <= 1:
            return None
        return float(spearmanr(order[kept], later[kept]).statistic)

    best, most = (set(np.argsort(-each, kind="stable")[:TOP].tolist()) for each in (order, later))
    ndcg = float(ndcg_score([later], [order], k=TOP))
    return Foresight(name, rank(np.ones(len(order), bool)), rank(active), ndcg, len(best & most) / len(best))
