"""Series of kills: commands are killed at random instants, and nothing acknowledged is lost, nothing doubled."""

import shutil
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from conftest import new_home
from killed_commands import KILLED, KillSeries
from proofs import scaled
from renown.engines.duckdb import DuckDB
from renown.home import open_home
from renown.lake import Lake
from renown.records import LAKE_COLUMNS
from renown.store import PublishedTables
from test_bluesky_stream import event_server, last_cursor, likes, wait_until_closed
from test_ledger import claim_seeds, read_entries, read_rows

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3600)]

KILLS = {
    "import": 150,
    "collect": 150,
    "stream": 100,
    "score": 150,
    "run": 150,
    "forget": 150,
    "group": 150,
    "ledger": 100,
    "past": 100,
    "unpublish": 50,
}
"""Command to the number of its kills; more than a thousand together."""
SHORT_KILLS = dict.fromkeys(KILLS, 5) | {"stream": 4, "run": 4, "ledger": 3, "past": 3, "unpublish": 2}
CHECK_INTERVAL = 10
"""Commands after which the whole home is checked."""
ROWS = 200
LAST_DAY = datetime.now(UTC).date() - timedelta(days=1)
HEADER = "actor,target,at,verb,post,id"


@pytest.fixture
def start_series(tmp_path, capsys):
    """Return a function that starts the series of a command; at the end its counts are printed."""
    started = []

    def start(name):
        series = KillSeries(name, new_home(tmp_path / "home"), scaled(KILLS[name], SHORT_KILLS[name]))
        started.append(series)
        return series

    yield start
    for series in started:
        series.check()
        with capsys.disabled():
            sys.stdout.write(f"\n{series.summarize()}\n")


def write_acts(path, rows):
    """Write a CSV file of interactions; return its path as text."""
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return str(path)


def count_rows(home, condition="true"):
    """Return (rows, distinct rows) of the interactions for which a condition holds."""
    with DuckDB() as engine:
        engine.scan("interactions", Lake(home / "lake").files("interactions"), LAKE_COLUMNS["interactions"])
        columns = "(actor, target, day_no, second, post, interaction)"
        return engine.query(f"select count(*), count(distinct {columns}) from interactions where {condition}")[0]


def import_acts(series, tmp_path, people=12, days=30):
    """Import acts of people on two others over some days."""
    rows = [
        f"p{n},t{n % 2},{LAST_DAY - timedelta(days=ago)},like,post{ago},{n}-{ago}"
        for n in range(people)
        for ago in range(days)
    ]
    file = write_acts(tmp_path / "acts.csv", rows)
    assert 0 == series.run("import", "interactions", file, "--network", "x")
    return len(rows)


def test_killed_imports(start_series, tmp_path):
    """Each file is in the lake whole or not at all, and once."""
    series, batch, stored = start_series("import"), 0, 0
    while not series.is_complete:
        rows = [f"a{batch}_{n},b{n % 50},2024-01-{n % 3 + 1:02},like,p{n},{batch}-{n}" for n in range(ROWS)]
        arguments = ("import", "interactions", write_acts(tmp_path / "acts.csv", rows), "--network", "x")
        code = series.run(*arguments) if series.commands < 2 else series.kill(*arguments)
        count, distinct = count_rows(series.home)
        assert count == distinct
        assert count in ({stored + ROWS} if code == 0 else {stored, stored + ROWS})
        batch, stored = batch + (count > stored), count
        if series.commands % CHECK_INTERVAL == 0:
            series.check()


def test_killed_collects(start_series):
    """Each like is in the lake once; what a run acknowledged is there, the next run reads the rest."""
    series, likers, stored = start_series("collect"), 5, 0
    open_home(series.home, {}).people.add("ada", [("toy", "1")], at=datetime.now(UTC))
    while not series.is_complete:
        arguments = ("collect", "ada")
        code = series.run(*arguments, likers=likers) if not stored else series.kill(*arguments, likers=likers)
        count, distinct = count_rows(series.home)
        assert count == distinct
        assert count == likers if code == 0 else stored <= count <= likers
        stored, likers = count, likers + 5 * (count == likers)
    assert 0 == series.run("collect", "ada", likers=likers)
    assert (likers, likers) == count_rows(series.home)


