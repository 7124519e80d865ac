"""
Claim: importing interactions from Parquet is fast, and idempotent: importing the file again adds nothing.

    python benchmarks/importing.py --rows 20000000 --accounts 2000000
"""

import argparse
import sys
import tempfile
from pathlib import Path

import duckdb
from generate import generate
from measure import measure_process, run_renown

COPY = """
import duckdb
duckdb.execute("set enable_progress_bar = false")
duckdb.execute("copy (select * from '{source}') to '{target}'")
"""
DATABASE = duckdb.connect()
DATABASE.execute("set enable_progress_bar = false")


def check_lake(distinct: int, home: Path) -> None:
    """Exit with an error unless the lake has each distinct row exactly once."""
    files = [str(file) for file in (home / "lake" / "interactions").glob("network=*/*/*.parquet")]
    row_count = int(DATABASE.execute(f"select count(*) from read_parquet({files})").fetchall()[0][0])
    if row_count != distinct:
        sys.exit(f"{distinct:,} distinct rows were imported, but the lake has {row_count:,}")


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--accounts", type=int, default=2_000_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        home, source = Path(folder) / "home", Path(folder) / "given.parquet"
        generate(source, rows=args.rows, accounts=args.accounts)
        distinct = int(DATABASE.execute(f"select count(*) from (select distinct * from '{source}')").fetchall()[0][0])
        run_renown(home, "init")
        program = COPY.format(source=source, target=Path(folder) / "copy.parquet")
        copy_usage = measure_process([sys.executable, "-c", program])
        import_usage = run_renown(home, "import", "interactions", source, "--network", "x")
        check_lake(distinct, home)
        reimport_usage = run_renown(home, "import", "interactions", source, "--network", "x")
        check_lake(distinct, home)
    print(f"{args.rows:,} rows, {distinct:,} of them distinct, each in the lake exactly once")
    for name, usage in (("copy of the file", copy_usage), ("import", import_usage), ("import again", reimport_usage)):
        print(f"{name:24}{usage}  {args.rows / usage.cpu / 1e6:5.2f} M rows per CPU second")


if __name__ == "__main__":
    main()
