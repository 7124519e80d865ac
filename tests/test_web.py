"""Our API: who is shown, in one shape, within limits."""

import dataclasses
import logging
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta
from urllib.parse import quote

import httpx2
import psutil
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

import community
import databases
from community import app_of, serving
from conftest import DAY, NOW
from renown import answers, assembly, jobs
from renown.settings import ServeSettings
from renown.store import Published
from renown.web.limits import REMEMBERED, Allowance, Limits
from renown.web.pages import groups as pages_of_groups

NAMING = [
    "/api/people/ann/influence",
    "/api/people/ann/receipt",
    "/api/people/ann/changes",
    "/people/ann",
    "/people/ann/why",
]
"""Answers about ann that name bob."""
ABOUT_SOMEBODY = ["", "/score", "/history", "/standing", "/receipt", "/changes", "/influence", "/posts"]


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    """Return a home with people in it."""
    return community.settled(tmp_path_factory.mktemp("web") / "home")


@pytest.fixture(scope="module")
def client(settled):
    """Return a client of the API."""
    with TestClient(app_of(settled), raise_server_exceptions=False, base_url="http://x/api") as asks:
        yield asks


@pytest.fixture(scope="module")
def everyone(settled):
    """Return a client of a home that shows everybody."""
    app = app_of(settled)
    site = dataclasses.replace(app.state.site, told=ServeSettings(visibility="everyone"))
    with TestClient(community.make_app(site, community.PLENTY, clock=lambda: 0.0), base_url="http://x/api") as asks:
        yield asks


def error(answer):
    """Return the code of an error, after its one shape was checked."""
    assert {"error"} == set(answer.json())
    assert {"status", "code", "message"} == set(answer.json()["error"])
    assert answer.status_code == answer.json()["error"]["status"]
    return answer.json()["error"]["code"]


@pytest.mark.parametrize("what", ABOUT_SOMEBODY)
@pytest.mark.parametrize("who", ["nobody", "x:103", "x:dan", "x:999", "bluesky:dan.sky.example", "x:", ":", "a" * 1000])
def test_who_did_not_ask_for_a_page_is_as_unknown_as_anybody(client, who, what):
    """Nothing of an answer tells whether an account is known: not its status, words or headers."""
    found, unknown = client.get(f"/people/{who}{what}"), client.get(f"/people/y:{'z' * (len(who) - 2)}{what}")
    volatile = {"date", "ratelimit", "content-length"}

    assert (404, "unknown_who") == (found.status_code, error(found))
    assert {k: v for k, v in found.headers.items() if k not in volatile} == {
        k: v for k, v in unknown.headers.items() if k not in volatile
    }
    assert found.json()["error"]["message"].split("'")[2] == unknown.json()["error"]["message"].split("'")[2]


@pytest.mark.parametrize("what", ABOUT_SOMEBODY)
@pytest.mark.parametrize("who", ["ann", "x:101", "x:ANN", "bluesky:ann.sky.example", "bluesky:did:plc:ann"])
def test_a_person_is_found_by_every_name_of_theirs(client, who, what):
    """By name, by handle on any network, by id: one answer."""
    assert client.get(f"/people/ann{what}").json() == client.get(f"/people/{quote(who)}{what}").json()
    assert 200 == client.get(f"/people/ann{what}").status_code


def test_a_receipt_is_the_one_that_is_explained_without_strangers_names(settled, client):
    """Points of everything sum to the score; who claimed nothing stands there by network alone."""
    told = client.get("/people/ann/receipt").json()
    with settled.reader() as engine, Published(settled.days.find()) as published:
        who = answers.who("ann", engine, settled.lake, settled.people)
        explained = answers.explain(who, published, engine, settled.lake, top=25)
    names = {line["name"] for signal in told["signals"] for line in signal["actors"] if line["kind"] == "actor"}

    assert told["receipt"]["score"] == pytest.approx(1 + sum(row["points"] for row in told["receipt"]["points"]))
    assert told["receipt"]["score"] == explained.receipt.score
    assert [[line["points"] for line in signal["actors"]] for signal in told["signals"]] == [
        [line.points for line in signal.actors] for signal in explained.signals
    ]
    assert {"x", "x:bob_b", "bluesky"} == names


