"""First scores: whoever claims an account has a score and 90 days at once, even after kills."""

import dataclasses
import threading
from datetime import timedelta

import pytest

from conftest import NOW, copy_home, new_home, serve_site
from mastodon_server import Network
from renown import answers, privacy, runs
from renown.answers.profile import LINES_PER_SIGNAL
from renown.errors import StepFailedError
from renown.home import open_home
from renown.records import day_number
from renown.runs import compute_first_score as run_compute_first_score
from renown.runs import first_scores as run_first_scores
from renown.runs.profiles import build_profiles
from renown.scoring import load_subject
from renown.store import FirstScoreStore, PublishedTables, Stage
from renown.store import first_scores as store_first_scores

ADA, EVE = ("mastodon", "ada@example.social"), ("mastodon", "eve@example.social")
NOON = NOW + timedelta(hours=12)
FANS = [f"fan{number}" for number in range(12)]
MORNING = NOW + timedelta(hours=24, minutes=10)


def fill(mastodon, now=NOW):
    """Let the two accounts have followers and posts with reactions."""
    for name, followers in (("ada", 1500), ("eve", 300)):
        mastodon.has(name, followers_count=followers)
        for number in range(3):
            at = now - timedelta(days=3 + 20 * number)
            mastodon.posts(name, number, at=at, boosts=FANS[number:], likes=FANS, replies=FANS[:3])
    return mastodon


@pytest.fixture
def network(site):
    """Return a Mastodon server on which Ada and Eve have followers and reactions."""
    return fill(Network(site))


@pytest.fixture
def environment(network):
    """Return the settings of a home that reads that server."""
    return reading(network.site)


def reading(site):
    """Return the settings of a home that reads a Mastodon server."""
    return {"RENOWN_MASTODON_SERVER": site.url, "RENOWN_MASTODON_PRIVATE": "true"}


@pytest.fixture
def home(tmp_path, environment):
    """Return an empty home, to which Ada was just added, verified."""
    return claim(open_home(new_home(tmp_path / "home"), environment), "Ada", ADA)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Compute the first score of Ada; return the folder of the home."""
    folder = new_home(tmp_path_factory.mktemp("first") / "home")
    with serve_site() as site:
        fill(Network(site))
        home = claim(open_home(folder, reading(site)), "Ada", ADA)
        assert [("Ada", Stage.DONE, "")] == [dataclasses.astuple(result) for result in process(home)]
    home.people._database.dispose()
    return folder


@pytest.fixture
def scored_home(template, tmp_path):
    """Return a home in which Ada has a first score."""
    return open_home(copy_home(template, tmp_path / "scored"), {})


def claim(home, name, account):
    """Add a person with a verified account whose first score is queued."""
    person = home.people.add(name, [account], at=NOON)
    home.people.record_proof(*account, "token", at=NOON)
    assert home.first_scores.request(person.key, at=NOON)
    return home


def process(home, at=NOON):
    """Compute the queued first scores; the clock only advances while the process sleeps."""
    clock = [at]

    def sleep(seconds):
        clock[0] += timedelta(seconds=seconds)

    return runs.process_first_scores(home.run_resources, now=lambda: clock[0], sleep=sleep, renewal_seconds=0.01)


def read_scores(home, name="Ada"):
    """Return the stored scores of a person by day number."""
    key = home.people.by_name(name).key
    rows = home.days.recomputed.read(key, NOW.date() - timedelta(days=100), NOW.date() + timedelta(days=9))
    return {day_number(row.day): row.score for row in rows}


def published_score(home, name="Ada"):
    """Publish today; return a person's score."""
    with home.engine() as engine:
        from renown.scoring import score  # noqa: PLC0415

        day = score(engine, home.lake, home.days, home.people, home.method, day=NOW.date(), now=NOON)
    with PublishedTables(day) as published:
        return published.read_score(home.people.by_name(name).key).score


def test_first_score_of_an_empty_home_has_the_bits_of_the_published_one(scored_home):
    """Before any day is published: 90 days, the last with the followers, as publishing the day would give."""
    home = scored_home
    scores, today = read_scores(home), day_number(NOW.date())
    assert list(range(today - 89, today + 1)) == sorted(scores)
    assert scores[today] not in (None, scores[today - 1])
    assert len({score for score in scores.values() if score}) > 10
    job = home.first_scores.find(-1)
    assert (Stage.DONE, 3, len(FANS), 90) == (job.stage, job.posts, job.people, job.days)
    assert home.days.all() == []
    assert {"audience", "amplification", "approval", "conversation"} == {row.signal for row in job.points}
    assert scores[today] == pytest.approx(1 + sum(row.points for row in job.points), abs=1e-9)
    assert scores[today] == published_score(home)


