"""
Claim: a night on Spark (`local[*]`) takes at most 60 seconds of fixed cost, and publishes the same bits as on DuckDB.

DuckDB builds the ledger of a small home; then both engines score the next day, each in a copy of the home.

    python benchmarks/spark_night.py --rows 120000 --accounts 2500
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import duckdb
from generate import END_DAY_NO
from measure import ResourceUsage, run_renown
from scoring import create_home

from renown.records import day_from_number

LIMIT = 60.0
"""Seconds."""
DATABASE = duckdb.connect()
VERIFIED_PEOPLE = 50
TABLES = ("scores", "strengths", "carry/*/totals", "carry/*/reactors")
"""Published and carried tables that have to be equal."""


def score_night(engine_home: Path, engine: str) -> ResourceUsage:
    """Score the last day on an engine."""
    os.environ["RENOWN_ENGINE"] = engine
    return run_renown(engine_home, "score", "--day", day_from_number(END_DAY_NO).isoformat())


def check_tables(homes: dict[str, Path]) -> None:
    """Exit with an error unless both engines published and carried the same rows."""
    for table in TABLES:
        first, second = (f"select * from read_parquet({list_files(home, table)})" for home in homes.values())
        (rows,) = DATABASE.execute(f"select count(*) from ({first})").fetchall()[0]
        (differing,) = DATABASE.execute(
            f"select count(*) from (({first} except all {second}) union all ({second} except all {first}))"
        ).fetchall()[0]
        if differing or not rows:
            sys.exit(f"{differing:,} of {rows:,} rows of {table} differ between the engines")
        print(f"  {rows:,} rows of {table.rpartition('/')[2]} are the same bits on both engines", flush=True)


def list_files(home: Path, table: str) -> list[str]:
    """List the files of a table of the last published day, or of the sums carried to it."""
    folder = (
        home / "ledger" / "3"
        if table.startswith("carry")
        else max((home / "published").glob("*/*/*"), key=lambda path: path.stat().st_mtime_ns)
    )
    return [str(file) for file in folder.glob(f"{table}/*.parquet")]


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=120_000)
    parser.add_argument("--accounts", type=int, default=2_500)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        home = create_home(Path(folder), args.rows, args.accounts, people=VERIFIED_PEOPLE)
        run_renown(home, "score", "--day", day_from_number(END_DAY_NO - 1).isoformat())
        homes = {engine: Path(folder) / engine for engine in ("duckdb", "spark")}
        for engine, engine_home in homes.items():
            shutil.copytree(home, engine_home)
            usage = score_night(engine_home, engine)
            print(f"  night on {engine:7} {usage}", flush=True)
        check_tables(homes)
    if usage.wall > LIMIT:
        sys.exit(f"the night on Spark took {usage.wall:.0f} seconds, more than {LIMIT:.0f}")


if __name__ == "__main__":
    main()
