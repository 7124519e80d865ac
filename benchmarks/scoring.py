"""
Claim: a first build of method 3 takes at most 1.3 days of method 2.1, a night a sixth; each under 4 GB.

A build enters 90 days into the ledger and publishes one; a night enters and publishes the next. In the same run: a day
of method 2.1, and the baseline: number of interactions, distinct actors and distinct posts of each target, exactly.

    python benchmarks/scoring.py --rows 20000000 --accounts 2000000
"""

import argparse
import json
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from generate import DAYS, END_DAY_NO, generate
from measure import ResourceUsage, measure_process, run_renown

from renown.home import open_home
from renown.method import load_method
from renown.records import day_from_number

ROUNDING = 1e-9
VERIFIED_PEOPLE = 400
"""People with one verified account, half of them popular and half of them active; credit starts at them."""
LISTED_STEPS = 12
SAMPLE = 200
"""One of so many accounts is checked."""
DATABASE = duckdb.connect()
DATABASE.execute("set enable_progress_bar = false")
BASELINE = """
import duckdb
connection = duckdb.connect(config={{"memory_limit": "3GB", "threads": 2, "temp_directory": "{folder}/spill"}})
connection.execute("set enable_progress_bar = false")
connection.execute('''
  copy (
    select target, count(*) as acts, count(distinct actor) as actors, count(distinct post) as posts
    from read_parquet('{home}/lake/interactions/*/*/*.parquet', hive_partitioning=true)
    where day_no > {first_day} group by target
  ) to '{folder}/yardstick.parquet' ''')
"""


def create_home(folder: Path, rows: int, accounts: int, *, people: int = VERIFIED_PEOPLE) -> Path:
    """Import so many rows of a window and the day before it, and let people claim accounts."""
    home, source = folder / "home", folder / "given.parquet"
    generate(source, rows=rows, accounts=accounts, days=DAYS + 1)
    run_renown(home, "init")
    run_renown(home, "import", "interactions", source, "--network", "x")
    source.unlink()
    verify_people(home, accounts, people=people)
    return home


def verify_people(home: Path, accounts: int, *, people: int = VERIFIED_PEOPLE) -> None:
    """Let people verify one account each."""
    opened_home, at = open_home(home, {}), datetime(2020, 1, 1, tzinfo=UTC)
    for number in range(people):
        account = f"u{number * 7_919 % accounts if number % 2 else number}"
        person = opened_home.people.add(f"person-{number}", [("x", account)], at=at)
        opened_home.claims.assign_account(person.key, "x", account, "link", at=at)


def score_day(home: Path, day_no: int, method: str) -> tuple[ResourceUsage, dict[str, float]]:
    """Score a day; return the resource usage, and the CPU seconds of each step."""
    profile = home.parent / "profile.json"
    day = day_from_number(day_no).isoformat()
    script = Path(__file__).with_name("step_profile.py")
    usage = measure_process([sys.executable, script, profile, home, day, method])
    return usage, json.loads(profile.read_text(encoding="utf-8"))


def measure_baseline(home: Path) -> ResourceUsage:
    """Measure the group-by of the window's rows by target."""
    script = BASELINE.format(home=home, folder=home.parent, first_day=END_DAY_NO - DAYS)
    return measure_process([sys.executable, "-c", script])


def check_scores(home: Path) -> None:
    """Exit with an error if points do not add up to scores, or a target of interactions has no score."""
    day_folder = check_points(home)
    missing_targets = DATABASE.execute(f"""
        select count(*) from '{home.parent}/yardstick.parquet' y
        anti join '{day_folder}/strengths/*.parquet' s on s.account = y.target
        where y.actors > 1""").fetchall()[0][0]
    if missing_targets:
        sys.exit(f"{missing_targets:,} targets have no score")


