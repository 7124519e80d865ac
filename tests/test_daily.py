"""Daily life: what is due, a run that nothing stops for long, and runs again and again."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import databases
from conftest import DAY
from renown import answers, assembly, cli, jobs
from renown.connectors.base import Account, Connector, Limits
from renown.connectors.http import Budget, Client, Server
from renown.errors import BadSettings, BusyRun, NetworkBusy
from renown.jobs.keep import JITTER, next_run
from renown.jobs.turn import turn
from renown.store import PublishedDay
from sites import serve

BOTH = pytest.mark.parametrize("home", ["sqlite", "postgresql"], indirect=True)
HEADER = "actor,target,at,verb,post"
WINDOW = 90


def at(day, hours=0.25):
    """Return an instant of a day."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours)


def days_on(first, last):
    """Return days from one to another."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@pytest.fixture
def home(request, tmp_path, site):
    """Return an empty home that asks the site for Mastodon, and a port that nobody listens at for Bluesky."""
    postgresql = getattr(request, "param", "sqlite") == "postgresql"
    told = {
        "RENOWN_STORE": databases.fresh(request.getfixturevalue("postgresql")) if postgresql else "",
        "RENOWN_MASTODON_SERVER": site.url,
        "RENOWN_MASTODON_PRIVATE": "true",
        "RENOWN_BLUESKY_SERVER": "http://127.0.0.1:1",
        "RENOWN_BLUESKY_PRIVATE": "true",
        "RENOWN_SECONDS": "1",
    }
    assembly.make_home(tmp_path / "home")
    return assembly.open_home(tmp_path / "home", told)


@pytest.fixture
def acted(take):
    """Return a function that lets people act on each other from one day to another."""

    def act(first, last):
        take(HEADER, *(f"a{n},b{n % 3},{day},like,p{n}" for day in days_on(first, last) for n in range(9)))

    return act


def run(home, day, hours=0.25, **more):
    """Run at an instant of a day; return which days were published, as (day, final)."""
    done = jobs.run(home, now=lambda: at(day, hours), **more)
    return [(date.fromisoformat(each.day), each.final) for each in done.days if not each.said]


def later(n):
    """Return a day after the first."""
    return DAY + timedelta(days=n)


@BOTH
def test_a_missed_week_is_caught_up_day_by_day(home, acted):
    """Each day once, in order, each trusting the one before; a second run has nothing to do."""
    acted(DAY - timedelta(days=5), later(8))
    assert [(DAY, True)] == run(home, later(1), first=DAY)

    assert [(later(n), True) for n in range(1, 8)] == run(home, later(8))
    assert [] == run(home, later(8), 20)
    inputs = [day.inputs for day in home.days.all()]
    with home.engine() as engine:
        again = jobs.score(engine, home.lake, home.days, home.people, home.method, day=later(7), now=at(later(8)))
    assert (again.inputs, 8) == (inputs[-1], len(inputs))


def test_the_first_run_shows_today_and_a_later_one_ends_it(home, acted):
    """A day that was not over is scored again until it is; then days are final when they are published."""
    acted(DAY, later(2))

    assert [(DAY, False)] == run(home, DAY, 12)
    assert [(DAY, False)] == run(home, DAY, 18)
    assert [(DAY, True)] == run(home, later(1))
    assert [(later(1), False)] == run(home, later(1), 12, last=later(1))
    assert [(later(1), True)] == run(home, later(2))


@given(
    st.sets(st.integers(-150, 0)),
    st.sets(st.integers(-150, 0)),
    st.integers(0, 1),
)
def test_what_is_due_follows_the_last_final_day(final, shown, ago):
    """All days after it up to the last wanted or shown, no further back than the window."""
    today = DAY
    own = {n: at(later(n + 1)) for n in final if n < 0} | {n: at(later(n), 1) for n in shown - (final - {0})}
    published = [_published(later(n), own[n]) for n in sorted(own)]
    last = today - timedelta(days=ago)

    found = answers.due(published, today=today, last=last, window=WINDOW)

    ended = [day.day for day in published if day.final]
    until = max([last, *(day.day for day in published)])
    if not published:
        assert (today,) == found.days
        return
    if ended:
        assert found.lost + len(found.days) == (until - ended[-1]).days
    assert list(found.days) == sorted(set(found.days))
    assert all(until - timedelta(days=WINDOW) < day <= until for day in found.days)
    assert not set(found.days) & set(ended)


def _published(day, when):
    return PublishedDay(day, "1", "", "", "", "", Path(), 1, {}, when)


def test_days_that_know_nothing_stop_no_later_ones(home, acted):
    """Why a day is not published is said, and the next has its turn."""
    acted(later(3), later(3))

    done = jobs.run(home, now=lambda: at(later(5)), first=later(1))

    assert [False, False, True, True] == [not each.said for each in done.days]
    assert "the lake holds nothing of the 90 days that end on 2024-02-02" in done.days[0].said


@BOTH
def test_a_failing_network_is_seen_and_stops_nobody(home, acted, site, capsys):
    """The other network is read, the day is published, and `status` says who was last seen when."""
    acted(DAY, DAY)
    known = {"id": "1", "acct": "ada", "followers_count": 7}
    serve(site, _world(known))
    home.people.add("ada", [("mastodon", "ada@example.social"), ("bluesky", "did:plc:ada"), ("x", "1")], at=at(DAY))

    done = jobs.run(home, now=lambda: at(later(1)))

    assert ["bluesky", "mastodon"] == [row.network for row in done.networks]
    down, fine = done.networks
    assert (1, 0, 1, None) == (down.accounts, down.read, down.failed, down.seen_at)
    assert "127.0.0.1" in down.said
    assert (1, 1, 0, "2024-02-02T00:15:00+00:00", "") == (
        *(fine.accounts, fine.read, fine.failed),
        *(fine.seen_at, fine.said),
    )
    assert [""] == [day.said for day in done.days]
    told = _status(home, later(3))
    by = {row.network: row for row in told.networks}
    assert (None, "2024-02-02T00:15:00+00:00") == (by["bluesky"].seen_at, by["bluesky"].tried_at)
    assert (fine.seen_at, False) == (by["mastodon"].seen_at, by["x"].readable)
    assert ("2024-02-02", False, ("2024-02-02", "2024-02-03")) == (told.last_day, told.final, told.missing)
    cli.prints.daily.status(told)
    assert "never" in capsys.readouterr().out


def _world(known):
    return {
        "/api/v2/instance": {"domain": "example.social"},
        "/api/v1/accounts/lookup?acct=ada": known,
        "/api/v1/accounts/1/statuses?exclude_reblogs=true&limit=40": [],
    }


def _status(home, day):
    published = home.days.all()
    parts = {"readable": ("bluesky", "mastodon"), "called": {}, "now": at(day), "window": WINDOW}
    return answers.status(home.people, home.readings, published, **parts)


def test_days_that_were_passed_over_are_told(home, acted):
    """No run goes back behind a final day; `status` says which are missing there."""
    acted(DAY, later(5))
    run(home, later(1), first=DAY)
    run(home, later(5), first=later(4))

    assert ("2024-02-02", "2024-02-03", "2024-02-04") == _status(home, later(5)).gaps


class Dead:
    """A network of many accounts whose reader fails."""

    def __init__(self, error):
        self.error, self.asked = error, 0

    def gather(self, home, accounts):
        """Read accounts; return what was said of each."""
        connector = Connector(
            "toy", ("like",), "ada", lambda _name: "https://toy.example", self.read, self.read, self.read
        )
        visits = jobs.gather(
            home.reader,
            home.lake,
            home.readings,
            [(connector, Account(str(n), f"u{n}")) for n in range(accounts)],
            lambda *_: Client(Server("https://toy.example"), Budget(1, 1), clock=lambda: 0.0, sleep=print, seed=1),
            now=lambda: at(DAY),
            limits=Limits(),
        )
        return [visit.said for visit in visits]

    def read(self, *_, now):  # noqa: ARG002 - the contract's
        """Fail."""
        self.asked += 1
        raise self.error


def test_a_server_that_does_not_answer_is_not_asked_for_everybody(home):
    """After a few accounts the others wait for the next run: it would be minutes for each."""
    dead = Dead(NetworkBusy("asked 5 times: toy is busy"))

    said = dead.gather(home, 6)

    assert 3 == dead.asked
    assert all("toy.example did not answer for 3 accounts" in each for each in said[3:])
    assert "was not asked (the next run goes on from here)" in home.readings.find("toy", "5").said


def test_a_fault_of_ours_stops_no_other_account(home):
    """It is said where it is, without what it says: that may be a secret."""
    [said, _] = Dead(KeyError("sesame")).gather(home, 2)

    assert said.startswith("KeyError in jobs/gather.py, line ")
    assert "sesame" not in said


def test_two_runs_do_not_work_at_once(home):
    """The second is told who runs since when; a note that a dead process left is no lock."""
    file = home.settings.home / "run"
    with turn(file, at=at(DAY)), pytest.raises(BusyRun, match=rf"process {os.getpid()} since 2024-02-01 00:15:00 UTC"):
        jobs.run(home, now=lambda: at(DAY))
    file.write_text("process 1 since 2020-01-01 00:00:00 UTC", encoding="utf-8")
    with turn(file, at=at(DAY)):
        assert "2024-02-01" in file.read_text(encoding="utf-8")


KILLED = """
import sys
sys.path[:0] = [{tests!r}]
import test_daily as t
from pathlib import Path
from renown import assembly, jobs
home = assembly.open_home(Path({home!r}), {{"RENOWN_THREADS": "1"}})
print("ready", flush=True)
jobs.run(home, now=lambda: t.at(t.later({days})))
"""


@pytest.mark.whole
def test_kills_publish_no_day_twice_and_lose_none(home, acted):
    """A long catching up is killed at random instants and goes on each time behind the last whole day."""
    many, draw, kills, patience = 8, random.Random(5), 0, 2.0
    acted(DAY, later(many))
    run(home, later(1), first=DAY)
    program = KILLED.format(tests=str(Path(__file__).parent), home=str(home.settings.home), days=many)
    whole = {day.day: day.folder for day in home.days.all()}
    while len(whole) < many:
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        process.stdout.readline()
        try:
            process.wait(draw.uniform(0.1, patience))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            kills, patience = kills + 1, patience + 0.3  # a slow machine comes to its end, too
        process.communicate()
        now = {day.day: day.folder for day in home.days.all()}
        assert whole.items() <= now.items()
        assert list(now) == days_on(DAY, max(now))
        whole = now

    assert kills
    assert [] == run(home, later(many), 20)
    published = {day.folder.name for day in home.days.all()}
    assert published == {folder.name for folder in (home.settings.home / "published").glob("*/*/*")}
    assert many == len(home.served.history(home.served.leaders(1)[0].key))


class Nights:
    """A clock that goes when somebody waits, and stops after a while."""

    def __init__(self, start, until):
        self.now, self.until, self.ran = start, until, []

    def clock(self):
        """Return now."""
        return self.now

    def is_set(self):
        """Tell whether the time is over."""
        return self.now >= self.until

    def wait(self, seconds):
        """Let time go by, but not a second longer than asked."""
        assert 0 < seconds <= 60
        self.now += timedelta(seconds=seconds)
        return self.is_set()

    def run(self):
        """Note that it ran; it takes five minutes."""
        self.ran.append(self.now)
        self.now += timedelta(minutes=5)

    def keep(self, *, every, missing, run=None):
        """Run until the time is over; return what was told."""
        told = []
        jobs.keep(
            run or self.run,
            every=jobs.EVERY[every],
            at=timedelta(minutes=10),
            missing=missing,
            clock=self.clock,
            stop=self,
            seed=4,
            told=told.append,
        )
        return told


@pytest.mark.parametrize(("every", "runs"), [("day", 3), ("hour", 72)])
def test_runs_come_at_the_same_time_of_each_day_or_hour(every, runs):
    """At once if a day is missing, then a little after the stated time, not all homes at one moment."""
    nights = Nights(at(DAY, 7.5), at(DAY, 7.5 + 72))

    nights.keep(every=every, missing=lambda: True)

    assert at(DAY, 7.5) == nights.ran.pop(0)
    assert runs == len(nights.ran)
    beyond = {(each - at(each.date(), 0)) % jobs.EVERY[every] for each in nights.ran}
    assert 1 == len(beyond)
    assert timedelta(minutes=10) <= beyond.pop() <= timedelta(minutes=10) + JITTER


def test_nothing_missing_waits_for_the_night():
    """And what goes wrong in one run is told, and does not keep the next from happening."""
    nights = Nights(at(DAY, 7), at(later(2), 7))

    def fails():
        nights.run()
        msg = "process 7 runs"
        raise BusyRun(msg)

    told = nights.keep(every="day", missing=lambda: False, run=fails)

    assert [later(1), later(2)] == [each.date() for each in nights.ran]
    assert ["process 7 runs"] * 2 == told


def test_it_stops_at_once():
    """Whoever waits for tomorrow does not wait for the end of a minute."""
    stop = threading.Event()
    parts = {"every": jobs.EVERY["day"], "at": timedelta(0), "seed": 1, "told": print}
    waiting = threading.Thread(
        target=lambda: jobs.keep(
            lambda: None, missing=lambda: False, clock=lambda: datetime.now(UTC), stop=stop, **parts
        )
    )
    waiting.start()
    time.sleep(0.1)
    stop.set()
    waiting.join(2)

    assert not waiting.is_alive()


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2025, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
    st.sampled_from(sorted(jobs.EVERY)),
    st.timedeltas(timedelta(0), timedelta(hours=30)),
)
def test_the_next_run_is_the_next(now, every, beyond):
    """Later than now, by no more than one time, at the same time of each."""
    step = jobs.EVERY[every]
    found = next_run(now, every=step, at=beyond)

    assert timedelta(0) < found - now <= step
    assert (found - at(DAY, 0) - beyond) % step == timedelta(0)


def test_the_time_of_runs_is_a_setting(home):
    """A time of day, or it is said what would be one."""
    path = home.settings.home

    assert timedelta(hours=3, minutes=5) == assembly.open_home(path, {"RENOWN_RUN_AT": "03:05"}).settings.run_at
    for wrong in ("25:00", "noon", "00:10+02:00", ""):
        with pytest.raises(BadSettings, match="write a UTC time, as '00:10'"):
            assembly.open_home(path, {"RENOWN_RUN_AT": wrong})


def test_the_command_line_tells_the_day(tmp_path, monkeypatch, site):
    """Add, run, and everything there is to know of a person's place, as tables and as JSON."""
    serve(site, _world({"id": "1", "acct": "ada", "followers_count": 700}))
    monkeypatch.setenv("RENOWN_MASTODON_SERVER", site.url)
    monkeypatch.setenv("RENOWN_MASTODON_PRIVATE", "true")

    def renown(*words, code=0):
        done = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), *words])
        assert code == done.exit_code, done.output
        return done.output

    renown("init")
    renown("add", "ada", "--account", "mastodon:ada@example.social")
    assert "mastodon: 1 of 1 account read, 0 failed, last seen " in renown("run")
    assert not json.loads(renown("run", "--json"))["days"][0]["final"]
    today = json.loads(renown("status", "--json"))["last_day"]
    assert "as far as it was known then" in renown("status")
    standing = json.loads(renown("standing", "mastodon:ada@example.social", "--goal", "2", "--days", "1", "--json"))
    assert (100.0, True, today) == (standing["top"], standing["met"], standing["current"]["first_day"])
    assert "2 or more on 1 day in a row" in renown("standing", "ada", "--goal", "2", "--days", "1")
    assert "top 100 %, rank 1" in renown("show", "ada")
    assert today in renown("history", "ada", "--plot", str(tmp_path / "ada.svg"))
    assert (tmp_path / "ada.svg").read_text(encoding="utf-8").startswith("<?xml")
    renown("run", "--every", "week", code=1)
    renown("run", "--every", "day", "--from", today, code=1)
    site.script = [b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"]
    renown("run", code=1)
