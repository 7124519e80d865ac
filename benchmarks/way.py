"""
Claim: what if in 100 ms, a twin among ten thousand in 100 ms, a board of two million accounts in two seconds a day.

Simulates a community, asks its API as a page does, and reads boards from made-up published rows.

    python benchmarks/way.py --accounts 2000000
"""

import argparse
import dataclasses
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from unittest import mock

import duckdb
import numpy as np
from starlette.testclient import TestClient

from renown import answers, jobs
from renown.answers import ground, portrait
from renown.answers.boards import Boards, Crowd
from renown.assembly import Home, make_home, open_home
from renown.jobs.progress import Silent
from renown.web import make_app
from renown.web.limits import Allowance

LAST = date(2026, 11, 23)
PEOPLE, COLUMNS = 10_000, 40
PLENTY = Allowance(1_000_000, 1_000_000_000)


def simulated(path: Path) -> Home:
    """Return a home with a simulated community and one published day."""
    make_home(path)
    home, now = open_home(path, {}), datetime.now(UTC)
    jobs.demo.simulate(home.reader, home.lake, home.people, last=LAST, seed=1, now=now, progress=Silent())
    with home.engine() as engine:
        jobs.score(engine, home.lake, home.days, home.people, home.method, day=LAST, now=now)
    return home


def portrayed(home: Home) -> None:
    """Portray everybody, once as it is and once without the ground."""
    day, spent = home.days.find(), []
    real = ground.grounds

    def timed(*arguments: object) -> object:
        begun = time.perf_counter()
        try:
            return real(*arguments)  # type: ignore[arg-type]
        finally:
            spent.append(time.perf_counter() - begun)

    for _ in range(3):
        begun = time.perf_counter()
        with mock.patch.object(portrait, "grounds", timed):
            people = jobs.portray.portray(home.reader, home.lake, home.people, home.portraits, day)
        took = time.perf_counter() - begun
        print(
            f"portraits: {1e3 * took / people:.0f} ms a person, {1e3 * spent[-1] / people:.0f} of them for the ground"
        )


def median(ask: Callable[[], object], times: int = 30) -> str:
    """Return what asking takes, the first time and then."""
    spent = []
    for _ in range(times):
        begun = time.perf_counter()
        ask()
        spent.append(1e3 * (time.perf_counter() - begun))
    return f"first {spent[0]:.0f} ms, then {statistics.median(spent[1:]):.0f} ms, at most {max(spent[1:]):.0f} ms"


def asked(home: Home) -> None:
    """Ask as a page with sliders does."""
    with TestClient(make_app(home.site(), PLENTY, clock=time.time), base_url="http://x/api") as client:

        def get(path: str) -> Callable[[], object]:
            return lambda: client.get(path).raise_for_status()

        change = "change=bluesky:did:plc:ada/amplification=12&change=github:1000/approval=x2"
        print(f"what if: {median(get(f'/people/ada/if?{change}'))}")
        print(f"way to 60: {median(get('/people/ada/way?target=60'))}")
        print(f"twin: {median(get('/people/bix/twin?target=40'))}")


def compared(home: Home) -> None:
    """Find the twin of somebody among many."""
    draw, site = np.random.default_rng(1), home.site()
    of = site.find("ada")
    told = site.portrait(of).explanation.receipt
    names = tuple((f"network{number // 5}", f"signal{number % 5}") for number in range(COLUMNS))
    crowd = Crowd(
        np.arange(-PEOPLE, 0) - 100,
        draw.uniform(1, 100, PEOPLE),
        names,
        np.full(COLUMNS, 0.2),
        draw.exponential(2, (PEOPLE, COLUMNS)),
    )
    twin = median(lambda: answers.twin(of, crowd, lambda _: of, lambda _: told, target=1))
    print(f"twin among {PEOPLE:,}, {COLUMNS} columns: {twin}")


def led(home: Home, accounts: int) -> None:
    """Read boards of a made-up day: ten thousand people, all other accounts claimed by nobody."""
    made = dataclasses.replace(home.days.find(), folder=home.settings.home / "made")
    for table, select in {
        "strengths": f"""
            select case when i <= {PEOPLE} then -i else i end as person, i as account,
              'network' || (i % 3) as network, cast(exp(random() * 18) * 1e9 as bigint) as strength,
              1000000 as weights, 5 as people, 90 as days from range(1, {accounts + 1}) t(i)""",
        "points": f"""
            select case when i <= {PEOPLE} then -i else i end as person, 'network' || (i % 3) as network, i as account,
              'signal' || s as signal, 1000000 as received, random() * 10 as value, 200000 as weight, 1.0 as points
            from range(1, {accounts + 1}) t(i), range(5) u(s)""",
        "scores": f"""
            select case when i <= {PEOPLE} then -i else i end as person, random() * 99 + 1 as score
            from range(1, {accounts + 1}) t(i)""",
    }.items():
        (made.folder / table).mkdir(parents=True)
        duckdb.execute(f"copy ({select}) to '{made.folder / table / 'part-0.parquet'}' (format parquet)")
    reads: dict[str, Callable[[Boards], object]] = {
        "claimed people": lambda boards: boards.board("network1", everyone=False),
        "everyone": lambda boards: boards.board("network1", everyone=True),
        "what claimed people get": lambda boards: boards.crowd(),
    }
    with mock.patch.object(type(home.days), "find", return_value=made):
        for what, read in reads.items():
            begun = time.perf_counter()
            read(Boards(home.reader, home.days, home.served))
            print(f"{what} of {accounts:,} accounts, read once a day: {time.perf_counter() - begun:.2f} s")


def main() -> None:
    """Print the figures."""
    asks = argparse.ArgumentParser()
    asks.add_argument("--accounts", type=int, default=2_000_000)
    told = asks.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = simulated(Path(folder) / "home")
        portrayed(home)
        asked(home)
        compared(home)
        led(home, told.accounts)


if __name__ == "__main__":
    main()
