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

import duckdb
import numpy as np
from generate import END_DAY_NO, generate
from measure import renown, spend

from renown import method
from renown.records import day_of

ROUNDING = 1e-9


def by_pandas(given: str, out: str) -> None:
    """Score a file of acts, without profiles or yesterday, as anybody would write it for pandas."""
    import pandas as pd  # noqa: PLC0415 - only this process pays for it

    told = method.load()
    acts = pd.read_parquet(given).drop_duplicates()
    age = END_DAY_NO - acts["at"] // 86_400
    acts = acts[(age >= 0) & (age < told["window_days"]) & (acts["actor"] != acts["target"])]
    signal = {verb: each.number for each in told.signals for verb in each.verbs}
    acts = acts.assign(
        signal=acts["verb"].map(signal), decay=(1e6 * 2 ** (-age / told["half_life_days"])).round().astype("int64")
    )
    pairs = acts.groupby(["target", "actor", "signal"], sort=False)["decay"].agg(["sum", "size"]).reset_index()
    acted = pairs.groupby("actor")["size"].sum()
    attention = np.floor(1e6 * np.minimum(1, np.sqrt(told["selectivity_acts"] / acted)) + 0.5)
    weight = np.floor(attention * math.floor(1e6 * told["trust_unknown"] + 0.5) / 1e6 + 0.5)
    step = np.minimum(pairs["sum"] // 1000, int(told["pair_acts_limit"]) * 1000)
    worth = (1e6 * np.log2(1 + step / 1000)).round()
    pairs["received"] = np.floor(pairs["actor"].map(weight) * worth / 1e6)
    received = pairs.groupby(["target", "signal"])["received"].sum().reset_index()
    shown = [each for each in told.signals if each.verbs]
    rate = received["signal"].map({each.number: each.rate.value for each in shown})
    share = received["signal"].map({each.number: each.weight.value for each in shown})
    received["part"] = np.log1p(received["received"] / 1e6 * rate) * share
    strength = np.expm1(received.groupby("target")["part"].sum() / sum(each.weight.value for each in shown))
    score = np.minimum(100, 1 + 99 * np.log10(1 + strength) / told["score_decades"])
    score.rename("score").to_frame().to_parquet(out)


def published(home: Path) -> str:
    """Return SQL for (target, score) of the published day."""
    folder = next((home / "published").glob("*/*/*"))
    return f"select split_part(name, ':', 2) as target, score from '{folder}/scores/*.parquet'"


def agree(one: str, other: str, within: float) -> None:
    """Refuse two results that differ."""
    counted, worst = duckdb.sql(f"""
        select count(*) filter (where o.target is null or p.target is null), max(abs(o.score - p.score))
        from ({one}) o full join ({other}) p on p.target = o.target""").fetchall()[0]
    if counted or worst > within:
        sys.exit(f"{counted:,} targets are missing on one side, scores differ by up to {worst}")


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
        duckdb.sql(f"copy ({published(home)}) to '{folder}/duckdb.parquet'")
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