def check_points(home: Path) -> Path:
    """Exit with an error if published points do not add up to a score; return the folder of the published day."""
    day_folder = max((home / "published").glob("*/*/*"), key=lambda folder: folder.stat().st_mtime_ns)
    # A method with a ledger publishes the points of claimed people only.
    people_sql = "s.person < 0" if day_folder.parent.name == "3" else "true"
    max_difference, people = DATABASE.execute(f"""
        select max(abs(s.score - 1 - coalesce(p.points, 0))), count(*)
        from '{day_folder}/scores/*.parquet' s
        left join (select person, sum(points) as points from '{day_folder}/points/*.parquet' group by person) p
          on p.person = s.person
        where {people_sql}""").fetchall()[0]
    if not people:
        sys.exit("nobody has points to compare with a score")
    if max_difference > ROUNDING:
        sys.exit(f"points differ from scores by up to {max_difference}")
    print(f"  points of {people:,} people add up to each score, within {max_difference:.0e}", flush=True)
    return day_folder


def check_carried_sums(home: Path) -> None:
    """Exit with an error if carried sums of a sample differ from those of all entries of the window."""
    ledger = home / "ledger" / "3"
    state = json.loads((ledger / "carry" / "state.json").read_text(encoding="utf-8"))
    method = load_method(Path("3"))
    files = ", ".join(f"'{ledger / file}'" for day_files in state["entries"].values() for file in day_files)
    ages = ", ".join(f"({END_DAY_NO - age}, {round(1000 * w)})" for age, w in enumerate(method.age_weights))
    sample_sql = f"""
        from read_parquet([{files}], hive_partitioning=true) e
        join (values {ages}) a(day_no, weight) on a.day_no = e.day_no where hash(target) % {SAMPLE} = 0"""
    worth_sql = f"case when e.day_no = {END_DAY_NO} then fresh_worth else worth end"
    summed = {
        "totals": f"select target as account, signal, known, sum({worth_sql} * weight)::bigint as total, "
        f"sum(acts)::bigint as acts {sample_sql} group by all",
        "reactors": f"select target as account, count(distinct actor) as people {sample_sql} group by all",
    }
    for table, select in summed.items():
        carried = (
            f"select * from '{ledger}/carry/{state['folder']}/{table}/*.parquet' where hash(account) % {SAMPLE} = 0"
        )
        differing = f"(({select}) except ({carried})) union all (({carried}) except ({select}))"
        (count,) = DATABASE.execute(f"select count(*) from ({differing})").fetchall()[0]
        (rows,) = DATABASE.execute(f"select count(*) from ({select})").fetchall()[0]
        if count or not rows:
            sys.exit(f"{count:,} of {rows:,} rows of {table} differ from the sums of all entries")
        print(f"  {rows:,} rows of a sample of {table} are those of all entries", flush=True)


def print_usage(name: str, usage: ResourceUsage, yardstick: ResourceUsage, steps: dict[str, float]) -> None:
    """Print a scored day, relative to a day of method 2.1, and the steps that took most of it."""
    print(f"  {name:12} {usage}  {usage.cpu / yardstick.cpu:5.2f} of a day of method 2.1")
    largest = sorted(steps.items(), key=lambda item: -item[1])[:LISTED_STEPS]
    print("    " + ", ".join(f"{step} {cpu:.1f}" for step, cpu in largest), flush=True)


def measure_methods(folder: Path, rows: int, accounts: int) -> None:
    """Measure and check a day of method 2.1, the first build of a ledger, and a night."""
    home = create_home(folder, rows, accounts)
    # Of two methods in one home, only the first to publish a day is served.
    ledger_home = folder / "ledger_home"
    shutil.copytree(home, ledger_home)
    baseline = measure_baseline(home)
    day, steps = score_day(home, END_DAY_NO, "2.1")
    print(f"  {'baseline':12} {baseline}  {baseline.cpu / day.cpu:5.2f} of a day of method 2.1")
    print_usage("method 2.1", day, day, steps)
    check_scores(home)
    for name, day_no in (("first build", END_DAY_NO - 1), ("night", END_DAY_NO)):
        usage, steps = score_day(ledger_home, day_no, "3")
        print_usage(name, usage, day, steps)
        check_points(ledger_home)
    check_carried_sums(ledger_home)


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--accounts", type=int, default=2_000_000)
    args = parser.parse_args()
    print(f"{args.rows:,} interactions, {args.accounts:,} accounts")
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        measure_methods(Path(folder), args.rows, args.accounts)


if __name__ == "__main__":
    main()