@pytest.mark.proof
def test_first_score_beside_published_days(home):
    """A newcomer of a home with published days is scored by its standings, without touching what is published."""
    process(home)
    published_score(home)
    claim(home, "Eve", EVE)

    assert [("Eve", Stage.DONE, "")] == [dataclasses.astuple(result) for result in process(home)]

    assert home.served_scores.find(home.people.by_name("Eve").key) is None
    score = read_scores(home, "Eve")[day_number(NOW.date())]
    assert 1 < score < published_score(home)
    assert score == published_score(home, "Eve")


@pytest.mark.proof
def test_queue_survives_a_kill_while_computing(home, monkeypatch):
    """A process that dies leaves its job to the next one, which waits for the end of its lease, and reads only once."""

    def die(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(run_first_scores, "compute_first_score", die)
        with pytest.raises(KeyboardInterrupt):
            process(home)
    job = home.first_scores.find(-1)
    assert (True, False) == (job.stage.is_open, job.is_abandoned(NOON))
    assert job.is_abandoned(NOON + store_first_scores.LEASE)
    assert read_scores(home) == {}

    assert ["Ada"] == [result.name for result in process(home)]
    assert 90 == len(read_scores(home))


def find_profile(home, name="Ada"):
    """Return the stored profile of a person's first score; None if there is none."""
    body = home.first_scores.find_profile(home.people.by_name(name).key)
    return body and answers.deserialize_profile(body)


def test_first_score_is_explained_like_the_published_one(scored_home):
    """Down to people and posts, with a confidence range; a published profile replaces it."""
    home = scored_home
    profile = find_profile(home)
    assert read_scores(home)[day_number(NOW.date())] == profile.explanation.receipt.score
    assert profile.known_range.low < profile.explanation.receipt.score < profile.known_range.high
    assert (
        len(FANS) == profile.influencees.count == len({line.name for line in profile.explanation.actors() if line.name})
    )
    assert 3 == len(profile.known_posts)
    published_score(home)
    with home.engine() as engine, PublishedTables(home.days.find()) as published:
        subject = load_subject(home.people.by_name("Ada"), engine, home.lake)
        explanation = answers.explain(subject, published, engine, home.lake, top=LINES_PER_SIGNAL)
    assert explanation.signals == profile.explanation.signals
    build_profiles(home.engine, home.lake, home.people, home.profiles, home.days.find())
    assert find_profile(home) is None
    assert home.profiles.find(-1)


@pytest.mark.proof
def test_kill_while_explaining_keeps_the_score(home, monkeypatch):
    """The days are there at once; the next process explains the last one, and deletes what was left over."""

    def die(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(run_compute_first_score, "write_unpublished_day", die)
        with pytest.raises(KeyboardInterrupt):
            process(home)
    assert 90 == len(read_scores(home))
    assert (None, True) == (find_profile(home), home.first_scores.find(-1).stage.is_open)
    leftover = home.settings.home / "published" / NOW.date().isoformat() / "first-score" / "killed"
    leftover.mkdir(parents=True)

    process(home)

    assert 3 == len(find_profile(home).known_posts)
    assert not leftover.exists()
    assert Stage.DONE is home.first_scores.find(-1).stage


@pytest.mark.proof
def test_first_score_is_explained_again_if_somebody_leaves_meanwhile(home, monkeypatch):
    """They may be among those who reacted."""
    explain, calls = run_compute_first_score._explain, []

    def explain_and_leave(*arguments, **options):
        profile = explain(*arguments, **options)
        calls.append(profile)
        if len(calls) == 1:
            home.days.erase([-99], [])
        return profile

    monkeypatch.setattr(run_compute_first_score, "_explain", explain_and_leave)
    assert [Stage.DONE] == [result.stage for result in process(home)]

    assert 2 == len(calls)
    assert find_profile(home) is not None


def test_people_behind_a_first_score_can_leave(scored_home):
    """Whoever reacted is anonymized in it when they are erased; whoever opts out has none any more."""
    home = scored_home
    claim(home, "Fan", ("mastodon", "fan0@example.social"))
    with home.engine() as engine:
        privacy.erase_people(engine, home.personal_data, [load_subject(home.people.by_name("Fan"), engine, home.lake)])
    profile = find_profile(home)
    assert "forgotten" in {line.kind for line in profile.explanation.actors()}
    assert "mastodon:fan0@example.social" not in {line.name for line in profile.explanation.actors()}
    with home.engine() as engine:
        privacy.hide(engine, home.personal_data, home.people.by_name("Ada"), now=NOON)
    assert (None, None) == (find_profile(home), home.first_scores.find(-1))


def test_job_that_kills_its_process_is_given_up(home):
    """After three attempts, so that it does not end every process for ever; the daily run tries again."""
    at = NOON
    for _ in range(store_first_scores.MAX_ATTEMPTS):
        assert home.first_scores.claim_next("killed", at=at)
        at += store_first_scores.LEASE
    assert process(home, at) == []

    job = home.first_scores.find(-1)
    assert (Stage.FAILED, "interrupted") == (job.stage, job.problem)
    assert not job.is_abandoned(at + timedelta(days=1))


@pytest.mark.proof
def test_errors_of_one_person_do_not_end_the_queue(home, monkeypatch):
    """The failure is recorded, and whoever comes after is scored."""
    claim(home, "Eve", EVE)
    compute = run_first_scores.compute_first_score

    def fail_for_ada(resources, person, **options):
        if person.name == "Ada":
            raise StepFailedError("no")
        return compute(resources, person, **options)

    monkeypatch.setattr(run_first_scores, "compute_first_score", fail_for_ada)

    assert [("Ada", "error"), ("Eve", "")] == [(result.name, result.problem) for result in process(home)]
    assert 90 == len(read_scores(home, "Eve"))


@pytest.mark.parametrize(
    ("accounts", "problem"),
    [([ADA], "unreachable"), ([("tumblr", "7")], "no_reader"), ([ADA, ("tumblr", "7")], "unreachable")],
)
def test_reason_is_recorded_if_there_is_no_score(home, network, accounts, problem):
    """A network that does not answer, and networks that cannot be read, are told apart."""
    network.world.clear()
    home.people.erase(-1)
    person = home.people.add("Bob", accounts, at=NOON)
    home.first_scores.request(person.key, at=NOON)

    assert [problem] == [result.problem for result in process(home)]
    assert home.first_scores.find(person.key).stage is Stage.FAILED


def test_queue_is_bounded_and_a_new_request_starts_over(home, scored_home, monkeypatch):
    """Whoever comes too late is scored by the daily run; asking again does not make a second job."""
    monkeypatch.setattr(store_first_scores, "MAX_QUEUED", 1)
    assert not home.first_scores.request(home.people.add("Eve", [EVE], at=NOON).key, at=NOON)

    home = scored_home
    eve = home.people.add("Eve", [EVE], at=NOON)
    assert home.first_scores.request(-1, at=NOON + timedelta(minutes=1))
    assert ["waiting"] == [job.stage.value for job in home.first_scores.list_open()]
    assert not home.first_scores.request(eve.key, at=NOON)


def test_privacy_of_jobs(home):
    """Whoever opts out is not read; the export has the job, and erasure deletes it."""
    home.people.set_consent(-1, "withdrawn", at=NOON)
    assert process(home) == []
    home.people.set_consent(-1, "given", at=NOON)
    process(home)
    with home.reader() as engine:
        subject, accounts = privacy.resolve_verified_accounts(home.people.by_key(-1), engine, home.personal_data)
        data = privacy.collect_personal_data(subject, accounts, home.personal_data, engine)
        assert {"store/first_scores": 1, "store/recomputed_scores": 90}.items() <= {
            table.name: table.rows for table in data.tables
        }.items()
        privacy.erase_people(engine, home.personal_data, [subject])
    assert home.first_scores.find(-1) is None
    assert home.profiles.find_owner(*ADA) is None


def test_handles_are_found_before_the_next_day_is_published(scored_home):
    """The account is found by its handle and its id."""
    assert -1 == scored_home.profiles.find_owner("mastodon", "@Ada@example.social")


@pytest.mark.parametrize("workers", [2, 4])
def test_one_of_several_servers_on_one_database_works_on_a_job(store, tmp_path, network, workers):  # noqa: ARG001 - its site
    """Each has a home of its own, so that the lock file of one does not stop the others."""
    environment = {} if not isinstance(store, str) else {"RENOWN_STORE": store}
    home = claim(open_home(new_home(tmp_path / "home"), environment), "Ada", ADA)
    stores = [
        FirstScoreStore(open_home(home.settings.home, environment).first_scores._database) for _ in range(workers)
    ]
    barrier, taken = threading.Barrier(workers), []

    def take(number):
        barrier.wait()
        if job := stores[number].claim_next(f"worker {number}", at=NOON):
            taken.append(job)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 1 == len(taken)
    other = dataclasses.replace(taken[0], worker="another")
    assert not home.first_scores.update(other, at=NOON, stage="done")
    assert home.first_scores.update(taken[0], at=NOON, stage="done")
    assert not home.first_scores.update(taken[0], at=NOON, stage="done")
