"""
Claim: 410,134 real interactions are imported, scored and explained within a minute and 2 GB of memory.

FILE is the activity of SNAP's Higgs data set as CSV: actor, target, unix_time, kind.

    python benchmarks/higgs.py activity.csv.gz
"""

import argparse
import sys
import tempfile
from pathlib import Path

from measure import run_renown

SECONDS, MEMORY = 60, 2.0
"""Limits: seconds of all commands, gigabytes of the largest."""


def main() -> None:
    """Run the benchmark and print the results; exit with an error beyond the limits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    args = parser.parse_args()
    columns = ("--map", "at=unix_time,verb=kind", "--verbs", "RT=repost,MT=mention,RE=reply")
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        home = Path(folder) / "home"
        usages = {
            "init": run_renown(home, "init"),
            "import": run_renown(home, "import", "interactions", args.file, "--network", "x", *columns),
            "score": run_renown(home, "score", "--day", "2012-07-05"),
            "top": run_renown(home, "top", "-n", "5"),
            "explain": run_renown(home, "explain", "x:88", "--top", "3"),
        }
    for name, usage in usages.items():
        print(f"{name:8}{usage}")
    wall, peak = sum(usage.wall for usage in usages.values()), max(usage.peak for usage in usages.values())
    print(f"total {wall:.1f} s, peak {peak:.2f} GB")
    if wall > SECONDS or peak > MEMORY:
        sys.exit(f"over the limit of {SECONDS} s or {MEMORY:g} GB")


if __name__ == "__main__":
    main()
