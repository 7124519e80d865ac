"""
Evaluate the included methods again, for their model cards.

    python docs/evaluations/evaluate.py HIGGS KLOUT PAIRS

HIGGS is a gzipped CSV of interactions on Twitter (actor, target, unix_time, kind), KLOUT a CSV
of accounts with the scores that Klout gave them, PAIRS a CSV of judgements with the columns of
the methods' own mapping. `--method VERSION` evaluates only one version.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from typer.testing import CliRunner

from renown import cli, method

HERE = Path(__file__).parent
PACKAGE = Path(method.__file__).parent
EVALUATIONS = PACKAGE / "evaluations"
"""Included in the package, in one folder per version: the API serves them."""
CUTS = "2012-07-04,2012-07-04T06:00,2012-07-04T12:00,2012-07-04T18:00"
COLUMNS = ("--map", "at=unix_time,verb=kind", "--verbs", "RT=repost,MT=mention,RE=reply")


def run_renown(home: Path, *arguments: str | Path) -> str:
    """Run a command; return its output."""
    result = CliRunner().invoke(cli.app, ["--home", str(home), *map(str, arguments)])
    if result.exit_code:
        sys.exit(f"renown {' '.join(map(str, arguments))}: {result.exception or result.output}")
    return result.stdout


def evaluate(home: Path, version: str, args: argparse.Namespace) -> None:
    """Write a JSON file and a plot of each evaluation of one version."""
    results, plots = EVALUATIONS / version, HERE / version
    evaluations = {
        "pairs": ("pairs", args.pairs),
        "klout": ("klout", args.klout),
        "spread": ("spread", "--cut", CUTS, "--horizon", "1"),
        "coverage": ("coverage", args.pairs),
    }
    for folder in (results, plots):
        folder.mkdir(exist_ok=True)
    for name, arguments in evaluations.items():
        plot = ("--plot", plots / f"{name}.svg")
        output = run_renown(home, "evaluate", *arguments, "--method", version, "--json", *plot)
        (results / f"{name}.json").write_text(output, encoding="utf-8")
    learned_method = home.parent / f"{version}-learned.toml"
    plot = ("--plot", plots / "weights.svg")
    run_renown(home, "learn", "pairs", args.pairs, "--method", version, "--to", learned_method, *plot)


def main() -> None:
    """Evaluate each version."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("higgs", "klout", "pairs"):
        parser.add_argument(name, type=Path)
    versions = sorted(file.stem for file in (PACKAGE / "versions").glob("*.toml"))
    parser.add_argument("--method", choices=versions)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        run_renown(home, "init")
        run_renown(home, "import", "interactions", args.higgs, "--network", "x", *COLUMNS)
        for version in [args.method] if args.method else versions:
            evaluate(home, version, args)


if __name__ == "__main__":
    main()
