"""
Claim: publishing 10 million scores takes 40 s to SQLite, 25 s to PostgreSQL; reading one person takes 0.2 ms.

Publishes two days of synthetic scores with the history of 89 days between them, then reads random people.

    python benchmarks/serving.py --people 10000000 --store postgresql://user:password@127.0.0.1/empty
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import sqlalchemy as sa

from renown.store import PublishedDay, PublishedDayStore, ServedScoreStore, open_database
from renown.store.serving.history import HISTORY_FILE

LAST = date(2024, 10, 4)
CLAIMED_EVERY = 100
"""One in so many people has claimed their account."""
READS = 5_000
SCORES = """
copy (
  select case when n % {claimed} = 0 then -1 - n // {claimed} else (hash(n) >> 2)::bigint end as person,
    case when n % {claimed} = 0 then 'person' || n else 'x:' || (1000000000 + n) end as name,
    round(1 + 99 * pow((hash(n, {seed}) % 1000003) / 1000003, 4), 6) as score, score as verified_score,
    (hash(n) % 1000000)::bigint as strength,
    1::bigint as accounts, 1::bigint as networks, (n % 1000)::bigint as people, 90::bigint as days
  from range({people}) r(n)
) to '{folder}/scores/part.parquet'"""
POINTS = """
copy (
  select case when n % {claimed} = 0 then -1 - n // {claimed} else (hash(n) >> 2)::bigint end as person, 'x' as network,
    (hash(n) >> 2)::bigint as account, signal,
    1000000 * pow(10, 7 * pow((hash(n) % 100003) / 100003, 3))::bigint as received,
    1.5::double as value, 200000::bigint as weight, 0.7::double as points
  from range({people}) r(n), (values ('audience', 9), ('approval', 6), ('conversation', 4)) s(signal, tenths)
  where hash(n, signal) % 10 < tenths
) to '{folder}/points/part.parquet'"""
"""Followers are known of nine in ten accounts; 1.9 rows per account."""


def publish_day(days: PublishedDayStore, day: date, people: int) -> tuple[float, float]:
    """Publish a day of synthetic scores; return the seconds, and CPU seconds, from their files to served scores."""
    with days.staging_folder(day, "1") as folder:
        with duckdb.connect() as connection:
            for table, sql in (("scores", SCORES), ("points", POINTS)):
                (folder / table).mkdir()
                connection.execute(
                    sql.format(claimed=CLAIMED_EVERY, seed=day.toordinal(), people=people, folder=folder)
                )
        new_day = PublishedDay(
            day=day,
            method="1",
            method_digest="d",
            method_text="",
            inputs="i",
            engine="duckdb",
            folder=folder,
            people=people,
            lake={},
            published_at=datetime.now(UTC),
        )
        start, cpu_start = time.perf_counter(), time.process_time()
        days.publish(new_day)
        return time.perf_counter() - start, time.process_time() - cpu_start


def compute_expected(folder: Path, keys: list[int]) -> dict[int, tuple[float, int]]:
    """Compute (score, rank) of people from the day's file."""
    with duckdb.connect() as connection:
        connection.execute(f"create view scores as from '{folder}/scores/part.parquet'")
        rows = connection.execute(
            f"""select person, score, 1 + (select count(*) from scores o where o.score > s.score)
            from scores s where person in ({", ".join(map(str, keys))})"""
        ).fetchall()
    return {person: (score, rank) for person, score, rank in rows}


def measure_reads(read: Callable[[int], object], keys: list[int]) -> str:
    """Measure reads; format their median and 99th percentile in microseconds."""
    durations = []
    for key in keys:
        start = time.perf_counter()
        read(key)
        durations.append(time.perf_counter() - start)
    quantiles = statistics.quantiles(durations, n=100)
    return f"median {quantiles[49] * 1e6:5.0f} µs, 99% {quantiles[98] * 1e6:5.0f} µs"


def check_served(days: PublishedDayStore, served_scores: ServedScoreStore, keys: list[int]) -> None:
    """Exit with an error if served scores differ from those in the day's file."""
    expected_scores = compute_expected(days.find(LAST).folder, keys)
    for key, (score, rank) in expected_scores.items():
        served_score, history = served_scores.find(key), served_scores.read_history(key)
        if (
            served_score is None
            or (served_score.score, served_score.rank) != (score, rank)
            or history[-1] != (LAST, round(score, 2))
        ):
            sys.exit(f"{key} has {score} at rank {rank} in the file, but {served_score} and {history[-1:]} are served")
    if len(expected_scores) != len(set(keys)):
        sys.exit("some people are missing in the file")
    ranks = [row.rank for row in served_scores.list_leaders(100)]
    if ranks != sorted(ranks) or ranks[0] != 1:
        sys.exit("the leaderboard is not in order")


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000_000)
    parser.add_argument("--store", default="")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder_name:
        folder = Path(folder_name)
        database = open_database(args.store or folder / "store.sqlite")
        days, served_scores = (
            PublishedDayStore(database, folder / "published"),
            ServedScoreStore(database, folder / "published"),
        )
        print(f"{args.people:,} people, {database.dialect.name}", flush=True)
        first_day = publish_day(days, LAST - timedelta(days=90), args.people)
        print("  first day published in {:5.1f} s, {:5.1f} CPU s of this program".format(*first_day), flush=True)
        _copy_history(database, days)
        later_day = publish_day(days, LAST, args.people)
        print("  day after 89 others in {:5.1f} s, {:5.1f} CPU s of this program".format(*later_day), flush=True)
        with duckdb.connect() as connection:
            file = days.find(LAST).folder / "scores" / "part.parquet"
            sample = f"select person from '{file}' using sample reservoir({READS} rows) repeatable (1)"
            keys = [key for (key,) in connection.execute(sample).fetchall()]
        check_served(days, served_scores, keys[:50])
        served_scores.read_history(keys[0])
        print(f"  one score: {measure_reads(served_scores.find, keys)}")
        print(
            f"  90 days of one person: {measure_reads(served_scores.read_history, keys)}, "
            f"{len(served_scores.read_history(keys[0]))} days"
        )


def _copy_history(database: sa.Engine, days: PublishedDayStore) -> None:
    """Copy the first day's history to the 89 days after it."""
    first_day = days.find()
    with database.begin() as connection:
        row = connection.execute(sa.text("select * from days")).one()._asdict()
        names = ", ".join(row)
        for n in range(1, 90):
            folder = first_day.folder.parents[1] / (first_day.day + timedelta(days=n)).isoformat() / "1" / "filled"
            folder.mkdir(parents=True)
            shutil.copy(first_day.folder / HISTORY_FILE, folder / HISTORY_FILE)
            parameters = {"n": n, "folder": str(folder.relative_to(first_day.folder.parents[2]))}
            columns = names.replace("day_no", "day_no + :n").replace("folder", ":folder")
            connection.execute(
                sa.text(f"insert into days ({names}) select {columns} from days where day_no = {row['day_no']}"),
                parameters,
            )


if __name__ == "__main__":
    main()