def test_who_is_not_shown_is_named_on_nobody_elses_page_either(tmp_path):
    """Not among who moves whom, nor behind a receipt or a move, also before files are rewritten; they are counted."""
    home = community.settled(tmp_path / "home")
    for account in community.CLAIMED["ann"]:
        home.people.prove(*account, "token", at=NOW)

    def answers_of_ann(**told):
        site = dataclasses.replace(home.site(), told=ServeSettings(**told))
        with TestClient(community.make_app(site, community.PLENTY, clock=time.time), base_url="http://x") as asks:
            return [asks.get(path) for path in NAMING]

    before = answers_of_ann()
    after = [*answers_of_ann(unproven="hide"), *answers_of_ann(unproven="hide", visibility="everyone")]
    with home.reader() as engine:
        jobs.hide(engine, home, home.people.by_name("bob"), now=NOW)
    after += [*answers_of_ann(), *answers_of_ann(visibility="everyone")]

    assert all("bob" in answer.text for answer in before)
    assert {200} == {answer.status_code for answer in after}
    assert [] == [answer.text for answer in after if "bob" in answer.text]
    assert before[0].json()["influencers_count"] == after[0].json()["influencers_count"]


def test_everybody_is_shown_where_the_home_says_so(everyone, client):
    """`visibility = everyone`: accounts that nobody claimed have answers and names."""
    told = everyone.get("/people/x:dan").json()
    names = {
        line["name"] for signal in everyone.get("/people/ann/receipt").json()["signals"] for line in signal["actors"]
    }

    assert "x:103" == told["score"]["who"]
    assert {"x:dan", "x:eve"} <= names
    assert 404 == client.get("/people/x:dan").status_code


def test_a_past_day_has_a_receipt(client, settled):
    """Of any published day; of others it says that they are not."""
    ago = DAY - timedelta(days=7)
    with Published(settled.days.find(ago)) as published:
        score = {row.name: row.score for row in published.leaders(100)}["ann"]

    assert score == client.get("/people/ann/receipt", params={"day": ago.isoformat()}).json()["receipt"]["score"]
    assert "not_published" == error(client.get("/people/ann/receipt", params={"day": "2020-01-01"}))


def test_a_history_has_its_marks(client):
    """Days on which the method changed, and days of which nothing was seen of a network of theirs."""
    told = client.get("/people/ann/history").json()

    assert ["first_day", "last_day", "days", "switches", "unseen"] == list(told)
    assert [] == told["switches"]
    assert {"x", "bluesky"} == {gap["network"] for gap in told["unseen"]}
    assert all(told["first_day"] <= gap["first_day"] <= gap["last_day"] <= told["last_day"] for gap in told["unseen"])


def test_pages_of_people_hold_everybody_once(client):
    """From page to page by cursor, in the order of scores."""
    found, after = [], None
    while after or not found:
        page = client.get("/people", params={"limit": 1} | ({"after": after} if after else {})).json()
        found += page["people"]
        after = page["next"]

    assert {"ann", "bob", "cat"} == {one["who"] for one in found}
    assert sorted(-one["score"] for one in found) == [-one["score"] for one in found]
    assert 3 == len(found)
    assert "bad_input" == error(client.get("/people", params={"after": "nonsense"}))


@pytest.mark.parametrize("q", ["an", "ANN", "@ann", "did:plc:a", "ann"])
def test_search_finds_by_the_beginning_of_any_name(client, q):
    """Handles, ids and names, whatever case they are typed in."""
    assert ["ann"] == [one["who"] for one in client.get("/search", params={"q": q}).json()]


def test_search_finds_nobody_who_did_not_ask_for_a_page(client):
    """Neither dan nor eve, nor what a wildcard would find."""
    assert [[], [], [], []] == [client.get("/search", params={"q": q}).json() for q in ("dan", "e", "%", "_nn")]


def test_people_are_compared(client):
    """Side by side, in the order asked for; a stranger among them is a stranger."""
    told = client.get("/compare", params={"who": ["ann", "bob"]}).json()

    assert ["ann", "bob"] == [one["who"] for one in told["people"]]
    for one, points in zip(told["people"], told["signals"], strict=True):
        assert one["score"] == pytest.approx(1 + sum(points.values()))
    for one, span in zip(told["people"], told["ranges"], strict=True):
        assert span == client.get(f"/people/{one['who']}").json()["range"]
        assert span["low"] <= one["score"] <= span["high"]
    assert "unknown_who" == error(client.get("/compare", params={"who": ["ann", "x:103"]}))
    assert "bad_input" == error(client.get("/compare", params={"who": "ann"}))


