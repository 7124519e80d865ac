"""Daily runs: due days, failures, file lock, kills, and the scheduler."""

import dataclasses
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import postgresql_server
from conftest import DAY, new_home
from http_server import serve
from proofs import DATABASES, only_in_full, scaled
from renown import answers, cli, ingest, scoring
from renown import runs as renown_runs
from renown.answers import ScoreAlert
from renown.cli.output.runs import print_run
from renown.cli.output.status import print_status
from renown.connectors.base import Account, Connector, ReadLimits
from renown.connectors.http import Client, RequestBudget
from renown.connectors.http.urls import Server
from renown.errors import (
    HomeError,
    HostNotFoundError,
    InvalidSettingsError,
    NetworkUnavailableError,
    RunInProgressError,
)
from renown.home import open_home
from renown.ingest.compact import compact
from renown.records import BATCH_COLUMNS, day_number
from renown.runs.processes import SupervisedProcess, file_lock
from renown.runs.schedule import MAX_JITTER, next_run
from renown.store import PublishedDay

HEADER = "actor,target,at,verb,post"
WINDOW = 90


def at(day, hours=0.25):
    """Return an instant of a day."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours)


def days_on(first, last):
    """Return the days from `first` to `last`, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@pytest.fixture
def home(request, tmp_path, site):
    """Return an empty home whose Mastodon server is the local site and whose Bluesky server is down."""
    postgresql = getattr(request, "param", "sqlite") == "postgresql"
    environment = {
        "RENOWN_STORE": postgresql_server.fresh(request.getfixturevalue("postgresql")) if postgresql else "",
        "RENOWN_MASTODON_SERVER": site.url,
        "RENOWN_MASTODON_PRIVATE": "true",
        "RENOWN_BLUESKY_SERVER": "http://127.0.0.1:1",
        "RENOWN_BLUESKY_PRIVATE": "true",
        "RENOWN_SECONDS": "1",
    }
    return open_home(new_home(tmp_path / "home"), environment)


@pytest.fixture
def import_likes(take):
    """Return a function that imports likes of each day from one to another."""

    def import_days(first, last):
        take(HEADER, *(f"a{n},b{n % 3},{day},like,p{n}" for day in days_on(first, last) for n in range(9)))

    return import_days


def run(home, day, hours=0.25, **kwargs):
    """Run at an instant of a day; return the published days as (day, final)."""
    result = renown_runs.run(home.run_resources, now=lambda: at(day, hours), **kwargs)
    return [(date.fromisoformat(row.day), row.final) for row in result.days if not row.message]


def later(n):
    """Return the day `n` days after `DAY`."""
    return DAY + timedelta(days=n)


@pytest.mark.parametrize(
    "home", ["sqlite", pytest.param("postgresql", marks=[pytest.mark.proof, only_in_full])], indirect=True
)
def test_missed_week_is_published_day_by_day(home, import_likes):
    """Each day is published once, in order, with the trust of the day before; a second run has nothing to do."""
    import_likes(DAY - timedelta(days=5), later(8))
    assert [(DAY, True)] == run(home, later(1), first=DAY)

    assert [(later(n), True) for n in range(1, 8)] == run(home, later(8))
    assert [] == run(home, later(8), 20)
    inputs = [day.inputs for day in home.days.all()]
    with home.engine() as engine:
        again = scoring.score(engine, home.lake, home.days, home.people, home.method, day=later(7), now=at(later(8)))
    assert (again.inputs, 8) == (inputs[-1], len(inputs))


def test_run_removes_the_temporary_files_of_killed_commands(home, import_likes):
    """Those of commands that go on stay."""
    import_likes(DAY, DAY)
    killed = home.settings.home / "spill" / "duckdb-killed"
    killed.mkdir(parents=True)
    (killed / "held").touch()

    with home.reader() as other_command, other_command.temporary_folder() as folder:
        run(home, later(1))

        assert not killed.exists()
        assert folder.exists()


