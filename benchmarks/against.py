"""
Claim: scoring on DuckDB takes several times less CPU than on PySpark, or than the same method in pandas.

All three score the same file; their scores are compared before the times.

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
from measure import measure_process, run_renown

from renown import method
from renown.records import day_from_number

if TYPE_CHECKING:
    import pandas as pd

ROUNDING = 1e-9


def score_with_pandas(source: str | Path, out: str | Path) -> None:
    """Score a file of interactions with idiomatic pandas, without profiles or scores of earlier days."""
    import pandas as pd  # noqa: PLC0415 - slow to import; only this process needs it

    scoring_method = method.load_method()
    acts = pd.read_parquet(source).drop_duplicates()
    age = END_DAY_NO - acts["at"] // 86_400
    acts = acts[(age >= 0) & (age < scoring_method["window_days"]) & (acts["actor"] != acts["target"])]
    numbers = {verb: signal.number for signal in scoring_method.signals for verb in signal.verbs}
    decay_shares = [
        scoring_method["fast_share"] * 2 ** (-days / scoring_method["fast_half_life_days"])
        for days in range(int(scoring_method["window_days"]))
    ]
    decay_shares = [
        fast + (1 - scoring_method["fast_share"]) * 2 ** (-days / scoring_method["half_life_days"])
        for days, fast in enumerate(decay_shares)
    ]
    acts = acts.assign(
        signal=acts["verb"].map(numbers), decay=age.map([round(1e6 * share) for share in decay_shares].__getitem__)
    )
    pairs = acts.groupby(["target", "actor", "signal"], sort=False)["decay"].sum().reset_index()
    targets = pairs.groupby(["actor", "signal"])["target"].transform("size")
    attention = np.floor(1e6 * np.minimum(1, np.sqrt(scoring_method["selectivity_accounts"] / targets)) + 0.5)
    weight = np.floor(attention * math.floor(1e6 * scoring_method["trust_unknown"] + 0.5) / 1e6 + 0.5)
    step = np.minimum(pairs["decay"] // 1000, int(scoring_method["pair_acts_limit"]) * 1000)
    pairs["received"] = np.floor(weight * (1e6 * np.log2(1 + step / 1000)).round() / 1e6)
    compute_scores(pairs, scoring_method).to_parquet(out)


def compute_scores(pairs: "pd.DataFrame", scoring_method: method.Method) -> "pd.DataFrame":
    """Compute scores from what each target received per actor and signal."""
    reaction_signals = [signal for signal in scoring_method.signals if signal.verbs]
    received = pairs.groupby(["target", "signal"])["received"].agg(["sum", "size"]).reset_index()
    people = received.groupby("target")["size"].transform("sum")
    rate = received["signal"].map({signal.number: signal.rate.value for signal in reaction_signals})
    non_chance_share = (people - scoring_method["chance_people"]).clip(lower=0) / people
    share = received["signal"].map({signal.number: signal.weight.value for signal in reaction_signals})
    received["part"] = np.log1p(received["sum"] / 1e6 * rate * non_chance_share) * share
    strength = np.expm1(
        received.groupby("target")["part"].sum() / sum(signal.weight.value for signal in reaction_signals)
    )
    score = np.minimum(100, 1 + 99 * np.log10(1 + strength) / scoring_method["score_decades"])
    return score.rename("score").to_frame()


def published_sql(home: Path) -> str:
    """Return SQL that selects (target, score) of the published day."""
    folder = next((home / "published").glob("*/*/*"))
    return f"select split_part(name, ':', 2) as target, score from '{folder}/scores/*.parquet'"


def compare_results(first_sql: str, second_sql: str) -> tuple[int, int, float]:
    """Compare two results; return the targets in both, the targets missing in one, and the largest score difference."""
    common, missing, max_difference = duckdb.execute(f"""
        select count(*) filter (where o.target = p.target),
          count(*) filter (where o.target is null or p.target is null), max(abs(o.score - p.score))
        from ({first_sql}) o full join ({second_sql}) p on p.target = o.target""").fetchall()[0]
    return common, missing, max_difference


def check_equal(first_sql: str, second_sql: str, tolerance: float) -> None:
    """Exit with an error if two results differ."""
    _, missing, max_difference = compare_results(first_sql, second_sql)
    if missing or max_difference > tolerance:
        sys.exit(f"{missing:,} targets are missing in one of the results, scores differ by up to {max_difference}")


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--accounts", type=int, default=200_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        home, source, day = (
            Path(folder) / "home",
            Path(folder) / "given.parquet",
            day_from_number(END_DAY_NO).isoformat(),
        )
        generate(source, rows=args.rows, accounts=args.accounts)
        run_renown(home, "init")
        run_renown(home, "import", "interactions", source, "--network", "x")
        usages = {"DuckDB": run_renown(home, "score", "--day", day)}
        duckdb.execute(f"copy ({published_sql(home)}) to '{folder}/duckdb.parquet'")
        usages["PySpark"] = run_renown(home, "score", "--day", day, "--engine", "spark")
        check_equal(published_sql(home), f"from '{folder}/duckdb.parquet'", ROUNDING)
        program = f"import sys; sys.path.insert(0, '{Path(__file__).parent}'); from against import score_with_pandas; "
        program += f"score_with_pandas('{source}', '{folder}/pandas.parquet')"
        usages["pandas"] = measure_process([sys.executable, "-c", program])
        # DuckDB rounds strengths to billionths, pandas does not round: this shows in the smallest scores.
        check_equal(f"from '{folder}/duckdb.parquet'", f"from '{folder}/pandas.parquet'", 1e-7)
    print(f"{args.rows:,} interactions, {args.accounts:,} accounts, equal scores")
    for name, usage in usages.items():
        rate = args.rows / usage.cpu / 1e6
        print(
            f"{name:8}{usage}  {rate:5.2f} M rows per CPU second, {usage.cpu / usages['DuckDB'].cpu:.1f} times DuckDB"
        )


if __name__ == "__main__":
    main()
