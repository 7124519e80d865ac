"""
Measure what each constant of the method is worth: change one constant, evaluate again.

    python benchmarks/constants.py HIGGS KLOUT PAIRS

HIGGS is a gzipped CSV of interactions (actor, target, unix_time, kind), KLOUT a CSV of
accounts with their Klout scores, PAIRS a CSV of judgements with the columns of the
method's own mapping. Prints the results of the default method on the three evaluations,
and those with one constant changed.
"""

import argparse
import dataclasses
import tempfile
from datetime import date
from pathlib import Path

from measure import run_renown

from renown import method
from renown.engines import open_engine
from renown.home import open_home
from renown.method.constants import Constant
from renown.method.file import Method
from renown.research import fit, judgements, klout
from renown.research import spread as research_spread
from renown.research.judged_people import list_judged_values
from renown.research.learned_method import list_weights
from renown.research.pair_differences import compute_pair_differences

COLUMNS = ("--map", "at=unix_time,verb=kind", "--verbs", "RT=repost,MT=mention,RE=reply")
CUT, HORIZON = date(2012, 7, 4), 1
CHANGES = {
    "attention_accounts": (1, 4, 8),
    "presumed_reactions": (0, 100, 400),
    "followers_limit": (1, 3, 10, 300),
    "lists_limit": (1.5, 30),
    "stranger_share": (0.05, 0.2),
    "stranger_unit": (0.0002, 0.001),
    "fast_share": (0, 0.5, 0.7, 0.9),
    "fast_half_life_days": (0.5, 2),
    "chance_people": (0, 1, 3),
    "trust_full_strength": (1e4, 1e6),
    "trust_unknown": (0.2,),
    "trust_floor": (0.005, 0.01, 0.2),
    "selectivity_accounts": (10, 1000),
    "pair_acts_limit": (1,),
    "presumed_lists": (0, 2, 200, 800),
}
"""Constant to the values to try; constants that the method does not have are left out."""
RATES = {"curation": (87, 165), "amplification": (16, 165), "conversation": (5, 54)}
LEDGER_RATES = {"audience": (3, 5), "conversation": (0.2, 0.5), "approval": (0.05, 0.2)}
"""Rates of a method with a ledger, in reposts of a fully trusted person."""


def with_constant(base: Method, name: str, value: float) -> Method:
    """Return a copy of the method with another value of a constant."""
    constants = dict(base.constants) | {name: dataclasses.replace(base.constants[name], value=float(value))}
    return dataclasses.replace(base, constants=constants)


def with_rate(base: Method, name: str, value: float) -> Method:
    """Return a copy of the method with another exchange rate of a signal."""
    signals = tuple(
        dataclasses.replace(signal, rate=Constant(float(value), signal.rate.unit, "tried"))
        if signal.name == name
        else signal
        for signal in base.signals
    )
    return dataclasses.replace(base, signals=signals)


def main() -> None:
    """Run the evaluations and print a line per change."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    for name in ("higgs", "klout", "pairs"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--method", type=Path, help="version or file of a method; default: the included one")
    args = parser.parse_args()
    base = method.load_method(args.method)
    methods, rates = {"unchanged": base}, LEDGER_RATES if base.has_ledger else RATES
    methods |= {
        f"{name} {value:g}": with_constant(base, name, value)
        for name, values in CHANGES.items()
        if name in base.constants
        for value in values
        if value != base[name]
    }
    methods |= {
        f"rate of {name} {value}": with_rate(base, name, value) for name, values in rates.items() for value in values
    }
    judgement_file = judgements.read_judgements(args.pairs, base.provenance["mapping"])
    scores = klout.read_klout_scores(args.klout)
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        home_path = Path(folder) / "home"
        run_renown(home_path, "init")
        run_renown(home_path, "import", "interactions", args.higgs, "--network", "x", *COLUMNS)
        home = open_home(home_path, {})
        print(f"{'':28}  spread all  reposted 5+  Klout RMSE   bias  Spearman  pairs AUC")
        for name, variant in methods.items():
            spread = research_spread.evaluate_spread(home.reader, home.lake, variant, cut=CUT, horizon=HORIZON).rows[0]
            with open_engine("duckdb") as engine:
                scale = klout.evaluate_klout(scores, variant, engine, seed=1).rows[0]
                differences = compute_pair_differences(judgement_file, variant, engine)
            weights = list_weights(variant)
            names = list_judged_values(judgement_file, variant) if variant.has_ledger else judgement_file.signals
            auc = fit.auc(differences @ [weights[name] for name in names], judgement_file.first_won)
            print(
                f"{name:28}  {spread.every:10.4f}  {spread.active:11.4f}  {scale.rmse:10.2f}  {scale.bias:+5.2f}"
                f"  {scale.spearman:8.3f}  {auc:9.4f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