def test_who_holds_the_present_answer_is_told_so(client):
    """ETag and Last-Modified: 304 without a body until something changes."""
    first = client.get("/people/ann/score")
    by_tag = client.get("/people/ann/score", headers={"If-None-Match": f'"other", {first.headers["ETag"]}'})
    by_date = client.get("/people/ann/score", headers={"If-Modified-Since": first.headers["Last-Modified"]})

    assert [304, 304] == [by_tag.status_code, by_date.status_code]
    assert b"" == by_tag.content == by_date.content
    assert first.headers["ETag"] == by_tag.headers["ETag"]
    assert 200 == client.get("/people/ann/score", headers={"If-None-Match": '"other"'}).status_code
    assert 200 == client.get("/people/bob/score", headers={"If-None-Match": first.headers["ETag"]}).status_code
    assert 200 == client.get("/people/ann/score", headers={"If-Modified-Since": "yesterday"}).status_code


def test_pages_of_other_sites_may_read(client):
    """CORS for public reads, refusals among them; writing is nothing anybody may do."""
    for path in ("/people/ann/score", "/people/nobody"):
        assert "*" == client.get(path, headers={"Origin": "https://a.example"}).headers["Access-Control-Allow-Origin"]
    assert "method_not_allowed" == error(client.post("/people"))


def test_every_answer_is_safe_to_show(client):
    """No sniffing, no scripts, no frames, nothing told of where a reader came from."""
    for path in ("/people/ann", "/people/nobody", "/openapi.json"):
        headers = client.get(path).headers
        assert ("nosniff", "no-referrer") == (headers["X-Content-Type-Options"], headers["Referrer-Policy"])
        assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_an_address_is_limited_and_told_so(settled):
    """So many a second and a day, with when to ask again; a key has limits of its own, and other addresses theirs."""
    now = [0.0]
    key = settled.keys.make("a reader", per_second=5, per_day=9, at=NOW)
    app = app_of(settled, Allowance(2, 3), clock=lambda: now[0])
    with TestClient(app) as here, TestClient(app, client=("192.0.2.9", 1)) as elsewhere:
        two = [here.get("/api/days").status_code for _ in range(2)]
        over = here.get("/api/days")
        with_key = [here.get("/api/days", headers={"X-API-Key": key}).status_code for _ in range(5)]
        keyed_over = here.get("/api/days", headers={"Authorization": f"Bearer {key}"})
        other = elsewhere.get("/api/days").status_code
        now[0] = 1.0
        third, day_over = here.get("/api/days"), here.get("/api/days")
        now[0] = 86_400.0
        tomorrow = here.get("/api/days").status_code

    assert [200, 200] == two
    assert ("over_limit", "1") == (error(over), over.headers["Retry-After"])
    assert [200] * 5 == with_key
    assert "over_limit" == error(keyed_over)
    assert 200 == other == tomorrow
    assert '"day";r=0;t=86399' == third.headers["RateLimit"]
    assert ("over_limit", "86399") == (error(day_over), day_over.headers["Retry-After"])


def test_a_flood_of_wrong_keys_is_an_address_flood(settled):
    """Guessing keys is limited as asking without one is."""
    app = app_of(settled, Allowance(2, 100), clock=lambda: 0.0)
    with TestClient(app) as here:
        found = [here.get("/api/days", headers={"X-API-Key": f"k{n}"}) for n in range(3)]

    assert ["unknown_key", "unknown_key", "over_limit"] == [error(one) for one in found]


def test_a_revoked_key_is_none(settled):
    """After a moment."""
    now = [0.0]
    key = settled.keys.make("short", per_second=5, per_day=9, at=NOW)
    with TestClient(app_of(settled, clock=lambda: now[0])) as here:
        before = here.get("/api/days", headers={"X-API-Key": key}).status_code
        settled.keys.revoke("short")
        now[0] = 6.0
        after = here.get("/api/days", headers={"X-API-Key": key})

    assert 200 == before
    assert "unknown_key" == error(after)


def test_keys_are_kept_as_digests(settled):
    """The store holds none that could be used."""
    key = settled.keys.make("digest", per_second=5, per_day=9, at=NOW)
    files = list(settled.settings.home.glob("store.sqlite*"))

    assert files
    assert not [path for path in files if key.encode() in path.read_bytes()]


@given(
    st.lists(st.tuples(st.floats(0, 3), st.sampled_from("ab")), max_size=60),
    st.integers(1, 5),
    st.integers(1, 20),
)
def test_no_order_of_requests_gets_past_a_limit(asked, per_second, per_day):
    """In no second are there more than two seconds' worth, in no day more than the day's; callers do not share."""
    limits, now, allowed = Limits(), 0.0, {"a": [], "b": []}
    for wait, who in asked:
        now += wait
        if not limits.take(who, Allowance(per_second, per_day), now).over:
            allowed[who].append(now)

    for times in allowed.values():
        assert len(times) <= per_day
        for start in times:
            assert len([at for at in times if start <= at < start + 1]) <= 2 * per_second


