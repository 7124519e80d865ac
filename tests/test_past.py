"""Recomputed days: their scores have the bits of published ones, and they never take the place of a published day."""

import random
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

import postgresql_server
from community import app_of
from conftest import DAY, NOW, copy_home, new_home, taker
from proofs import only_in_full
from renown import answers, privacy, runs, scoring
from renown.answers.simulate.forecast import format_odds
from renown.cli import app
from renown.home import open_home
from renown.method.file import find_version
from renown.progress import NullProgress
from renown.records import day_number
from renown.runs import profiles
from renown.scoring import past
from renown.scoring.ledger import open_ledger
from renown.scoring.past_sessions import refresh_ledger
from renown.store import PublishedTables, Recomputation, RecomputedScoreStore, ScoreSources
from test_ledger import HEADER, METHOD, PEOPLE, claim_seeds, random_act, score

TODAY = DAY
SETTINGS = {"RENOWN_METHOD": str(find_version("3"))}
FIRST_DAY = DAY - timedelta(days=130)
PAST_DAYS = 24
"""Days before today of which something is known in the small home."""


def fill(home, tmp_path, *, seed, days=131, acts=900):
    """Import acts, figures, counts, undone acts and departures of many days, and claim accounts."""
    take, draw = taker(home, tmp_path), random.Random(seed)
    rows = [random_act(draw, FIRST_DAY + timedelta(days=draw.randrange(days)), number) for number in range(acts)]
    take(HEADER, *rows)
    claim_seeds(home, [f"u{index}" for index in range(6)])
    home.people.add("ada", [("x", "u6"), ("x", "u7"), ("mastodon", "m1")], at=datetime(2020, 1, 1, tzinfo=UTC))
    home.people.add("bob", [("x", "nobody")], at=datetime(2020, 1, 1, tzinfo=UTC))
    figures = [
        f"u{n},{FIRST_DAY + timedelta(days=draw.randrange(days))},{n * 50 + extra},{n % 4}"
        for n in range(PEOPLE)
        for extra in range(2)
    ]
    take("account,at,followers,lists", *figures, table="profiles")
    counts = [
        f"u{draw.randrange(9)},{FIRST_DAY + timedelta(days=draw.randrange(days))},like,p{draw.randrange(9)},{n}"
        for n in range(40)
    ]
    take("account,at,verb,post,count", *counts, table="tallies")
    undone = [f"i{draw.randrange(acts)},{DAY - timedelta(days=draw.randrange(60))}T12:00:00" for _ in range(60)]
    take("id,at", *undone, table="undone")
    presence = [
        f"u{draw.randrange(5, 16)},{DAY - timedelta(days=draw.randrange(80))},{draw.choice(['true', 'false'])}"
        for _ in range(30)
    ]
    take("account,at,present", *presence, table="presence")
    late = FIRST_DAY + timedelta(days=100)
    take(HEADER, *(f"m{n},m1,{late}T10:00:00,repost,q{n},m{n}" for n in range(2, 7)), network="mastodon")
    with home.reader() as engine:
        subject = scoring.resolve_subject("x:u20", engine, home.lake, home.people)
    home.people.opt_outs.add("x", "u20", subject.key)


def recompute(home, first, last, *, engine=None):
    """Return the recomputed scores of all people by (person, day)."""
    with home.engine(engine) as session:
        versions = refresh_ledger(session, home.lake, home.days, home.people, METHOD)
        days = past.PastDays(people=home.people.all_consenting(), first=first, last=last)
        scores = past.recompute_days(session, home.lake, METHOD, days, versions=versions, progress=NullProgress())
    return {(-person_id, day_no): value for person_id, rows in scores.items() for day_no, value in rows}


def read_published(published_day):
    """Return the published score of each claimed person, None if nothing was known of them."""
    with PublishedTables(published_day) as published:
        rows = [row for row in published.read_top_scores(1_000) if row.person < 0]
        known = {row.person: any(strength.weights for strength in published.read_strengths(row.person)) for row in rows}
    return {row.person: row.score if known[row.person] else None for row in rows}


