"""Evaluate a method's ranking of people against pairwise judgements, next to simple and free alternatives."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from renown.engines.base import Engine
from renown.method.file import Method
from renown.progress import NullProgress, Progress
from renown.research import fit
from renown.research.fit import Booleans, Floats
from renown.research.judged_people import compute_judged_scores, list_judged_values
from renown.research.judged_splits import FOLDS, balance_winners, check_enough
from renown.research.judgements import JudgementFile
from renown.research.learn import REPEATS, require_scikit_learn
from renown.research.pair_differences import compute_pair_differences

BOOTSTRAPS = 200
REGIMES = ("both_new", "one_new", "pair")
"""Which people of a test pair are in the training set: neither, one of them, or both, in other pairs."""

Learner = Callable[[Floats, Booleans, Floats], Floats]
"""Maps training differences, training outcomes and test differences to margins of the test pairs."""
_HIDDEN_SIGNALS = {"the same without lists": {"curation"}, "the same without profiles": {"audience", "curation"}}
"""Signals that some networks do not provide; the other weights are renormalized, as in the method's steps."""
_HIDDEN_VALUES = {"the same without lists": {"lists"}, "the same without profiles": {"followers", "lists"}}
"""The same for methods with a ledger."""


@dataclass(frozen=True, kw_only=True)
class RankingAgreement:
    """How well one ranking of people agrees with the judgements."""

    name: str
    learned: bool
    """Whether it is trained on these judgements; if not, its margins are the same in every regime."""
    both_new: float
    """AUC if neither person of a pair is in the training set."""
    low: float
    """Lower end of the 95% confidence interval of `both_new`, by bootstrap resampling of people."""
    high: float
    one_new: float
    pair: float
    """AUC on random folds over pairs, in which people leak; for comparison with published results."""
    accuracy: float
    """Share of `both_new` pairs in the right order."""


@dataclass(frozen=True, kw_only=True)
class PairsEvaluation:
    """Agreement with human judges."""

    method: str
    """Version of the method."""
    method_digest: str
    """Hash of the constants and steps that were evaluated."""
    pairs: int
    people: int
    digest: str
    seed: int
    rows: tuple[RankingAgreement, ...]


def evaluate_pairs(
    judgements: JudgementFile,
    method: Method,
    engine: Engine,
    *,
    shrinkage: float,
    seed: int,
    progress: Progress | None = None,
) -> PairsEvaluation:
    """
    Compare the method with followers, lists, mean percentiles, cross-validated weights and gradient boosting.

    Parameters
    ----------
    judgements : JudgementFile
    method : Method
    engine : Engine
        A session to run the method's steps in.
    shrinkage : float
        Strength of the shrinkage towards even weights when weights are learned again without the test people.
    seed : int
    progress : Progress, optional

    Raises
    ------
    InvalidInputError
        If there are too few judgements, or the mapping names a signal that the method does not have.
    """
    require_scikit_learn()
    judgements = balance_winners(judgements)
    check_enough(judgements, repeats=REPEATS, seed=seed)
    reporter = progress or NullProgress()
    differences = compute_pair_differences(judgements, method, engine)
    fixed_margins = (
        _value_margins(judgements, method, engine)
        if method.has_ledger
        else _fixed_margins(judgements, method, differences)
    )
    learners: dict[str, Learner] = {
        "weights learned again": lambda train, outcomes, test: test @ fit.fit_weights(train, outcomes, shrinkage),
        "gradient boosting": _boosting_learner(seed),
    }
    reporter.start("evaluating rankings", len(fixed_margins) + len(learners))
    rows = []
    for name, margins in fixed_margins.items():
        reporter.advance(name)
        rows.append(_evaluate_ranking(name, judgements, dict.fromkeys(REGIMES, margins), seed, learned=False))
    for name, learner in learners.items():
        reporter.advance(name)
        rows.append(
            _evaluate_ranking(
                name, judgements, _cross_validate(judgements, differences, learner, seed), seed, learned=True
            )
        )
    reporter.finish(f"evaluated on {len(judgements.first_won):,} pairs of {len(judgements.received):,} people")
    return PairsEvaluation(
        method=method.version,
        method_digest=method.digest,
        pairs=len(judgements.first_won),
        people=len(judgements.received),
        digest=judgements.digest,
        seed=seed,
        rows=tuple(rows),
    )


def _fixed_margins(judgements: JudgementFile, method: Method, differences: Floats) -> dict[str, Floats]:
    weights = {signal.name: signal.weight.value for signal in method.signals}
    signal_weights = np.array([weights[name] for name in judgements.signals])
    margins = {f"method {method.version}": differences @ signal_weights / signal_weights.sum()}
    for name, hidden in _HIDDEN_SIGNALS.items():
        is_visible = np.array([signal not in hidden for signal in judgements.signals])
        if 0 < is_visible.sum() < len(is_visible) and signal_weights[is_visible].sum() > 0:
            margins[name] = differences[:, is_visible] @ signal_weights[is_visible] / signal_weights[is_visible].sum()
    for signal, name in (("audience", "followers alone"), ("curation", "lists alone")):
        if signal in judgements.signals:
            margins[name] = differences[:, judgements.signals.index(signal)]
    return margins | {"mean of percentiles": _percentile_margins(judgements)}


