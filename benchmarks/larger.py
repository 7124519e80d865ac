"""
Claim: 200 million interactions are imported and scored within 4 GB of memory, by spilling to disk.

Takes about half an hour and 40 GB of disk.

    python benchmarks/larger.py --rows 200000000 --accounts 10000000
"""

import argparse
import sys
import tempfile
from pathlib import Path

from generate import END_DAY_NO, generate
from measure import ResourceUsage, run_renown
from scoring import check_points, verify_people

from renown.records import day_from_number

MEMORY = 4.0
"""Memory limit in gigabytes."""


def report_usage(label: str, rows: int, usage: ResourceUsage) -> None:
    """Print the cost of a command; exit with an error if it used too much memory."""
    print(f"{label:8}{usage}  {rows / usage.cpu / 1e6:5.2f} M rows per CPU second", flush=True)
    if usage.peak > MEMORY:
        sys.exit(f"{label} used {usage.peak:.2f} GB, more than {MEMORY:g}")


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000_000)
    parser.add_argument("--accounts", type=int, default=10_000_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        home, source = Path(folder) / "home", Path(folder) / "given.parquet"
        generate(source, rows=args.rows, accounts=args.accounts)
        run_renown(home, "init")
        report_usage("import", args.rows, run_renown(home, "import", "interactions", source, "--network", "x"))
        source.unlink()
        verify_people(home, args.accounts)
        report_usage("score", args.rows, run_renown(home, "score", "--day", day_from_number(END_DAY_NO).isoformat()))
        check_points(home)


if __name__ == "__main__":
    main()
