"""Evaluate whether posts of accounts with a higher score before a day were reposted more after it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from renown.engines.base import Engine
from renown.engines.duckdb import DuckDB
from renown.errors import DayNotPublishedError
from renown.lake import Lake
from renown.method.file import Method
from renown.method.parameters import INPUT_COLUMNS
from renown.progress import NullProgress, Progress
from renown.records import day_number
from renown.research.fit import Booleans, Floats
from renown.research.learn import require_scikit_learn
from renown.research.shifted_lake import open_shifted_lake
from renown.research.spread_baselines import compute_page_rank, count_before_cut
from renown.scoring.entries import load_ledger
from renown.scoring.entry_inputs import VERIFIED_ACCOUNT_COLUMNS
from renown.scoring.inputs import input_columns, load_inputs
from renown.scoring.ledger import Ledger

WARM_UP_DAYS = 7
"""Days before the cut to score in order, so that trust in actors stabilizes (warm-up)."""
MIN_REPOSTS = 5
"""Received reposts from which on an account counts as active."""
TOP_COUNT = 100


@dataclass(frozen=True)
class SpreadAgreement:
    """How well one ranking of accounts before the cut predicts their reposters after it."""

    name: str
    every: float | None
    """Spearman correlation with the number of later reposters, over all accounts; None if all values are equal."""
    active: float | None
    """The same over accounts with `MIN_REPOSTS` or more received reposts."""
    ndcg: float
    """NDCG of the top hundred."""
    overlap: float
    """Share of the top hundred that is among the hundred with the most reposters."""


@dataclass(frozen=True, kw_only=True)
class SpreadCut:
    """What several evaluations found at one cut."""

    cut: str
    accounts: int
    active: int
    rows: tuple[SpreadAgreement, ...]


@dataclass(frozen=True, kw_only=True)
class SpreadEvaluation:
    """How well rankings of accounts predict what came afterwards."""

    method: str
    """Version of the method."""
    method_digest: str
    """Hash of the constants and steps that were evaluated."""
    cut: str
    """First day, or time, to predict; rankings use what was before it. Several are separated by commas."""
    horizon: int
    """Number of days to predict."""
    accounts: int
    """Number of accounts, summed over the cuts."""
    active: int
    rows: tuple[SpreadAgreement, ...]
    """Means over the cuts."""
    cuts: tuple[SpreadCut, ...] = ()
    """Each cut by itself, if there are several."""


def evaluate_spread(
    engine: Callable[[], DuckDB],
    lake: Lake,
    method: Method,
    *,
    cut: date,
    second: int = 0,
    horizon: int,
    progress: Progress | None = None,
) -> SpreadEvaluation:
    """
    Compare the method's ranking before a day with counts and PageRank, by the reposters after it.

    Parameters
    ----------
    engine : callable
        Opens a session.
    lake : Lake
    method : Method
    cut : date
        First day to predict; rankings use the days before.
    second : int
        Second of the UTC day at which all days begin.
    horizon : int
        Number of days to predict.
    progress : Progress, optional

    Raises
    ------
    DayNotPublishedError
        If no account received interactions before the cut and reposts after it.

    References
    ----------
    PageRank of the graph from the influenced to the influencer: Page et al. (1999), Stanford InfoLab 1999-66.
    """
    require_scikit_learn()
    reporter = progress or NullProgress()
    reporter.start("evaluating spread", WARM_UP_DAYS + 3)
    reporter.advance("reading the lake")
    with _open_lake(engine, lake, second, end_day=day_number(cut) + horizon + 1) as cut_lake:
        evaluation = _evaluate_cut(engine, cut_lake, method, cut=cut, second=second, horizon=horizon, reporter=reporter)
    reporter.finish(f"evaluated on {evaluation.accounts:,} accounts")
    return SpreadEvaluation(
        method=method.version,
        method_digest=method.digest,
        cut=evaluation.cut,
        horizon=horizon,
        accounts=evaluation.accounts,
        active=evaluation.active,
        rows=evaluation.rows,
    )


def evaluate_spread_cuts(
    engine: Callable[[], DuckDB],
    lake: Lake,
    method: Method,
    *,
    cuts: Sequence[datetime],
    horizon: int,
    progress: Progress | None = None,
) -> SpreadEvaluation:
    """Evaluate at several cuts, each as `evaluate_spread` does, and return the means over the cuts."""
    evaluations = [
        evaluate_spread(
            engine,
            lake,
            method,
            cut=cut.date(),
            second=int(timedelta(hours=cut.hour, minutes=cut.minute, seconds=cut.second).total_seconds()),
            horizon=horizon,
            progress=progress,
        )
        for cut in cuts
    ]
    if len(evaluations) == 1:
        return evaluations[0]
    cut_evaluations = tuple(
        SpreadCut(cut=item.cut, accounts=item.accounts, active=item.active, rows=item.rows) for item in evaluations
    )
    return SpreadEvaluation(
        method=method.version,
        method_digest=method.digest,
        cut=", ".join(item.cut for item in cut_evaluations),
        horizon=horizon,
        accounts=sum(item.accounts for item in cut_evaluations),
        active=sum(item.active for item in cut_evaluations),
        rows=_mean_rows(cut_evaluations),
        cuts=cut_evaluations,
    )


def _mean_rows(cuts: Sequence[SpreadCut]) -> tuple[SpreadAgreement, ...]:
    """Return the means over the cuts of each ranking that all of them have."""
    rows_by_cut = [{row.name: row for row in cut.rows} for cut in cuts]
    return tuple(
        _mean_row([rows[name] for rows in rows_by_cut])
        for name in rows_by_cut[0]
        if all(name in rows for rows in rows_by_cut)
    )


def _mean_row(rows: Sequence[SpreadAgreement]) -> SpreadAgreement:
    def mean(values: Sequence[float | None]) -> float | None:
        numbers = [value for value in values if value is not None]
        return sum(numbers) / len(numbers) if len(numbers) == len(values) else None

    return SpreadAgreement(
        rows[0].name,
        mean([row.every for row in rows]),
        mean([row.active for row in rows]),
        sum(row.ndcg for row in rows) / len(rows),
        sum(row.overlap for row in rows) / len(rows),
    )


@contextmanager
def _open_lake(engine: Callable[[], DuckDB], lake: Lake, second: int, *, end_day: int) -> Iterator[Lake]:
    """Open the lake itself, or a copy with days that begin at a second of the UTC day."""
    if second == 0:
        yield lake
        return
    with engine() as session, open_shifted_lake(session, lake, second, end_day=end_day) as shifted_lake:
        yield shifted_lake


def _evaluate_cut(
    engine: Callable[[], DuckDB],
    lake: Lake,
    method: Method,
    *,
    cut: date,
    second: int,
    horizon: int,
    reporter: Progress,
) -> SpreadCut:
    cut_day = day_number(cut)
    with engine() as session:
        reporter.advance("counting")
        accounts, rankings, later_reposters = count_before_cut(session, lake, method, cut_day, horizon)
        reporter.advance("PageRank")
        rankings["PageRank"] = compute_page_rank(session, accounts, cut_day)
    rankings = {
        f"method {method.version}": _compute_strengths(
            engine, lake=lake, method=method, cut_day=cut_day, accounts=accounts, reporter=reporter
        )
    } | rankings
    is_active = rankings["reposts"] >= MIN_REPOSTS
    rows = tuple(_evaluate_ranking(name, ranking, later_reposters, is_active) for name, ranking in rankings.items())
    start = datetime.combine(cut, time()) + timedelta(seconds=second)
    label = start.isoformat(timespec="minutes") if second else cut.isoformat()
    return SpreadCut(cut=label, accounts=len(accounts), active=int(is_active.sum()), rows=rows)


def _compute_strengths(
    engine: Callable[[], DuckDB], lake: Lake, method: Method, cut_day: int, accounts: list[int], reporter: Progress
) -> Floats:
    """Score the days before the cut in order, as trust comes from the day before; return the last day's strengths."""
    standings: list[tuple[Any, ...]] = []
    versions = lake.versions()
    with engine() as folder_session, folder_session.temporary_folder() as folder:
        ledger = Ledger(folder) if method.has_ledger else None
        for day_no in range(cut_day - WARM_UP_DAYS, cut_day):
            reporter.advance(f"scoring {cut_day - day_no} days before the cut")
            with engine() as session:
                try:
                    load_inputs(session, lake, method, day_no, versions)
                except DayNotPublishedError:
                    continue
                session.create_table("claims", [], INPUT_COLUMNS["claims"])
                _load_standings(session, method, standings)
                if ledger:
                    load_ledger(session, lake, ledger, method, day_no, versions=versions)
                for step in method.steps_until("strengths"):
                    session.run(step)
                standings = session.query("select account, strength, self_reported from strengths")
    strength_by_account = {account: strength for account, strength, _ in standings}
    return np.array([strength_by_account.get(account, 0) for account in accounts], dtype=float)