def test_first_run_publishes_today_and_a_later_run_finalizes_it(home, import_likes):
    """A day that was not over is scored again until it is; later days are final when they are published."""
    import_likes(DAY, later(2))

    assert [(DAY, False)] == run(home, DAY, 12)
    assert [(DAY, False)] == run(home, DAY, 18)
    assert [(DAY, True)] == run(home, later(1))
    assert [(later(1), False)] == run(home, later(1), 12, last=later(1))
    assert [(later(1), True)] == run(home, later(2))


@pytest.mark.proof
@only_in_full
def test_late_acts_of_published_days_are_counted_until_somebody_restates_them(home, import_likes, take):
    """Only acts that a published day's window contains count; a record again, or a merged file, is no late act."""
    import_likes(DAY - timedelta(days=5), later(3))
    run(home, later(4), first=DAY)
    scores = home.days.find(later(3)).inputs
    assert find_late_acts(home) is None

    import_likes(DAY, later(3))
    take(HEADER, f"late1,b0,{later(2)},like,p0", f"late2,b0,{DAY - timedelta(days=WINDOW)},like,p0")
    with home.reader() as engine, home.lake.write_batch() as batch:
        engine.create_table("batch", (), BATCH_COLUMNS["interactions"])
        engine.create_table("exceptions", (), {"account_id": "string", "account": "bigint"})
        assert compact(engine, home.lake, batch, network="x", max_files=1)
    late_acts = renown_runs.run(home.run_resources, now=lambda: at(later(4), 12)).late_acts

    expected = answers.LateActs(acts=1, days=2, first_day=f"{later(2)}", last_day=f"{later(3)}")
    assert (expected, expected) == (late_acts, find_late_acts(home))
    assert scores == home.days.find(later(3)).inputs
    run(home, later(4), 14, first=later(2))
    assert find_late_acts(home) is None


def test_acts_of_days_before_the_window_or_of_another_method_are_not_late(home, import_likes, take):
    """An act that no published day would count is not reported, and no act where no day can be restated."""
    import_likes(DAY, later(3))
    run(home, later(4), first=DAY)
    days = home.days.all()
    new_days = {day_number(later(3))}

    found = answers.find_touched_days(days, new_days, window=WINDOW, method=home.method.version)
    assert answers.TouchedDays(days=1, first_day=f"{later(3)}", last_day=f"{later(3)}") == found
    gap_days = [day for day in days if day.day != later(1)]
    found = answers.find_touched_days(gap_days, {day_number(DAY)}, window=WINDOW, method=home.method.version)
    assert (f"{DAY}", f"{later(3)}", 3, 1) == (found.first_day, found.last_day, found.days, found.unpublished)
    take(HEADER, f"late1,b0,{DAY - timedelta(days=WINDOW)},like,p0", f"late2,b0,{later(4)},like,p0")
    assert find_late_acts(home) is None
    take(HEADER, f"late1,b0,{later(3)},like,p1")
    assert 1 == find_late_acts(home).acts
    assert answers.find_touched_days(days, {day_number(later(4))}, window=WINDOW, method=home.method.version) is None
    assert answers.find_touched_days(days, new_days, window=WINDOW, method="0") is None
    assert answers.count_late_acts(home.lake, days, window=WINDOW, method="0") is None
    # A lake that lost its last commits, as after a backup of an earlier moment.
    days[-1].lake["interactions"] += 99
    assert answers.count_late_acts(home.lake, days, window=WINDOW, method=home.method.version) is None


def find_late_acts(home):
    """Return the late acts as the status has them."""
    return answers.count_late_acts(home.lake, home.days.all(), window=WINDOW, method=home.method.version)


