"""
Claim: erasing five people together takes less than twice as long as erasing one, and the next night less than a build.

    python benchmarks/erasing.py --rows 2000000 --accounts 200000
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from generate import END_DAY_NO
from measure import ResourceUsage, run_renown
from scoring import create_home, score_day

from renown.home import open_home

PEOPLE = [f"person-{number}" for number in range(1, 10, 2)]
"""People with accounts that many react to."""


def erase(home: Path, names: list[str]) -> ResourceUsage:
    """Erase people, and exit with an error unless they are gone."""
    usage = run_renown(home, "forget", *names, "--yes")
    if remaining := {person.name for person in open_home(home, {}).people.all()} & set(names):
        sys.exit(f"{sorted(remaining)} were not erased")
    return usage


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--accounts", type=int, default=200_000)
    args = parser.parse_args()
    print(f"{args.rows:,} interactions, {args.accounts:,} accounts")
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        home = create_home(Path(folder), args.rows, args.accounts)
        build, _ = score_day(home, END_DAY_NO - 1, "3")
        print(f"  {'first build':24}{build}")
        for names in ([], PEOPLE[:1], PEOPLE):
            copy = Path(folder) / str(len(names)) / "home"
            shutil.copytree(home, copy)
            label = f"{len(names)} erased"
            if names:
                print(f"  {label:24}{erase(copy, names)}")
            night, _ = score_day(copy, END_DAY_NO, "3")
            print(f"  {f'night, {label}':24}{night}  {night.cpu / build.cpu:5.2f} of the first build", flush=True)


if __name__ == "__main__":
    main()