def test_a_flood_of_addresses_fills_no_memory():
    """The oldest are forgotten."""
    limits = Limits()
    for n in range(REMEMBERED + 10):
        limits.take(str(n), Allowance(1, 1), 0.0)

    assert len(limits._callers) == REMEMBERED


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_names_of_any_letters_are_answered(client, name):
    """Nobody, in the one shape; never a fault of ours."""
    found = client.get(f"/people/{quote(name, safe='', errors='surrogatepass')}/score")

    assert found.status_code in {200, 404, 405, 400, 307}
    if found.status_code == 404:
        error(found)


@pytest.mark.parametrize(
    "path",
    [
        b"/api/people/%FF%00/score",
        b"/v2/user.json/%FF/score?key=%FF",
        b"/api/search?q=%00",
        b"/1/klout.json?users=%ED%A0%80",
    ],
)
def test_bytes_that_are_no_text_are_answered(settled, path):
    """Whatever the bytes, one of our refusals."""
    with TestClient(app_of(settled), raise_server_exceptions=False) as here:
        assert here.get(path.decode()).status_code in {200, 400, 403, 404}


def test_a_request_too_long_is_refused(client):
    """Before anything reads it."""
    assert "too_long" == error(client.get("/search", params={"q": "a" * 5000}))


def test_what_went_wrong_here_is_told_to_nobody(settled, caplog):
    """A broken store is our fault, told without where it lies; the log has it."""
    app = app_of(settled)
    with TestClient(app, raise_server_exceptions=False) as here, pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(settled.served), "by_name", lambda *_: 1 / 0)
        with caplog.at_level(logging.ERROR):
            found = here.get("/api/people/ann")

    assert (500, "internal") == (found.status_code, error(found))
    assert "division" not in found.text


@pytest.mark.whole
def test_keys_are_in_no_log(settled, caplog, capfd):
    """Not in the server's own, at its most talkative."""
    key = settled.keys.make("logged", per_second=100, per_day=1000, at=NOW)
    with caplog.at_level(logging.DEBUG), serving(app_of(settled)) as domain:
        assert 200 == httpx2.get(f"http://{domain}/v2/user.json/1/score?key={key}").status_code
        assert 200 == httpx2.get(f"http://{domain}/api/days", headers={"X-API-Key": key}).status_code
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]

    assert not [record for record in ours if key in record.getMessage()]
    assert key not in "".join(capfd.readouterr())


@pytest.mark.whole
def test_the_openapi_description_holds(settled):
    """Schemathesis asks whatever the description allows, and what it does not: no fault of ours, no other shape."""
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app_of(settled))

    assert len(list(schema.get_all_operations())) >= 10
    for operation in schema.get_all_operations():
        found = operation.ok()

        @given(case=found.as_strategy())
        @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        def holds(case):
            case.call_and_validate(excluded_checks=[])

        holds()


def test_the_method_and_its_evaluations_are_told(client, settled):
    """The constants and steps as they run, and how they were judged."""
    told = client.get("/method").json()

    assert settled.method.digest == told["digest"]
    assert [step.sql for step in settled.method.steps] == [step["sql"] for step in told["steps"]]
    assert {"klout", "pairs", "spread"} == set(client.get("/evaluations").json())


def test_groups_are_told(client, settled):
    """List, standings, challenge and log, as the command line has them."""
    told = client.get("/groups/seventy").json()

    assert ["seventy"] == [group["name"] for group in client.get("/groups").json()["groups"]]
    assert {"ann", "bob"} == {row["who"] for row in told["standings"]}
    assert told["leads"] == [max(told["standings"], key=lambda row: row["score"])["who"]]
    assert 2 == len(client.get("/groups/seventy/challenges/1").json()["standings"][0]["scores"])
    assert settled.groups.state("seventy")[0] == client.get("/groups/seventy/log").json()["head"]
    assert "unknown_group" == error(client.get("/groups/nix"))
    assert "unknown_group" == error(client.get("/groups/seventy/challenges/7"))