@pytest.mark.proof
@only_in_full
def test_run_and_alerts_name_whose_score_moved(tmp_path):
    """A fall comes first, with the command that says why; what moved less than the points asked for is not named."""
    first, last = (datetime.now(UTC).date() - timedelta(days=ago) for ago in (3, 1))

    def renown(*words):
        result = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), *words])
        assert 0 == result.exit_code, result.output
        return result.output

    acts = [f"f{n},{who},{day},repost,p{n}" for n in range(20) for who, day in (("ada", first), ("bob bee", last))]
    # Reactions of two people may be chance: they move nothing.
    acts += [f"f{n},cid,{day},reply,p" for n in range(2) for day in (first, last)] + [
        f"g{n},bob bee,{first},reply,p" for n in range(4)
    ]
    (tmp_path / "acts.csv").write_text("\n".join([HEADER, *acts]))
    renown("init")
    renown("import", "interactions", str(tmp_path / "acts.csv"), "--network", "x")
    for name in ("ada", "bob bee", "cid"):
        renown("add", name, "--account", f"x:{name}")
    renown("score", "--day", f"{first}")

    run_lines = [line for line in renown("run").splitlines() if "says why" in line]
    assert ["ada", "bob bee"] == [line.partition(":")[0] for line in run_lines]
    assert f"`renown changes 'bob bee' --since {first} --day {last}` says why" in run_lines[1]
    assert run_lines == renown("alerts", "--since", f"{first}").splitlines()
    [fall, rise] = map(json.loads, renown("alerts", "--since", f"{first}", "--json").splitlines())
    assert (fall["move"], fall["name"]) < (-1, "b") < (rise["move"], rise["name"])
    assert fall["last"] - fall["first"] == fall["move"]
    assert f"nobody's score moved by 99 points from {first} to {last}" in renown(
        "alerts", "--since", f"{first}", "--points", "99"
    )
    assert 0 == len(json.loads(renown("run", "--json"))["alerts"])


def test_import_run_and_status_say_how_to_restate_published_days(tmp_path):
    """Whoever imports acts of published days reads which days do not count them, and the command that changes it."""
    yesterday = datetime.now(UTC).date() - timedelta(days=1)

    def renown(*words):
        result = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), *words])
        assert 0 == result.exit_code, result.output
        return result.output

    def import_acts(name, *days):
        (tmp_path / name).write_text("\n".join([HEADER, *(f"{name},b,{day},reply,p" for day in days)]))
        return renown("import", "interactions", str(tmp_path / name), "--network", "x")

    renown("init")
    assert "published day" not in import_acts("first.csv", yesterday - timedelta(days=1), yesterday)
    renown("score", "--from", f"{yesterday - timedelta(days=1)}", "--to", f"{yesterday}")
    assert "scores them again" not in renown("status")
    remedy = f"`renown score --from {yesterday} --to {yesterday}` scores them again"

    assert re.search(
        f"1 published day from {yesterday} on would count these records.*{remedy}", import_acts("late.csv", yesterday)
    )
    assert "published day" not in import_acts("late.csv", yesterday)
    for command in ("run", "status"):
        assert re.search(f"1 act came after 1 published day from {yesterday} on .*{remedy}", renown(command))
        assert 1 == json.loads(renown(command, "--json"))["late_acts"]["acts"]
    renown("score", "--from", f"{yesterday}", "--to", f"{yesterday}")
    assert "scores them again" not in renown("run") + renown("status")


@given(
    st.sets(st.integers(-150, 0)),
    st.sets(st.integers(-150, 0)),
    st.integers(0, 1),
)
def test_due_days_follow_the_last_final_day(final, provisional, ago):
    """All days after it are due, up to the last requested or published one, and no further back than the window."""
    today = DAY
    published_at = {n: at(later(n + 1)) for n in final if n < 0}
    published_at |= {n: at(later(n), 1) for n in provisional - (final - {0})}
    published = [_published(later(n), published_at[n]) for n in sorted(published_at)]
    last = today - timedelta(days=ago)

    due = answers.find_due_days(published, today=today, last=last, window=WINDOW)

    final_days = [day.day for day in published if day.is_final]
    end = max([last, *(day.day for day in published)])
    if not published:
        assert (today,) == due.days
        return
    if final_days:
        assert due.gaps + len(due.days) == (end - final_days[-1]).days
    assert list(due.days) == sorted(set(due.days))
    assert all(end - timedelta(days=WINDOW) < day <= end for day in due.days)
    assert not set(due.days) & set(final_days)


