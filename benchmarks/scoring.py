"""
Claim: a day is scored at 0.9 M interactions a CPU second and 0.6 of a bare group-by, in linear time, under 4 GB.

The yardstick, in the same run: acts, exact distinct actors and exact distinct posts of every target.

    python benchmarks/scoring.py --rows 20000000 --accounts 2000000
"""

import argparse
import sys
import tempfile
from pathlib import Path

import duckdb
from generate import END_DAY_NO, generate
from measure import Spent, renown, spend

from renown.records import day_of

ROUNDING = 1e-9
DATABASE = duckdb.connect()
DATABASE.execute("set enable_progress_bar = false")
YARDSTICK = """
import duckdb
connection = duckdb.connect(config={{"memory_limit": "3GB", "threads": 2, "temp_directory": "{folder}/spill"}})
connection.execute("set enable_progress_bar = false")
connection.execute('''
  copy (
    select target, count(*) as acts, count(distinct actor) as actors, count(distinct post) as posts
    from read_parquet('{home}/lake/interactions/*/*/*.parquet') group by target
  ) to '{folder}/yardstick.parquet' ''')
"""


def measured(folder: Path, rows: int, accounts: int) -> tuple[Spent, Spent]:
    """Import and score so many rows; return what the score and the yardstick took."""
    home, given = folder / "home", folder / "given.parquet"
    generate(given, rows=rows, accounts=accounts)
    renown(home, "init")
    renown(home, "import", "interactions", given, "--network", "x")
    given.unlink()
    scored = renown(home, "score", "--day", day_of(END_DAY_NO).isoformat())
    yardstick = spend([sys.executable, "-c", YARDSTICK.format(home=home, folder=folder)])
    check(home, folder)
    return scored, yardstick


def check(home: Path, folder: Path) -> None:
    """Refuse figures of a day whose points do not add up, or that misses somebody whom others acted on."""
    published = points_add_up(home)
    lost = DATABASE.execute(f"""
        select count(*) from '{folder}/yardstick.parquet' y
        anti join '{published}/strengths/*.parquet' s on s.account = y.target
        where y.actors > 1""").fetchall()[0][0]
    if lost:
        sys.exit(f"{lost:,} targets have no score")


def points_add_up(home: Path) -> Path:
    """Refuse a day on which anybody's points do not sum to their score; return where it was published."""
    published = next((home / "published").glob("*/*/*"))
    worst, scored = DATABASE.execute(f"""
        select max(abs(s.score - 1 - coalesce(p.points, 0))), count(*)
        from '{published}/scores/*.parquet' s
        left join (select person, sum(points) as points from '{published}/points/*.parquet' group by person) p
          on p.person = s.person""").fetchall()[0]
    if worst > ROUNDING:
        sys.exit(f"points differ from scores by up to {worst}")
    print(f"  {scored:,} people scored; points sum to the score of each to {worst:.0e}", flush=True)
    return published


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--accounts", type=int, default=2_000_000)
    told = parser.parse_args()
    found = []
    for times in (1, 2):
        rows = told.rows * times
        print(f"{rows:,} interactions, {told.accounts:,} accounts")
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
            scored, yardstick = measured(Path(folder), rows, told.accounts)
        found.append(scored)
        print(f"  score      {scored}  {rows / scored.cpu / 1e6:5.2f} M rows a CPU second")
        print(f"  yardstick  {yardstick}  {rows / yardstick.cpu / 1e6:5.2f} M rows a CPU second")
        print(f"  the score runs at {yardstick.cpu / scored.cpu:.2f} of the yardstick")
    cpu, wall = found[1].cpu / found[0].cpu, found[1].wall / found[0].wall
    print(f"twice the rows take {cpu:.2f} times the CPU seconds, {wall:.2f} times the time")


if __name__ == "__main__":
    main()
