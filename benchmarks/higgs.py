"""
Claim: real acts are imported, scored and explained in a minute and 2 GB.

FILE is the Higgs data set's activity of SNAP as CSV: actor, target, unix_time, kind.

    python benchmarks/higgs.py activity.csv.gz
"""

import argparse
import sys
import tempfile
from pathlib import Path

from measure import renown

SECONDS, MEMORY = 60, 2.0
"""Most that all of it may take: seconds, gigabytes."""


def main() -> None:
    """Print the figures; refuse them where they are too many."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    told = parser.parse_args()
    columns = ("--map", "at=unix_time,verb=kind", "--verbs", "RT=repost,MT=mention,RE=reply")
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        home = Path(folder) / "home"
        spent = {
            "init": renown(home, "init"),
            "import": renown(home, "import", "interactions", told.file, "--network", "x", *columns),
            "score": renown(home, "score", "--day", "2012-07-05"),
            "top": renown(home, "top", "-n", "5"),
            "explain": renown(home, "explain", "x:88", "--top", "3"),
        }
    for name, took in spent.items():
        print(f"{name:8}{took}")
    wall, peak = sum(took.wall for took in spent.values()), max(took.peak for took in spent.values())
    print(f"in all {wall:.1f} s, {peak:.2f} GB at the most")
    if wall > SECONDS or peak > MEMORY:
        sys.exit(f"more than {SECONDS} s or {MEMORY:g} GB")


if __name__ == "__main__":
    main()