def _published(day, published_at):
    return PublishedDay(
        day=day,
        method="1",
        method_digest="",
        method_text="",
        inputs="",
        engine="",
        folder=Path(),
        people=1,
        lake={},
        published_at=published_at,
    )


def test_day_without_data_does_not_stop_later_days(home, import_likes):
    """The result says why a day was not published, and the run goes on with the next."""
    import_likes(later(3), later(3))

    result = renown_runs.run(home.run_resources, now=lambda: at(later(5)), first=later(1))

    assert [False, False, True, True] == [not row.message for row in result.days]
    assert "the lake has no data for the 90 days that end on 2024-02-02" in result.days[0].message


def test_home_without_people_says_how_to_add_them(tmp_path):
    """Neither data that is missing nor an earlier step that fails is named, but the first step."""
    home = new_home(tmp_path / "home")
    outputs = [CliRunner().invoke(cli.app, ["--home", str(home), command]) for command in ("run", "people", "score")]

    for result in outputs[:2]:
        assert "nobody was added yet; add people with `renown add NAME --bluesky HANDLE`" in result.output
    assert "nothing was read or imported; add people with `renown add NAME" in str(outputs[2].exception)


@pytest.mark.parametrize("home", DATABASES, indirect=True)
def test_failing_network_is_reported_and_does_not_stop_the_run(home, import_likes, site, capsys):
    """The other network is read, the day is published, and `status` shows when each account was last read."""
    import_likes(DAY, DAY)
    profile = {"id": "1", "acct": "ada", "followers_count": 7}
    serve(site, _mastodon_answers(profile))
    home.people.add("ada", [("mastodon", "ada@example.social"), ("bluesky", "did:plc:ada"), ("x", "1")], at=at(DAY))

    result = renown_runs.run(home.run_resources, now=lambda: at(later(1)))

    assert ["bluesky", "mastodon"] == [row.network for row in result.networks]
    down, fine = result.networks
    assert (1, 0, 1, None) == (down.accounts, down.complete, down.failed, down.seen_at)
    assert "127.0.0.1" in down.message
    assert (1, 1, 0, "2024-02-02T00:15:00+00:00", "") == (
        *(fine.accounts, fine.complete, fine.failed),
        *(fine.seen_at, fine.message),
    )
    assert [""] == [day.message for day in result.days]
    status = _status(home, later(3))
    networks = {row.network: row for row in status.networks}
    assert (None, "2024-02-02T00:15:00+00:00") == (networks["bluesky"].seen_at, networks["bluesky"].tried_at)
    assert (fine.seen_at, False) == (networks["mastodon"].seen_at, networks["x"].readable)
    assert ("2024-02-02", False, ("2024-02-02", "2024-02-03")) == (status.last_day, status.final, status.missing)
    print_status(status)
    assert "never" in capsys.readouterr().out


def _mastodon_answers(profile):
    return {
        "/api/v2/instance": {"domain": "example.social"},
        "/api/v1/accounts/lookup?acct=ada": profile,
        "/api/v1/accounts/1/statuses?exclude_reblogs=true&limit=40": [],
    }


def _status(home, day, hours=0.25):
    published = home.days.all()
    options = {"readable": ("bluesky", "mastodon"), "handles": {}, "now": at(day, hours), "window": WINDOW}
    return answers.compute_status(home.people, home.sync_states, published, **options)


def test_status_of_a_large_community_names_failures_first(home, capsys):
    """A table of 3,000 accounts hides the ones that could not be read; JSON has all."""
    for number in range(60):
        home.people.add(f"p{number}", [("mastodon", f"https://m.example/users/{number}")], at=at(DAY))
    status = _status(home, DAY)
    networks = [
        dataclasses.replace(network, failed=1, accounts=tuple(map(fail_p58, network.accounts)))
        for network in status.networks
    ]
    assert 60 == sum(len(network.accounts) for network in networks)
    capsys.readouterr()
    print_status(dataclasses.replace(status, networks=tuple(networks)))
    output = capsys.readouterr().out
    assert "no answer" in output
    assert "and 10 more accounts; 1 of 60 could not be read; `renown status --json` lists all" in output
    assert 50 == sum("never" in line for line in output.splitlines())


