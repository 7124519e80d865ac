"""
Claim: nobody can buy a score in bulk. Measures what attacks gain, beside what they may gain, on a generated population.

Scores an honest home and copies in which separate buyers are attacked, over the same nights, and compares the buyers.
The scores of people without a part in the attacks are compared, too: by fakes they hardly move, so that one such attack
does not disturb another.

    python benchmarks/faking.py --method 3 --json src/renown/method/evaluations/3/faking.json
    python benchmarks/faking.py --quick     # 2,500 accounts, small crowds; under a minute
    python benchmarks/faking.py --claimed   # a home of claimed people only; with --json, only its rows are replaced
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from attack_cases import FULL, QUICK, Size, list_cases, list_claimed_cases
from attack_homes import BASE_VERSION, ShapeResult, attack_shape, compare_homes, create_shape
from claimed_homes import measure_claimed
from population import SEEDS

from renown import method
from renown.method.file import Method

MIN_CORRELATION, MAX_BOT_SCORE = 0.95, 17.0
CLAIMED_SHAPES = {"actors not looked up": False, "actors looked up": True}
"""Shape of a home of claimed people only to whether the profiles of those who act are read."""
SHAPES = {"with lists": True, "without lists": False}
"""Shape of the population to whether its network has lists."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of the table."""

    name: str
    unit: str
    """`points gained`, `score` or `rank correlation`."""
    bounds: tuple[float, ...] | None
    """The most that may be gained, or the least correlation; None if nothing is stated."""
    levels: tuple[int, ...] = ()
    """Honest scores of the buyers; empty if there is one value only."""
    values: Mapping[str, tuple[float, ...]]
    """Shape of the population to one value for each level."""


def list_rows(size: Size, results: Mapping[str, ShapeResult]) -> Iterator[Row]:
    """Yield the rows of the table from the results by shape."""
    for case in list_cases(size):
        unit = "points gained" if case.levels else "score"
        values = {shape: result.gains[case.name] for shape, result in results.items()}
        yield Row(name=case.name, unit=unit, bounds=case.bounds, levels=case.levels, values=values)
    bots = {shape: (result.bot_score,) for shape, result in results.items()}
    yield Row(name="Four bots that post 300 answers a day", unit="score", bounds=(MAX_BOT_SCORE,), values=bots)
    name = f"Honest people: agreement with the order by method {BASE_VERSION}"
    correlations = {shape: (result.correlation,) for shape, result in results.items()}
    yield Row(name=name, unit="rank correlation", bounds=(MIN_CORRELATION,), values=correlations)


def list_claimed_rows(scoring_method: Method, size: Size) -> list[dict[str, Any]]:
    """Return the rows of the table of a home of claimed people only."""
    gains = {}
    for shape, has_lookups in CLAIMED_SHAPES.items():
        with tempfile.TemporaryDirectory() as folder:
            gains[shape] = measure_claimed(Path(folder), scoring_method, size, has_lookups=has_lookups)
    rows = (
        Row(
            name=case.name,
            unit="points gained" if case.levels else "score",
            bounds=case.bounds,
            levels=case.levels,
            values={shape: values[case.name] for shape, values in gains.items()},
        )
        for case in list_claimed_cases(size)
    )
    return [asdict(row) for row in rows]


def is_met(row: Row) -> bool:
    """Return whether all values of a row are within its bounds."""
    if row.bounds is None:
        return True
    sign = -1 if row.unit == "rank correlation" else 1
    return all(
        sign * value <= sign * bound
        for values in row.values.values()
        for value, bound in zip(values, row.bounds, strict=True)
    )


def find_worse_rows(evaluation: Mapping[str, Any], stored: Mapping[str, Any], tolerance: float) -> list[str]:
    """Return the names of the rows of which any value is worse than stored by more than a tolerance, in points."""
    stored_rows = {row["name"]: row["values"] for row in stored["rows"]}
    return [
        row["name"]
        for row in evaluation["rows"]
        for shape, values in row["values"].items()
        if any(
            _worsening(row["unit"], value, before) > tolerance
            for value, before in zip(values, stored_rows[row["name"]][shape], strict=True)
        )
    ]


