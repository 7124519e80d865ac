"""The ledger of method 3: nights enter what a rebuild enters, whatever arrives late, is undone or is killed."""

import random
import shutil
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable

from conftest import DAY, copy_home, new_home, taker
from proofs import only_in_full, scaled
from renown import method, privacy, scoring
from renown.engines.duckdb import DuckDB
from renown.home import open_home
from renown.records import LOOKED_UP_ACTORS, day_number
from renown.scoring.ledger import LEDGER_COLUMNS, open_ledger
from renown.scoring.points import load_points
from renown.store import PublishedTables
from test_engines import INTERPRETED_CONF, require_spark

METHOD = method.load_method(Path("3"))
HEADER = "actor,target,at,verb,post,id"
PEOPLE = 24
VERBS = ("like", "like", "like", "repost", "reply", "mention")


def score(home, day, *, engine=None):
    """Publish a day by method 3."""
    with home.engine(engine) as session:
        now = datetime.combine(day, time(23), UTC)
        return scoring.score(session, home.lake, home.days, home.people, METHOD, day=day, now=now)


def random_act(draw, day, number):
    """Return the CSV row of an act of a day."""
    actor, target = f"u{draw.randrange(PEOPLE)}", f"u{int(draw.random() ** 2 * PEOPLE)}"
    at = f"{day}T{draw.randrange(24):02}:{draw.randrange(60):02}:00"
    return f"{actor},{target},{at},{draw.choice(VERBS)},p{draw.randrange(9)},i{number}"


def claim_seeds(home, names):
    """Let people claim accounts, and verify the claims."""
    for name in names:
        home.people.add(f"person-{name}", [("x", name)], at=datetime(2020, 1, 1, tzinfo=UTC))
        home.claims.assign_account(
            home.people.by_account("x", name).key, "x", name, "link", at=datetime(2020, 1, 2, tzinfo=UTC)
        )


def read_rows(published, table):
    """Return the rows of a table of a published day, without what names the day's files."""
    columns = {
        "scores": "person, score, strength, people, verified_score",
        "points": "person, account, signal, received, value, weight, points, self_reported",
        "strengths": "account, strength, weights, people",
    }[table]
    with DuckDB() as engine:
        engine.scan("published", published.files(table), dict.fromkeys(map(str.strip, columns.split(",")), "string"))
        return engine.query(f"select {columns} from published order by all")


def read_entries(home):
    """Return all entries of the ledger."""
    ledger = open_ledger(home.lake, METHOD)
    with DuckDB() as engine:
        engine.scan("entries", ledger.files("entries"), LEDGER_COLUMNS["entries"])
        return engine.query("select * from entries order by all")


def rebuild(home, tmp_path, day):
    """Score a day in a copy of the home whose entries are lost; the standings that were fixed remain."""
    copy = tmp_path / "copy"
    copy_home(home.settings.home, copy)
    shutil.rmtree(copy / "ledger" / METHOD.version / "entries")
    rebuilt_home = open_home(copy, {})
    return rebuilt_home, score(rebuilt_home, day)


@pytest.mark.parametrize("nights", [5, pytest.param(scaled(120, 12), marks=pytest.mark.proof)])
def test_rebuild_gives_the_same_bits_as_the_nights(tmp_path, nights):
    """Acts arrive late and are undone, people leave, opt out and claim accounts; a rebuild publishes the same bits."""
    home = open_home(new_home(tmp_path / "home"), {})
    take = taker(home, tmp_path)
    draw, number = random.Random(nights), 0
    first_day = DAY - timedelta(days=nights - 1)
    claim_seeds(home, [f"u{index}" for index in range(6)])
    take("account,at,followers,lists", *(f"u{n},{first_day},{n * 50},{n % 4}" for n in range(PEOPLE)), table="profiles")
    for night in range(nights):
        day = first_day + timedelta(days=night)
        days = [day] * 12 + [day - timedelta(days=draw.randrange(1, 40))] * draw.randrange(3)
        rows = [random_act(draw, act_day, number + index) for index, act_day in enumerate(days)]
        number += len(rows)
        take(HEADER, *draw.sample(rows, len(rows)))
        if night % 3 == 1:
            take("id,at", f"i{draw.randrange(number)},{day}T12:00:00", table="undone")
        if night % 7 == 2:
            presence = f"u{draw.randrange(8, 16)},{day},{draw.choice(['true', 'false'])}"
            take("account,at,present", presence, table="presence")
        if night == nights // 2:
            claim_seeds(home, ["u7"])
            home.people.opt_outs.add("x", "u20", None)
        published = score(home, day)

    rebuilt_home, rebuilt = rebuild(home, tmp_path, DAY)

    for table in ("scores", "points", "strengths"):
        rows = read_rows(published, table)
        assert len(rows) >= PEOPLE // 2
        assert read_rows(rebuilt, table) == rows
    window_start = day_number(DAY) - int(METHOD["window_days"]) + 1
    entries = [row for row in read_entries(home) if row[0] >= window_start]
    assert entries
    assert read_entries(rebuilt_home) == entries
    assert published.inputs == rebuilt.inputs