def fail_p58(account):
    """Return the status of an account, with an error if it is that of p58."""
    return dataclasses.replace(account, message="no answer") if account.name == "p58" else account


def test_run_of_a_large_community_prints_the_largest_moves(capsys):
    """A night moves hundreds of scores by a point; cron sends what is printed by mail."""
    moves = [*range(-30, 0), *range(1, 31)]
    days = {"first_day": "2024-02-01", "last_day": "2024-02-02"}
    alerts = [ScoreAlert(name=f"p{move}", first=50, last=50 + move, move=move, **days) for move in moves]
    times = {"began_at": "2024-02-03T00:10:00+00:00", "ended_at": "2024-02-03T00:11:00+00:00"}
    print_run(renown_runs.DailyRun(**times, networks=(), days=(), gaps=0, alerts=tuple(alerts)))

    *lines, last_line = capsys.readouterr().out.splitlines()
    printed = [line.partition(":")[0] for line in lines if line.startswith("p")]
    assert [f"p{move}" for move in moves if abs(move) > 20] == printed
    assert (
        "40 more moved by a point or more; `renown alerts --since 2024-02-01 --day 2024-02-02` lists all" == last_line
    )


@pytest.mark.parametrize("command", ["run", "serve"])
def test_scheduler_does_not_start_with_a_retention_that_its_runs_refuse(home, command):
    """The operator who changes the setting sees it, not the journal of the night."""
    environment = {"RENOWN_RETENTION_ACTS": "100"}
    arguments = ["--home", str(home.settings.home), command, "--every", "day"]
    result = CliRunner().invoke(cli.app, arguments, env=environment)
    assert isinstance(result.exception, InvalidSettingsError)
    assert "write 300 or more" in str(result.exception)


def test_status_lists_skipped_days_as_gaps(home, import_likes, capsys):
    """No run goes back before a final day; `status` lists the days that are missing there, printed as a range."""
    import_likes(DAY, later(5))
    run(home, later(1), first=DAY)
    run(home, later(5), first=later(4))

    status = _status(home, later(5))
    assert ("2024-02-02", "2024-02-03", "2024-02-04") == status.gaps
    capsys.readouterr()
    print_status(status)
    assert "missing days: 2024-02-02 to 2024-02-04 (3 days); `renown run --from 2024-02-02`" in capsys.readouterr().out


def test_days_of_a_wrong_clock_are_named_and_can_be_taken_back(home, import_likes, capsys):
    """A clock that was days ahead published days that had not begun; nothing else is published until they are over."""
    import_likes(DAY, later(1))
    run(home, later(1), first=DAY)
    run(home, later(4))
    assert () == _status(home, later(4)).future

    status = _status(home, later(2), 12)

    assert ("2024-02-02", "2024-02-03", "2024-02-04") == status.future
    capsys.readouterr()
    print_status(status)
    assert "2024-02-02 to 2024-02-04 (3 days); set the clock if it is wrong" in capsys.readouterr().out
    result = CliRunner().invoke(
        cli.app, ["--home", str(home.settings.home), "unpublish", "--from", status.future[0], "--yes"]
    )
    assert 0 == result.exit_code, result.output
    assert () == _status(home, later(2), 12).future
    assert [(later(1), True)] == run(home, later(2), 12)


