"""
Judge the method that comes with renown again, for its model card.

    python docs/evaluations/evaluate.py HIGGS KLOUT PAIRS

HIGGS is the gzipped CSV of acts on Twitter (actor, target, unix_time, kind), KLOUT accounts
with the scores that Klout gave them, PAIRS judgements in the columns of the method's mapping.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from typer.testing import CliRunner

from renown import cli, method

HERE = Path(__file__).parent
KEPT = Path(method.__file__).parent / "evaluations"
"""They come with the package, for the API to tell."""
COLUMNS = ("--map", "at=unix_time,verb=kind", "--verbs", "RT=repost,MT=mention,RE=reply")


def renown(home: Path, *words: str | Path) -> str:
    """Run a command; return what it printed."""
    done = CliRunner().invoke(cli.app, ["--home", str(home), *map(str, words)])
    if done.exit_code:
        sys.exit(f"renown {' '.join(map(str, words))}: {done.exception or done.output}")
    return done.stdout


def main() -> None:
    """Write a JSON file and a plot for each evaluation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("higgs", "klout", "pairs"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        renown(home, "init")
        renown(home, "import", "interactions", given.higgs, "--network", "x", *COLUMNS)
        asked = {
            "pairs": ("pairs", given.pairs),
            "klout": ("klout", given.klout),
            "spread": ("spread", "--cut", "2012-07-04", "--horizon", "1"),
        }
        for name, words in asked.items():
            told = renown(home, "evaluate", *words, "--json", "--plot", HERE / f"{name}.svg")
            (KEPT / f"{name}.json").write_text(told, encoding="utf-8")
        learned = Path(folder) / "learned.toml"
        renown(home, "learn", "pairs", given.pairs, "--to", learned, "--plot", HERE / "weights.svg")


if __name__ == "__main__":
    main()
