"""Render what attacks on a score gain, as measured on a generated population, as a table in Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

CORRELATION = "rank correlation"
"""Unit of the row whose bound is the least that is wanted, not the most."""


def iter_faking_lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """
    Yield the lines of the table: each attack with the points that it gains, and the bound that the design states.

    Parameters
    ----------
    rows : sequence of mapping
        `rows` or `claimed_rows` of an evaluation, as `benchmarks/faking.py` stores it.
    """
    shapes = list(rows[0]["values"])
    yield f"| who does what | {' | '.join(shapes)} | bound | within it |"
    yield "|" + "---|" * (len(shapes) + 3)
    for row in rows:
        values = [_format_values(row, row["values"][shape]) for shape in shapes]
        yield f"| {row['name']} | {' | '.join(values)} | {_format_bounds(row)} | {_verdict(row)} |"


def _format_values(row: Mapping[str, Any], values: Sequence[float]) -> str:
    if not row["levels"]:
        return f"{values[0]:.2f}" if row["unit"] == CORRELATION else f"a score of {values[0]:.0f}"
    return ", ".join(f"{round(value, 1):+z.1f} at {level}" for value, level in zip(values, row["levels"], strict=True))


def _format_bounds(row: Mapping[str, Any]) -> str:
    if row["bounds"] is None:
        return "none"
    bounds = ", ".join(f"{bound:g}" for bound in row["bounds"])
    return f"at least {bounds}" if row["unit"] == CORRELATION else f"at most {bounds}"


def _verdict(row: Mapping[str, Any]) -> str:
    if row["bounds"] is None:
        return "-"
    sign = -1 if row["unit"] == CORRELATION else 1
    is_met = all(
        sign * value <= sign * bound
        for values in row["values"].values()
        for value, bound in zip(values, row["bounds"], strict=True)
    )
    return "yes" if is_met else "no"