class FailingNetwork:
    """A fake network of many accounts; each read raises the same error."""

    def __init__(self, error):
        self.error, self.reads = error, 0

    def fetch(self, home, accounts):
        """Fetch accounts; return the message of each."""
        connector = Connector(
            network="toy",
            covers=("like",),
            example="ada",
            server_url=lambda _name: "https://toy.example",
            find=self.read,
            read=self.read,
            read_bio=self.read,
        )
        summaries = ingest.fetch_network(
            home.reader,
            home.lake,
            home.sync_states,
            [(connector, Account(str(n), f"u{n}")) for n in range(accounts)],
            lambda *_: Client(
                Server("https://toy.example"), RequestBudget(1, 1), clock=lambda: 0.0, sleep=print, seed=1
            ),
            now=lambda: at(DAY),
            limits=ReadLimits(),
        )
        return [summary.message for summary in summaries]

    def read(self, *_, now):  # noqa: ARG002 - part of the contract
        """Raise the error."""
        self.reads += 1
        raise self.error


@pytest.mark.parametrize(
    "error", [NetworkUnavailableError("asked 5 times: toy is busy"), HostNotFoundError("host not found: 'toy.example'")]
)
def test_circuit_breaker_skips_accounts_of_an_unresponsive_server(home, error):
    """After three failures the server's other accounts wait for the next run, because each would wait for minutes."""
    network = FailingNetwork(error)

    messages = network.fetch(home, 6)

    assert 3 == network.reads
    assert all("toy.example did not respond for 3 accounts" in message for message in messages[3:])
    assert "skipped in this run (the next run resumes here)" in home.sync_states.find("toy", "5").message


def test_bug_with_one_account_does_not_stop_others(home):
    """The message says where the exception was raised, without its text, which may contain a secret."""
    [message, _] = FailingNetwork(KeyError("sesame")).fetch(home, 2)

    assert message.startswith("KeyError in ingest/account_fetcher.py, line ")
    assert "sesame" not in message


def test_file_lock_refuses_a_second_run(home):
    """The error says which process has the lock and since when; text that a dead process wrote is no lock."""
    file = home.settings.home / "run"
    with (
        file_lock(file, at=at(DAY)),
        pytest.raises(RunInProgressError, match=rf"process {os.getpid()} since 2024-02-01 00:15:00 UTC"),
    ):
        renown_runs.run(home.run_resources, now=lambda: at(DAY))
    file.write_text("process 1 since 2020-01-01 00:00:00 UTC", encoding="utf-8")
    with file_lock(file, at=at(DAY)):
        assert "2024-02-01" in file.read_text(encoding="utf-8")


KILLED = """
import sys
sys.path[:0] = [{tests!r}]
import test_daily as t
from pathlib import Path
from renown import home, runs
opened = home.open_home(Path({home!r}), {{"RENOWN_THREADS": "1"}})
print("ready", flush=True)
runs.run(opened.run_resources, now=lambda: t.at(t.later({days})))
"""


@pytest.mark.proof
def test_killed_runs_lose_no_day_and_publish_none_twice(home, import_likes):
    """A long run is killed at random instants; each time the next one resumes after the last published day."""
    day_count, rng, kills, max_wait = scaled(8, 3), random.Random(5), 0, 0.6
    import_likes(DAY, later(day_count))
    run(home, later(1), first=DAY)
    program = KILLED.format(tests=str(Path(__file__).parent), home=str(home.settings.home), days=day_count)
    published = {day.day: day.folder for day in home.days.all()}
    while len(published) < day_count:
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        process.stdout.readline()
        try:
            process.wait(rng.uniform(0.1, max_wait))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            kills, max_wait = kills + 1, max_wait + 0.3  # so that a slow machine finishes, too
        process.communicate()
        now = {day.day: day.folder for day in home.days.all()}
        assert published.items() <= now.items()
        assert list(now) == days_on(DAY, max(now))
        published = now

    assert kills
    assert [] == run(home, later(day_count), 20)
    folders = {day.folder.name for day in home.days.all()}
    assert folders == {folder.name for folder in (home.settings.home / "published").glob("*/*/*")}
    assert day_count == len(home.served_scores.read_history(home.served_scores.list_leaders(1)[0].key))


