"""
Claim: scoring a day takes linear time and under 4 GB: 0.9 M interactions per CPU second, 0.6 of a plain group-by.

The baseline, in the same run: number of interactions, distinct actors and distinct posts of each target, exactly.

    python benchmarks/scoring.py --rows 20000000 --accounts 2000000
"""

import argparse
import sys
import tempfile
from pathlib import Path

import duckdb
from generate import END_DAY_NO, generate
from measure import ResourceUsage, measure_process, run_renown

from renown.records import day_from_number

ROUNDING = 1e-9
DATABASE = duckdb.connect()
DATABASE.execute("set enable_progress_bar = false")
BASELINE = """
import duckdb
connection = duckdb.connect(config={{"memory_limit": "3GB", "threads": 2, "temp_directory": "{folder}/spill"}})
connection.execute("set enable_progress_bar = false")
connection.execute('''
  copy (
    select target, count(*) as acts, count(distinct actor) as actors, count(distinct post) as posts
    from read_parquet('{home}/lake/interactions/*/*/*.parquet') group by target
  ) to '{folder}/yardstick.parquet' ''')
"""


def measure_run(folder: Path, rows: int, accounts: int) -> tuple[ResourceUsage, ResourceUsage]:
    """Import and score so many rows; return the resource usage of scoring and of the baseline."""
    home, source = folder / "home", folder / "given.parquet"
    generate(source, rows=rows, accounts=accounts)
    run_renown(home, "init")
    run_renown(home, "import", "interactions", source, "--network", "x")
    source.unlink()
    score_usage = run_renown(home, "score", "--day", day_from_number(END_DAY_NO).isoformat())
    baseline_usage = measure_process([sys.executable, "-c", BASELINE.format(home=home, folder=folder)])
    check_scores(home, folder)
    return score_usage, baseline_usage


def check_scores(home: Path, folder: Path) -> None:
    """Exit with an error if points do not add up to scores, or a target of interactions has no score."""
    day_folder = check_points(home)
    missing_targets = DATABASE.execute(f"""
        select count(*) from '{folder}/yardstick.parquet' y
        anti join '{day_folder}/strengths/*.parquet' s on s.account = y.target
        where y.actors > 1""").fetchall()[0][0]
    if missing_targets:
        sys.exit(f"{missing_targets:,} targets have no score")


def check_points(home: Path) -> Path:
    """Exit with an error if any person's points do not add up to the score; return the folder of the published day."""
    day_folder = next((home / "published").glob("*/*/*"))
    max_difference, people = DATABASE.execute(f"""
        select max(abs(s.score - 1 - coalesce(p.points, 0))), count(*)
        from '{day_folder}/scores/*.parquet' s
        left join (select person, sum(points) as points from '{day_folder}/points/*.parquet' group by person) p
          on p.person = s.person""").fetchall()[0]
    if max_difference > ROUNDING:
        sys.exit(f"points differ from scores by up to {max_difference}")
    print(f"  {people:,} people scored; points add up to each score, within {max_difference:.0e}", flush=True)
    return day_folder


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--accounts", type=int, default=2_000_000)
    args = parser.parse_args()
    usages = []
    for factor in (1, 2):
        rows = args.rows * factor
        print(f"{rows:,} interactions, {args.accounts:,} accounts")
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
            score_usage, baseline_usage = measure_run(Path(folder), rows, args.accounts)
        usages.append(score_usage)
        print(f"  score      {score_usage}  {rows / score_usage.cpu / 1e6:5.2f} M rows per CPU second")
        print(f"  baseline   {baseline_usage}  {rows / baseline_usage.cpu / 1e6:5.2f} M rows per CPU second")
        print(f"  scoring runs at {baseline_usage.cpu / score_usage.cpu:.2f} of the speed of the baseline")
    cpu, wall = usages[1].cpu / usages[0].cpu, usages[1].wall / usages[0].wall
    print(f"twice the rows take {cpu:.2f} times the CPU seconds, {wall:.2f} times the wall time")


if __name__ == "__main__":
    main()
