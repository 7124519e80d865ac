"""
Claim: recomputing 90 past days of 1,000 claimed people takes at most twice the CPU seconds of one day of method 2.1.

The claimed people are those with the most reactions, which is the slowest case. The lake has as many acts in the 90
days before the window, which the ledger has not entered.

    python benchmarks/past.py --rows 20000000 --accounts 2000000 --people 1000
"""

import argparse
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from generate import DAYS, END_DAY_NO, generate
from measure import ResourceUsage, run_renown

from renown.home import open_home
from renown.records import day_from_number

LIMIT = 2.0


def measure_run(home: Path, source: Path, *, rows: int, accounts: int, people: int) -> tuple[ResourceUsage, ...]:
    """Import, claim and score; return the usage of the day of method 2.1, of the day of method 3 and of the past."""
    generate(source, rows=rows, accounts=accounts)
    earlier_source = source.with_name("earlier.parquet")
    duckdb.sql(f"""
        copy (select * replace ("at" - {DAYS * 86_400} as "at") from '{source}') to '{earlier_source}'""")
    run_renown(home, "init")
    for file in (source, earlier_source):
        run_renown(home, "import", "interactions", file, "--network", "x")
        file.unlink()
    day = day_from_number(END_DAY_NO)
    day_usage = run_renown(home, "score", "--day", f"{day}", "--method", "2.1")
    claim_leaders(home, people)  # not before, since the day of 2.1 would build a thousand profile pages, too
    ledger_usage = run_renown(home, "score", "--day", f"{day}", "--method", "3")
    first, last = day - timedelta(days=DAYS), day - timedelta(days=1)
    past_usage = run_renown(home, "score", "--claimed", "--from", f"{first}", "--to", f"{last}", "--method", "3")
    check_scores(home, people)
    return day_usage, ledger_usage, past_usage


def claim_leaders(home: Path, people: int) -> None:
    """Claim the accounts with the most reactions: the generator numbers accounts by popularity."""
    store = open_home(home, {}).people
    for number in range(people):
        store.add(f"person{number}", [("x", f"u{number}")], at=datetime.now(UTC))


def check_scores(home: Path, people: int) -> None:
    """Exit with an error if somebody has no recomputed score on a day."""
    days = range(END_DAY_NO - DAYS, END_DAY_NO)
    store = open_home(home, {}).days.recomputed
    scores = [
        row.score
        for number in range(people)
        for row in store.read(-1 - number, day_from_number(days[0]), day_from_number(days[-1]))
    ]
    if len(scores) != people * len(days) or None in scores:
        sys.exit(f"{len(scores)} scores, {scores.count(None)} empty, instead of {people * len(days)}")
    print(f"  {len(scores):,} scores of {people:,} people on {len(days)} days", flush=True)


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--accounts", type=int, default=2_000_000)
    parser.add_argument("--people", type=int, default=1_000)
    args = parser.parse_args()
    print(f"{args.rows:,} interactions in the window and as many before it, {args.accounts:,} accounts")
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        usages = measure_run(
            Path(folder) / "home",
            Path(folder) / "given.parquet",
            rows=args.rows,
            accounts=args.accounts,
            people=args.people,
        )
    for name, usage in zip(("day by 2.1", "first by 3", "past days"), usages, strict=True):
        print(f"  {name}  {usage}")
    ratio = usages[2].cpu / usages[0].cpu
    print(f"the past takes {ratio:.2f} of the CPU seconds of a day of method 2.1; at most {LIMIT:g} are claimed")


if __name__ == "__main__":
    main()
