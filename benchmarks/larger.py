"""
Claim: two hundred million interactions are imported and scored in 4 GB of memory, spilling to disk.

Takes about half an hour and 40 GB of disk.

    python benchmarks/larger.py --rows 200000000 --accounts 10000000
"""

import argparse
import sys
import tempfile
from pathlib import Path

from generate import END_DAY_NO, generate
from measure import Spent, renown
from scoring import points_add_up

from renown.records import day_of

MEMORY = 4.0
"""Gigabytes."""


def tell(what: str, rows: int, spent: Spent) -> None:
    """Print what a part took; refuse it where it took too much memory."""
    print(f"{what:8}{spent}  {rows / spent.cpu / 1e6:5.2f} M rows a CPU second", flush=True)
    if spent.peak > MEMORY:
        sys.exit(f"{what} took {spent.peak:.2f} GB, more than {MEMORY:g}")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000_000)
    parser.add_argument("--accounts", type=int, default=10_000_000)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        home, given = Path(folder) / "home", Path(folder) / "given.parquet"
        generate(given, rows=told.rows, accounts=told.accounts)
        renown(home, "init")
        tell("import", told.rows, renown(home, "import", "interactions", given, "--network", "x"))
        given.unlink()
        tell("score", told.rows, renown(home, "score", "--day", day_of(END_DAY_NO).isoformat()))
        points_add_up(home)


if __name__ == "__main__":
    main()
