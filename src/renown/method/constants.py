"""Constants of a method: numbers with their unit and source."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from renown.errors import InvalidMethodError
from renown.method.step_files import SEED_GROUPS

MethodError = Callable[[str], InvalidMethodError]
"""Builds the error that names the method file and a problem of it."""

DEFAULT_STEPS = "2"
"""Steps of a method file that does not name them, published before there were others; they read no ledger or curves."""
CONSTANT_NAMES = {
    "2": (
        "window_days",
        "half_life_days",
        "fast_half_life_days",
        "fast_share",
        "pair_acts_limit",
        "selectivity_accounts",
        "chance_people",
        "trust_floor",
        "trust_unknown",
        "trust_full_strength",
        "score_decades",
        "strength_limit",
        "presumed_lists",
        "count_limit",
        "self_reported_share",
        "self_reported_unit",
        "self_reported_limit",
        "enough_days",
        "enough_people",
    ),
    "3": (
        "window_days",
        "attention_accounts",
        "pair_acts_limit",
        "chance_people",
        "trust_floor",
        "trust_lowest",
        "trust_exponent",
        "trust_initial",
        "trust_step",
        "trust_full_strength",
        "friend_days",
        "credit_days",
        "credit_share",
        "seed_credit",
        "seed_groups",
        "vouching_groups",
        "known_credit",
        "established_days",
        "established_followers",
        "established_posts",
        "stranger_share",
        "stranger_unit",
        "presumed_lists",
        "presumed_reactions",
        "followers_limit",
        "lists_limit",
        "score_decades",
        "strength_limit",
        "count_limit",
        "self_reported_limit",
        "self_reported_lists_limit",
        "enough_days",
        "enough_people",
    ),
}
"""Constants that each set of steps reads."""
_POSITIVE_CONSTANTS = (
    "window_days",
    "half_life_days",
    "fast_half_life_days",
    "pair_acts_limit",
    "score_decades",
    "trust_full_strength",
    "count_limit",
    "self_reported_unit",
    "self_reported_limit",
    "self_reported_lists_limit",
    "attention_accounts",
    "stranger_unit",
)
_SHARE_CONSTANTS = ("fast_share", "trust_floor", "trust_unknown", "self_reported_share", "stranger_share")


@dataclass(frozen=True)
class Constant:
    """A number with its unit and source."""

    value: float
    unit: str
    source: str


def parse_constants(tables: Mapping[str, Any], steps_version: str, method_error: MethodError) -> dict[str, Constant]:
    """
    Parse the constants that a set of steps reads, and check their ranges.

    Raises
    ------
    InvalidMethodError
        If a constant is missing or unknown, has no unit or source, or is out of range.
    """
    names = CONSTANT_NAMES[steps_version]
    if set(tables) != set(names):
        difference = ", ".join(sorted(set(tables) ^ set(names)))
        raise method_error(f"constants must be exactly {', '.join(names)}; differing: {difference}")
    constants = {name: parse_constant(f"constant {name!r}", tables[name], method_error) for name in names}
    for name in constants.keys() & set(_POSITIVE_CONSTANTS):
        if not constants[name].value > 0:
            raise method_error(f"constant {name!r} is {constants[name].value:g}; it must be above 0")
    for name in constants.keys() & set(_SHARE_CONSTANTS):
        if constants[name].value > 1:
            raise method_error(f"constant {name!r} is {constants[name].value:g}; it is a share and must be at most 1")
    if "seed_groups" in constants and constants["seed_groups"].value not in range(1, SEED_GROUPS + 1):
        value = constants["seed_groups"].value
        raise method_error(f"constant 'seed_groups' is {value:g}; it must be a whole number from 1 to {SEED_GROUPS}")
    return constants


def parse_constant(subject: str, value: Any, method_error: MethodError, *, unit: str = "") -> Constant:
    """Parse one constant; `unit` is the one of constants that need not say it."""
    if not isinstance(value, dict) or not isinstance(value.get("value"), int | float):
        raise method_error(f"{subject} is {value!r}; write {{ value = NUMBER, unit = TEXT, source = TEXT }}")
    if not value.get("source") or not (value.get("unit") or unit):
        raise method_error(f"{subject} has no unit or no source; add what it counts and where the value comes from")
    if not value["value"] >= 0:
        raise method_error(f"{subject} is {value['value']!r}; it must be 0 or more")
    return Constant(float(value["value"]), value.get("unit", unit), value["source"])