@pytest.mark.parametrize(
    ("seed", "ages"),
    [
        pytest.param(1, (0, 1, 9), marks=pytest.mark.proof),
        *(pytest.param(seed, (0, 1, 3, 17, 45, 89), marks=[pytest.mark.proof, only_in_full]) for seed in (2, 3)),
    ],
)
def test_recomputed_scores_have_the_bits_of_a_published_rebuild(tmp_path, monkeypatch, seed, ages):
    """Of every person on every day: also before the ledger began, and with departures, undone acts and counts."""
    monkeypatch.setattr(past, "_DAYS_PER_BATCH", 50 if ages[-1] > 50 else 6)
    home = open_home(new_home(tmp_path / "home"), {})
    fill(home, tmp_path, seed=seed)
    score(home, DAY - timedelta(days=1))
    score(home, DAY)
    recomputed = recompute(home, DAY - timedelta(days=ages[-1]), DAY)

    copy_home(home.settings.home, tmp_path / "copy")
    rebuilt_home = open_home(tmp_path / "copy", {})
    compared = 0
    for age in ages:
        day = DAY - timedelta(days=age)
        published = read_published(score(rebuilt_home, day))
        expected = {person.key: published.get(person.key) for person in home.people.all_consenting()}
        assert {key: recomputed[key, day_number(day)] for key in expected} == expected
        compared += sum(value is not None for value in expected.values())
    assert compared > 5 * len(ages)
    assert len({value for value in recomputed.values() if value is not None}) > 2 * ages[-1]


def small_home(folder, *, past_days=PAST_DAYS, acts=200, followers_ago=None):
    """Return a home that method 3 scores, with people who claimed two accounts of a small community."""
    home = open_home(new_home(folder / "home"), SETTINGS)
    take, draw = taker(home, folder), random.Random(4)
    take(
        HEADER,
        *(random_act(draw, TODAY - timedelta(days=draw.randrange(past_days - 4)), number) for number in range(acts)),
    )
    take(
        "account,at,followers",
        *(
            f"u{n},{TODAY - timedelta(days=past_days if followers_ago is None else followers_ago)},{n * 50}"
            for n in range(PEOPLE)
        ),
        table="profiles",
    )
    for name in ("u1", "u2"):
        home.people.add(f"person-{name}", [("x", name)], at=NOW)
    return home


def recompute_missing(home):
    """Recompute what a run would."""
    return runs.recompute_missing_days(home.run_resources, now=NOW)


def recomputed_days(home, key):
    """Return the days of a person's history that are recomputed."""
    return [row.day for row in answers.load_history(home.served_scores, key).days if row.recomputed]


def dump(home):
    """Return all recomputed rows but their time."""
    spans = home.days.recomputed.list_spans(date(2000, 1, 1), date(2100, 1, 1))
    rows = [home.days.recomputed.read(key, date(2000, 1, 1), date(2100, 1, 1)) for key in (-1, -2, -3)]
    return spans, rows


@pytest.fixture(scope="module")
def recomputed_home(tmp_path_factory):
    """Return a home whose first day is published and whose past is recomputed."""
    home = small_home(tmp_path_factory.mktemp("past"))
    score(home, TODAY)
    assert recompute_missing(home) == 2
    return home


@pytest.fixture
def own_home(recomputed_home, tmp_path):
    """Return a copy of the home to change."""
    return open_home(copy_home(recomputed_home.settings.home, tmp_path / "home"), SETTINGS)


def test_first_run_recomputes_the_days_of_the_window(recomputed_home):
    """The history has the days of the window on which something was known, and once they are there nothing is due."""
    history = answers.load_history(recomputed_home.served_scores, -1)

    assert [(row.recomputed, row.is_published) for row in history.days] == [(True, False)] * PAST_DAYS + [(False, True)]
    assert history.first_day == f"{TODAY - timedelta(days=PAST_DAYS)}"
    assert len({row.score for row in history.days}) > PAST_DAYS // 2
    assert recompute_missing(recomputed_home) == 0


