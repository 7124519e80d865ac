"""Tables of a method file that are more than one number: curves to follower-equivalents, and weights by age."""

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from renown.errors import InvalidMethodError
from renown.method.constants import DEFAULT_STEPS

QUARTERS = 4
"""Parts of a day that weigh differently on the day itself."""
CURVES = ("lists", "reactions")
"""Values that a curve converts to follower-equivalents."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """
    Monotone table: follower-equivalents that accounts with a value typically have.

    Between two points the logarithm of the equivalents is linear in the logarithm of the value; beyond the last point
    it goes on with the last slope, and below the first point equivalents are proportional to the value.
    """

    points: tuple[tuple[float, float], ...]
    """(value, follower-equivalents), both increasing and above 0."""
    unit: str
    source: str

    def segments(self) -> list[tuple[float, float, float, float]]:
        """
        Return the linear pieces in logarithms.

        Returns
        -------
        list of (from_value, log_value, log_equivalent, slope)
            From a value on, ln(equivalents) is log_equivalent + slope * (ln(value) - log_value).
        """
        logs = [(math.log(value), math.log(equivalent)) for value, equivalent in self.points]
        slopes = [
            (next_log_e - log_e) / (next_log_v - log_v)
            for (log_v, log_e), (next_log_v, next_log_e) in itertools.pairwise(logs)
        ]
        pieces = [
            (value, *log, slope)
            for (value, _), log, slope in zip(self.points, logs, [*slopes, slopes[-1]], strict=True)
        ]
        return [(0.0, *logs[0], 1.0), *pieces]


def parse_curve(name: str, table: Any, method_error: Callable[[str], InvalidMethodError]) -> Curve:
    """
    Parse a curve of a method file.

    Raises
    ------
    InvalidMethodError
        If it is not increasing, or has no unit or source.
    """
    if not isinstance(table, dict) or not table.get("source") or not table.get("unit"):
        raise method_error(f"curve {name!r} has no unit or no source; add what it counts and where it comes from")
    points = tuple((float(value), float(equivalent)) for value, equivalent in table.get("points", ()))
    is_increasing = all(
        value < next_value and equivalent <= next_equivalent
        for (value, equivalent), (next_value, next_equivalent) in itertools.pairwise(points)
    )
    if len(points) < 2 or min(points[0]) <= 0 or not is_increasing:  # noqa: PLR2004 - two points
        raise method_error(
            f"curve {name!r} has the points {[list(point) for point in points]}; write at least two [value, "
            "equivalents], above 0 and increasing"
        )
    return Curve(points=points, unit=table["unit"], source=table["source"])


def parse_network_curves(
    networks: Mapping[str, Mapping[str, Any]], steps_version: str, method_error: Callable[[str], InvalidMethodError]
) -> dict[tuple[str, str], Curve]:
    """
    Parse the curves of `[networks.NAME.curves]`, which replace the general ones on that network.

    Raises
    ------
    InvalidMethodError
        If the steps read no curves, or there is no such curve.
    """
    curves: dict[tuple[str, str], Curve] = {}
    for network, table in networks.items():
        for name, curve in table.get("curves", {}).items():
            if steps_version == DEFAULT_STEPS:
                raise method_error(
                    f"network {network!r} has the curve {name!r}, but steps {steps_version!r} read no curves; "
                    f"write [networks.{network}.rates]"
                )
            if name not in CURVES:
                raise method_error(f"network {network!r} has the curve {name!r}; write one of {', '.join(CURVES)}")
            curves[network, name] = parse_curve(f"{name} of {network}", curve, method_error)
    return curves


def parse_age_weights(
    table: Mapping[str, Any], window: int, method_error: Callable[[str], InvalidMethodError]
) -> tuple[float, ...]:
    """
    Parse the steps of `[ages]`: (first age in days, weight); return the weight of each age in the window.

    Raises
    ------
    InvalidMethodError
        If they do not begin at age 0, or a weight grows with age.
    """
    steps = [(int(age), float(weight)) for age, weight in table.get("steps", ())]
    ages, weights = [age for age, _ in steps], [weight for _, weight in steps]
    if not steps or ages[0] != 0 or ages != sorted(set(ages)) or weights != sorted(weights, reverse=True):
        raise method_error(
            f"[ages] has the steps {[list(step) for step in steps]}; write [first age in days, weight], from age 0 on, "
            "with falling weights"
        )
    return tuple(weights[sum(age <= day for age in ages) - 1] for day in range(window))


def parse_quarter_weights(
    table: Mapping[str, Any], method_error: Callable[[str], InvalidMethodError]
) -> tuple[float, ...]:
    """
    Parse the quarters of `[ages]`: the weight of an act on its own day, by the quarter of the UTC day.

    Raises
    ------
    InvalidMethodError
        If there are not four weights, or they fall during the day.
    """
    weights = tuple(float(weight) for weight in table.get("quarters", ()))
    if len(weights) != QUARTERS or list(weights) != sorted(weights) or weights[0] <= 0:
        raise method_error(
            f"[ages] has the quarters {list(weights)}; write four weights above 0 that do not fall, for 0 to 6, "
            "6 to 12, 12 to 18 and 18 to 24 o'clock"
        )
    return weights
