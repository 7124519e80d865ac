"""
What each constant of the method is worth: change one, judge again.

    python benchmarks/constants.py HIGGS KLOUT PAIRS

HIGGS is the gzipped CSV of acts (actor, target, unix_time, kind), KLOUT accounts with
their Klout scores, PAIRS judgements in the columns of the method's own mapping. Prints
what the default method reaches on the three evaluations, and what it would with one
constant changed.
"""

import argparse
import dataclasses
import tempfile
from datetime import date
from pathlib import Path

from measure import renown

from renown import jobs, method
from renown.assembly import open_home
from renown.connectors import judgements, klout_scores
from renown.engines import open_engine
from renown.method import Constant, Method, learning

COLUMNS = ("--map", "at=unix_time,verb=kind", "--verbs", "RT=repost,MT=mention,RE=reply")
CUT, HORIZON = date(2012, 7, 4), 1
CHANGES = {
    "fast_share": (0, 0.5, 0.7, 0.9),
    "fast_half_life_days": (0.5, 2),
    "chance_people": (0, 1, 3),
    "trust_full_strength": (1e4, 1e6),
    "trust_unknown": (0.2,),
    "trust_floor": (0.01, 0.2),
    "selectivity_accounts": (10, 1000),
    "pair_acts_limit": (1,),
    "presumed_lists": (0, 2),
}
RATES = {"curation": (87, 165), "amplification": (16, 165), "conversation": (5, 54)}


def changed(base: Method, name: str, value: float) -> Method:
    """Return the method with another value of a constant."""
    constants = dict(base.constants) | {name: dataclasses.replace(base.constants[name], value=float(value))}
    return dataclasses.replace(base, constants=constants)


def rated(base: Method, name: str, value: float) -> Method:
    """Return the method with another rate of a signal."""
    signals = tuple(
        dataclasses.replace(signal, rate=Constant(float(value), signal.rate.unit, "tried"))
        if signal.name == name
        else signal
        for signal in base.signals
    )
    return dataclasses.replace(base, signals=signals)


def main() -> None:
    """Print a line for each change."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    for name in ("higgs", "klout", "pairs"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args()
    base = method.load()
    tried = {"as it is": base}
    tried |= {f"{name} {value:g}": changed(base, name, value) for name, values in CHANGES.items() for value in values}
    tried |= {f"rate of {name} {value}": rated(base, name, value) for name, values in RATES.items() for value in values}
    judged = judgements.read(given.pairs, base.provenance["mapping"])
    scores = klout_scores.read(given.klout)
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        where = Path(folder) / "home"
        renown(where, "init")
        renown(where, "import", "interactions", given.higgs, "--network", "x", *COLUMNS)
        home = open_home(where, {})
        print(f"{'':28}  spread all  reposted 5+  Klout RMSE   bias  Spearman  pairs AUC")
        for name, one in tried.items():
            spread = jobs.spread.foretell(home.reader, home.lake, one, cut=CUT, horizon=HORIZON).rows[0]
            with open_engine("duckdb") as engine:
                scale = jobs.scale.klout(scores, one, engine, seed=1).rows[0]
                differences = jobs.learn.of_pairs(judged, one, engine)
            weights = {signal.name: signal.weight.value for signal in one.signals}
            auc = learning.auc(differences @ [weights[signal] for signal in judged.signals], judged.won)
            print(
                f"{name:28}  {spread.every:10.4f}  {spread.active:11.4f}  {scale.rmse:10.2f}  {scale.bias:+5.2f}"
                f"  {scale.spearman:8.3f}  {auc:9.4f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
