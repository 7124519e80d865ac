"""
Generate synthetic interactions that look like a social network, of any size, from a seed.

Activity and popularity follow power laws. Most interactions of an account go to a small
circle of other accounts, drawn by popularity; the rest go to any account. The same seed
gives the same rows.

    python benchmarks/generate.py OUT.parquet --rows 20000000 --accounts 2000000
"""

import argparse
from pathlib import Path

import duckdb
import numpy as np

DAYS = 90
END_DAY_NO = 20_000
"""Last generated day: 2024-10-04."""
VERBS = ("like", "repost", "reply", "mention", "quote")
SHARES = (0.50, 0.20, 0.18, 0.08, 0.04)
ACTIVITY, POPULARITY = 0.7, 0.8
"""Exponents of the power laws: the k-th most active account has k ** -0.7 of the interactions of the first."""
CIRCLE, LOYALTY = 12, 0.7
"""Accounts in a circle, and the share of interactions within it."""
CHUNK = 1_000_000


def power_law_ranks(draws: np.ndarray, exponent: float, accounts: int) -> np.ndarray:
    """Convert uniform draws to ranks that follow a power law."""
    return np.floor(accounts * draws ** (1 / (1 - exponent))).astype(np.int64)


def hash_to_uniform(numbers: np.ndarray) -> np.ndarray:
    """Hash numbers to uniform draws from 0 to 1 (splitmix64)."""
    bits = numbers.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((bits ^ (bits >> np.uint64(31))) >> np.uint64(11)) / float(1 << 53)


def generate_chunk(random: np.random.Generator, rows: int, accounts: int, days: int) -> dict[str, np.ndarray]:
    """Generate a chunk of rows, as columns of numbers."""
    # Shuffle the ranks of actors, so that active accounts are not also the popular ones.
    actor = (power_law_ranks(random.random(rows), ACTIVITY, accounts) * 7_919) % accounts
    slot = np.floor(CIRCLE * random.random(rows) ** 2).astype(np.int64)
    target_draws = np.where(random.random(rows) < LOYALTY, hash_to_uniform(actor * CIRCLE + slot), random.random(rows))
    target = power_law_ranks(target_draws, POPULARITY, accounts)
    second = random.integers(0, days * 86_400, rows)
    return {
        "actor": actor,
        "target": target,
        "post": target * 1000 + second // 86_400 * 4 + np.floor(4 * random.random(rows) ** 2).astype(np.int64),
        "verb": random.choice(len(VERBS), rows, p=SHARES).astype(np.int16),
        "at": (END_DAY_NO - days + 1) * 86_400 + second,
    }


def generate(out: Path, *, rows: int, accounts: int, days: int = DAYS, seed: int = 1) -> None:
    """Write `rows` interactions between `accounts` accounts, of the days up to `END_DAY_NO`, to a Parquet file."""
    random = np.random.Generator(np.random.PCG64(seed))
    names = ", ".join(f"'{verb}'" for verb in VERBS)
    parts = out.with_suffix(".parts")
    parts.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute("set memory_limit = '3GB'")
        for number, start in enumerate(range(0, rows, CHUNK)):
            columns = generate_chunk(random, min(CHUNK, rows - start), accounts, days)  # noqa: F841 - DuckDB reads it by name
            connection.execute(f"""
                copy (select 'u' || actor as actor, 'u' || target as target, 'p' || post as post,
                  list_value({names})[verb + 1] as verb, "at" from columns)
                to '{parts / f"{number:05}.parquet"}'""")
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"copy (select * from read_parquet('{parts}/*.parquet')) to '{out}'")
    for part in parts.iterdir():
        part.unlink()
    parts.rmdir()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--accounts", type=int, default=2_000_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    generate(args.out, rows=args.rows, accounts=args.accounts, seed=args.seed)