def test_recomputed_days_are_no_published_standing(recomputed_home):
    """Streaks, the changes that alerts read, and published days know only the one published day."""
    standing = answers.compute_standing(recomputed_home.served_scores, -1, goal=1, in_a_row=2)

    assert (standing.scored_days, standing.has_met_goal) == (1, False)
    assert standing.longest_streak.days == 1
    assert recomputed_home.served_scores.read_changes_by_key(-1) == {1: None, 7: None, 30: None}
    assert [day.day for day in recomputed_home.days.all()] == [TODAY]


def test_standing_counts_recomputed_days_with_a_mark(recomputed_home):
    """Changes, highest and lowest are those of the line in the chart, in command, API and page; each says so."""
    scores = {row.day: row.score for row in answers.load_history(recomputed_home.served_scores, -1).days}
    standing = answers.compute_standing(recomputed_home.served_scores, -1)
    option = ["--home", str(recomputed_home.settings.home)]
    command, shown = (CliRunner().invoke(app, [*option, name, "person-u1"]).output for name in ("standing", "show"))
    client = TestClient(app_of(recomputed_home))
    answer, page = client.get("/api/people/person-u1/standing").json(), client.get("/people/person-u1").text

    week_change = scores[f"{TODAY}"] - scores[f"{TODAY - timedelta(days=7)}"]
    assert pytest.approx(week_change, abs=0.001) == standing.week_change == answer["week_change"]
    assert (max(scores.values()), min(scores.values())) == (standing.highest, standing.lowest)
    assert {"day_change", "week_change", "highest", "lowest"} <= set(standing.recomputed)
    assert standing.recomputed == tuple(answer["recomputed"])
    assert scores[standing.highest_day] == standing.highest < 100
    for text in (command, shown, page):
        assert "since a day that was computed later" in " ".join(text.split())
    assert f"{standing.highest_day}, computed later" in command
    assert f"{standing.highest:.1f}<small>" in page


def test_border_of_recomputed_and_published_days_has_a_note(recomputed_home):
    """The step from a recomputed to the first published day may come from what was known; table and chart say so."""
    output = CliRunner().invoke(app, ["--home", str(recomputed_home.settings.home), "history", "person-u1"]).output
    [line] = [line for line in output.splitlines() if "published from here on" in line]
    page = TestClient(app_of(recomputed_home)).get("/people/person-u1").text

    assert f"{TODAY}" in line
    assert "published from here on; the days before were computed later" in page


def test_history_marks_recomputed_days_in_command_api_and_page(recomputed_home):
    """In the table of the command, as a field of the API, and as a dashed line with a legend on the page."""
    output = CliRunner().invoke(app, ["--home", str(recomputed_home.settings.home), "history", "person-u1"]).output
    assert output.count("recomputed") == PAST_DAYS + 1
    client = TestClient(app_of(recomputed_home))
    profiles.build_profiles(
        recomputed_home.reader,
        recomputed_home.lake,
        recomputed_home.people,
        recomputed_home.profiles,
        recomputed_home.days.find(),
    )
    days = client.get("/api/people/person-u1/history").json()["days"]
    assert [day["recomputed"] for day in days] == [True] * PAST_DAYS + [False]
    page = client.get("/people/person-u1").text
    assert "computed later" in page
    assert 'class="l0 recomputed" points="' in page
    assert '"recomputed"' in page
    comparison = client.get("/api/compare", params={"who": ["person-u1", "person-u2"]}).json()
    assert [history["days"][0]["recomputed"] for history in comparison["histories"]] == [True, True]


