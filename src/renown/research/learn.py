"""Learn a method's weights from pairwise judgements."""

import importlib.metadata
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tomlkit

from renown.engines.base import Engine
from renown.errors import InvalidInputError, MissingDependencyError
from renown.method.file import Method, Signal, parse_method
from renown.method.parameters import INPUT_COLUMNS, MILLION, build_parameter_tables
from renown.progress import NullProgress, Progress
from renown.records import LAKE_COLUMNS
from renown.research import fit
from renown.research.fit import Floats
from renown.research.judgements import JudgementFile

SHRINKAGE_CANDIDATES = tuple(float(f"{10**power:.2g}") for power in np.arange(-4, 2.01, 0.25))
"""Candidate strengths of the shrinkage towards even weights."""
FOLDS, REPEATS = 3, 10
_NETWORK = "judged"
_ASSUMED_PEOPLE = 10**9
"""Assumed number of people who reacted, as the files do not contain it; so large that no reaction counts as chance."""


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

    Notes
    -----
    As signals are correlated, a fit without regularization would put all weight on one or two of
    them. Chosen is the strongest shrinkage whose cross-validated AUC is within one standard error
    of the best (Breiman et al. 1984, Classification and Regression Trees, 3.4.3).
    """
    require_scikit_learn()
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
    chosen = [
        candidate for candidate in candidates if candidate.auc_deficit <= candidate.error or candidate.auc_deficit == 0
    ][-1]
    unjudged_signals = tuple(signal.name for signal in method.signals if signal.name not in judgements.signals)
    text = _write_method_text(judgements, method, chosen, version=version, seed=seed)
    reporter.finish(f"learned from {len(judgements.first_won):,} judgements of {len(judgements.received):,} people")
    return LearnedWeights(
        signals=judgements.signals,
        pairs=len(judgements.first_won),
        people=len(judgements.received),
        chosen=chosen,
        candidates=tuple(candidates),
        unjudged_signals=unjudged_signals,
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
        raise MissingDependencyError(
            "learning and evaluating methods need scikit-learn; install it with: pip install 'renown[learn]'"
        )


def compute_pair_differences(judgements: JudgementFile, method: Method, engine: Engine) -> Floats:
    """
    Compute the difference of both people's signal values for each pair, shape (n_pairs, n_signals).

    Values come from the method's own steps, applied to the figures in the judgements.

    Raises
    ------
    InvalidInputError
        If the mapping names a signal that the method does not have.
    """
    signals = {signal.name: signal for signal in method.signals}
    if unknown := [name for name in judgements.signals if name not in signals]:
        raise InvalidInputError(
            f"the mapping names the signal {unknown[0]!r}; the signals of method {method.version!r} are "
            f"{', '.join(signals)}"
        )
    judged_signals = [signals[name] for name in judgements.signals]
    _load_received(engine, judgements.received, judged_signals, method)
    for step in method.steps:
        if step.name in {"signals", "values"}:
            engine.run(step)
    column = {signal.number: index for index, signal in enumerate(judged_signals)}
    values = np.zeros(judgements.received.shape)
    for person, number, value in engine.query("select account, signal, value from values"):
        values[person, column[number]] = value
    return values[judgements.first] - values[judgements.second]


def _load_received(engine: Engine, received: Floats, judged_signals: Sequence[Signal], method: Method) -> None:
    """Load what each judged person received into the tables that the steps `signals` and `values` read."""
    columns = {step.name: step.columns for step in method.steps}
    people = range(len(received))
    figures = {
        signal.reads: [round(value) for value in received[:, column]] for column, signal in enumerate(judged_signals)
    }
    no_values = [None] * len(received)
    reactions = [
        (person, signal.number, round(received[person, index] * MILLION), _ASSUMED_PEOPLE)
        for index, signal in enumerate(judged_signals)
        if signal.reads == "interactions"
        for person in people
    ]
    profiles = zip(
        people,
        [_NETWORK] * len(people),
        figures.get("followers", no_values),
        figures.get("lists", no_values),
        [0] * len(people),
        strict=True,
    )
    engine.create_table("reactions", reactions, columns["reactions"])
    engine.create_table("unknown_actors", [], columns["unknown_actors"])
    engine.create_table("latest_profiles", list(profiles), columns["latest_profiles"])
    engine.create_table("accounts", [(_NETWORK, person, str(person)) for person in people], LAKE_COLUMNS["accounts"])
    for table, rows in build_parameter_tables(method, 0, coverage=[], days={_NETWORK: 1}).items():
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


def _write_method_text(
    judgements: JudgementFile, method: Method, chosen: ShrinkageCandidate, *, version: str, seed: int
) -> str:
    """Return the method file with the learned weights and their provenance; weights of other signals stay."""
    document = tomlkit.parse(method.text)
    document["version"] = version
    unjudged_weight = sum(signal.weight.value for signal in method.signals if signal.name not in judgements.signals)
    source = (
        f"learned from {len(judgements.first_won):,} judgements between {len(judgements.received):,} people; "
        "see [provenance]"
    )
    rounded_weights = [round(weight * (1 - unjudged_weight), 4) for weight in chosen.weights]
    rounded_weights[0] = round(1 - unjudged_weight - sum(rounded_weights[1:]), 4)
    for name, weight in zip(judgements.signals, rounded_weights, strict=True):
        table = document["signals"][name]["weight"]
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