class FakeSchedule:
    """A clock that advances when the scheduler waits, and a stop signal at a given instant."""

    def __init__(self, start, until):
        self.now, self.until, self.started_at = start, until, []

    def clock(self):
        """Return now."""
        return self.now

    def is_set(self):
        """Tell whether to stop."""
        return self.now >= self.until

    def wait(self, seconds):
        """Advance the clock by exactly so many seconds."""
        assert 0 < seconds <= 60
        self.now += timedelta(seconds=seconds)
        return self.is_set()

    def run(self):
        """Note when the task started; it takes five minutes."""
        self.started_at.append(self.now)
        self.now += timedelta(minutes=5)

    def run_until_stopped(self, *, every, is_due, run=None):
        """Run on a schedule until the stop signal; return the messages."""
        messages = []
        renown_runs.run_on_schedule(
            run or self.run,
            interval=renown_runs.INTERVALS[every],
            offset=timedelta(minutes=10),
            is_due=is_due,
            clock=self.clock,
            stop=self,
            seed=4,
            notify=messages.append,
        )
        return messages


@pytest.mark.parametrize(("every", "runs"), [("day", 3), ("hour", 72)])
def test_scheduler_runs_at_the_same_time_of_each_day_or_hour(every, runs):
    """It runs at once if a day is missing, then at the set time plus the same jitter each time."""
    schedule = FakeSchedule(at(DAY, 7.5), at(DAY, 7.5 + 72))

    schedule.run_until_stopped(every=every, is_due=lambda: True)

    assert at(DAY, 7.5) == schedule.started_at.pop(0)
    assert runs == len(schedule.started_at)
    offsets = {(instant - at(instant.date(), 0)) % renown_runs.INTERVALS[every] for instant in schedule.started_at}
    assert 1 == len(offsets)
    assert timedelta(minutes=10) <= offsets.pop() <= timedelta(minutes=10) + MAX_JITTER


def test_scheduler_waits_if_nothing_is_due_and_tries_again_after_errors():
    """After 5, 10, 20 and 40 minutes, then hourly: a database that restarts in the night must not cost a day."""
    schedule = FakeSchedule(at(DAY, 7), at(later(2), 7))

    def fail_six_times():
        schedule.run()
        if len(schedule.started_at) <= 6:
            raise RunInProgressError("process 7 runs")

    messages = schedule.run_until_stopped(every="day", is_due=lambda: False, run=fail_six_times)

    assert ["process 7 runs"] * 6 == messages
    *attempts, second_night = schedule.started_at
    assert (later(1), later(2)) == (attempts[0].date(), second_night.date())
    task_minutes = 5
    waits = [(end - start) / timedelta(minutes=1) - task_minutes for start, end in pairwise(attempts)]
    assert [5, 10, 20, 40, 60, 60] == waits


def test_scheduler_asks_again_what_is_due_after_an_error():
    """A database that starts after the scheduler: the missing day is not left to the next night."""
    schedule = FakeSchedule(at(DAY, 7), at(DAY, 8))

    def fail_to_ask():
        raise HomeError("the database does not answer")

    messages = schedule.run_until_stopped(every="day", is_due=fail_to_ask)

    assert ["the database does not answer"] == messages
    assert [at(DAY, 7) + timedelta(minutes=5)] == schedule.started_at


def test_scheduler_goes_on_after_a_month_of_errors():
    """Each night has its regular run, whatever failed before."""
    schedule = FakeSchedule(at(DAY, 7), at(later(30), 7))

    def run_and_fail():
        schedule.run()
        raise HomeError("the disk is full")

    schedule.run_until_stopped(every="day", is_due=lambda: False, run=run_and_fail)

    assert {later(number) for number in range(1, 31)} <= {instant.date() for instant in schedule.started_at}
    assert 24 > len(schedule.started_at) / 30


def test_scheduler_stops_immediately():
    """The stop signal ends a wait for the next day at once."""
    stop = threading.Event()
    options = {"interval": renown_runs.INTERVALS["day"], "offset": timedelta(0), "seed": 1, "notify": print}
    scheduler = threading.Thread(
        target=lambda: renown_runs.run_on_schedule(
            lambda: None, is_due=lambda: False, clock=lambda: datetime.now(UTC), stop=stop, **options
        )
    )
    scheduler.start()
    time.sleep(0.1)
    stop.set()
    scheduler.join(2)

    assert not scheduler.is_alive()


