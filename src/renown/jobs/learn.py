"""Learn: weights from judgements to a new method file."""

import importlib.metadata
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tomlkit

from renown.connectors.judgements import Judgements
from renown.engines import Engine
from renown.errors import BadInput, PartMissing
from renown.jobs.progress import Progress, Silent
from renown.method import INPUTS, MILLION, Method, Signal, learning, parse, tables
from renown.method.learning import Floats
from renown.records import KEPT

SHRINKAGES = tuple(float(f"{10**power:.2g}") for power in np.arange(-4, 2.01, 0.25))
"""Pulls towards even weights that are tried."""
FOLDS, REPEATS = 3, 10
_NETWORK = "judged"
_MANY = 10**9
"""People who reacted to somebody judged: files do not say how many, so nothing they show is taken for chance."""


@dataclass(frozen=True)
class Tried:
    """One pull towards even weights, and what came of it."""

    shrinkage: float
    weights: tuple[float, ...]
    """Learned from all pairs, in the order of the signals; they sum to 1."""
    evenness: float
    """Share of the signals that count; 1 is even."""
    both_new: float
    """AUC on pairs of strangers, mean over repeats."""
    behind: float
    """AUC that it is behind the best by."""
    error: float
    """Standard error of that, over repeated splits of people."""


@dataclass(frozen=True)
class Learned:
    """Weights with the whole trade-off that they were chosen from."""

    signals: tuple[str, ...]
    pairs: int
    people: int
    chosen: Tried
    tried: tuple[Tried, ...]
    """Weakest pull first."""
    stated: tuple[str, ...]
    """Signals that the judgements do not show: their weights stay as they were stated."""
    text: str
    """The new method file."""


def weights(
    judgements: Judgements, method: Method, engine: Engine, *, version: str, seed: int, progress: Progress | None = None
) -> Learned:
    """
    Learn weights, as even as the judgements allow.

    Parameters
    ----------
    judgements : Judgements
    method : Method
        Gives the values, and the weights of signals that are not judged.
    engine : Engine
        A session that the method's steps run in.
    version : str
        Of the new method.
    seed : int
    progress : Progress, optional

    Returns
    -------
    Learned

    Notes
    -----
    Correlated signals let a plain fit collapse onto one or two of them. The pull towards even
    weights is the strongest whose AUC on strangers is within one standard error of the best
    (Breiman et al. 1984, Classification and Regression Trees, 3.4.3).
    """
    require()
    tell = progress or Silent()
    tell.start("learning weights", len(SHRINKAGES))
    differences = of_pairs(judgements, method, engine)
    reached = []
    for shrinkage in SHRINKAGES:
        tell.advance(f"pull towards even weights {shrinkage:g}")
        reached.append([_on_strangers(judgements, differences, shrinkage, seed + repeat) for repeat in range(REPEATS)])
    tried = _tried(np.array(reached), differences, judgements.won)
    chosen = [one for one in tried if one.behind <= one.error or one.behind == 0][-1]
    stated = tuple(signal.name for signal in method.signals if signal.name not in judgements.signals)
    text = _written(judgements, method, chosen, version=version, seed=seed)
    tell.done(f"learned from {len(judgements.won):,} judgements of {len(judgements.received):,} people")
    return Learned(
        judgements.signals, len(judgements.won), len(judgements.received), chosen, tuple(tried), stated, text
    )


def require() -> None:
    """
    Refuse to go on without the packages that learning and evaluating need.

    Raises
    ------
    PartMissing
    """
    if importlib.util.find_spec("sklearn") is None:
        msg = "learning and evaluating methods need scikit-learn; install it with: pip install 'renown[learn]'"
        raise PartMissing(msg)


