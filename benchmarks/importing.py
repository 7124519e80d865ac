"""
Claim: importing interactions from Parquet costs little; the same file again adds nothing.

    python benchmarks/importing.py --rows 20000000 --accounts 2000000
"""

import argparse
import sys
import tempfile
from pathlib import Path

import duckdb
from generate import generate
from measure import renown, spend

COPY = """
import duckdb
duckdb.execute("set enable_progress_bar = false")
duckdb.execute("copy (select * from '{given}') to '{to}'")
"""
DATABASE = duckdb.connect()
DATABASE.execute("set enable_progress_bar = false")


def check(distinct: int, home: Path) -> None:
    """Refuse figures of a lake that does not hold every distinct row once."""
    files = [str(file) for file in (home / "lake" / "interactions").glob("network=*/*/*.parquet")]
    held = int(DATABASE.execute(f"select count(*) from read_parquet({files})").fetchall()[0][0])
    if held != distinct:
        sys.exit(f"{distinct:,} distinct rows were imported, the lake holds {held:,}")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--accounts", type=int, default=2_000_000)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        home, given = Path(folder) / "home", Path(folder) / "given.parquet"
        generate(given, rows=told.rows, accounts=told.accounts)
        distinct = int(DATABASE.execute(f"select count(*) from (select distinct * from '{given}')").fetchall()[0][0])
        renown(home, "init")
        copied = COPY.format(given=given, to=Path(folder) / "copy.parquet")
        yardstick = spend([sys.executable, "-c", copied])
        first = renown(home, "import", "interactions", given, "--network", "x")
        check(distinct, home)
        again = renown(home, "import", "interactions", given, "--network", "x")
        check(distinct, home)
    print(f"{told.rows:,} rows, {distinct:,} of them distinct, all in the lake, none twice")
    for name, spent in (("bare copy of the file", yardstick), ("import", first), ("the same file again", again)):
        print(f"{name:24}{spent}  {told.rows / spent.cpu / 1e6:5.2f} M rows a CPU second")


if __name__ == "__main__":
    main()
