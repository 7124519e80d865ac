"""Pages of people who just claimed an account: progress, events, first score; nobody of them is unknown."""

import dataclasses
import json
import os
import re
import signal
import threading
import time
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

import httpx2
import pytest
from starlette.testclient import TestClient

import demo_site
from community import PLENTY
from conftest import NOW, new_home
from mastodon_server import Network
from proofs import only_in_full
from renown import runs
from renown.home import open_home
from renown.home.app_state import build_app_state
from renown.runs.first_scores import FIRST_SCORES_LOCK
from renown.store import AccountName, FirstScorePoints, Recomputation, Stage
from renown.store.first_scores import LEASE
from renown.web.app import make_app
from renown.web.pages.people import first_score
from test_first_scores import ADA, NOON, claim, fill, process

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def home(tmp_path):
    """Return a home in which Ada's first score is queued."""
    return claim(open_home(new_home(tmp_path / "home"), {}), "Ada", ADA)


@pytest.fixture
def client_of():
    """Return a function that opens a client of a home's pages, and lists the processes that they start."""

    def open_client(home, at=NOON, **settings):
        state, started = build_app_state(home), []
        actions = dataclasses.replace(state.actions, start_first_scores=lambda: started.append(at))
        settings = dataclasses.replace(home.settings.serve, **settings)
        app = make_app(
            dataclasses.replace(state, actions=actions, now=lambda: at, settings=settings), PLENTY, clock=time.time
        )
        return TestClient(app, follow_redirects=False), started

    return open_client


def save_score(home, name="Ada", score=41.5):
    """Save 90 days of a first score; the last one is higher."""
    person, days = home.people.by_name(name), range(90)
    first = NOW.date().toordinal() - date(1970, 1, 1).toordinal() - 89
    scores = [(first + day, score if day == days[-1] else score - 9) for day in days]
    home.days.recomputed.save(
        [Recomputation(person_id=person.person_id, scores=scores, inputs="")], method="3", at=NOON
    )
    job = home.first_scores.claim_next("test", at=NOON)
    rows = [("audience", 1500.0, score - 11), ("approval", 0.25, 10.0)]
    points = [
        FirstScorePoints(
            network="mastodon",
            account_id="ada@example.social",
            signal=signal,
            received=received,
            points=signal_points,
            self_reported=0.0,
        )
        for signal, received, signal_points in rows
    ]
    home.first_scores.update(job, at=NOON, stage="done", posts=3, people=12, days=90, points=points)


def test_claimed_person_is_never_unknown(home, client_of):
    """Their pages lead to the progress, then to the first score; the search finds them by name, handle and link."""
    client, _ = client_of(home)
    page = client.get("/people/Ada")
    assert (303, "/people/Ada/progress") == (page.status_code, page.headers["location"])
    assert "Reading the accounts" in client.get("/people/Ada/progress").text
    save_score(home)
    home.profiles.add_names([])

    page = client.get("/people/Ada")
    assert 200 == page.status_code
    assert "First score, not ranked yet" in page.text
    assert '41<span class="decimal">.5</span>' in page.text
    assert all(
        text in page.text for text in ("What the 41.5 is made of", "people who follow", "30.50", "10.00", "41.50")
    )
    assert "followers count from the day" in page.text
    assert "computed later" in page.text
    assert page.text.count("<tr>") > 89
    for path in ("/people/Ada/why", "/people/Ada/goal", "/people/Ada/similar", "/people/Ada/progress", "/search?q=Ada"):
        answer = client.get(path)
        assert (303, "/people/Ada") == (answer.status_code, answer.headers["location"]), path
    for text in ("mastodon:ada@example.social", "@ada@example.social", "https://example.social/@ada"):
        assert "/people/Ada" == client.get(f"/search?q={quote(text)}").headers.get("location"), text
    assert "claim" not in client.get("/search?q=Ada").text


