"""Learn a method's weights from pairwise judgements."""

import importlib.metadata
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from renown.engines.base import Engine
from renown.errors import MissingDependencyError, describe_extra
from renown.method.file import Method
from renown.progress import NullProgress, Progress
from renown.research import fit
from renown.research.fit import Floats
from renown.research.judged_people import (
    list_judged_values,
)
from renown.research.judged_splits import FOLDS, balance_winners, check_enough
from renown.research.judgements import JudgementFile
from renown.research.learned_method import list_weights, round_weights, write_method_text
from renown.research.pair_differences import compute_pair_differences

SHRINKAGE_CANDIDATES = tuple(float(f"{10**power:.2g}") for power in np.arange(-4, 2.01, 0.25))
"""Candidate strengths of the shrinkage towards even weights."""
REPEATS = 10


@dataclass(frozen=True, kw_only=True)
class ShrinkageCandidate:
    """One candidate strength of the shrinkage, with its weights and accuracy."""

    shrinkage: float
    weights: tuple[float, ...]
    """Fitted to all pairs, in the order of the signals; they sum to 1."""
    evenness: float
    """Effective share of the signals; 1 if all weights are even."""
    both_new: float
    """AUC on pairs of people not in the training set, mean over repeats."""
    auc_deficit: float
    """Difference to the best candidate's AUC."""
    error: float
    """Standard error of that difference, over repeated splits of people."""


@dataclass(frozen=True, kw_only=True)
class LearnedWeights:
    """Learned weights, with all candidates that they were chosen from."""

    signals: tuple[str, ...]
    """What the weights are of: signals; with a ledger followers, lists and reactions."""
    pairs: int
    people: int
    chosen: ShrinkageCandidate
    candidates: tuple[ShrinkageCandidate, ...]
    """Weakest shrinkage first."""
    unjudged_signals: tuple[str, ...]
    """Signals without data in the judgements: their weights are unchanged."""
    text: str
    """The new method file."""


def learn_weights(
    judgements: JudgementFile,
    method: Method,
    engine: Engine,
    *,
    version: str,
    seed: int,
    progress: Progress | None = None,
) -> LearnedWeights:
    """
    Learn weights from pairwise judgements, as even as the judgements allow.

    Parameters
    ----------
    judgements : JudgementFile
    method : Method
        Computes the values; also keeps its weights of signals without judgements.
    engine : Engine
        A session to run the method's steps in.
    version : str
        Version of the new method.
    seed : int
    progress : Progress, optional

    Returns
    -------
    LearnedWeights

    Raises
    ------
    InvalidInputError
        If there are too few judgements, or the mapping names a signal that the method does not have.

    Notes
    -----
    As signals are correlated, a fit without regularization would put all weight on one or two of
    them. Chosen is the strongest shrinkage whose cross-validated AUC is within one standard error
    of the best (Breiman et al. 1984, Classification and Regression Trees, 3.4.3).
    """
    require_scikit_learn()
    judgements = balance_winners(judgements)
    check_enough(judgements, repeats=REPEATS, seed=seed)
    reporter = progress or NullProgress()
    reporter.start("learning weights", len(SHRINKAGE_CANDIDATES))
    differences = compute_pair_differences(judgements, method, engine)
    aucs = []
    for shrinkage in SHRINKAGE_CANDIDATES:
        reporter.advance(f"shrinkage {shrinkage:g}")
        aucs.append(
            [_cross_validated_auc(judgements, differences, shrinkage, seed + repeat) for repeat in range(REPEATS)]
        )
    candidates = _summarize_candidates(np.array(aucs), differences, judgements.first_won)
    chosen = _choose_candidate(candidates)
    weights = list_weights(method)
    names = list_judged_values(judgements, method) if method.has_ledger else judgements.signals
    learned = round_weights(chosen.weights, sum(weights[name] for name in names))
    text = write_method_text(
        judgements,
        method,
        dict(zip(names, learned, strict=True)),
        version=version,
        shrinkage=chosen.shrinkage,
        seed=seed,
        both_new=chosen.both_new,
    )
    reporter.finish(f"learned from {len(judgements.first_won):,} judgements of {len(judgements.received):,} people")
    return LearnedWeights(
        signals=names,
        pairs=len(judgements.first_won),
        people=len(judgements.received),
        chosen=chosen,
        candidates=tuple(candidates),
        unjudged_signals=tuple(name for name in weights if name not in names),
        text=text,
    )


def require_scikit_learn() -> None:
    """
    Check that scikit-learn is installed.

    Raises
    ------
    MissingDependencyError
    """
    if importlib.util.find_spec("sklearn") is None:
        raise MissingDependencyError(f"learning and evaluating methods need scikit-learn; {describe_extra('learn')}")


def _cross_validated_auc(judgements: JudgementFile, differences: Floats, shrinkage: float, seed: int) -> float:
    margins, outcomes = [], []
    people = len(judgements.received)
    for fold in fit.split_by_person(judgements.first, judgements.second, people, folds=FOLDS, seed=seed):
        fitted_weights = fit.fit_weights(differences[fold.training], judgements.first_won[fold.training], shrinkage)
        margins.append(differences[fold.both_new] @ fitted_weights)
        outcomes.append(judgements.first_won[fold.both_new])
    return fit.auc(np.concatenate(margins), np.concatenate(outcomes))


def _summarize_candidates(aucs: Floats, differences: Floats, outcomes: fit.Booleans) -> list[ShrinkageCandidate]:
    best_aucs = aucs[aucs.mean(axis=1).argmax()]
    candidates = []
    for shrinkage, row in zip(SHRINKAGE_CANDIDATES, aucs, strict=True):
        fitted_weights = fit.fit_weights(differences, outcomes, shrinkage)
        deficits = best_aucs - row
        error = float(deficits.std(ddof=1))
        candidates.append(
            ShrinkageCandidate(
                shrinkage=shrinkage,
                weights=tuple(map(float, fitted_weights)),
                evenness=fit.evenness(fitted_weights),
                both_new=float(row.mean()),
                auc_deficit=float(deficits.mean()),
                error=error,
            )
        )
    return candidates


def _choose_candidate(candidates: Sequence[ShrinkageCandidate]) -> ShrinkageCandidate:
    """Return the strongest shrinkage, the last candidate, that is within one standard error of the best one."""
    return [
        candidate for candidate in candidates if candidate.auc_deficit <= candidate.error or candidate.auc_deficit == 0
    ][-1]