def _worsening(unit: str, value: float, before: float) -> float:
    """Return by how many points a value is worse; a hundredth of a rank correlation is as much as a point."""
    return 100 * (before - value) if unit == "rank correlation" else value - before


def evaluate(scoring_method: Method, size: Size, results: Mapping[str, ShapeResult]) -> dict[str, Any]:
    """Return the evaluation as it is stored."""
    return {
        "method": scoring_method.version,
        "method_digest": scoring_method.digest,
        "accounts": size.accounts,
        "seeds": SEEDS,
        "days": size.days,
        "others_moved": {shape: result.others_moved for shape, result in results.items()},
        "rows": [asdict(row) for row in list_rows(size, results)],
    }


def measure(scoring_method: Method, size: Size, shapes: Mapping[str, bool], folder: Path) -> dict[str, Any]:
    """Measure all attacks on each shape of the population."""
    results = {}
    for shape_name, has_lists in shapes.items():
        start = time.perf_counter()
        shape_folder = folder / shape_name.replace(" ", "-")
        shape_folder.mkdir()
        shape = create_shape(shape_folder, size, has_lists=has_lists)
        plan = attack_shape(shape, scoring_method, size)
        results[shape_name] = compare_homes(shape, scoring_method, size, plan)
        print(f"{shape_name}: {time.perf_counter() - start:.0f} s", flush=True)
    return evaluate(scoring_method, size, results)


def print_table(evaluation: Mapping[str, Any]) -> None:
    """Print each row with what it may gain, and whether it holds."""
    print(f"{evaluation['accounts']:,} accounts, method {evaluation['method']}")
    for content in (*evaluation["rows"], *evaluation.get("claimed_rows", ())):
        row = Row(**content)
        values = " | ".join(
            "/".join(f"{value:.3f}" if row.unit == "rank correlation" else f"{value:+.2f}" for value in shape_values)
            for shape_values in row.values.values()
        )
        bounds = "/".join(f"{bound:g}" for bound in row.bounds or ())
        verdict = "not stated" if row.bounds is None else "ok" if is_met(row) else "missed"
        levels = f" at {'/'.join(map(str, row.levels))}" if row.levels else ""
        print(f"{row.name}, {row.unit}{levels}: {values} (bound {bounds or 'none'}): {verdict}")
    for shape, (by_fakes, by_accomplices) in evaluation.get("others_moved", {}).items():
        print(
            f"{shape}: 99 of 100 scores of other people move by at most {by_fakes:.2f} points by attacks of fakes, "
            f"by {by_accomplices:.2f} by attacks with accomplices"
        )


def main() -> None:
    """Run the benchmark and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", default="3", help="version or file of the method to measure")
    parser.add_argument("--json", type=Path, help="file to store the result in")
    parser.add_argument("--quick", action="store_true", help="a small population, with lists only")
    parser.add_argument("--claimed", action="store_true", help="only the home of claimed people only")
    args = parser.parse_args()
    shapes = {"with lists": True} if args.quick else SHAPES
    size = QUICK if args.quick else FULL
    scoring_method = method.load_method(Path(args.method))
    if args.claimed:
        evaluation = evaluate(scoring_method, size, {}) | {"rows": []}
    else:
        with tempfile.TemporaryDirectory() as folder:
            evaluation = measure(scoring_method, size, shapes, Path(folder))
    if args.claimed or not args.quick:
        evaluation["claimed_rows"] = list_claimed_rows(scoring_method, size)
    print_table(evaluation)
    if args.json:
        if args.claimed and args.json.exists():
            evaluation = json.loads(args.json.read_text(encoding="utf-8")) | {
                "claimed_rows": evaluation["claimed_rows"]
            }
        args.json.write_text(json.dumps(evaluation, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
