"""
Claim: the profiles of 1,000 claimed people are built in less than 40 CPU seconds, with what changed since a day before.

The claimed people are those with the most reactions, which is the slowest case.

    python benchmarks/profiles.py --rows 2000000 --accounts 200000 --people 1000
"""

import argparse
import sys
import tempfile
from pathlib import Path

from generate import END_DAY_NO, generate
from measure import run_renown
from past import claim_leaders
from step_profile import measure_cpu

from renown.home import open_home
from renown.records import day_from_number
from renown.runs.profiles import build_profiles

LIMIT = 40.0
"""CPU seconds for 1,000 people."""


def create_scored_home(home: Path, rows: int, accounts: int, people: int) -> None:
    """Import interactions, let people claim the leading accounts, and score two days."""
    source = home.with_suffix(".parquet")
    generate(source, rows=rows, accounts=accounts)
    run_renown(home, "init")
    run_renown(home, "import", "interactions", source, "--network", "x")
    source.unlink()
    claim_leaders(home, people)
    for day_no in (END_DAY_NO - 1, END_DAY_NO):
        run_renown(home, "score", "--day", f"{day_from_number(day_no)}")


def measure_profiles(home_folder: Path) -> tuple[int, float]:
    """Build all profiles of the latest day; return their number and the CPU seconds."""
    home = open_home(home_folder, {})
    day = home.days.find()
    start = measure_cpu()
    built = build_profiles(
        home.reader, home.lake, home.people, home.profiles, day, previous_day=home.days.find_previous(day)
    )
    return built, measure_cpu() - start


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--accounts", type=int, default=200_000)
    parser.add_argument("--people", type=int, default=1_000)
    args = parser.parse_args()
    print(f"{args.rows:,} interactions, {args.accounts:,} accounts, {args.people:,} claimed people")
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        home = Path(folder) / "home"
        create_scored_home(home, args.rows, args.accounts, args.people)
        built, cpu = measure_profiles(home)
    if built != args.people:
        sys.exit(f"{built} profiles, not {args.people}")
    print(f"  {built:,} profiles: {cpu:.1f} CPU s, {1000 * cpu / built:.0f} ms each; at most {LIMIT:g} s are claimed")


if __name__ == "__main__":
    main()
