"""Differences of the values of two people whom somebody judged, as the method computes these values."""

from collections.abc import Sequence

import numpy as np

from renown.engines.base import Engine
from renown.method.file import Method
from renown.method.parameters import INPUT_COLUMNS, MILLION, build_parameter_tables
from renown.method.signals import Signal
from renown.records import LAKE_COLUMNS
from renown.research import fit
from renown.research.fit import Floats
from renown.research.judged_people import (
    ASSUMED_PEOPLE,
    JUDGED_NETWORK,
    compute_judged_values,
    find_judged_signals,
    find_unknown_values,
    list_figures,
)
from renown.research.judgements import JudgementFile


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
