"""Learn a method's weights from pairwise judgements."""

import importlib.metadata
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tomlkit

from renown.engines.base import Engine
from renown.errors import MissingDependencyError, describe_extra
from renown.method.file import Method, parse_method
from renown.method.parameters import INPUT_COLUMNS, MILLION, build_parameter_tables
from renown.method.signals import Signal
from renown.progress import NullProgress, Progress
from renown.records import LAKE_COLUMNS
from renown.research import fit
from renown.research.fit import Floats
from renown.research.judged_people import (
    ASSUMED_PEOPLE,
    JUDGED_NETWORK,
    VALUES,
    compute_judged_values,
    find_judged_signals,
    find_unknown_values,
    list_figures,
    list_judged_values,
)
from renown.research.judged_splits import FOLDS, balance_winners, check_enough
from renown.research.judgements import JudgementFile

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
    learned = _round_weights(chosen.weights, sum(weights[name] for name in names))
    text = _write_method_text(
        judgements, method, chosen, dict(zip(names, learned, strict=True)), version=version, seed=seed
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


def compute_pair_differences(judgements: JudgementFile, method: Method, engine: Engine) -> Floats:
    """
    Compute the difference of both people's values for each pair, shape (n_pairs, n_values).

    Values come from the method's own steps, applied to the figures in the judgements: one of each signal; with a
    ledger one of followers, of lists and of reactions. It is 0 where the value of one of them is unknown.

    Raises
    ------
    InvalidInputError
        If the mapping names a signal that the method does not have.
    """
    if method.has_ledger:
        judged_values = compute_judged_values(judgements, method, engine).values
        return _subtract_known(judgements, judged_values, find_unknown_values(judgements, method))
    judged_signals = find_judged_signals(judgements, method)
    _load_received(engine, judgements.received, judged_signals, method)
    for step in method.steps:
        if step.name in {"signals", "values"}:
            engine.run(step)
    column = {signal.number: index for index, signal in enumerate(judged_signals)}
    values = np.zeros(judgements.received.shape)
    for person, number, value in engine.query("select account, signal, value from values"):
        values[person, column[number]] = value
    return _subtract_known(judgements, values, np.isnan(judgements.received))


def _subtract_known(judgements: JudgementFile, values: Floats, is_unknown: fit.Booleans) -> Floats:
    """Return the differences of both people's values; 0 where one is unknown, which tells nothing of the pair."""
    differences: Floats = values[judgements.first] - values[judgements.second]
    differences[is_unknown[judgements.first] | is_unknown[judgements.second]] = 0
    return differences


def _load_received(engine: Engine, received: Floats, judged_signals: Sequence[Signal], method: Method) -> None:
    """Load what each judged person received into the tables that the steps `signals` and `values` read."""
    columns = {step.name: step.columns for step in method.steps}
    people = range(len(received))
    figures = {
        signal.reads: list_figures(received[:, column])
        for column, signal in enumerate(judged_signals)
        if not signal.verbs
    }
    no_values: list[int | None] = [None] * len(received)
    reactions = [
        (person, signal.number, round(np.nan_to_num(received[person, index]) * MILLION), ASSUMED_PEOPLE)
        for index, signal in enumerate(judged_signals)
        if signal.reads == "interactions"
        for person in people
    ]
    profiles = zip(
        people,
        [JUDGED_NETWORK] * len(people),
        figures.get("followers", no_values),
        figures.get("lists", no_values),
        [0] * len(people),
        strict=True,
    )
    engine.create_table("reactions", reactions, columns["reactions"])
    engine.create_table("unknown_actors", [], columns["unknown_actors"])
    engine.create_table("latest_profiles", list(profiles), columns["latest_profiles"])
    engine.create_table(
        "accounts", [(JUDGED_NETWORK, person, str(person)) for person in people], LAKE_COLUMNS["accounts"]
    )
    for table, rows in build_parameter_tables(method, 0, coverage=[], days={JUDGED_NETWORK: 1}).items():
        engine.create_table(table, rows, INPUT_COLUMNS[table])


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


def list_weights(method: Method) -> dict[str, float]:
    """Return the weight of each signal by name; with a ledger, those of followers, lists and reactions."""
    return {
        VALUES[signal.reads] if method.has_ledger else signal.name: signal.weight.value for signal in method.signals
    }


def _round_weights(shares: Sequence[float], total: float) -> list[float]:
    """Return rounded weights that have these shares of a total."""
    weights = [round(share * total, 4) for share in shares]
    weights[0] = round(total - sum(weights[1:]), 6)
    return weights


def _write_method_text(
    judgements: JudgementFile,
    method: Method,
    chosen: ShrinkageCandidate,
    weights: Mapping[str, float],
    *,
    version: str,
    seed: int,
) -> str:
    """Return the method file with the learned weights and their provenance; other weights stay."""
    document = tomlkit.parse(method.text)
    document["version"] = version
    source = (
        f"learned from {len(judgements.first_won):,} judgements between {len(judgements.received):,} people; "
        "see [provenance]"
    )
    for name, weight in weights.items():
        table = _find_weight_table(document, method, name)["weight"]
        table["value"], table["source"] = weight, source
    provenance = tomlkit.table()
    provenance.update(
        {
            "judgements": judgements.digest,
            "pairs": len(judgements.first_won),
            "people": len(judgements.received),
            "base": method.digest,
            "shrinkage": chosen.shrinkage,
            "seed": seed,
            "auc_both_new": round(chosen.both_new, 4),
            "mapping": dict(judgements.mapping),
            "libraries": {name: importlib.metadata.version(name) for name in ("numpy", "scipy")},
        }
    )
    document["provenance"] = provenance
    text = tomlkit.dumps(document)
    parse_method(text, "learned")
    return text


def _find_weight_table(document: Any, method: Method, name: str) -> Any:
    """Return the table of a method file with the weight of a signal, or with a ledger of a value."""
    if not method.has_ledger:
        return document["signals"][name]
    signal = next(signal for signal in method.signals if VALUES[signal.reads] == name)
    return document["reactions"] if signal.verbs else document["signals"][signal.name]
