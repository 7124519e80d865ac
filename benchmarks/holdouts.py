"""
Claim: what one hold-out of people says of an order of people is known to three hundredths of AUC, no better.

    python benchmarks/holdouts.py PAIRS

PAIRS are judgements in the columns of the default method's own mapping. Each time three
people in ten are set apart, weights are learned from pairs of the others and judged on pairs
of those set apart, beside followers alone. Prints how both vary, and what the weights reach
where followers alone reach about as much as asked (`--followers`).
"""

import argparse
from pathlib import Path

import numpy as np

from renown import jobs, method
from renown.connectors import judgements
from renown.engines import open_engine
from renown.method import learning

APART = 0.3
NEAR = 0.004
"""How far followers alone may be from what was asked."""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--times", type=int, default=300)
    parser.add_argument("--followers", type=float, default=0.844)
    parser.add_argument("--floor", type=float, default=0.858)
    told = parser.parse_args()
    used = method.load()
    judged = judgements.read(told.pairs, used.provenance["mapping"])
    with open_engine("duckdb") as engine:
        differences = jobs.learn.of_pairs(judged, used, engine)
    draw, found = np.random.default_rng(1), []
    for _ in range(told.times):
        apart = draw.random(len(judged.received)) < APART
        one, other = apart[judged.first], apart[judged.second]
        weights = learning.fit(differences[~one & ~other], judged.won[~one & ~other], used.provenance["shrinkage"])
        asked, won = differences[one & other], judged.won[one & other]
        followers = asked[:, judged.signals.index("audience")]
        found.append((learning.auc(asked @ weights, won), learning.auc(followers, won), len(won)))
    learned, alone, pairs = np.array(found).T
    print(f"{told.times} hold-outs of {APART:.0%} of {len(judged.received):,} people, {pairs.mean():.0f} pairs each")
    for name, auc in (("weights", learned), ("followers alone", alone), ("difference", learned - alone)):
        print(f"{name:16} {auc.mean():.3f}, standard deviation {auc.std():.3f}")
    near = learned[np.abs(alone - told.followers) < NEAR]
    print(f"{told.floor} is reached by {(learned >= told.floor).mean():.0%} of the hold-outs")
    print(f"where followers alone have {told.followers}: {near.mean():.3f} ({len(near)} of the hold-outs)")


if __name__ == "__main__":
    main()