def load_standings(home, *, goal=99):
    """Return the standings of a group of both people, founded today."""
    at = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC)
    home.groups.create("seventy", goal=goal, at=at, title="Seventy")
    for person in home.people.all_consenting():
        home.groups.join("seventy", person, at=at)
    runs.group_scores.publish_group_scores(home.days, home.groups, TODAY, now=NOW)
    return answers.compute_standings(home.groups, home.served_scores, home.days, name="seventy")


def test_first_day_has_odds_from_recomputed_days(tmp_path):
    """With months of data before it: in group, goal and way, in command, API and page; each says what they are from."""
    home = small_home(tmp_path, past_days=130, acts=1_500)
    published_day = score(home, TODAY)
    recompute_missing(home)
    profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, published_day)
    standings = load_standings(home, goal=36)

    assert [(0 <= row.odds <= 1, row.recomputed_days) for row in standings.standings] == [(True, 30)] * 2
    option = ["--home", str(home.settings.home)]
    shown, planned = (
        " ".join(CliRunner().invoke(app, [*option, *command]).output.split())
        for command in (["group", "show", "seventy"], ["goal", "person-u1", "--target", "99"])
    )
    client = TestClient(app_of(home))
    way = client.get("/api/people/person-u1/way", params={"target": 99}).json()
    forecast = client.get("/api/people/person-u1/goal", params={"target": 99}).json()["forecast"]
    assert "up to 30 of its days here were computed later" in shown
    assert "of which 30 days were computed later" in planned
    assert (forecast["recomputed_days"], forecast["days"]) == (30, 30)
    assert forecast["odds_30"] is not None
    assert "needs a history" not in way["odds"]
    nearer = client.get("/api/people/person-u1/way", params={"target": 36}).json()
    assert nearer["target_odds"].startswith("36 is ")
    assert nearer["target_odds"] in client.get("/people/person-u1/goal", params={"target": 36}).text
    race = client.get("/groups/seventy").text
    assert "Up to 30 of these days are from before the first day here" in race
    [favourite] = [row for row in standings.standings if row.name in standings.best_odds]
    assert f"the best chance of reaching 36 within 30 days: {format_odds(favourite.odds)}" in race
    assert f'{format_odds(favourite.odds)} <span class="soft">chance</span>' in race


@pytest.mark.proof
@pytest.mark.parametrize("followers_ago", [0, pytest.param(3, marks=only_in_full)])
def test_days_without_what_is_known_now_give_no_odds(tmp_path, followers_ago):
    """Followers that were read today lift the score: no trend. Since three days ago, these days alone are too few."""
    home = small_home(tmp_path, past_days=130, acts=1_500, followers_ago=followers_ago)
    score(home, TODAY)
    recompute_missing(home)

    assert {(row.odds, row.recomputed_days) for row in load_standings(home).standings} == {(None, 0)}


def test_young_home_has_no_odds(own_home):
    """A score of the first weeks rises because more is known every day."""
    assert {(row.odds, row.recomputed_days) for row in load_standings(own_home).standings} == {(None, 0)}


def test_only_comparable_recomputed_days_are_a_trend(own_home):
    """Same weights, nothing self-reported, a window observed for long enough, by the same method, a long history."""
    with PublishedTables(own_home.days.find()) as published:
        weights = published.read_weights([-1])[-1]
    subject = own_home.served_scores.find(-1)

    def count_days(*, past_days=70, method="3", **changed):
        numbers = [day_number(TODAY) - ago for ago in range(1, past_days + 1)]
        sources = {"weights": weights, "days": 60, "self_reported": False} | changed
        recomputation = Recomputation(
            person_id=1,
            scores=[(number, 40.0) for number in numbers],
            inputs="",
            sources={number: ScoreSources(**sources) for number in numbers} if sources["days"] else {},
        )
        own_home.days.recomputed.erase(-1)
        own_home.days.recomputed.save([recomputation], method=method, at=NOW)
        return len(answers.read_trend_history(own_home.served_scores, own_home.days, subject).recomputed)

    assert (count_days(), count_days(past_days=59)) == (30, 30)
    for changed in ({"weights": weights - 1}, {"self_reported": True}, {"days": 59}, {"days": 0}, {"method": "2.1"}):
        assert count_days(**changed) == 0
    assert count_days(past_days=58) == 0