def test_unknown_account_is_offered_to_be_read(home, client_of):
    """A handle or a link of any network leads to the form, filled in; others are asked for their network."""
    client, _ = client_of(home)
    for text, network, handle in (
        ("eve.example", "bluesky", "eve.example"),
        ("https://github.com/eve", "github", "eve"),
        ("@eve@example.social", "mastodon", "%40eve%40example.social"),
    ):
        page = client.get(f"/search?q={quote(text)}")
        assert "is not scored yet. Read it now?" in page.text, text
        assert f"/me?network={network}&amp;name={handle}" in page.text, text
    assert "Nobody found for" in client.get("/search?q=Eve").text


def read_events(response):
    """Return the data of server-sent events."""
    return [json.loads(line.removeprefix("data: ")) for line in response.text.splitlines() if line]


def test_progress_is_streamed_until_it_is_done(home, client_of, monkeypatch):
    """Each change is one event, without compression; the stream ends with the job."""
    monkeypatch.setattr(first_score, "_POLL_SECONDS", 0.02)
    client, _ = client_of(home)
    job = home.first_scores.claim_next("test", at=NOON)

    def work():
        for values in ({"posts": 2, "people": 5}, {"stage": "scoring", "days": 40}, {"stage": "done"}):
            time.sleep(0.15)
            assert home.first_scores.update(job, at=NOON, **values)

    thread = threading.Thread(target=work)
    thread.start()
    response = client.get("/people/Ada/progress/events")
    thread.join()

    assert ("text/event-stream; charset=utf-8", "no-store") == tuple(
        response.headers[name] for name in ("content-type", "cache-control")
    )
    events = read_events(response)
    assert ["reading", "reading", "scoring", "done"] == [event["stage"] for event in events]
    assert [1, 1, 3, 0] == [event["step"] for event in events]
    assert (2, 5, 40) == tuple(events[-1][name] for name in ("posts", "people", "days"))


def test_streams_are_bounded(home, client_of):
    """With too many open, the others get 503 with a time to wait, and their pages reload themselves."""
    client, _ = client_of(home)
    client.app.routes[-1].app.state.progress_streams.total_tokens = 0

    response = client.get("/people/Ada/progress/events")

    assert (503, "5") == (response.status_code, response.headers["retry-after"])
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in client.get("/people/Ada/progress").text


def test_abandoned_job_is_resumed_by_whoever_looks(home, client_of):
    """After a kill, once the lease has ended; not once for each look."""
    home.first_scores.claim_next("killed", at=NOON)
    client, started = client_of(home)
    client.get("/people/Ada/progress")
    assert started == []

    client, started = client_of(home, NOON + LEASE + timedelta(seconds=1))
    for _ in range(3):
        client.get("/people/Ada/progress")
    assert 1 == len(started)


def test_failure_says_whose_fault_it_is_not(home, client_of):
    """The page is there, with the reason."""
    job = home.first_scores.claim_next("test", at=NOON)
    home.first_scores.update(job, at=NOON, stage=Stage.FAILED.value, problem="unreachable")
    client, _ = client_of(home)

    assert "the network did not answer. That is not your fault" in client.get("/people/Ada/progress").text
    page = client.get("/people/Ada")
    assert 200 == page.status_code
    assert "the network did not answer" in page.text


def test_hidden_people_are_unknown(home, client_of):
    """Whoever opted out, or has an unverified claim where these are hidden, gets the answers of nobody."""
    home.people.add("Bob", [("x", "7")], at=NOON)
    client, _ = client_of(home, unproven="hide")
    paths = ("", "/progress", "/progress/events", "/why")
    assert {404} == {client.get(f"/people/Bob{path}").status_code for path in paths}
    home.people.set_consent(home.people.by_name("Ada").key, "withdrawn", at=NOON)
    for path in paths:
        answers = [client.get(f"/people/{name}{path}") for name in ("Ada", "Nob")]
        assert {404} == {answer.status_code for answer in answers}
        assert answers[0].text.replace("Ada", "Nob") == answers[1].text


def test_hostile_names_are_escaped(home, client_of):
    """On the progress, the first score and the failure."""
    person = home.people.add(HOSTILE, [("x", "8")], at=NOON)
    client, _ = client_of(home)
    home.first_scores.claim_next("first", at=NOON)
    home.first_scores.request(person.key, at=NOON)
    path = f"/people/{quote(HOSTILE, safe='')}"
    pages = [client.get(f"{path}/progress").text]
    save_score(home, HOSTILE)
    pages.append(client.get(path).text)

    assert all("&lt;img src=x" in page for page in pages)
    assert not any("<img src=x" in page for page in pages)


