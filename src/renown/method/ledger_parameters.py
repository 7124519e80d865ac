"""Build the parameter tables of methods with a ledger, for the SQL steps to read."""

import math
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import product

from renown.method.file import Method
from renown.method.parameters import INPUT_COLUMNS, MILLION, Rows, build_constants_row, build_scales
from renown.records import VERBS, WHOLE_NETWORK

AGE_SCALE = 1000
"""Weights by age are whole thousandths, so that balances are sums of integers."""
ACT_SCALE = 1000
"""Rows of the table `worths` per act."""
_NO_LIMIT = 1e300

LEDGER_INPUT_COLUMNS: dict[str, dict[str, str]] = {
    "constants": {
        "day_no": "integer",
        "pair_acts_limit": "integer",
        "attention_accounts": "double",
        "chance_people": "double",
        "trust_floor": "double",
        "trust_lowest": "double",
        "trust_exponent": "double",
        "trust_initial": "double",
        "trust_step": "double",
        "trust_full_strength": "double",
        "friend_days": "integer",
        "credit_days": "double",
        "credit_share": "double",
        "seed_credit": "bigint",
        "known_credit": "bigint",
        "vouching_groups": "double",
        "established_days": "integer",
        "established_followers": "bigint",
        "established_posts": "bigint",
        "stranger_share": "double",
        "stranger_unit": "double",
        "presumed_lists": "double",
        "presumed_reactions": "double",
        "followers_limit": "double",
        "lists_limit": "double",
        "score_decades": "double",
        "strength_limit": "double",
        "count_limit": "bigint",
        "self_reported_limit": "double",
        "self_reported_lists_limit": "double",
    },
    "ages": {"day_no": "integer", "age": "integer", "weight": "bigint"},
    "quarters": {"quarter": "integer", "weight": "bigint"},
    "verbs": INPUT_COLUMNS["verbs"],
    "prices": {"signal": "smallint", "price": "bigint"},
    "worths": INPUT_COLUMNS["worths"],
    "scales": INPUT_COLUMNS["scales"],
    "curves": {
        "network": "string",
        "curve": "string",
        "from_value": "double",
        "until_value": "double",
        "log_value": "double",
        "log_equivalent": "double",
        "slope": "double",
    },
    "observed": INPUT_COLUMNS["observed"],
    "whole_networks": {"network": "string"},
    "seeds": {"account": "bigint", "seed_group": "smallint"},
    "presumed_accounts": {"account": "bigint", "first_day": "integer"},
    "strengths_before": {"account": "bigint", "strength": "bigint"},
    "claims": INPUT_COLUMNS["claims"],
    "edition": INPUT_COLUMNS["edition"],
    "receipt_accounts": {"account": "bigint"},
}
"""Tables that the steps read in addition to lake and ledger: table to column name to type."""


def build_ledger_parameter_tables(
    method: Method, day_no: int, *, coverage: Iterable[tuple[str, int]], days: Mapping[str, int]
) -> dict[str, Rows]:
    """
    Build the rows of the parameter tables, with the columns of `LEDGER_INPUT_COLUMNS`.

    Parameters
    ----------
    method : Method
        A method with a ledger.
    day_no : int
        The day to score.
    coverage : iterable of (network, verb number)
        Verbs that occur in each network's data, and `WHOLE_NETWORK` of those of which everything is read.
    days : mapping of network to int
        Number of observed days in the window.
    """
    observed_verbs = set(coverage)
    networks = sorted({network for network, _ in observed_verbs} | set(days))
    return {
        "constants": [build_constants_row(method, day_no, LEDGER_INPUT_COLUMNS["constants"])],
        "ages": build_ages(method, day_no),
        "quarters": [(quarter, round(ACT_SCALE * weight)) for quarter, weight in enumerate(method.quarter_weights)],
        "verbs": [(VERBS[verb], signal.number) for signal in method.signals for verb in signal.verbs],
        "scales": build_scales(method, networks),
        "curves": _build_curves(method, networks),
        "observed": [
            (network, _reactions_weight(method, network, observed_verbs), days.get(network, 0)) for network in networks
        ],
        # Networks of which acts on everybody are read; elsewhere nobody can be told apart.
        "whole_networks": [(network,) for network in networks if (network, WHOLE_NETWORK) in observed_verbs],
        # Only the points of claimed people are published; whoever asks for others adds their accounts.
        "receipt_accounts": [],
    }


def build_ages(method: Method, day_no: int) -> Rows:
    """Build the rows of the table `ages` for the window that ends on a day: day, age and weight."""
    return [(day_no - age, age, round(AGE_SCALE * weight)) for age, weight in enumerate(method.age_weights)]


def build_entry_parameter_tables(method: Method) -> dict[str, Rows]:
    """Build the rows of the tables that only the entry and credit steps read; `worths` has 64,000."""
    return {
        "prices": [(s.number, round(s.rate.value * MILLION)) for s in method.signals if s.verbs],
        "worths": _build_worths(int(method["pair_acts_limit"])),
    }


@cache
def _build_worths(limit: int) -> Rows:
    """Tabulate log2(1 + acts), in millionths, for every thousandth of an act up to `limit` acts."""
    return [(step, round(MILLION * math.log2(1 + step / ACT_SCALE))) for step in range(limit * ACT_SCALE + 1)]


def _build_curves(method: Method, networks: Iterable[str]) -> Rows:
    """Build the segments of every network's curves: its own, or else the general ones."""
    rows: Rows = []
    for network, name in product(networks, method.curves):
        segments = method.curve(network, name).segments()
        ends = [segment[0] for segment in segments[1:]] + [_NO_LIMIT]
        rows += [
            (network, name, from_value, until_value, log_value, log_equivalent, slope)
            for (from_value, log_value, log_equivalent, slope), until_value in zip(segments, ends, strict=True)
        ]
    return rows


def _reactions_weight(method: Method, network: str, observed_verbs: set[tuple[str, int]]) -> int:
    """Return the weight of reactions, in millionths, if any of them can be observed on a network; otherwise 0."""
    weights = [
        signal.weight.value
        for signal in method.signals
        if (network, signal.name) not in method.lacks
        and any((network, VERBS[verb]) in observed_verbs for verb in signal.verbs)
    ]
    return round(max(weights, default=0) * MILLION)