@pytest.mark.proof
def test_rebuild_gives_the_same_bits_where_actors_are_looked_up(tmp_path):
    """Actors are looked up with their acts or nights later, and get established; their earlier acts count then, too."""
    home = open_home(new_home(tmp_path / "home"), {})
    take, draw, number = taker(home, tmp_path), random.Random(5), 0
    claim_seeds(home, [f"u{index}" for index in range(6)])
    header = "account,at,followers,posts,created_at"
    known_counts = []
    for night in range(-4, 1):
        day = DAY + timedelta(days=night)
        rows = [random_act(draw, day, number + index) for index in range(40)]
        number += len(rows)
        take(HEADER, *rows, reads=LOOKED_UP_ACTORS)
        looked_up = draw.sample(range(6, PEOPLE), 4)
        figures = (
            f"u{n},{day},{draw.choice([5, 50])},{draw.choice([9, 90])},{DAY - timedelta(31 + n)}" for n in looked_up
        )
        take(header, *figures, table="profiles")
        published = score(home, day)
        known_counts.append(sum(known for *_, known, _, _, _ in read_entries(home)))

    rebuilt_home, rebuilt = rebuild(home, tmp_path, DAY)

    assert read_entries(rebuilt_home) == read_entries(home)
    assert read_rows(rebuilt, "scores") == read_rows(published, "scores")
    first_half, second_half = (
        sum(known_counts[i + 1] - known_counts[i] for i in part) for part in (range(2), range(2, 4))
    )
    assert second_half > first_half > 0


def test_points_sum_to_the_score(tmp_path):
    """1 plus all points is the score, also of somebody with two accounts, counts and no followers."""
    home = open_home(new_home(tmp_path / "home"), {})
    take = taker(home, tmp_path)
    draw = random.Random(3)
    take(HEADER, *(random_act(draw, DAY - timedelta(days=draw.randrange(20)), n) for n in range(600)))
    take("account,at,followers,lists", *(f"u{n},{DAY},{10**n},{n}" for n in range(7)), table="profiles")
    take("account,at,verb,post,count", f"u1,{DAY},like,p1,40", f"u9,{DAY},repost,p2,7", table="tallies")
    claim_seeds(home, ["u2", "u3", "u5", "u6", "u8"])
    home.people.add("ada", [("x", "u11"), ("x", "u12")], at=datetime(2020, 1, 1, tzinfo=UTC))

    with PublishedTables(score(home, DAY)) as published, DuckDB() as engine:
        scores = published.read_top_scores(100)
        points = load_points(engine, home.lake, published, [row.person for row in scores])
        sums = {key: 1 + sum(row.points for row in rows) for key, rows in points.items()}

    assert len(scores) > 15
    assert {row.person: row.score for row in scores} == pytest.approx(sums, abs=1e-9)


def test_first_standings_have_the_initial_trust(tmp_path):
    """Before any day is published, nobody has a strength: known accounts have `trust_initial`, not full trust."""
    home = open_home(new_home(tmp_path / "home"), {})
    draw = random.Random(11)
    claim_seeds(home, [f"u{n}" for n in range(8)])
    taker(home, tmp_path)(HEADER, *(random_act(draw, DAY - timedelta(days=n % 9), n) for n in range(90)))
    score(home, DAY)

    with DuckDB() as engine:
        engine.scan("standings", open_ledger(home.lake, METHOD).files("standings"), LEDGER_COLUMNS["standings"])
        trusts = [trust for (trust,) in engine.query("select trust from standings where known = 1")]

    assert len(trusts) >= 8
    assert {round(1e6 * METHOD["trust_initial"])} == set(trusts)


