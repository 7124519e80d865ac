"""The small tables that the constants become: the steps read numbers, never a file."""

import math
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from renown.method.constants import Method
from renown.records import VERBS

MILLION = 1_000_000
WORTH_STEPS = 1000
"""Rows of `worths` per decayed act, as `contributions` looks them up; the last one serves all pairs beyond it."""

INPUTS: dict[str, dict[str, str]] = {
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
    "standings": {"account": "bigint", "strength": "bigint"},
    "claims": {"network": "string", "account_id": "string", "person": "bigint", "name": "string"},
    "edition": {"day_no": "integer", "method": "string", "inputs": "string"},
}
"""What the steps read beside the lake: table to column name to type."""

Rows = list[tuple[Any, ...]]


def tables(
    method: Method,
    day_no: int,
    *,
    coverage: Iterable[tuple[str, int]],
    days: Mapping[str, int],
) -> dict[str, Rows]:
    """
    Turn the constants into the rows of the small tables.

    Parameters
    ----------
    method : Method
    day_no : int
        The day to score.
    coverage : iterable of (network, verb number)
        The verbs that each network's data shows.
    days : mapping of network to int
        Days of the window on which the network was seen.

    Returns
    -------
    dict of str to list of tuple
        Rows of `constants`, `ages`, `verbs`, `limits`, `worths`, `scales` and `observed`,
        in the columns of `INPUTS`.

    Notes
    -----
    Decay and the worth of a pair are tables of integers made here, once, because a
    logarithm's last bit differs between engines and sums must not.
    """
    shown = set(coverage)
    networks = sorted({network for network, _ in shown} | set(days))
    return {
        "constants": [_constants(method, day_no)],
        "ages": _ages(method, day_no),
        "verbs": [(VERBS[verb], signal.number) for signal in method.signals for verb in signal.verbs],
        "limits": [(signal.number, _last_worth(method)) for signal in method.signals],
        "worths": _worths(_last_worth(method)),
        "scales": _scales(method, networks),
        "observed": [(network, _observable(method, network, shown), days.get(network, 0)) for network in networks],
    }


def _constants(method: Method, day_no: int) -> tuple[Any, ...]:
    return (day_no, *(method[name] for name in list(INPUTS["constants"])[1:]))


def _last_worth(method: Method) -> int:
    return int(method["pair_acts_limit"]) * WORTH_STEPS


def _ages(method: Method, day_no: int) -> Rows:
    share, fast, slow = (method[name] for name in ("fast_share", "fast_half_life_days", "half_life_days"))
    left = [share * 2 ** (-age / fast) + (1 - share) * 2 ** (-age / slow) for age in range(int(method["window_days"]))]
    return [(day_no - age, round(MILLION * each)) for age, each in enumerate(left)]


@cache
def _worths(last: int) -> Rows:
    """Return log2(1 + decayed acts), in millionths, for every thousandth of an act up to `last`."""
    return [(step, round(MILLION * math.log2(1 + step / WORTH_STEPS))) for step in range(last + 1)]


def _scales(method: Method, networks: list[str]) -> Rows:
    return [
        (network, s.number, s.name, s.reads, round(s.weight.value * MILLION), method.rate(network, s))
        for network in networks
        for s in method.signals
        if (network, s.name) not in method.lacks
    ]


def _observable(method: Method, network: str, shown: set[tuple[str, int]]) -> int:
    """Return the weights of the signals that the network's acts can show, in millionths."""
    return sum(
        round(s.weight.value * MILLION)
        for s in method.signals
        if (network, s.name) not in method.lacks and any((network, VERBS[verb]) in shown for verb in s.verbs)
    )