@pytest.mark.proof
def test_real_claim_gives_a_first_score(tmp_path, site, client_of):
    """From the queue to the page, with a network that answers."""
    fill(Network(site))
    environment = {"RENOWN_MASTODON_SERVER": site.url, "RENOWN_MASTODON_PRIVATE": "true"}
    home = claim(open_home(new_home(tmp_path / "home"), environment), "Ada", ADA)
    assert [Stage.DONE] == [result.stage for result in process(home)]
    client, _ = client_of(home)

    page = client.get("/people/mastodon:ada@example.social")
    assert "First score, not ranked yet" in page.text
    assert all(text in page.text for text in ("give or take", "12 people reacted", "12 reposts", "Can it be trusted?"))
    assert "people on Mastodon without a page here, together" in page.text
    assert "fan0" not in page.text
    assert runs.process_first_scores(home.run_resources, now=lambda: NOON) == []


def test_only_the_owner_of_a_first_score_sees_who_reacted(tmp_path, site, client_of):
    """By name, and in no cache; others see those with a page here only."""
    fill(Network(site))
    environment = {"RENOWN_MASTODON_SERVER": site.url, "RENOWN_MASTODON_PRIVATE": "true"}
    home = claim(open_home(new_home(tmp_path / "home"), environment), "Ada", ADA)
    process(home)
    home.people.add("Fan", [("mastodon", "fan0@example.social")], at=NOON)
    home.profiles.add_names(
        [AccountName("mastodon", "fan0@example.social", home.people.by_name("Fan").key, "fan0@example.social", "fan0")]
    )
    client, _ = client_of(home)
    strangers_page = client.get("/people/Ada")
    _, secret = home.sessions.create(at=NOON)
    client.cookies.set("renown", home.sessions.sign_in(secret, home.people.by_name("Ada").key, at=NOON))
    own_page = client.get("/people/Ada")

    assert [True, False] == [f"fan{number}@" in strangers_page.text for number in (0, 1)]
    assert all(f"fan{number}@" in own_page.text for number in (0, 1))
    assert "private, no-store" == own_page.headers["cache-control"]
    assert all("Cookie" in page.headers["vary"] for page in (own_page, strangers_page))
    assert "no-store" not in strangers_page.headers["cache-control"]


@pytest.mark.proof
@only_in_full
def test_kills_of_worker_and_server_lose_nothing(tmp_path, site):
    """While the accounts are read slowly, both are killed; the server that starts next finishes the job."""
    fill(Network(site), datetime.now(UTC))
    [answer] = site.script
    site.script = [lambda request: (time.sleep(0.5), answer(request))]
    settings = f'\n[networks.mastodon]\nserver = "{site.url}"\nprivate = true\n'
    folder = new_home(tmp_path / "home")
    with (folder / "settings.toml").open("a", encoding="utf-8") as file:
        file.write(settings)
    home = open_home(folder, {})
    person = home.people.add("Ada", [ADA], at=datetime.now(UTC))
    home.first_scores.request(person.key, at=datetime.now(UTC))

    with demo_site.serve_home(folder):
        wait_until(lambda: home.first_scores.find(person.key).posts)
        worker = int(re.search(r"process (\d+)", (folder / FIRST_SCORES_LOCK).read_text()).group(1))
        os.kill(worker, signal.SIGKILL)
    assert home.first_scores.find(person.key).stage.is_open
    assert home.sync_states.find(*ADA).seen_at is None
    begin = time.monotonic()
    with demo_site.serve_home(folder) as url:
        wait_until(lambda: not home.first_scores.find(person.key).stage.is_open)
        assert "First score, not ranked yet" in httpx2.get(f"{url}/people/Ada").text
    job = home.first_scores.find(person.key)
    assert (Stage.DONE, 2) == (job.stage, job.attempts)
    assert time.monotonic() - begin < 60


def wait_until(condition, seconds=60):
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