def test_a_day_without_changes_is_not_entered_again(tmp_path):
    """Scoring a day twice keeps the entries' files; a late act replaces its day and the days after it."""
    home = open_home(new_home(tmp_path / "home"), {})
    take = taker(home, tmp_path)
    draw = random.Random(5)
    take(HEADER, *(random_act(draw, DAY - timedelta(days=age), n) for n, age in enumerate([*range(9)] * 4)))
    score(home, DAY)
    ledger = open_ledger(home.lake, METHOD)
    files = set(ledger.files("entries"))

    score(home, DAY)
    assert set(ledger.files("entries")) == files

    take(HEADER, random_act(draw, DAY - timedelta(days=2), 1_000))
    score(home, DAY)

    changed_days = {Path(file).parent.name for file in files - set(ledger.files("entries"))}
    assert changed_days == {f"day_no={day_number(DAY) - age}" for age in range(3)}


def test_checkpoint_of_the_log_outlives_the_purge(tmp_path):
    """Every hundredth commit writes a checkpoint; without its file, the ledger could not be opened any more."""
    home = open_home(new_home(tmp_path / "home"), {})
    take, draw = taker(home, tmp_path), random.Random(5)
    take(HEADER, *(random_act(draw, DAY, n) for n in range(9)))
    score(home, DAY)
    entries = open_ledger(home.lake, METHOD).root / "entries"
    DeltaTable(entries).create_checkpoint()
    take(HEADER, *(random_act(draw, DAY, n) for n in range(9, 18)))

    score(home, DAY)

    assert list(entries.glob("*/*.checkpoint.parquet"))
    assert len(list(entries.glob("*=*/*.parquet"))) == 1
    assert read_entries(home)


@pytest.mark.proof
def test_standings_stay_as_they_were_fixed(tmp_path):
    """Acts that arrive later do not change who was known on a day that was entered."""
    home = open_home(new_home(tmp_path / "home"), {})
    take = taker(home, tmp_path)
    claim_seeds(home, [f"u{n}" for n in range(8)])
    draw = random.Random(7)
    take(HEADER, *(random_act(draw, DAY - timedelta(days=age), n) for n, age in enumerate([*range(60)] * 6)))
    score(home, DAY - timedelta(days=1))
    score(home, DAY)
    ledger = open_ledger(home.lake, METHOD)
    standings, flows = ledger.files("standings"), ledger.files("flows")
    assert standings
    assert flows

    take(HEADER, *(random_act(draw, DAY - timedelta(days=age), 5_000 + age) for age in range(20)))
    score(home, DAY)

    assert (ledger.files("standings"), ledger.files("flows")) == (standings, flows)


@pytest.mark.proof
def test_ledger_of_another_method_is_built_again(tmp_path):
    """Standings and flows that another method fixed under the same version do not count."""
    home = open_home(new_home(tmp_path / "home"), {})
    claim_seeds(home, [f"u{n}" for n in range(8)])
    draw = random.Random(9)
    taker(home, tmp_path)(HEADER, *(random_act(draw, DAY - timedelta(days=age), age) for age in range(60)))
    score(home, DAY - timedelta(days=1))
    ledger = open_ledger(home.lake, METHOD)
    with ledger.write_batch() as batch:
        ledger.commit_entries((), replace(ledger.load_state(), method="another"), batch=batch)
    files = {*ledger.files("standings"), *ledger.files("flows")}

    score(home, DAY)

    assert METHOD.digest == ledger.load_state().method
    assert files.isdisjoint({*ledger.files("standings"), *ledger.files("flows")})
    assert ledger.files("flows")


