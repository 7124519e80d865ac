"""
Evaluate the included method again, for its model card.

    python docs/evaluations/evaluate.py HIGGS KLOUT PAIRS

HIGGS is a gzipped CSV of interactions on Twitter (actor, target, unix_time, kind), KLOUT a CSV
of accounts with the scores that Klout gave them, PAIRS a CSV of judgements with the columns of
the method's own mapping.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from typer.testing import CliRunner

from renown import cli, method

HERE = Path(__file__).parent
EVALUATIONS = Path(method.__file__).parent / "evaluations"
"""Included in the package: the API serves them."""
COLUMNS = ("--map", "at=unix_time,verb=kind", "--verbs", "RT=repost,MT=mention,RE=reply")


def run_renown(home: Path, *arguments: str | Path) -> str:
    """Run a command; return its output."""
    result = CliRunner().invoke(cli.app, ["--home", str(home), *map(str, arguments)])
    if result.exit_code:
        sys.exit(f"renown {' '.join(map(str, arguments))}: {result.exception or result.output}")
    return result.stdout


def main() -> None:
    """Write a JSON file and a plot of each evaluation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("higgs", "klout", "pairs"):
        parser.add_argument(name, type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        run_renown(home, "init")
        run_renown(home, "import", "interactions", args.higgs, "--network", "x", *COLUMNS)
        evaluations = {
            "pairs": ("pairs", args.pairs),
            "klout": ("klout", args.klout),
            "spread": ("spread", "--cut", "2012-07-04", "--horizon", "1"),
        }
        for name, arguments in evaluations.items():
            output = run_renown(home, "evaluate", *arguments, "--json", "--plot", HERE / f"{name}.svg")
            (EVALUATIONS / f"{name}.json").write_text(output, encoding="utf-8")
        method_file = Path(folder) / "learned.toml"
        run_renown(home, "learn", "pairs", args.pairs, "--to", method_file, "--plot", HERE / "weights.svg")


if __name__ == "__main__":
    main()
