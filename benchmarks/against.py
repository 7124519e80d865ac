"""
Claim: the method on DuckDB takes several times less CPU than on PySpark, and than the same written for pandas.

All three score the same file; the scores are compared before the times are.

    python benchmarks/against.py --rows 2000000 --accounts 200000
"""

import argparse
import math
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
from generate import END_DAY_NO, generate
from measure import renown, spend

from renown import method
from renown.records import day_of

if TYPE_CHECKING:
    import pandas as pd

ROUNDING = 1e-9


def by_pandas(given: str | Path, out: str | Path) -> None:
    """Score a file of acts, without profiles or yesterday, as anybody would write it for pandas."""
    import pandas as pd  # noqa: PLC0415 - only this process pays for it

    told = method.load()
    acts = pd.read_parquet(given).drop_duplicates()
    age = END_DAY_NO - acts["at"] // 86_400
    acts = acts[(age >= 0) & (age < told["window_days"]) & (acts["actor"] != acts["target"])]
    signal = {verb: each.number for each in told.signals for verb in each.verbs}
    left = [told["fast_share"] * 2 ** (-days / told["fast_half_life_days"]) for days in range(int(told["window_days"]))]
    left = [fast + (1 - told["fast_share"]) * 2 ** (-days / told["half_life_days"]) for days, fast in enumerate(left)]
    acts = acts.assign(signal=acts["verb"].map(signal), decay=age.map([round(1e6 * each) for each in left].__getitem__))
    pairs = acts.groupby(["target", "actor", "signal"], sort=False)["decay"].sum().reset_index()
    targets = pairs.groupby(["actor", "signal"])["target"].transform("size")
    attention = np.floor(1e6 * np.minimum(1, np.sqrt(told["selectivity_accounts"] / targets)) + 0.5)
    weight = np.floor(attention * math.floor(1e6 * told["trust_unknown"] + 0.5) / 1e6 + 0.5)
    step = np.minimum(pairs["decay"] // 1000, int(told["pair_acts_limit"]) * 1000)
    pairs["received"] = np.floor(weight * (1e6 * np.log2(1 + step / 1000)).round() / 1e6)
    score_of(pairs, told).to_parquet(out)


def score_of(pairs: "pd.DataFrame", told: method.Method) -> "pd.DataFrame":
    """Return the scores of what every actor gave every target of a signal."""
    shown = [each for each in told.signals if each.verbs]
    reached = pairs.groupby(["target", "signal"])["received"].agg(["sum", "size"]).reset_index()
    people = reached.groupby("target")["size"].transform("sum")
    rate = reached["signal"].map({each.number: each.rate.value for each in shown})
    meant = (people - told["chance_people"]).clip(lower=0) / people
    share = reached["signal"].map({each.number: each.weight.value for each in shown})
    reached["part"] = np.log1p(reached["sum"] / 1e6 * rate * meant) * share
    strength = np.expm1(reached.groupby("target")["part"].sum() / sum(each.weight.value for each in shown))
    score = np.minimum(100, 1 + 99 * np.log10(1 + strength) / told["score_decades"])
    return score.rename("score").to_frame()


def published(home: Path) -> str:
    """Return SQL for (target, score) of the published day."""
    folder = next((home / "published").glob("*/*/*"))
    return f"select split_part(name, ':', 2) as target, score from '{folder}/scores/*.parquet'"


def differences(one: str, other: str) -> tuple[int, int, float]:
    """Return how many were scored by both, how many are missing on one side, and the largest difference of scores."""
    both, missing, worst = duckdb.execute(f"""
        select count(*) filter (where o.target = p.target),
          count(*) filter (where o.target is null or p.target is null), max(abs(o.score - p.score))
        from ({one}) o full join ({other}) p on p.target = o.target""").fetchall()[0]
    return both, missing, worst


def agree(one: str, other: str, within: float) -> None:
    """Refuse two results that differ."""
    _, missing, worst = differences(one, other)
    if missing or worst > within:
        sys.exit(f"{missing:,} targets are missing on one side, scores differ by up to {worst}")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--accounts", type=int, default=200_000)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        home, given, day = Path(folder) / "home", Path(folder) / "given.parquet", day_of(END_DAY_NO).isoformat()
        generate(given, rows=told.rows, accounts=told.accounts)
        renown(home, "init")
        renown(home, "import", "interactions", given, "--network", "x")
        spent = {"DuckDB": renown(home, "score", "--day", day)}
        duckdb.execute(f"copy ({published(home)}) to '{folder}/duckdb.parquet'")
        spent["PySpark"] = renown(home, "score", "--day", day, "--engine", "spark")
        agree(published(home), f"from '{folder}/duckdb.parquet'", ROUNDING)
        program = f"import sys; sys.path.insert(0, '{Path(__file__).parent}'); from against import by_pandas; "
        program += f"by_pandas('{given}', '{folder}/pandas.parquet')"
        spent["pandas"] = spend([sys.executable, "-c", program])
        # Strength is kept in billionths here, in floating point there: the smallest scores feel it.
        agree(f"from '{folder}/duckdb.parquet'", f"from '{folder}/pandas.parquet'", 1e-7)
    print(f"{told.rows:,} interactions, {told.accounts:,} accounts, the same scores")
    for name, took in spent.items():
        pace = told.rows / took.cpu / 1e6
        print(f"{name:8}{took}  {pace:5.2f} M rows a CPU second, {took.cpu / spent['DuckDB'].cpu:.1f} times DuckDB's")


if __name__ == "__main__":
    main()