def test_published_day_wins_over_a_recomputed_one(own_home):
    """A day that is published later is shown as published; a range leaves days with a published score out."""
    yesterday = TODAY - timedelta(days=1)
    [recomputed] = own_home.days.recomputed.read(-1, yesterday, yesterday)
    published = read_published(score(own_home, yesterday))
    assert recomputed.score == published[-1]
    assert recomputed_days(own_home, -1)[-1] == f"{yesterday - timedelta(days=1)}"
    before = dump(own_home)[1][0]

    saved = runs.recompute_range(own_home.run_resources, first=yesterday, last=TODAY, now=NOW)

    assert saved == 0
    assert dump(own_home)[1][0] == before


def test_new_claim_gets_its_past(own_home):
    """Before its first published score, although these days are published for others."""
    score(own_home, TODAY + timedelta(days=1))
    own_home.people.add("cat", [("x", "u3")], at=NOW)
    score(own_home, TODAY + timedelta(days=2))

    assert recompute_missing(own_home) == 1
    days = recomputed_days(own_home, -3)
    assert (days[0], days[-1]) == (f"{TODAY - timedelta(days=PAST_DAYS)}", f"{TODAY + timedelta(days=1)}")
    assert recomputed_days(own_home, -1)[-1] == f"{TODAY - timedelta(days=1)}"
    assert recompute_missing(own_home) == 0


def test_imported_archive_of_earlier_days_recomputes_them(own_home, tmp_path):
    """Acts and figures of days before the first published one change the recomputed scores of these days."""
    before = dump(own_home)[1][0]
    day = TODAY - timedelta(days=10)
    taker(own_home, tmp_path)(HEADER, *(f"fan{n},u1,{day}T10:00:00,repost,p,fan{n}" for n in range(20)))

    assert recompute_missing(own_home) == 2
    changed = {old.day for old, new in zip(before, dump(own_home)[1][0], strict=True) if old.score != new.score}
    assert changed
    assert min(changed) == day


def test_postgresql_stores_what_sqlite_stores(recomputed_home, postgresql, tmp_path):
    """The same lake and claims with the other store: the same recomputed days, and none are due afterwards."""
    folder = copy_home(recomputed_home.settings.home, tmp_path / "home")
    home = open_home(folder, SETTINGS | {"RENOWN_STORE": postgresql_server.fresh(postgresql)})
    for name in ("u1", "u2"):
        home.people.add(f"person-{name}", [("x", name)], at=NOW)
    score(home, TODAY)

    assert recompute_missing(home) == 2
    assert recompute_missing(home) == 0
    assert dump(home) == dump(recomputed_home)


@pytest.mark.proof
@pytest.mark.parametrize("is_saved", [False, True])
def test_killed_recomputation_is_finished_by_the_next(tmp_path, monkeypatch, is_saved):
    """Before or after the commit of a pass: the rows are those of an undisturbed run, once."""
    home = small_home(tmp_path)
    score(home, TODAY)
    undisturbed = open_home(copy_home(home.settings.home, tmp_path / "undisturbed"), SETTINGS)
    recompute_missing(undisturbed)
    save = RecomputedScoreStore.save

    def fail(self, *arguments, **keywords):
        if is_saved:
            save(self, *arguments, **keywords)
        raise KeyboardInterrupt

    monkeypatch.setattr(runs.past, "PEOPLE_PER_PASS", 1)
    monkeypatch.setattr(RecomputedScoreStore, "save", fail)
    with pytest.raises(KeyboardInterrupt):
        recompute_missing(home)
    monkeypatch.setattr(RecomputedScoreStore, "save", save)

    assert recompute_missing(home) == 2 - is_saved
    assert dump(home) == dump(undisturbed)