def of_pairs(judgements: Judgements, method: Method, engine: Engine) -> Floats:
    """
    Return the values of the first of each pair less those of the second, shape (n_pairs, n_signals).

    Values are made by the method's own step, from what the judgements show.

    Raises
    ------
    BadInput
        If the mapping names a signal that the method has not.
    """
    signals = {signal.name: signal for signal in method.signals}
    if unknown := [name for name in judgements.signals if name not in signals]:
        msg = f"the mapping names the signal {unknown[0]!r}; method {method.version!r} has {', '.join(signals)}"
        raise BadInput(msg)
    shown = [signals[name] for name in judgements.signals]
    _hand_over(engine, judgements.received, shown, method)
    for step in method.steps:
        if step.name in {"signals", "values"}:
            engine.run(step)
    place = {signal.number: place for place, signal in enumerate(shown)}
    values = np.zeros(judgements.received.shape)
    for person, number, value in engine.rows("select account, signal, value from values"):
        values[person, place[number]] = value
    return values[judgements.first] - values[judgements.second]


def _hand_over(engine: Engine, received: Floats, shown: Sequence[Signal], method: Method) -> None:
    """Let the engine read what each person judged received, in the tables that `signals` and `values` read."""
    columns = {step.name: step.columns for step in method.steps}
    people = range(len(received))
    figure = {signal.reads: [round(each) for each in received[:, place]] for place, signal in enumerate(shown)}
    nothing = [None] * len(received)
    reactions = [
        (person, signal.number, round(received[person, place] * MILLION), _MANY)
        for place, signal in enumerate(shown)
        if signal.reads == "interactions"
        for person in people
    ]
    profiles = zip(
        people, [_NETWORK] * len(people), figure.get("followers", nothing), figure.get("lists", nothing), strict=True
    )
    engine.table("reactions", reactions, columns["reactions"])
    engine.table("unknown_actors", [], columns["unknown_actors"])
    engine.table("latest_profiles", list(profiles), columns["latest_profiles"])
    engine.table("accounts", [(_NETWORK, person, str(person)) for person in people], KEPT["accounts"])
    for table, small in tables(method, 0, coverage=[], days={_NETWORK: 1}).items():
        engine.table(table, small, INPUTS[table])


def _on_strangers(judgements: Judgements, differences: Floats, shrinkage: float, seed: int) -> float:
    margins, won = [], []
    people = len(judgements.received)
    for fold in learning.strangers(judgements.first, judgements.second, people, folds=FOLDS, seed=seed):
        found = learning.fit(differences[fold.learn], judgements.won[fold.learn], shrinkage)
        margins.append(differences[fold.both_new] @ found)
        won.append(judgements.won[fold.both_new])
    return learning.auc(np.concatenate(margins), np.concatenate(won))


def _tried(reached: Floats, differences: Floats, won: learning.Booleans) -> list[Tried]:
    best = reached[reached.mean(axis=1).argmax()]
    tried = []
    for shrinkage, row in zip(SHRINKAGES, reached, strict=True):
        found = learning.fit(differences, won, shrinkage)
        behind = best - row
        error = float(behind.std(ddof=1))
        tried.append(
            Tried(
                shrinkage,
                tuple(map(float, found)),
                learning.evenness(found),
                float(row.mean()),
                float(behind.mean()),
                error,
            )
        )
    return tried


def _written(judgements: Judgements, method: Method, chosen: Tried, *, version: str, seed: int) -> str:
    """Return the method's file with the learned weights in what is not stated, and where they come from."""
    said = tomlkit.parse(method.text)
    said["version"] = version
    stated = sum(signal.weight.value for signal in method.signals if signal.name not in judgements.signals)
    source = (
        f"learned from {len(judgements.won):,} judgements between {len(judgements.received):,} people; see [provenance]"
    )
    rounded = [round(weight * (1 - stated), 4) for weight in chosen.weights]
    rounded[0] = round(1 - stated - sum(rounded[1:]), 4)
    for name, weight in zip(judgements.signals, rounded, strict=True):
        table = said["signals"][name]["weight"]
        table["value"], table["source"] = weight, source
    provenance = tomlkit.table()
    provenance.update(
        {
            "judgements": judgements.digest,
            "pairs": len(judgements.won),
            "people": len(judgements.received),
            "base": method.digest,
            "shrinkage": chosen.shrinkage,
            "seed": seed,
            "auc_both_new": round(chosen.both_new, 4),
            "mapping": dict(judgements.mapping),
            "libraries": {name: importlib.metadata.version(name) for name in ("numpy", "scipy")},
        }
    )
    said["provenance"] = provenance
    text = tomlkit.dumps(said)
    parse(text, "learned")
    return text