def _value_margins(judgements: JudgementFile, method: Method, engine: Engine) -> dict[str, Floats]:
    """Return the margins of a method with a ledger, as on networks that show only some of its values."""
    judged = list_judged_values(judgements, method)
    visible_by_name = {f"method {method.version}": judged} | {
        name: tuple(value for value in judged if value not in hidden) for name, hidden in _HIDDEN_VALUES.items()
    }
    visible_by_name |= {f"{value} alone": (value,) for value in judged if value != "reactions"}
    margins = {}
    for name, visible in visible_by_name.items():
        if visible and (visible != judged or name.startswith("method")):
            scores = compute_judged_scores(judgements, method, engine, visible)
            margins[name] = scores[judgements.first] - scores[judgements.second]
    return margins | {"mean of percentiles": _percentile_margins(judgements)}


def _percentile_margins(judgements: JudgementFile) -> Floats:
    from scipy.stats import rankdata  # noqa: PLC0415 - heavy, and of the extra `learn`

    percentiles = rankdata(np.nan_to_num(judgements.received), axis=0).mean(axis=1) / len(judgements.received)
    margins: Floats = percentiles[judgements.first] - percentiles[judgements.second]
    return margins


def _boosting_learner(seed: int) -> Learner:
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - as above

    def learner(train: Floats, outcomes: Booleans, test: Floats) -> Floats:
        # Train on both orders of each pair, so that the position carries no information.
        model = HistGradientBoostingClassifier(max_depth=3, learning_rate=0.05, max_iter=100, random_state=seed)
        model.fit(np.vstack([train, -train]), np.concatenate([outcomes, ~outcomes]))
        margins: Floats = model.decision_function(test) - model.decision_function(-test)
        return margins

    return learner


def _cross_validate(judgements: JudgementFile, differences: Floats, learner: Learner, seed: int) -> dict[str, Floats]:
    """Cross-validate: return each pair's margin by regime, mean over repeated splits; NaN if it was never tested."""
    shape = (REPEATS, len(judgements.first_won))
    margins_by_regime = {regime: np.full(shape, np.nan) for regime in REGIMES}
    for repeat in range(REPEATS):
        people = len(judgements.received)
        for fold in fit.split_by_person(judgements.first, judgements.second, people, folds=FOLDS, seed=seed + repeat):
            for regime, test in (("both_new", fold.both_new), ("one_new", fold.one_new)):
                if test.any():
                    margins_by_regime[regime][repeat, test] = learner(
                        differences[fold.training], judgements.first_won[fold.training], differences[test]
                    )
        group = np.random.default_rng(seed + repeat).integers(0, FOLDS, len(judgements.first_won))
        for number in range(FOLDS):
            train, test = group != number, group == number
            margins_by_regime["pair"][repeat, test] = learner(
                differences[train], judgements.first_won[train], differences[test]
            )
    is_tested = {regime: ~np.isnan(margins) for regime, margins in margins_by_regime.items()}
    return {
        regime: np.where(
            is_tested[regime].any(axis=0),
            np.nansum(margins, axis=0) / np.maximum(is_tested[regime].sum(axis=0), 1),
            np.nan,
        )
        for regime, margins in margins_by_regime.items()
    }


def _evaluate_ranking(
    name: str, judgements: JudgementFile, margins: dict[str, Floats], seed: int, *, learned: bool
) -> RankingAgreement:
    auc = {}
    for regime in REGIMES:
        is_known = ~np.isnan(margins[regime])
        auc[regime] = fit.auc(margins[regime][is_known], judgements.first_won[is_known])
    margins_both_new = margins["both_new"]
    is_known = ~np.isnan(margins_both_new)
    low, high = _bootstrap_interval(judgements, margins_both_new, is_known, seed)
    accuracy = np.where(margins_both_new == 0, 0.5, (margins_both_new > 0) == judgements.first_won)[is_known].mean()
    return RankingAgreement(
        name=name,
        learned=learned,
        both_new=auc["both_new"],
        low=low,
        high=high,
        one_new=auc["one_new"],
        pair=auc["pair"],
        accuracy=float(accuracy),
    )


def _bootstrap_interval(
    judgements: JudgementFile, margins: Floats, is_known: Booleans, seed: int
) -> tuple[float, float]:
    people = len(judgements.received)
    aucs = []
    for rows in fit.resample_pairs(judgements.first, judgements.second, people, replicates=BOOTSTRAPS, seed=seed):
        sample = rows[is_known[rows]]
        aucs.append(fit.auc(margins[sample], judgements.first_won[sample]))
    low, high = np.nanquantile(aucs, [0.025, 0.975])
    return float(low), float(high)