def test_answers_are_the_same_from_postgresql(client, postgresql, tmp_path):
    """Every route reads the one store as it does the other."""
    home = community.settled(tmp_path / "home", settings={"RENOWN_STORE": databases.fresh(postgresql)})
    key = home.keys.make("tests", per_second=1000, per_day=1000, at=NOW)
    with TestClient(app_of(home), base_url="http://x/api") as other:
        for path in ("people/ann", "people", "people/ann/receipt", "people/bob/influence", "people/x:ann/standing"):
            assert client.get(f"/{path}").json() == other.get(f"/{path}").json()
        assert "1" == other.get(f"http://x/v2/identity.json/twitter?screenName=ann&key={key}").json()["id"]


def test_a_parameter_that_a_route_does_not_know_is_refused(client):
    """An old question does not get today's answer."""
    said = client.get("/people/ann", params={"day": "2001-01-01"})
    near = client.get("/people/ann/receipt", params={"dya": "2001-01-01"})

    assert ("bad_input", "bad_input") == (error(said), error(near))
    assert "it takes none" in said.json()["error"]["message"]
    assert "did you mean 'day'?" in near.json()["error"]["message"]
    assert 400 == client.get("/method/try", params={"nix": 1}).status_code


def test_the_address_that_is_printed_leads_to_the_api(client):
    """With or without the last stroke."""
    led = client.get("http://x/api", follow_redirects=False)

    assert (308, "/api/") == (led.status_code, led.headers["location"])


def test_a_page_of_a_day_that_is_not_published_is_no_page_of_nobody(client):
    """Visitors are told of the day, not of commands, and not that they should claim an account."""
    page = client.get("http://x/people/ann/why?day=2001-01-01")
    nobody = client.get("http://x/people/nobody")

    assert (404, 404) == (page.status_code, nobody.status_code)
    assert "No such day here" in page.text
    assert "renown score" not in page.text
    assert [False, True] == ["claim your account" in each.text for each in (page, nobody)]


@pytest.mark.whole
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_days_go_on_beside_the_server_and_end_with_it(tmp_path, end):
    """`renown serve --every day`: answers, runs in a process of its own, and leaves nothing behind."""
    assembly.make_home(tmp_path / "home")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "renown", "--home", str(tmp_path / "home"), "serve", "--port", str(port)]
    server = subprocess.Popen([*command, "--every", "day"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        started = until(lambda: answered(port))
        beside = until(lambda: psutil.Process(server.pid).children())
        words = beside[0].cmdline()[-3:]
    finally:
        server.send_signal(end)
        server.wait(30)

    assert 200 == started.status_code
    assert ["run", "--every", "day"] == words
    assert not beside[0].is_running()


def answered(port):
    """Return what the index of an API answers; None where nobody does."""
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/api/")
    except httpx2.HTTPError:
        return None


def until(found):
    """Return what is found at last."""
    for _ in range(600):
        if here := found():
            return here
        time.sleep(0.05)
    raise TimeoutError


def test_a_race_of_very_many_is_drawn_of_who_is_ahead(settled):
    """All stand in the table and in the API; a chart of hundreds of lines would be megabytes that nobody can read."""
    site = settled.site()
    many = site.races.standings("seventy")
    rows = tuple(dataclasses.replace(many.standings[0], who=f"m{n}", place=n + 1) for n in range(300))
    site.races.standings = lambda *_: dataclasses.replace(many, standings=rows)
    with TestClient(community.make_app(site, community.PLENTY, clock=lambda: 0.0), base_url="http://x") as asks:
        page, wall = asks.get("/groups/seventy").text, asks.get("/groups/seventy/wall").text
        told = asks.get("/api/groups/seventy").json()

    assert 300 == len(told["standings"]) == page.count('<td class="n place">')
    assert 50 == wall.count('class="person-line"')
    assert "The lines of the first 24 of 300." in page
    assert [24, 24] == [text.count('<span class="k k') - extra for text, extra in ((page, 0), (wall, 50))]


def test_a_logs_page_shows_its_last_entries(settled, monkeypatch):
    """The latest first, with the digest to keep, and how many are before them."""
    monkeypatch.setattr(pages_of_groups, "_ENTRIES", 2)
    log = settled.groups.log("seventy")
    with TestClient(app_of(settled), base_url="http://x") as asks:
        page = asks.get("/groups/seventy/log").text

    shown = [page.find(f"{entry.digest[:16]}…") for entry in log]
    assert len(log) > 3
    assert -1 < shown[-1] < shown[-2]
    assert {-1} == set(shown[:-2])
    assert f"<code>{log[-1].digest}</code>" in page
    assert f"{len(log) - 2} earlier entries" in page
