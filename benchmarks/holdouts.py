"""
Claim: a single hold-out of people measures the AUC of a ranking only to within about 0.03.

    python benchmarks/holdouts.py PAIRS

PAIRS is a CSV of judgements with the columns of the default method's own mapping. Each round
holds out 30% of the people, learns weights from pairs of the others, and evaluates them on
pairs of the held-out people, next to followers alone. Prints how both AUCs vary, and the AUC
of the weights in those rounds where followers alone reach about `--followers`.
"""

import argparse
from pathlib import Path

import numpy as np

from renown import method
from renown.engines import open_engine
from renown.research import fit, judgements
from renown.research.judged_people import list_judged_values
from renown.research.pair_differences import compute_pair_differences

HELD_OUT_SHARE = 0.3
MAX_DISTANCE = 0.004
"""Maximum distance of the AUC of followers alone from `--followers`."""
FOLLOWERS = "followers"
"""Name of the value of followers."""


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--times", type=int, default=300)
    parser.add_argument("--followers", type=float, default=0.844)
    parser.add_argument("--floor", type=float, default=0.858)
    args = parser.parse_args()
    default_method = method.load_method()
    judgement_file = judgements.read_judgements(args.pairs, default_method.provenance["mapping"])
    with open_engine("duckdb") as engine:
        differences = compute_pair_differences(judgement_file, default_method, engine)
    names = list_judged_values(judgement_file, default_method)
    rng, results = np.random.default_rng(1), []
    for _ in range(args.times):
        held_out = rng.random(len(judgement_file.received)) < HELD_OUT_SHARE
        first_held_out, second_held_out = held_out[judgement_file.first], held_out[judgement_file.second]
        weights = fit.fit_weights(
            differences[~first_held_out & ~second_held_out],
            judgement_file.first_won[~first_held_out & ~second_held_out],
            default_method.provenance["shrinkage"],
        )
        held_out_pairs, won = (
            differences[first_held_out & second_held_out],
            judgement_file.first_won[first_held_out & second_held_out],
        )
        followers = held_out_pairs[:, names.index(FOLLOWERS)]
        results.append((fit.auc(held_out_pairs @ weights, won), fit.auc(followers, won), len(won)))
    learned_aucs, followers_aucs, pairs = np.array(results).T
    print(
        f"{args.times} hold-outs of {HELD_OUT_SHARE:.0%} of {len(judgement_file.received):,} people, "
        f"{pairs.mean():.0f} pairs on average"
    )
    for name, auc in (
        ("weights", learned_aucs),
        ("followers alone", followers_aucs),
        ("difference", learned_aucs - followers_aucs),
    ):
        print(f"{name:16} {auc.mean():.3f}, standard deviation {auc.std():.3f}")
    near_aucs = learned_aucs[np.abs(followers_aucs - args.followers) < MAX_DISTANCE]
    print(f"{(learned_aucs >= args.floor).mean():.0%} of the hold-outs reach {args.floor}")
    print(f"weights where followers alone have {args.followers}: {near_aucs.mean():.3f} ({len(near_aucs)} hold-outs)")


if __name__ == "__main__":
    main()