@pytest.mark.parametrize(
    ("nights_before", "fails_at"),
    [
        *(pytest.param(1, number, marks=[pytest.mark.proof] * (number != 2)) for number in range(6)),
        *(pytest.param(0, number, marks=pytest.mark.proof) for number in range(6)),
    ],
)
def test_interrupted_night_is_finished_by_the_next(tmp_path, monkeypatch, nights_before, fails_at):
    """Whichever commit of a night, or of the first build, fails: the next publishes what an undisturbed one does."""
    home = open_home(new_home(tmp_path / "home"), {})
    take = taker(home, tmp_path)
    claim_seeds(home, [f"u{n}" for n in range(8)])
    draw = random.Random(fails_at)
    take(HEADER, *(random_act(draw, DAY - timedelta(days=age), n) for n, age in enumerate([*range(4)] * 15)))
    for age in range(nights_before, 0, -1):
        score(home, DAY - timedelta(days=age))
    copy_home(home.settings.home, tmp_path / "undisturbed")
    expected = read_rows(score(open_home(tmp_path / "undisturbed", {}), DAY), "points")
    commits = 0

    def fail(self, table, *arguments, _commit=scoring.ledger.Ledger._commit, **keywords):
        nonlocal commits
        commits += 1
        if commits == fails_at // 2 + 1:
            if fails_at % 2:
                _commit(self, table, *arguments, **keywords)
            raise KeyboardInterrupt
        _commit(self, table, *arguments, **keywords)

    monkeypatch.setattr(scoring.ledger.Ledger, "_commit", fail)
    with pytest.raises(KeyboardInterrupt):
        score(home, DAY)

    assert read_rows(score(home, DAY), "points") == expected


@pytest.mark.proof
def test_erased_person_is_in_no_file_of_the_ledger(tmp_path):
    """Neither as actor nor as target; the standings of others stay, and the next night is scored."""
    home = open_home(new_home(tmp_path / "home"), {})
    take = taker(home, tmp_path)
    claim_seeds(home, [f"u{n}" for n in range(8)])
    draw = random.Random(9)
    take(HEADER, *(random_act(draw, DAY - timedelta(days=age), n) for n, age in enumerate([*range(40)] * 8)))
    score(home, DAY - timedelta(days=1))
    with home.reader() as engine:
        subject = scoring.resolve_subject("x:u3", engine, home.lake, home.people)
    [(_, account)] = subject.accounts
    ledger_folder = home.settings.home / "ledger"

    def count_rows(column, table):
        with DuckDB() as engine:
            files = f"{ledger_folder}/*/{table}/*/*.parquet"
            sql = f"select count(*), count(*) filter ({column} = {account}) from read_parquet('{files}')"
            return engine.query(sql)[0]

    columns = [("actor", "entries"), ("target", "entries"), ("account", "standings"), ("account", "flows")]
    before = [count_rows(*column) for column in columns]
    assert all(own for _, own in [*before, count_rows("voucher", "flows")])

    with home.reader() as engine:
        privacy.erase_people(engine, home.personal_data, [subject])

    assert open_ledger(home.lake, METHOD).load_state() is not None
    after = [count_rows(*column) for column in columns]
    assert [own for _, own in after] == [0, 0, 0, 0]
    assert [0, 0] == [count_rows("voucher", table)[1] for table in ("standings", "flows")]
    assert [rows for rows, _ in after[2:]] == [rows - own for rows, own in before[2:]]
    assert score(home, DAY).people


@pytest.mark.proof
@only_in_full
def test_spark_enters_and_publishes_the_same_bits(tmp_path):
    """A night on Spark, then one on DuckDB, give the bits of two nights on DuckDB."""
    require_spark()
    draw = random.Random(11)
    rows = [random_act(draw, DAY - timedelta(days=age), n) for n, age in enumerate([0, 1] * 60)]
    results = []
    for engine in ("duckdb", "spark"):
        folder = tmp_path / engine
        folder.mkdir()
        home = open_home(new_home(folder / "home"), {})
        home = replace(home, settings=replace(home.settings, spark=replace(home.settings.spark, conf=INTERPRETED_CONF)))
        claim_seeds(home, [f"u{n}" for n in range(8)])
        take = taker(home, folder)
        take(HEADER, *rows)
        take("account,at,followers,lists", *(f"u{n},{DAY},{n * 90},{n % 5}" for n in range(PEOPLE)), table="profiles")
        take("account,at,verb,post,count", f"u1,{DAY},like,p1,40", f"u9,{DAY},repost,p2,7", table="tallies")
        score(home, DAY - timedelta(days=1), engine=engine)
        take("id,at", f"i21,{DAY}T12:00:00", table="undone")
        published = score(home, DAY)
        results.append([*(read_rows(published, table) for table in ("scores", "points")), read_entries(home)])

    assert all(results[0])
    assert results[0] == results[1]