@pytest.mark.parametrize("leave", ["erase", "opt_out", "hide", "store"])
def test_whoever_leaves_has_no_recomputed_scores(own_home, leave):
    """By each way of leaving, and none are saved for them afterwards; those of others stay."""
    person = own_home.people.by_key(-1)
    stores = own_home.personal_data
    with own_home.reader() as engine:
        subject = scoring.load_subject(person, engine, own_home.lake)
        exported = {
            part.name: part.count()
            for part in privacy.iter_export_parts(subject, {("x", "u1"): subject.accounts[0][1]}, stores, engine)
        }
        assert exported["store/recomputed_scores"] == 89
        if leave == "erase":
            privacy.erase_people(engine, stores, [subject])
        elif leave == "opt_out":
            privacy.opt_out_people(engine, stores, [subject], now=NOW)
        elif leave == "hide":
            privacy.hide(engine, stores, person, now=NOW)
        else:
            own_home.people.erase(-1)

    rows = dump(own_home)[1]
    assert [len(person_rows) for person_rows in rows] == [0, 89, 0]
    late = [Recomputation(person_id=1, scores=[(day_number(TODAY), 50.0)], inputs="")]
    assert own_home.days.recomputed.save(late, method="3", at=NOW) == 0


def test_deleted_ledger_waits_for_the_next_scored_day(own_home):
    """A run without a day to score does not fail; the past is recomputed once the ledger is built again."""
    own_home.people.add("cat", [("x", "u3")], at=NOW)
    score(own_home, TODAY)
    shutil.rmtree(own_home.settings.home / "ledger")

    assert recompute_missing(own_home) == 0
    score(own_home, TODAY)
    assert recompute_missing(own_home) == 1


def test_range_of_the_command(own_home):
    """`renown score --claimed` recomputes days before the window, and needs a method with a ledger."""
    command = ["--home", str(own_home.settings.home), "score", "--claimed", "--method"]
    first, last = TODAY - timedelta(days=95), TODAY - timedelta(days=92)

    result = CliRunner().invoke(app, [*command, "3", "--from", f"{first}", "--to", f"{last}"])

    assert result.exit_code == 0, result.output
    assert "past days of 2 people recomputed" in result.output
    rows = own_home.days.recomputed.read(-1, first, last)
    assert [(row.day, row.score) for row in rows] == [(first + timedelta(days=n), None) for n in range(4)]
    without_ledger = CliRunner().invoke(app, [*command, "2.1", "--day", f"{last}"])
    assert "has no ledger" in str(without_ledger.exception)
    future = CliRunner().invoke(app, [*command, "3", "--day", f"{TODAY + timedelta(days=9)}"])
    assert "the last scored day is" in str(future.exception)


def test_ledger_keeps_only_files_that_published_days_are_explained_from(own_home, tmp_path):
    """Files that a day was scored from stay as long as the day is; after it was scored again they are deleted."""
    ledger = open_ledger(own_home.lake, METHOD)
    days = range(day_number(TODAY) - 89, day_number(TODAY) + 1)
    version = own_home.days.find(TODAY, "3").lake["entries"]
    files = ledger.entry_files(days, version)
    taker(own_home, tmp_path)(HEADER, f"u9,u1,{TODAY - timedelta(days=3)}T10:00:00,repost,p,late")

    score(own_home, TODAY + timedelta(days=1))

    assert set(files) - set(ledger.files("entries"))
    assert all(Path(file).exists() for file in files)
    assert ledger.entry_files(days, version) == files

    score(own_home, TODAY)

    on_disk = {str(file) for file in (ledger.root / "entries").glob("*/*.parquet")}
    assert on_disk == set(ledger.files("entries"))
    assert ledger.load_state().last_day == day_number(TODAY) + 1
