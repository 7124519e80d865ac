"""Score judged people by the method's own steps: a file of judgements has their figures, but not their acts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from renown.engines.base import Engine
from renown.errors import InvalidInputError
from renown.method.file import Method
from renown.method.parameters import MILLION
from renown.method.signals import SIGNAL_SOURCES, Signal
from renown.records import LAKE_COLUMNS, VERBS
from renown.research.fit import Booleans, Floats
from renown.research.judgements import JudgementFile
from renown.scoring.inputs import create_parameter_tables

VALUES = dict(zip(SIGNAL_SOURCES, ("reactions", "followers", "lists"), strict=True))
"""What a signal reads to the name of the value that it is a part of."""
VALUE_NAMES = ("followers", "lists", "reactions")
"""The values, in the order of results."""
JUDGED_NETWORK = "judged"
ASSUMED_PEOPLE = 10**9
"""Assumed number of people who reacted, as the files do not contain it; so large that no reaction counts as chance."""


@dataclass(frozen=True, kw_only=True)
class JudgedValues:
    """What the method's steps make of the figures of judged people."""

    names: tuple[str, ...]
    """Values that the file has data for, of `VALUE_NAMES`."""
    weights: tuple[float, ...]
    """The method's weight of each value."""
    values: Floats
    """ln(1 + follower-equivalents); shape (n_people, n_values)."""


def find_judged_signals(judgements: JudgementFile, method: Method) -> list[Signal]:
    """
    Return the method's signals that the file has data for, in the order of its mapping.

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
    return [signals[name] for name in judgements.signals]


def list_judged_values(judgements: JudgementFile, method: Method) -> tuple[str, ...]:
    """Return the values that the file has data for, in the order of `VALUE_NAMES`."""
    judged = {VALUES[signal.reads] for signal in find_judged_signals(judgements, method)}
    return tuple(name for name in VALUE_NAMES if name in judged)


def find_unknown_values(judgements: JudgementFile, method: Method) -> Booleans:
    """Return whether nothing is known of each person's followers, lists and reactions, as `list_judged_values`."""
    signals, is_unknown = find_judged_signals(judgements, method), np.isnan(judgements.received)
    return np.column_stack(
        [
            is_unknown[:, [VALUES[signal.reads] == name for signal in signals]].all(axis=1)
            for name in list_judged_values(judgements, method)
        ]
    )


def list_figures(figures: Floats) -> list[int | None]:
    """Return figures as whole numbers; None for unknown ones."""
    return [None if np.isnan(value) else round(value) for value in figures]


def compute_judged_values(judgements: JudgementFile, method: Method, engine: Engine) -> JudgedValues:
    """
    Compute the followers, lists and reactions of judged people in follower-equivalents.

    Parameters
    ----------
    judgements : JudgementFile
    method : Method
        A method with a ledger.
    engine : Engine
        A session to run the method's steps in.
    """
    names = list_judged_values(judgements, method)
    _run_steps(judgements, method, engine, names)
    values = np.zeros((len(judgements.received), len(names)))
    for person, reads, value in engine.query("select account, reads, value from values"):
        values[person, names.index(VALUES[reads])] = value
    weights = {VALUES[signal.reads]: signal.weight.value for signal in method.signals}
    return JudgedValues(names=names, weights=tuple(weights[name] for name in names), values=values)


def compute_judged_scores(
    judgements: JudgementFile, method: Method, engine: Engine, visible: Collection[str]
) -> Floats:
    """
    Compute the scores of judged people from some of their values, as on a network that shows only these.

    Parameters
    ----------
    judgements : JudgementFile
    method : Method
    engine : Engine
        A session to run the method's steps in.
    visible : collection of str
        Values, of `VALUE_NAMES`.

    Returns
    -------
    ndarray of shape (n_people,)
        1 to 100.
    """
    _run_steps(judgements, method, engine, visible)
    scores = np.ones(len(judgements.received))
    for person, score in engine.query("select person, score from scores"):
        scores[person] = score
    return scores


def _run_steps(judgements: JudgementFile, method: Method, engine: Engine, visible: Collection[str]) -> None:
    """Run the method's steps on what judged people received, up to their scores."""
    signals = find_judged_signals(judgements, method)
    columns = [column for column, signal in enumerate(signals) if VALUES[signal.reads] in visible]
    _load_figures(engine, method, judgements.received[:, columns], [signals[column] for column in columns])
    first = "reactions" if method.has_ledger else "signals"
    names = [step.name for step in method.steps]
    for step in method.steps[names.index(first) : names.index("scores") + 1]:
        engine.run(step)


def _load_figures(engine: Engine, method: Method, received: Floats, signals: Sequence[Signal]) -> None:
    """Load what each person received into the tables that the steps read; everybody who reacted is known."""
    people = range(len(received))
    reactions = [
        (person, signal.number, round(np.nan_to_num(received[person, column]) * MILLION))
        for column, signal in enumerate(signals)
        if signal.verbs
        for person in people
    ]
    rows_by_table: dict[str, list[tuple[object, ...]]] = {"latest_profiles": _profile_rows(received, signals)}
    if method.has_ledger:
        rows_by_table["balances"] = [(person, signal, 1, balance, 1) for person, signal, balance in reactions]
        rows_by_table["reactors"] = [(person, ASSUMED_PEOPLE) for person in people]
    else:
        rows_by_table["reactions"] = [(*reaction, ASSUMED_PEOPLE) for reaction in reactions]
    empty_tables: dict[str, list[tuple[object, ...]]] = {"unknown_actors": [], "members": [], "absent": []}
    columns = {step.name: step.columns for step in method.steps}
    for table, rows in (empty_tables | rows_by_table).items():
        engine.create_table(table, rows, columns[table])
    engine.create_table(
        "accounts", [(JUDGED_NETWORK, person, str(person)) for person in people], LAKE_COLUMNS["accounts"]
    )
    coverage = [(JUDGED_NETWORK, VERBS[verb]) for signal in signals for verb in signal.verbs]
    create_parameter_tables(engine, method, 0, coverage=coverage, days={JUDGED_NETWORK: 1})


def _profile_rows(received: Floats, signals: Sequence[Signal]) -> list[tuple[object, ...]]:
    figures: dict[str, list[int | None]] = {"followers": [None] * len(received), "lists": [None] * len(received)}
    for column, signal in enumerate(signals):
        if not signal.verbs:
            figures[signal.reads] = list_figures(received[:, column])
    return [
        (person, JUDGED_NETWORK, followers, lists, 0)
        for person, followers, lists in zip(range(len(received)), figures["followers"], figures["lists"], strict=True)
    ]
