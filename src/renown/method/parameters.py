"""Build the parameter tables from a method's constants, for the SQL steps to read."""

import math
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from renown.method.file import Method
from renown.records import VERBS

BASE_SCORE = 1.0
"""Points that everybody has; step `scores` adds the rest."""
MAX_SCORE = 100.0
"""The highest score, as in step `scores`."""
MILLION = 1_000_000
WORTH_STEPS = 1000
"""Rows of the lookup table `worths` per decayed act; step `contributions` uses the last row for all larger values."""

INPUT_COLUMNS: dict[str, dict[str, str]] = {
    "constants": {
        "day_no": "integer",
        "selectivity_accounts": "double",
        "chance_people": "double",
        "trust_floor": "double",
        "trust_unknown": "double",
        "trust_full_strength": "double",
        "score_decades": "double",
        "strength_limit": "double",
        "presumed_lists": "double",
        "count_limit": "bigint",
        "self_reported_share": "double",
        "self_reported_unit": "double",
        "self_reported_limit": "double",
    },
    "ages": {"day_no": "integer", "decay": "bigint"},
    "verbs": {"verb": "smallint", "signal": "smallint"},
    "limits": {"signal": "smallint", "last_worth": "integer"},
    "worths": {"acts": "integer", "worth": "bigint"},
    "scales": {
        "network": "string",
        "signal": "smallint",
        "name": "string",
        "reads": "string",
        "weight": "bigint",
        "rate": "double",
    },
    "observed": {"network": "string", "weights": "bigint", "days": "bigint"},
    "standings": {"account": "bigint", "strength": "bigint", "self_reported": "smallint"},
    "claims": {"network": "string", "account_id": "string", "person": "bigint", "name": "string"},
    "edition": {"day_no": "integer", "method": "string", "inputs": "string"},
}
"""Tables that the steps read in addition to the lake: table to column name to type."""

Rows = list[tuple[Any, ...]]


def build_parameter_tables(
    method: Method,
    day_no: int,
    *,
    coverage: Iterable[tuple[str, int]],
    days: Mapping[str, int],
) -> dict[str, Rows]:
    """
    Build the rows of the parameter tables.

    Parameters
    ----------
    method : Method
    day_no : int
        The day to score.
    coverage : iterable of (network, verb number)
        Verbs that occur in each network's data.
    days : mapping of network to int
        Number of observed days in the window.

    Returns
    -------
    dict of str to list of tuple
        Rows of `constants`, `ages`, `verbs`, `limits`, `worths`, `scales` and `observed`,
        with the columns of `INPUT_COLUMNS`.

    Notes
    -----
    Decay and the worth of a pair are integer lookup tables computed here, because engines
    differ in the last bit of logarithms, and sums must be the same on all of them.
    """
    observed_verbs = set(coverage)
    networks = sorted({network for network, _ in observed_verbs} | set(days))
    return {
        "constants": [build_constants_row(method, day_no, INPUT_COLUMNS["constants"])],
        "ages": _build_ages(method, day_no),
        "verbs": [(VERBS[verb], signal.number) for signal in method.signals for verb in signal.verbs],
        "limits": [(signal.number, _last_worth(method)) for signal in method.signals],
        "worths": _build_worths(_last_worth(method)),
        "scales": build_scales(method, networks),
        "observed": [
            (network, _observable_weight(method, network, observed_verbs), days.get(network, 0)) for network in networks
        ],
    }


def build_constants_row(method: Method, day_no: int, columns: Mapping[str, str]) -> tuple[Any, ...]:
    """Build the row of the table `constants`, in the order of its columns and with their types."""
    return tuple(
        day_no if name == "day_no" else method[name] if kind == "double" else int(method[name])
        for name, kind in columns.items()
    )


def _last_worth(method: Method) -> int:
    return int(method["pair_acts_limit"]) * WORTH_STEPS


def _build_ages(method: Method, day_no: int) -> Rows:
    share, fast_half_life, half_life = (
        method[name] for name in ("fast_share", "fast_half_life_days", "half_life_days")
    )
    remaining = [
        share * 2 ** (-age / fast_half_life) + (1 - share) * 2 ** (-age / half_life)
        for age in range(int(method["window_days"]))
    ]
    return [(day_no - age, round(MILLION * weight)) for age, weight in enumerate(remaining)]


@cache
def _build_worths(last: int) -> Rows:
    """Tabulate log2(1 + decayed acts), in millionths, for every thousandth of an act up to `last`."""
    return [(step, round(MILLION * math.log2(1 + step / WORTH_STEPS))) for step in range(last + 1)]


def build_scales(method: Method, networks: list[str]) -> Rows:
    """Build the rows of the table `scales`: the weight and rate of each signal that a network can show."""
    return [
        (network, s.number, s.name, s.reads, round(s.weight.value * MILLION), method.rate(network, s))
        for network in networks
        for s in method.signals
        if (network, s.name) not in method.lacks
    ]


def _observable_weight(method: Method, network: str, observed_verbs: set[tuple[str, int]]) -> int:
    """Sum the weights of the signals that can be observed by the network's acts, in millionths."""
    return sum(
        round(s.weight.value * MILLION)
        for s in method.signals
        if (network, s.name) not in method.lacks and any((network, VERBS[verb]) in observed_verbs for verb in s.verbs)
    )
