"""
Claim: ten million scores are published in 40 s to SQLite, 25 s to PostgreSQL; a read of one person takes 0.2 ms.

Publishes two whole days with the history of 89 days between them, then reads people at random.

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

from renown.store import Days, PublishedDay, Served, open_database
from renown.store.history import FILE

LAST = date(2024, 10, 4)
CLAIMED = 100
"""One in so many people is claimed."""
READS = 5_000
SCORES = """
copy (
  select case when n % {claimed} = 0 then -1 - n // {claimed} else (hash(n) >> 2)::bigint end as person,
    case when n % {claimed} = 0 then 'person' || n else 'x:' || (1000000000 + n) end as name,
    round(1 + 99 * pow((hash(n, {seed}) % 1000003) / 1000003, 4), 6) as score, (hash(n) % 1000000)::bigint as strength,
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
"""Of nine in ten accounts the followers are known; 1.9 rows an account."""


def published(days: Days, day: date, people: int) -> float:
    """Publish a day of made-up scores; return the seconds from scores in a file to scores served."""
    with days.staging(day, "1") as folder:
        with duckdb.connect() as connection:
            for table, made in (("scores", SCORES), ("points", POINTS)):
                (folder / table).mkdir()
                connection.execute(made.format(claimed=CLAIMED, seed=day.toordinal(), people=people, folder=folder))
        new = PublishedDay(day, "1", "d", "", "i", "duckdb", folder, people, {}, datetime.now(UTC))
        begun = time.perf_counter()
        days.publish(new)
        return time.perf_counter() - begun


def expected(folder: Path, keys: list[int]) -> dict[int, tuple[float, int]]:
    """Return (score, rank) of people, from the file of the day."""
    with duckdb.connect() as connection:
        connection.execute(f"create view scores as from '{folder}/scores/part.parquet'")
        rows = connection.execute(
            f"""select person, score, 1 + (select count(*) from scores o where o.score > s.score)
            from scores s where person in ({", ".join(map(str, keys))})"""
        ).fetchall()
    return {person: (score, rank) for person, score, rank in rows}


def timed(read: Callable[[int], object], keys: list[int]) -> str:
    """Return median and 99th percentile of reads, in microseconds."""
    took = []
    for key in keys:
        begun = time.perf_counter()
        read(key)
        took.append(time.perf_counter() - begun)
    cuts = statistics.quantiles(took, n=100)
    return f"median {cuts[49] * 1e6:5.0f} µs, 99 % {cuts[98] * 1e6:5.0f} µs"


def check(days: Days, served: Served, keys: list[int]) -> None:
    """Refuse figures of scores that are not those of the day's file."""
    said = expected(days.find(LAST).folder, keys)
    for key, (score, rank) in said.items():
        found, past = served.find(key), served.history(key)
        if found is None or (found.score, found.rank) != (score, rank) or past[-1] != (LAST, round(score, 2)):
            sys.exit(f"{key} is {score} at rank {rank} in the file; served are {found} and {past[-1:]}")
    if len(said) != len(set(keys)):
        sys.exit("some people are not in the file")
    top = [row.rank for row in served.leaders(100)]
    if top != sorted(top) or top[0] != 1:
        sys.exit("leaders are not in order")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000_000)
    parser.add_argument("--store", default="")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        folder = Path(name)
        database = open_database(told.store or folder / "store.sqlite")
        days, served = Days(database, folder / "published"), Served(database, folder / "published")
        print(f"{told.people:,} people, {database.dialect.name}", flush=True)
        print(f"  first day published in {published(days, LAST - timedelta(days=90), told.people):5.1f} s", flush=True)
        _fill(database, days)
        print(f"  day after 89 others in {published(days, LAST, told.people):5.1f} s", flush=True)
        with duckdb.connect() as connection:
            file = days.find(LAST).folder / "scores" / "part.parquet"
            sample = f"select person from '{file}' using sample reservoir({READS} rows) repeatable (1)"
            keys = [key for (key,) in connection.execute(sample).fetchall()]
        check(days, served, keys[:50])
        served.history(keys[0])
        print(f"  a score: {timed(served.find, keys)}")
        print(f"  90 days of one person: {timed(served.history, keys)}, {len(served.history(keys[0]))} days")


def _fill(database: sa.Engine, days: Days) -> None:
    """Put the first day's history on the 89 days after it too."""
    first = days.find()
    with database.begin() as connection:
        row = connection.execute(sa.text("select * from days")).one()._asdict()
        names = ", ".join(row)
        for n in range(1, 90):
            folder = first.folder.parents[1] / (first.day + timedelta(days=n)).isoformat() / "1" / "filled"
            folder.mkdir(parents=True)
            shutil.copy(first.folder / FILE, folder / FILE)
            there = {"n": n, "folder": str(folder.relative_to(first.folder.parents[2]))}
            columns = names.replace("day_no", "day_no + :n").replace("folder", ":folder")
            connection.execute(
                sa.text(f"insert into days ({names}) select {columns} from days where day_no = {row['day_no']}"), there
            )


if __name__ == "__main__":
    main()
