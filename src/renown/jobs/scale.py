"""Scale: what a score means, judged by the scores that Klout gave."""

from dataclasses import dataclass, replace

import numpy as np

from renown.connectors.klout_scores import KloutScores
from renown.engines import Engine
from renown.jobs.learn import require
from renown.method import INPUTS, Method, tables
from renown.method.learning import Floats
from renown.records import KEPT

_NETWORK = "x"
"""Klout's scores were of accounts there."""
BOOTSTRAPS = 500


@dataclass(frozen=True)
class Closeness:
    """How close one way of scoring comes to Klout's."""

    name: str
    rmse: float
    """Points."""
    low: float
    """Of the interval of `rmse`, 95 %, by bootstrap over accounts."""
    high: float
    bias: float
    """Points by which it is higher than Klout on average."""
    spearman: float
    """Rank correlation."""


@dataclass(frozen=True)
class Scale:
    """Agreement with Klout's scores, from public figures alone."""

    method: str
    """Version of the method."""
    method_digest: str
    """Of its constants and steps: what is told here is told of these."""
    accounts: int
    rows: tuple[Closeness, ...]


def klout(given: KloutScores, method: Method, engine: Engine, *, seed: int) -> Scale:
    """
    Compare scores from public figures with Klout's, next to a regression on the same figures.

    The regression is fitted to the other accounts each time: it would flatter itself otherwise.
    Klout saw reactions, too; these figures do not show them.
    """
    require()
    found = {
        f"method {method.version}": _scores(engine, method, given),
        "its audience alone": _scores(engine, method, replace(given, lists=(None,) * len(given.lists))),
        "regression, two lines": _regression(given),
    }
    rows = tuple(_closeness(name, scores, given.score, seed) for name, scores in found.items())
    return Scale(method.version, method.digest, len(given.score), rows)


def _scores(engine: Engine, method: Method, given: KloutScores) -> Floats:
    """Run the method's steps over profiles that show nothing else."""
    keys = range(1, len(given.lists) + 1)
    figures = zip(keys, given.followers.tolist(), given.lists, strict=True)
    told: dict[str, list[tuple[object, ...]]] = {
        "profiles": [
            (_NETWORK, 0, key, followers, None, None, lists, None, None, 0) for key, followers, lists in figures
        ],
        "accounts": [(_NETWORK, key, str(key)) for key in keys],
    }
    for table in ("interactions", "tallies", "undone", "presence", "profiles", "accounts"):
        engine.table(table, told.get(table, []), KEPT[table])
    for table, rows in tables(method, 0, coverage=[], days={_NETWORK: 1}).items():
        engine.table(table, rows, INPUTS[table])
    for table in ("standings", "claims"):
        engine.table(table, [], INPUTS[table])
    for step in method.until("scores"):
        engine.run(step)
    return np.array([row[1] for row in engine.rows("select person, score from scores order by person")])


def _regression(given: KloutScores) -> Floats:
    lists = np.array([lists or 0 for lists in given.lists])
    figures = np.column_stack([np.ones(len(lists)), np.log10(1 + given.followers), np.log10(1 + lists)])
    found = np.empty(len(lists))
    for place in range(len(lists)):
        others = np.arange(len(lists)) != place
        line = np.linalg.lstsq(figures[others], given.score[others], rcond=None)[0]
        found[place] = figures[place] @ line
    return found


def _closeness(name: str, scores: Floats, klouts: Floats, seed: int) -> Closeness:
    from scipy.stats import spearmanr  # noqa: PLC0415 - heavy, and of the extra `learn`

    error = scores - klouts
    draw = np.random.default_rng(seed)
    drawn = [float((error[draw.integers(0, len(error), len(error))] ** 2).mean() ** 0.5) for _ in range(BOOTSTRAPS)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    rmse, rank = float((error**2).mean() ** 0.5), float(spearmanr(scores, klouts).statistic)
    return Closeness(name, rmse, float(low), float(high), float(error.mean()), rank)