def test_killed_streams(start_series):
    """Each event is in the lake once, through all kills."""
    series = start_series("stream")
    frames = likes(600 * series.wanted_kills)

    def send_slowly(connection, all_frames):
        for start in range(0, len(all_frames), 60):
            for frame in all_frames[start : start + 60]:
                connection.send(frame.decode())
            time.sleep(0.1)
        wait_until_closed(connection)

    series.durations["stream"] = 1.2
    with event_server(frames, send_slowly) as url:
        arguments = ("stream", "bluesky", "--batch-events", "90", "--batch-seconds", "0.1", "--url", url)
        stored = 0
        while not (series.is_complete and stored):
            assert KILLED == series.kill(*arguments)
            count, distinct = count_rows(series.home)
            assert count == distinct >= stored
            # A busy machine may store nothing in this time: kill later until something is stored.
            series.durations["stream"] *= 1 if count else 2
            stored = count
        deadline = time.monotonic() + 600
        while count_rows(series.home)[0] < len(frames) and time.monotonic() < deadline:
            series.run(*arguments, "--for", str(scaled(20, 6)))
    assert (len(frames), len(frames)) == count_rows(series.home)
    assert last_cursor(len(frames))


def check_published(home):
    """Check that each published day is whole, and the latest one served; return the days."""
    opened = open_home(home, {})
    days = opened.days.all()
    for day in days:
        with PublishedTables(day) as tables:
            assert day.people == len(tables.read_top_scores(1000))
    if days:
        assert days[-1].day == opened.served_scores.day()
        leaders = opened.served_scores.list_leaders(1000)
        assert days[-1].people == len(leaders)
        assert len(days) >= len(opened.served_scores.read_history(leaders[0].key))
    opened.people._database.dispose()
    return days


def test_killed_scores(start_series, tmp_path):
    """A day is published whole or stays as it was."""
    series = start_series("score")
    import_acts(series, tmp_path)
    turn, published = 0, {}
    while not series.is_complete:
        day = LAST_DAY - timedelta(days=turn % 7)
        arguments = ("score", "--day", str(day))
        code = series.run(*arguments) if turn < 2 else series.kill(*arguments)
        days = {row.day: row.folder for row in check_published(series.home)}
        assert published.keys() <= days.keys()
        assert code != 0 or days[day] != published.get(day)
        published, turn = days, turn + 1
        if turn % CHECK_INTERVAL == 0:
            series.check()
    assert 0 == series.run("score", "--day", str(LAST_DAY))


def test_killed_nights_of_the_ledger(start_series, tmp_path):
    """Whatever is killed, nights enter and publish by method 3 what undisturbed nights do."""
    series, nights = start_series("ledger"), scaled(4, 2)
    import_acts(series, tmp_path)
    home = open_home(series.home, {})
    claim_seeds(home, [f"t{n}" for n in range(2)])
    days = [LAST_DAY - timedelta(days=nights - n) for n in range(nights)]
    template = shutil.copytree(series.home, tmp_path / "template")
    for day in days:
        assert 0 == series.run("score", "--day", str(day), "--method", "3")
    expected = read_entries(home), read_rows(home.days.find(days[-1]), "points")
    assert all(expected)
    while not series.is_complete:
        shutil.rmtree(series.home)
        shutil.copytree(template, series.home)
        for day in days:
            while series.kill("score", "--day", str(day), "--method", "3") and not series.is_complete:
                pass
        for day in days:
            assert 0 == series.run("score", "--day", str(day), "--method", "3")
        killed_home = open_home(series.home, {})
        assert expected == (read_entries(killed_home), read_rows(killed_home.days.find(days[-1]), "points"))


def read_recomputed(home):
    """Return the recomputed scores of each claimed person."""
    opened = open_home(home, {})
    window = LAST_DAY - timedelta(days=89), LAST_DAY
    rows = {key: [(row.day, row.score) for row in opened.days.recomputed.read(key, *window)] for key in (-1, -2)}
    opened.people._database.dispose()
    return rows


def test_killed_recomputations(start_series, tmp_path):
    """The past of a person is saved whole or not at all, and the next run saves what an undisturbed one does."""
    series = start_series("past")
    import_acts(series, tmp_path)
    claim_seeds(open_home(series.home, {}), [f"t{n}" for n in range(2)])
    assert 0 == series.run("score", "--day", str(LAST_DAY))
    template = shutil.copytree(series.home, tmp_path / "template")
    assert 0 == series.run("run")
    expected = read_recomputed(series.home)
    assert [29, 29] == [sum(score is not None for _, score in rows) for rows in expected.values()]
    while not series.is_complete:
        shutil.rmtree(series.home)
        shutil.copytree(template, series.home)
        series.kill("run")
        assert all(rows in ([], expected[key]) for key, rows in read_recomputed(series.home).items())
        assert 0 == series.run("run")
        assert expected == read_recomputed(series.home)