def _load_standings(session: Engine, method: Method, standings: Sequence[tuple[Any, ...]]) -> None:
    """Create the tables of the strengths of the day before; nobody is verified."""
    if not method.has_ledger:
        session.create_table("standings", standings, INPUT_COLUMNS["standings"])
        return
    session.create_table("verified_accounts", [], VERIFIED_ACCOUNT_COLUMNS)
    strengths = [row[:2] for row in standings]
    session.create_table("strengths_before", strengths, input_columns(method)["strengths_before"])


def _evaluate_ranking(name: str, ranking: Floats, later_reposters: Floats, is_active: Booleans) -> SpreadAgreement:
    from scipy.stats import spearmanr  # noqa: PLC0415 - heavy, and of the extra `learn`
    from sklearn.metrics import ndcg_score  # noqa: PLC0415 - as above

    def spearman(mask: Booleans) -> float | None:
        if min(len(np.unique(ranking[mask])), len(np.unique(later_reposters[mask]))) <= 1:
            return None
        return float(spearmanr(ranking[mask], later_reposters[mask]).statistic)

    predicted_top, actual_top = (
        set(np.argsort(-values, kind="stable")[:TOP_COUNT].tolist()) for values in (ranking, later_reposters)
    )
    ndcg = float(ndcg_score([later_reposters], [ranking], k=TOP_COUNT))
    return SpreadAgreement(
        name,
        spearman(np.ones(len(ranking), bool)),
        spearman(is_active),
        ndcg,
        len(predicted_top & actual_top) / len(predicted_top),
    )