def test_scheduler_that_is_killed_starts_again(tmp_path):
    """A server whose scheduler the system killed for lack of memory would otherwise never publish again."""
    pids, messages = tmp_path / "pids", []
    program = f"import os, time; print(os.getpid(), file=open({str(pids)!r}, 'a'), flush=True); time.sleep(60)"
    process = SupervisedProcess([sys.executable, "-c", program], notify=messages.append, delay=0.1)

    def wait_for_process(number):
        deadline = time.monotonic() + 20
        while not (pids.exists() and number == len(lines := pids.read_text().splitlines(keepends=True))):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return int(lines[-1])

    os.kill(wait_for_process(1), signal.SIGKILL)
    os.kill(wait_for_process(2), signal.SIGTERM)
    last_pid = wait_for_process(3)
    process.terminate()

    assert ["killed by signal 9", "killed by signal 15"] == [re.search(r"\(([^()]*)\);", text)[1] for text in messages]
    assert not psutil.pid_exists(last_pid)
    time.sleep(0.5)
    assert 3 == len(pids.read_text().splitlines())


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2025, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
    st.sampled_from(sorted(renown_runs.INTERVALS)),
    st.timedeltas(timedelta(0), timedelta(hours=30)),
)
def test_next_run_is_within_one_interval_at_the_offset(now, every, offset):
    """It is later than now, by one interval at most, and at the same offset in each interval."""
    interval = renown_runs.INTERVALS[every]
    next_at = next_run(now, interval=interval, offset=offset)

    assert timedelta(0) < next_at - now <= interval
    assert (next_at - at(DAY, 0) - offset) % interval == timedelta(0)


def test_time_of_runs_is_a_setting(home):
    """It is a time of day; for anything else the error shows an example."""
    path = home.settings.home

    assert timedelta(hours=3, minutes=5) == open_home(path, {"RENOWN_RUN_AT": "03:05"}).settings.run.offset
    for invalid in ("25:00", "noon", "00:10+02:00", ""):
        with pytest.raises(InvalidSettingsError, match="write a UTC time such as '00:10'"):
            open_home(path, {"RENOWN_RUN_AT": invalid})


@pytest.mark.proof
@only_in_full
def test_command_line_runs_and_shows_a_person(tmp_path, monkeypatch, site):
    """Add a person, run, and show status, standing, score and history, as tables and as JSON."""
    serve(site, _mastodon_answers({"id": "1", "acct": "ada", "followers_count": 700}))
    monkeypatch.setenv("RENOWN_MASTODON_SERVER", site.url)
    monkeypatch.setenv("RENOWN_MASTODON_PRIVATE", "true")

    def renown(*words, code=0):
        result = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), *words])
        assert code == result.exit_code, result.output
        return result.output

    renown("init")
    renown("add", "ada", "--account", "mastodon:ada@example.social")
    assert "mastodon: 1 of 1 account read, 0 failed, last seen " in renown("run")
    assert not json.loads(renown("run", "--json"))["days"][0]["final"]
    today = json.loads(renown("status", "--json"))["last_day"]
    assert ", not final" in renown("status")
    standing = json.loads(renown("standing", "mastodon:ada@example.social", "--goal", "2", "--days", "1", "--json"))
    streak = standing["current_streak"]
    assert (100.0, True, today) == (standing["top_percent"], standing["has_met_goal"], streak["first_day"])
    assert "2 or more on 1 day in a row" in renown("standing", "ada", "--goal", "2", "--days", "1")
    assert renown("show", "ada").endswith("1st of 1\n")
    assert today in renown("history", "ada", "--plot", str(tmp_path / "ada.svg"))
    assert (tmp_path / "ada.svg").read_text(encoding="utf-8").startswith("<?xml")
    renown("run", "--every", "week", code=1)
    renown("run", "--every", "day", "--from", today, code=1)
    site.script = [b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"]
    renown("run", code=1)