def test_killed_runs(start_series, tmp_path):
    """The next run goes on after the last published day."""
    series, missing = start_series("run"), scaled(4, 2)
    import_acts(series, tmp_path)
    assert 0 == series.run("score", "--day", str(LAST_DAY - timedelta(days=missing)))
    template = shutil.copytree(series.home, tmp_path / "template")
    assert 0 == series.run("run")
    while not series.is_complete:
        shutil.rmtree(series.home)
        shutil.copytree(template, series.home)
        count = 1
        while count <= missing and not series.is_complete:
            code = series.kill("run")
            days = [row.day for row in check_published(series.home)]
            assert days == [LAST_DAY - timedelta(days=missing - n) for n in range(len(days))]
            assert len(days) >= count
            assert code != 0 or len(days) == missing + 1
            count = len(days)
    assert 0 == series.run("run")
    assert missing + 1 == len(check_published(series.home))


def test_killed_withdrawals(start_series, tmp_path):
    """A day is published whole or not at all; scored again, it and its ledger are as an undisturbed one."""
    series = start_series("unpublish")
    import_acts(series, tmp_path)
    home = open_home(series.home, {})
    claim_seeds(home, [f"t{n}" for n in range(2)])
    days = [LAST_DAY - timedelta(days=1), LAST_DAY]
    for day in days:
        assert 0 == series.run("score", "--day", str(day))
    expected = read_entries(home), read_rows(home.days.find(LAST_DAY), "points")
    template = shutil.copytree(series.home, tmp_path / "template")
    assert 0 == series.run("unpublish", "--day", str(LAST_DAY), "--yes")
    while not series.is_complete:
        shutil.rmtree(series.home)
        shutil.copytree(template, series.home)
        code = series.kill("unpublish", "--day", str(LAST_DAY), "--yes")
        published = [row.day for row in check_published(series.home)]
        assert published in ([days[:1]] if code == 0 else [days, days[:1]])
        if published == days:
            assert 0 == series.run("unpublish", "--day", str(LAST_DAY), "--yes")
        series.check()
        assert 0 == series.run("score", "--day", str(LAST_DAY))
        killed_home = open_home(series.home, {})
        assert expected == (read_entries(killed_home), read_rows(killed_home.days.find(LAST_DAY), "points"))


def test_killed_erasures(start_series, tmp_path):
    """Nothing of others is lost at any instant; the repeated command erases the person, and then says so."""
    series = start_series("forget")
    people, days = series.wanted_kills * 2, 4
    total = import_acts(series, tmp_path, people=people, days=days)
    assert 0 == series.run("score", "--day", str(LAST_DAY))
    home = open_home(series.home, {})
    with home.reader() as engine:
        engine.scan("accounts", home.lake.files("accounts"), LAKE_COLUMNS["accounts"])
        keys = dict(engine.query("select account_id, account from accounts"))
    erased = 0
    assert 0 == series.run("forget", "x:p0", "--yes")
    while not series.is_complete:
        erased += 1
        name, key = f"p{erased}", keys[f"p{erased}"]
        series.kill("forget", f"x:{name}", "--yes")
        others = (total - (erased + 1) * days,) * 2
        assert others == count_rows(series.home, f"actor <> {key}")
        assert 0 == series.run("forget", f"x:{name}", "--yes")
        assert others == count_rows(series.home)
        if erased % CHECK_INTERVAL == 0:
            series.check()
            names = {score.name for score in open_home(series.home, {}).served_scores.list_leaders(1000)}
            assert {"x:t0", "x:t1"} == names


def test_killed_group_commands(start_series, tmp_path):
    """A group's log has each entry once, and verifies after each kill."""
    series = start_series("group")
    import_acts(series, tmp_path)
    open_home(series.home, {}).people.add("ann", [("x", "t0")], at=datetime.now(UTC))
    assert 0 == series.run("score", "--day", str(LAST_DAY))
    number = 0
    end = str(LAST_DAY + timedelta(days=30))
    reference = []
    while not series.is_complete:
        name, lengths = f"group{number}", []
        for arguments in (
            ("create", name, "--goal", "70"),
            ("join", name, "ann"),
            ("challenge", name, "--last", end),
            ("leave", name, "ann"),
        ):
            before = read_log_lengths(series.home)
            code = series.kill("group", *arguments) if number else series.run("group", *arguments)
            after = read_log_lengths(series.home)
            if after == before:
                assert code != 0
                assert 0 == series.run("group", *arguments)
                after = read_log_lengths(series.home)
            assert {group: count for group, count in after.items() if group != name} == {
                group: count for group, count in before.items() if group != name
            }
            lengths.append(after[name])
        reference = reference or lengths
        assert reference == lengths
        number += 1


def read_log_lengths(home):
    """Verify the log of each group; return how many entries each has."""
    opened = open_home(home, {})
    lengths = {}
    for group in opened.groups.all():
        verification = opened.groups.log.verify(group.name)
        assert not verification.faults
        lengths[group.name] = verification.entries
    opened.people._database.dispose()
    return lengths
