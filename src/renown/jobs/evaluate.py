"""Evaluate: what a method's order of people is worth, next to simple and free alternatives."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from renown.connectors.judgements import Judgements
from renown.engines import Engine
from renown.jobs.learn import FOLDS, REPEATS, of_pairs, require
from renown.jobs.progress import Progress, Silent
from renown.method import Method, learning
from renown.method.learning import Booleans, Floats

BOOTSTRAPS = 200
REGIMES = ("both_new", "one_new", "pair")
"""Who of a judged pair was learned from: nobody, one of them, or both, in other pairs."""

Learner = Callable[[Floats, Booleans, Floats], Floats]
"""From differences and judgements learned from, and differences to judge, to margins."""
_UNSEEN = {"the same without lists": {"curation"}, "the same without profiles": {"audience", "curation"}}
"""What a network may not show; the other weights are renormalised, as steps do."""


@dataclass(frozen=True)
class Worth:
    """How well one order of people agrees with the judges."""

    name: str
    learned: bool
    """Whether it learns from these judgements; what does not is the same in every regime."""
    both_new: float
    """AUC where neither of a pair was learned from."""
    low: float
    """Of the interval of `both_new`, 95 %, by bootstrap over people."""
    high: float
    one_new: float
    pair: float
    """AUC on random folds over pairs, which leak people; for comparison with what others publish."""
    accuracy: float
    """Share of pairs of strangers in the right order."""


@dataclass(frozen=True)
class Agreement:
    """Agreement with human judges."""

    method: str
    """Version of the method."""
    method_digest: str
    """Of its constants and steps: what is told here is told of these."""
    pairs: int
    people: int
    digest: str
    seed: int
    rows: tuple[Worth, ...]


def pairs(
    judgements: Judgements,
    method: Method,
    engine: Engine,
    *,
    shrinkage: float,
    seed: int,
    progress: Progress | None = None,
) -> Agreement:
    """
    Compare the method with followers, lists, the mean of percentiles, weights learned again and free boosting.

    Parameters
    ----------
    judgements : Judgements
    method : Method
    engine : Engine
        A session that the method's steps run in.
    shrinkage : float
        Pull towards even weights of the weights that are learned again for strangers.
    seed : int
    progress : Progress, optional
    """
    require()
    tell = progress or Silent()
    differences = of_pairs(judgements, method, engine)
    fixed = _fixed(judgements, method, differences)
    learned: dict[str, Learner] = {
        "weights learned again": lambda known, won, asked: asked @ learning.fit(known, won, shrinkage),
        "gradient boosting": _boosted(seed),
    }
    tell.start("judging orders of people", len(fixed) + len(learned))
    rows = []
    for name, margins in fixed.items():
        tell.advance(name)
        rows.append(_worth(name, judgements, dict.fromkeys(REGIMES, margins), seed, learned=False))
    for name, learner in learned.items():
        tell.advance(name)
        rows.append(_worth(name, judgements, _unseen(judgements, differences, learner, seed), seed, learned=True))
    tell.done(f"judged by {len(judgements.won):,} pairs of {len(judgements.received):,} people")
    return Agreement(
        method.version,
        method.digest,
        len(judgements.won),
        len(judgements.received),
        judgements.digest,
        seed,
        tuple(rows),
    )


def _fixed(judgements: Judgements, method: Method, differences: Floats) -> dict[str, Floats]:
    from scipy.stats import rankdata  # noqa: PLC0415 - heavy, and of the extra `learn`

    weights = {signal.name: signal.weight.value for signal in method.signals}
    share = np.array([weights[name] for name in judgements.signals])
    place = rankdata(judgements.received, axis=0).mean(axis=1) / len(judgements.received)
    found = {f"method {method.version}": differences @ share / share.sum()}
    for name, unseen in _UNSEEN.items():
        seen = np.array([signal not in unseen for signal in judgements.signals])
        if 0 < seen.sum() < len(seen) and share[seen].sum() > 0:
            found[name] = differences[:, seen] @ share[seen] / share[seen].sum()
    for signal, name in (("audience", "followers alone"), ("curation", "lists alone")):
        if signal in judgements.signals:
            found[name] = differences[:, judgements.signals.index(signal)]
    return found | {"mean of percentiles": place[judgements.first] - place[judgements.second]}


def _boosted(seed: int) -> Learner:
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - as above

    def learner(known: Floats, won: Booleans, asked: Floats) -> Floats:
        # Told both ways round: who stands first says nothing.
        model = HistGradientBoostingClassifier(max_depth=3, learning_rate=0.05, max_iter=100, random_state=seed)
        model.fit(np.vstack([known, -known]), np.concatenate([won, ~won]))
        margins: Floats = model.decision_function(asked) - model.decision_function(-asked)
        return margins

    return learner


def _unseen(judgements: Judgements, differences: Floats, learner: Learner, seed: int) -> dict[str, Floats]:
    """Return each pair's margin by regime, mean over repeated splits; NaN where it never was of that regime."""
    shape = (REPEATS, len(judgements.won))
    found = {regime: np.full(shape, np.nan) for regime in REGIMES}
    for repeat in range(REPEATS):
        people = len(judgements.received)
        for fold in learning.strangers(judgements.first, judgements.second, people, folds=FOLDS, seed=seed + repeat):
            for regime, asked in (("both_new", fold.both_new), ("one_new", fold.one_new)):
                margins = learner(differences[fold.learn], judgements.won[fold.learn], differences[asked])
                found[regime][repeat, asked] = margins
        group = np.random.default_rng(seed + repeat).integers(0, FOLDS, len(judgements.won))
        for number in range(FOLDS):
            known, asked = group != number, group == number
            found["pair"][repeat, asked] = learner(differences[known], judgements.won[known], differences[asked])
    seen = {regime: ~np.isnan(margins) for regime, margins in found.items()}
    return {
        regime: np.where(
            seen[regime].any(axis=0), np.nansum(margins, axis=0) / np.maximum(seen[regime].sum(axis=0), 1), np.nan
        )
        for regime, margins in found.items()
    }


def _worth(name: str, judgements: Judgements, margins: dict[str, Floats], seed: int, *, learned: bool) -> Worth:
    auc = {}
    for regime in REGIMES:
        known = ~np.isnan(margins[regime])
        auc[regime] = learning.auc(margins[regime][known], judgements.won[known])
    strangers = margins["both_new"]
    known = ~np.isnan(strangers)
    low, high = _interval(judgements, strangers, known, seed)
    right = np.where(strangers == 0, 0.5, (strangers > 0) == judgements.won)[known].mean()
    return Worth(name, learned, auc["both_new"], low, high, auc["one_new"], auc["pair"], float(right))


def _interval(judgements: Judgements, margins: Floats, known: Booleans, seed: int) -> tuple[float, float]:
    people = len(judgements.received)
    drawn = []
    for rows in learning.resampled(judgements.first, judgements.second, people, times=BOOTSTRAPS, seed=seed):
        kept = rows[known[rows]]
        drawn.append(learning.auc(margins[kept], judgements.won[kept]))
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return float(low), float(high)
