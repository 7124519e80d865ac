"""
Evaluate a method against published Klout scores.

A file has accounts with their public figures and the score that Klout gave them.
"""

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from renown.engines.base import Engine
from renown.errors import InvalidInputError, describe_io_error
from renown.method.file import Method
from renown.research.fit import Floats
from renown.research.learn import require_scikit_learn
from renown.scoring import PublicCounts, score_public_counts

_REQUIRED_COLUMNS = ("followers", "klout_score")

_NETWORK = "x"
"""The Klout scores are of accounts on X (Twitter)."""
BOOTSTRAPS = 500
UNSEEN_VALUES = ("reactions",)
"""What Klout scored, too, but the file does not have."""


@dataclass(frozen=True)
class KloutScores:
    """Accounts with real Klout scores; one array element per account."""

    followers: NDArray[np.int64]
    lists: tuple[int | None, ...]
    """Number of lists that contain the account; None if unknown."""
    score: NDArray[np.float64]
    """Klout score, 1 to 100."""


@dataclass(frozen=True, kw_only=True)
class KloutAgreement:
    """Agreement of one way of scoring with Klout."""

    name: str
    rmse: float
    """Root mean squared error, in points."""
    low: float
    """Lower end of the 95% confidence interval of `rmse`, by bootstrap resampling of accounts."""
    high: float
    bias: float
    """Mean difference to Klout, in points."""
    spearman: float
    """Rank correlation."""


@dataclass(frozen=True)
class KloutEvaluation:
    """Agreement with Klout's scores, computed from public figures alone."""

    method: str
    """Version of the method."""
    method_digest: str
    """Hash of the constants and steps that were evaluated."""
    accounts: int
    unseen: tuple[str, ...]
    """Values that Klout scored, but this evaluation does not see."""
    rows: tuple[KloutAgreement, ...]


def read_klout_scores(path: Path) -> KloutScores:
    """
    Read a CSV file with the columns ``followers``, ``klout_score`` and, optionally, ``listed``.

    Raises
    ------
    InvalidInputError
        If it cannot be read, lacks a column, or contains a value that is not a number.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInputError(
            f"cannot read {str(path)!r}: {describe_io_error(error)}; it must be a CSV file with a header"
        ) from error
    if not rows or not set(_REQUIRED_COLUMNS) <= set(rows[0]):
        raise InvalidInputError(
            f"{path}: it must have rows with the columns {', '.join(_REQUIRED_COLUMNS)} (and optionally listed)"
        )
    entries: list[tuple[int, int | None, float]] = []
    for number, row in enumerate(rows, 2):
        try:
            lists = int(row["listed"]) if row.get("listed") else None
            entries.append((int(row["followers"]), lists, float(row["klout_score"])))
        except (TypeError, ValueError) as error:
            raise InvalidInputError(
                f"{path}, line {number}: {error}; followers and listed must be whole numbers, klout_score a number"
            ) from error
    followers, lists_, scores = zip(*entries, strict=True)
    return KloutScores(np.array(followers), lists_, np.array(scores))


def evaluate_klout(klout_scores: KloutScores, method: Method, engine: Engine, *, seed: int) -> KloutEvaluation:
    """
    Compare scores from public figures with Klout's, next to a regression on the same figures.

    The regression is evaluated by leave-one-out cross-validation. Klout also used reactions, which
    these figures do not contain.
    """
    require_scikit_learn()
    scores_by_name = {
        f"method {method.version}": _compute_scores(engine, method, klout_scores),
        "its audience alone": _compute_scores(
            engine, method, replace(klout_scores, lists=(None,) * len(klout_scores.lists))
        ),
        "regression, two lines": _regression_scores(klout_scores),
    }
    rows = tuple(_evaluate_scores(name, scores, klout_scores.score, seed) for name, scores in scores_by_name.items())
    return KloutEvaluation(method.version, method.digest, len(klout_scores.score), UNSEEN_VALUES, rows)


def _compute_scores(engine: Engine, method: Method, klout_scores: KloutScores) -> Floats:
    """Compute the scores of accounts of which only followers and lists are known."""
    figures = zip(klout_scores.followers.tolist(), klout_scores.lists, strict=True)
    accounts = [PublicCounts(network=_NETWORK, followers=followers, lists=lists) for followers, lists in figures]
    return np.array(score_public_counts(engine, method, accounts))


def _regression_scores(klout_scores: KloutScores) -> Floats:
    lists = np.array([lists or 0 for lists in klout_scores.lists])
    figures = np.column_stack([np.ones(len(lists)), np.log10(1 + klout_scores.followers), np.log10(1 + lists)])
    predictions = np.empty(len(lists))
    for index in range(len(lists)):
        others = np.arange(len(lists)) != index
        coefficients = np.linalg.lstsq(figures[others], klout_scores.score[others], rcond=None)[0]
        predictions[index] = figures[index] @ coefficients
    return predictions


def _evaluate_scores(name: str, scores: Floats, targets: Floats, seed: int) -> KloutAgreement:
    from scipy.stats import spearmanr  # noqa: PLC0415 - heavy, and of the extra `learn`

    errors = scores - targets
    rng = np.random.default_rng(seed)
    rmses = [float((errors[rng.integers(0, len(errors), len(errors))] ** 2).mean() ** 0.5) for _ in range(BOOTSTRAPS)]
    low, high = np.quantile(rmses, [0.025, 0.975])
    rmse, rank_correlation = float((errors**2).mean() ** 0.5), float(spearmanr(scores, targets).statistic)
    return KloutAgreement(
        name=name, rmse=rmse, low=float(low), high=float(high), bias=float(errors.mean()), spearman=rank_correlation
    )
