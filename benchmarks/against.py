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
    """Score a file of interactions with idiomatic pandas: nobody is verified, and there are no profiles or counts."""
    import pandas as pd  # noqa: PLC0415 - slow to import; only this process needs it

    scoring_method = method.load_method()
    numbers = {verb: signal.number for signal in scoring_method.signals for verb in signal.verbs}
    weights = dict(enumerate(round(1000 * weight) for weight in scoring_method.quarter_weights))
    acts = pd.read_parquet(source).drop_duplicates()
    acts = acts[(acts["at"] // 86_400 <= END_DAY_NO) & (acts["actor"] != acts["target"])]
    acts = acts.assign(
        day=acts["at"] // 86_400,
        signal=acts["verb"].map(numbers),
        fresh=(acts["at"] % 86_400 // 21_600).map(weights),
    )
    daily = acts.groupby(["day", "target", "actor", "signal"], sort=False)["fresh"].agg(["size", "sum"]).reset_index()
    daily["known"] = ~find_friends(daily, int(scoring_method["friend_days"]))
    daily = daily[daily["day"] > END_DAY_NO - scoring_method["window_days"]]
    compute_scores(compute_worths(daily, scoring_method), scoring_method).to_parquet(out)


def find_friends(daily: "pd.DataFrame", friend_days: int) -> "pd.Series[bool]":
    """Find the days on which the target acted on the actor, too, in the days before."""
    import pandas as pd  # noqa: PLC0415 - as above

    answers = daily[["day", "target", "actor"]].drop_duplicates().rename(columns={"target": "actor", "actor": "target"})
    answers = answers.assign(answered=answers["day"]).sort_values("day")
    ordered = daily[["day", "target", "actor"]].reset_index().sort_values("day", kind="stable")
    latest = pd.merge_asof(ordered, answers, on="day", by=["target", "actor"])
    return (latest["answered"] > latest["day"] - friend_days).set_axis(latest["index"]).reindex(daily.index)


def compute_worths(daily: "pd.DataFrame", scoring_method: method.Method) -> "pd.DataFrame":
    """Compute what the acts of each day are worth on the last day, in millionths of a fully trusted person."""
    limit = int(scoring_method["pair_acts_limit"])
    targets = daily.groupby(["day", "actor", "signal"])["target"].transform("size")
    attention = np.floor(1e6 * np.minimum(1, np.sqrt(scoring_method["attention_accounts"] / targets)) + 0.5)
    age = END_DAY_NO - daily["day"]
    acts = np.where(age == 0, np.minimum(daily["sum"], 1000 * limit) / 1000, np.minimum(daily["size"], limit))
    worth = np.floor(attention * np.round(1e6 * np.log2(1 + acts)) / 1e6 * scoring_method["trust_initial"])
    return daily.assign(worth=worth * np.array([round(1000 * weight) for weight in scoring_method.age_weights])[age])


def compute_scores(entries: "pd.DataFrame", scoring_method: method.Method) -> "pd.DataFrame":
    """Compute scores from what each target received per actor, signal and day."""
    prices = {signal.number: signal.rate.value for signal in scoring_method.signals if signal.verbs}
    balances = np.floor(entries.groupby(["target", "signal", "known"])["worth"].sum() / 1000).reset_index()
    balances["worth"] = np.floor(balances["worth"] * balances["signal"].map(prices))
    sums = balances.pivot_table(index="target", columns="known", values="worth", aggfunc="sum", fill_value=0)
    known, strangers = (sums[is_known] if is_known in sums else 0 * sums.sum(axis=1) for is_known in (True, False))
    full_share, unit = np.floor(scoring_method["stranger_share"] * known), 1e6 * scoring_method["stranger_unit"]
    logarithmic = full_share + unit * np.log(1 + np.maximum(0, strangers - full_share) / unit)
    people = entries.groupby("target")["actor"].nunique()
    non_chance_share = (people - scoring_method["chance_people"]).clip(lower=0) / people
    amount = (known + np.floor(np.minimum(strangers, logarithmic))) / 1e6 * non_chance_share
    strength = amount.map(lambda value: convert_reactions(value, scoring_method))
    score = np.minimum(100, 1 + 99 * np.log10(1 + strength) / scoring_method["score_decades"])
    return score.rename("score").to_frame()


def convert_reactions(amount: float, scoring_method: method.Method) -> float:
    """Convert reactions to follower-equivalents by the method's curve."""
    if amount <= 0:
        return 0.0
    segments = [segment for segment in scoring_method.curves["reactions"].segments() if segment[0] <= amount]
    _, log_value, log_equivalent, slope = segments[-1]
    return min(scoring_method["strength_limit"], math.exp(log_equivalent + slope * (math.log(amount) - log_value)))


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
