"""The JSON API: visibility, error responses, pagination, caching, rate limits and API keys."""

import dataclasses
import functools
import itertools
import logging
import re
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import httpx2
import psutil
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

import community
import postgresql_server
from community import app_of, serving
from conftest import DAY, NOW, new_home
from proofs import only_in_full
from renown import answers, privacy, scoring
from renown.home.app_state import build_app_state
from renown.settings import ServeSettings
from renown.store import PublishedTables
from renown.store.identities import IdentityChoice, StoredIdentity
from renown.web.middleware.rate_limit import MAX_CALLERS, Allowance, RateLimiter
from renown.web.pages import groups as pages_of_groups

PATHS_NAMING_BOB = [
    "/api/people/ann/influence",
    "/api/people/ann/receipt",
    "/api/people/ann/changes",
    "/people/ann",
    "/people/ann/why",
]
"""Paths of responses about ann that name bob."""
PERSON_ROUTES = ["", "/score", "/history", "/standing", "/receipt", "/changes", "/influence", "/posts"]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a home with a small community."""
    return community.create_community(tmp_path_factory.mktemp("web") / "home")


@pytest.fixture(scope="module")
def client(home):
    """Return a client of the API."""
    with TestClient(app_of(home), raise_server_exceptions=False, base_url="http://x/api") as test_client:
        yield test_client


@pytest.fixture(scope="module")
def fetch_ann(client):
    """Return a function that fetches a route of ann once."""
    return functools.cache(lambda suffix: client.get(f"/people/ann{suffix}"))


@pytest.fixture(scope="module")
def everyone_client(home):
    """Return a client of an API where everybody is visible."""
    app = app_of(home)
    site = dataclasses.replace(app.state.site, settings=ServeSettings(visibility="everyone"))
    with TestClient(
        community.make_app(site, community.PLENTY, clock=lambda: 0.0), base_url="http://x/api"
    ) as test_client:
        yield test_client


def error_code(response):
    """Return the code of an error response after checking its shape."""
    assert {"error"} == set(response.json())
    assert {"status", "code", "message"} == set(response.json()["error"])
    assert response.status_code == response.json()["error"]["status"]
    return response.json()["error"]["code"]


@pytest.mark.parametrize("suffix", PERSON_ROUTES)
@pytest.mark.parametrize(
    "name", ["nobody", "x:103", "x:dan", "x:999", "bluesky:dan.sky.example", "x:", ":", "a" * 1000]
)
def test_unclaimed_accounts_look_like_unknown_ones(client, name, suffix):
    """Status, message and headers do not reveal whether an account is known."""
    response, unknown_response = (
        client.get(f"/people/{name}{suffix}"),
        client.get(f"/people/y:{'z' * (len(name) - 2)}{suffix}"),
    )
    volatile = {"date", "ratelimit", "content-length", "x-request-id"}

    assert (404, "person_not_found") == (response.status_code, error_code(response))
    assert {k: v for k, v in response.headers.items() if k not in volatile} == {
        k: v for k, v in unknown_response.headers.items() if k not in volatile
    }
    assert (
        response.json()["error"]["message"].split("'")[2] == unknown_response.json()["error"]["message"].split("'")[2]
    )


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        *itertools.product(
            ["ann", "x:101", "x:ANN", "bluesky:ann.sky.example", "bluesky:did:plc:ann"],
            [suffix for suffix in PERSON_ROUTES if suffix != "/changes"],
        ),
        ("x:ANN", "/changes"),  # one of them, since computing changes takes a second
    ],
)
def test_person_is_found_by_name_handle_and_id(client, fetch_ann, name, suffix):
    """A name, a handle on any network and an id give the same response."""
    assert fetch_ann(suffix).json() == client.get(f"/people/{quote(name)}{suffix}").json()
    assert 200 == fetch_ann(suffix).status_code


def test_receipt_equals_explanation_with_names_redacted(home, client):
    """Points sum to the score; actors without a visible page are one line, named by their network alone."""
    body = client.get("/people/ann/receipt").json()
    with home.reader() as engine, PublishedTables(home.days.find()) as published:
        subject = scoring.resolve_subject("ann", engine, home.lake, home.people)
        explained = answers.explain(subject, published, engine, home.lake, top=25)
    names = {line["name"] for signal in body["signals"] for line in signal["actors"] if line["kind"] == "actor"}

    assert body["receipt"]["score"] == pytest.approx(1 + sum(row["points"] for row in body["receipt"]["points"]))
    assert body["receipt"]["score"] == explained.receipt.score
    assert {"x", "x:bob_b", "bluesky"} == names
    for redacted, whole in zip(body["signals"], explained.signals, strict=True):
        for amount in ("count", "received", "points"):
            total = sum(getattr(line, amount) for line in whole.actors)
            assert total == pytest.approx(sum(line[amount] for line in redacted["actors"]))
        assert redacted["subject"]["points"] == pytest.approx(sum(line["points"] for line in redacted["actors"]))
        assert sum(line["kind"] == "actor" and ":" not in line["name"] for line in redacted["actors"]) <= 1


@pytest.mark.proof
@pytest.mark.home
def test_hidden_people_are_not_named_on_other_pages(tmp_path):
    """Influence, receipts and changes redact hidden people, also before compaction; counts include them."""
    home = community.create_community(tmp_path / "home")
    for account in community.CLAIMED["ann"]:
        home.people.record_proof(*account, "token", at=NOW)

    def fetch_pages_of_ann(**serve_settings):
        site = dataclasses.replace(build_app_state(home), settings=ServeSettings(**serve_settings))
        with TestClient(
            community.make_app(site, community.PLENTY, clock=time.time), base_url="http://x"
        ) as test_client:
            return [test_client.get(path) for path in PATHS_NAMING_BOB]

    before = fetch_pages_of_ann()
    after = [*fetch_pages_of_ann(unproven="hide"), *fetch_pages_of_ann(unproven="hide", visibility="everyone")]
    with home.reader() as engine:
        privacy.hide(engine, home.personal_data, home.people.by_name("bob"), now=NOW)
    after += [*fetch_pages_of_ann(), *fetch_pages_of_ann(visibility="everyone")]

    assert all("bob" in response.text for response in before)
    assert {200} == {response.status_code for response in after}
    assert [] == [response.text for response in after if "bob" in response.text]
    assert before[0].json()["influencers_count"] == after[0].json()["influencers_count"]


def test_visibility_everyone_shows_unclaimed_accounts(everyone_client, client):
    """`visibility = everyone`: accounts that nobody claimed have responses and names."""
    body = everyone_client.get("/people/x:dan").json()
    names = {
        line["name"]
        for signal in everyone_client.get("/people/ann/receipt").json()["signals"]
        for line in signal["actors"]
    }

    assert "x:103" == body["score"]["name"]
    assert {"x:dan", "x:eve"} <= names
    assert 404 == client.get("/people/x:dan").status_code


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/people?limit=0", "limit is '0'; write a number of at least 1"),
        ("/people?limit=many", "limit is 'many'; write a whole number"),
        ("/people?after=nonsense", "after is 'nonsense'; write the `next` of the previous page"),
        ("/people/ann/receipt?day=27.11.2026", "day is '27.11.2026'; write a day as 2026-11-23"),
        ("/compare?who=ann", "who is given once; give at least 2"),
        ("/search", "the parameter q is missing"),
        ("/search?q=", "q has 0 characters; write at least 1"),
        ("/groups/seventy/challenges/9999999999", "number is '9999999999'; write a number below 2,147,483,648"),
    ],
)
def test_invalid_parameters_are_told_in_plain_words(client, path, message):
    """A message has the value and what to write, not the words of a library."""
    response = client.get(path)

    assert "invalid_input" == error_code(response)
    assert f"{message}; see /api/openapi.json" == response.json()["error"]["message"]


def test_receipt_of_a_past_day(client, home):
    """Every published day has a receipt; other days are an error."""
    past_day = DAY - timedelta(days=7)
    with PublishedTables(home.days.find(past_day)) as published:
        score = {row.name: row.score for row in published.read_top_scores(100)}["ann"]

    assert score == client.get("/people/ann/receipt", params={"day": past_day.isoformat()}).json()["receipt"]["score"]
    not_published = client.get("/people/ann/receipt", params={"day": "2020-01-01"})
    assert "day_not_published" == error_code(not_published)
    assert re.fullmatch(
        r"2020-01-01 is not published; \d days are, from \S+ to \S+", not_published.json()["error"]["message"]
    )


def test_history_lists_method_changes_and_coverage_gaps(client):
    """The history lists days on which the method changed, and days without data of a network."""
    body = client.get("/people/ann/history").json()

    assert ["first_day", "last_day", "days", "method_changes", "coverage_gaps"] == list(body)
    assert [] == body["method_changes"]
    assert {"x", "bluesky"} == {gap["network"] for gap in body["coverage_gaps"]}
    assert all(
        body["first_day"] <= gap["first_day"] <= gap["last_day"] <= body["last_day"] for gap in body["coverage_gaps"]
    )


def test_people_pagination_lists_everybody_once(client):
    """Cursor pagination returns everybody once, highest score first."""
    people, cursor = [], None
    while cursor or not people:
        page = client.get("/people", params={"limit": 1} | ({"after": cursor} if cursor else {})).json()
        people += page["people"]
        cursor = page["next"]

    assert {"ann", "bob", "cat"} == {person["name"] for person in people}
    assert sorted(-person["score"] for person in people) == [-person["score"] for person in people]
    assert 3 == len(people)
    assert "invalid_input" == error_code(client.get("/people", params={"after": "nonsense"}))


@pytest.mark.parametrize("q", ["an", "ANN", "@ann", "did:plc:a", "ann"])
def test_search_matches_prefixes_of_names_handles_and_ids(client, q):
    """Search is case-insensitive and matches a prefix of a name, handle or id."""
    assert ["ann"] == [person["name"] for person in client.get("/search", params={"q": q}).json()["people"]]


@pytest.mark.parametrize(
    ("q", "network", "expected"),
    [
        ("bluesky:ann.sky.example", None, ["ann"]),
        ("bluesky:@ANN.sky.example", None, ["ann"]),
        ("https://bsky.app/profile/ann.sky.example", None, ["ann"]),
        ("https://x.com/bob_b", "x", ["bob"]),
        ("https://m.example/@cat", None, ["cat"]),
        ("bluesky:ann.sky.example", "x", []),
        ("x:dan", None, []),
        ("https://x.com/dan", None, []),
        ("https://x.com/%00bob_b", None, []),
    ],
)
def test_search_finds_accounts_by_network_and_by_link(client, q, network, expected):
    """As network:handle, or as the link of a profile; with a filter by another network nobody is found."""
    params = {"q": q} | ({"network": network} if network else {})

    assert expected == [person["name"] for person in client.get("/search", params=params).json()["people"]]


def test_names_are_found_in_any_case(client):
    """Names of people, as handles, by the API and by pages."""
    for name, expected in (("ANN", "ann"), ("Bob", "bob"), ("x:BOB_B", "bob")):
        assert expected == client.get(f"/people/{name}/score").json()["name"]
        assert 200 == client.get(f"http://x/people/{name}").status_code
    assert ["ann", "bob"] == [
        person["name"] for person in client.get("/people", params={"ids": "Ann,BOB"}).json()["people"]
    ]


def test_method_has_its_constants_with_sources(client):
    """As fields, with units; the weights of signals likewise."""
    body = client.get("/method").json()

    [window] = [constant for constant in body["constants"] if constant["name"] == "window_days"]
    assert (90, "UTC days", True) == (window["value"], window["unit"].partition(",")[0], bool(window["source"]))
    assert ["audience", "curation", "amplification", "conversation", "approval"] == [
        row["name"] for row in body["signals"]
    ]
    assert all(row[key]["source"] for row in body["signals"] for key in ("weight", "rate"))


def test_search_finds_no_unclaimed_accounts(client):
    """Neither a prefix of their handles nor an SQL wildcard finds them."""
    assert [[], [], [], []] == [
        client.get("/search", params={"q": q}).json()["people"] for q in ("dan", "e", "%", "_nn")
    ]


def test_compare_people(client):
    """People come in the requested order; an unclaimed account among them is an error."""
    body = client.get("/compare", params={"who": ["ann", "bob"]}).json()

    assert ["ann", "bob"] == [person["name"] for person in body["people"]]
    for person, points in zip(body["people"], body["signals"], strict=True):
        assert person["score"] == pytest.approx(1 + sum(points.values()))
    for person, score_range in zip(body["people"], body["ranges"], strict=True):
        assert score_range == client.get(f"/people/{person['name']}").json()["range"]
        assert score_range["low"] <= person["score"] <= score_range["high"]
    assert "person_not_found" == error_code(client.get("/compare", params={"who": ["ann", "x:103"]}))
    assert "invalid_input" == error_code(client.get("/compare", params={"who": "ann"}))
    assert "invalid_input" == error_code(client.get("/compare", params={"who": ["ann", "ANN"]}))
    assert body == client.get("/compare", params={"who": ["ann", "bob", "ANN"]}).json()


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("br, gzip;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("br, gzip ; q=0.000, identity", None),
        ("gzip;q=0.01", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
def test_responses_are_compressed_for_those_who_accept_it(client, accepted, encoding):
    """A weight of 0 excludes an encoding."""
    response = client.get("/openapi.json", headers={"Accept-Encoding": accepted})
    assert (200, encoding) == (response.status_code, response.headers.get("Content-Encoding"))
    assert "Accept-Encoding" in response.headers["Vary"]
    assert response.json()["openapi"]


def test_conditional_requests_return_304(client):
    """A matching ETag or a later Last-Modified returns 304 without a body."""
    wait_until(lambda: "Last-Modified" in client.get("/people/ann/score").headers)
    first = client.get("/people/ann/score")
    by_tag = client.get("/people/ann/score", headers={"If-None-Match": f'"other", {first.headers["ETag"]}'})
    by_date = client.get("/people/ann/score", headers={"If-Modified-Since": first.headers["Last-Modified"]})

    assert [304, 304] == [by_tag.status_code, by_date.status_code]
    assert b"" == by_tag.content == by_date.content
    assert first.headers["ETag"] == by_tag.headers["ETag"]
    large = client.get("/openapi.json")
    confirmed = client.get("/openapi.json", headers={"If-None-Match": large.headers["ETag"]})
    assert 304 == confirmed.status_code
    # Caches replace the header of their copy by that of the confirmation (RFC 9111, 4.3.4).
    assert sorted(large.headers["Vary"].split(", ")) == sorted(confirmed.headers["Vary"].split(", "))
    assert 200 == client.get("/people/ann/score", headers={"If-None-Match": '"other"'}).status_code
    assert 200 == client.get("/people/bob/score", headers={"If-None-Match": first.headers["ETag"]}).status_code
    assert 200 == client.get("/people/ann/score", headers={"If-Modified-Since": "yesterday"}).status_code


def test_cors_allows_reads_from_any_origin(client):
    """CORS headers allow reads, errors included; writes are rejected."""
    for path in ("/people/ann/score", "/people/nobody"):
        assert "*" == client.get(path, headers={"Origin": "https://a.example"}).headers["Access-Control-Allow-Origin"]
    assert "method_not_allowed" == error_code(client.post("/people"))
    assert "POST is not allowed here; send GET or HEAD" in client.post("/people").text


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key", "If-None-Match", "If-Modified-Since"])
def test_scripts_of_other_sites_may_send_what_the_api_reads(client, header):
    """A browser asks before it sends such a header to another site."""
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    answer = client.options("/people/ann/score", headers={**asked, "Access-Control-Request-Headers": header.lower()})

    assert 200 == answer.status_code
    assert header in answer.headers["Access-Control-Allow-Headers"].split(", ")


def test_scripts_of_other_sites_may_read_headers_of_answers(client):
    """All headers of an answer that are the API's own, such as the id by which an operator finds a failed request."""
    answer = client.get("/people?limit=1", headers={"Origin": "https://a.example"})
    exposed = {name.lower() for name in answer.headers["Access-Control-Expose-Headers"].split(", ")}

    assert {"etag", "link", "x-request-id"} <= answer.headers.keys() & exposed


def test_security_headers_on_every_response(client):
    """Responses forbid content sniffing, referrers, scripts and frames."""
    for path in ("/people/ann", "/people/nobody", "/openapi.json"):
        headers = client.get(path).headers
        assert ("nosniff", "no-referrer") == (headers["X-Content-Type-Options"], headers["Referrer-Policy"])
        assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_rate_limits_per_address_and_per_key(home):
    """Limits per second and per day, with Retry-After; each key and each address has its own."""
    now = [0.0]
    key = home.api_keys.create("a reader", per_second=5, per_day=9, at=NOW)
    app = app_of(home, Allowance(2, 3), clock=lambda: now[0])
    with TestClient(app) as client, TestClient(app, client=("192.0.2.9", 1)) as other_client:
        first_statuses = [client.get("/api/days").status_code for _ in range(2)]
        limited = client.get("/api/days")
        keyed_statuses = [client.get("/api/days", headers={"X-API-Key": key}).status_code for _ in range(5)]
        keyed_limited = client.get("/api/days", headers={"Authorization": f"Bearer {key}"})
        other_status = other_client.get("/api/days").status_code
        now[0] = 1.0
        next_second, day_limited = client.get("/api/days"), client.get("/api/days")
        now[0] = 86_400.0
        next_day_status = client.get("/api/days").status_code

    assert [200, 200] == first_statuses
    assert ("rate_limited", "1") == (error_code(limited), limited.headers["Retry-After"])
    assert [200] * 5 == keyed_statuses
    assert "rate_limited" == error_code(keyed_limited)
    assert 200 == other_status == next_day_status
    assert '"day";r=0;t=86399' == next_second.headers["RateLimit"]
    assert ("rate_limited", "86399") == (error_code(day_limited), day_limited.headers["Retry-After"])


def test_invalid_keys_count_against_the_address(home):
    """Guessing keys is rate limited like requests without a key."""
    app = app_of(home, Allowance(2, 100), clock=lambda: 0.0)
    with TestClient(app) as client:
        responses = [client.get("/api/days", headers={"X-API-Key": f"k{n}"}) for n in range(3)]

    assert ["invalid_api_key", "invalid_api_key", "rate_limited"] == [error_code(response) for response in responses]


def test_revoked_key_is_rejected(home):
    """A revoked key is rejected once the key cache expires."""
    now = [0.0]
    key = home.api_keys.create("short", per_second=5, per_day=9, at=NOW)
    with TestClient(app_of(home, clock=lambda: now[0])) as client:
        before = client.get("/api/days", headers={"X-API-Key": key}).status_code
        home.api_keys.revoke("short")
        now[0] = 6.0
        after = client.get("/api/days", headers={"X-API-Key": key})

    assert 200 == before
    assert "invalid_api_key" == error_code(after)


def test_api_keys_are_stored_as_digests(home):
    """No file of the store contains a usable key."""
    key = home.api_keys.create("digest", per_second=5, per_day=9, at=NOW)
    files = list(home.settings.home.glob("store.sqlite*"))

    assert files
    assert not [path for path in files if key.encode() in path.read_bytes()]


@given(
    st.lists(st.tuples(st.floats(0, 3), st.sampled_from("ab")), max_size=60),
    st.integers(1, 5),
    st.integers(1, 20),
)
def test_no_request_pattern_exceeds_the_rate_limit(requests, per_second, per_day):
    """Any second has at most two seconds' worth, any day at most the day's; callers do not share."""
    limiter, now, allowed = RateLimiter(), 0.0, {"a": [], "b": []}
    for wait, caller in requests:
        now += wait
        if not limiter.count_request(caller, Allowance(per_second, per_day), now).exceeded:
            allowed[caller].append(now)

    for times in allowed.values():
        assert len(times) <= per_day
        for start in times:
            assert len([at for at in times if start <= at < start + 1]) <= 2 * per_second


def test_rate_limiter_memory_is_bounded():
    """Beyond `MAX_CALLERS` the oldest callers are evicted."""
    limiter = RateLimiter()
    for n in range(MAX_CALLERS + 10):
        limiter.count_request(str(n), Allowance(1, 1), 0.0)

    assert len(limiter._buckets) == MAX_CALLERS


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_unicode_name_gets_a_valid_response(client, name):
    """An unknown name is an error response, never a server error."""
    response = client.get(f"/people/{quote(name, safe='', errors='surrogatepass')}/score")

    assert response.status_code in {200, 404, 405, 400, 307}
    if response.status_code == 404:
        error_code(response)


@pytest.mark.parametrize(
    "path",
    [
        b"/api/people/%FF%00/score",
        b"/v2/user.json/%FF/score?key=%FF",
        b"/api/search?q=%00",
        b"/1/klout.json?users=%ED%A0%80",
    ],
)
def test_invalid_utf8_in_urls_is_no_server_error(home, path):
    """Undecodable bytes get an error response."""
    with TestClient(app_of(home), raise_server_exceptions=False) as client:
        assert client.get(path.decode()).status_code in {200, 400, 403, 404}


@pytest.mark.parametrize(
    "path", ["/people/{}", "/people/{}/why", "/people/ann{}", "/people{}", "/{}", "/groups/{}/x", "/static/{}/x"]
)
@pytest.mark.parametrize("base", ["", "/api", "/1"])
def test_line_breaks_in_paths_get_the_error_of_their_side(home, base, path):
    """Pages, API and Klout's API answer a line feed like any character that no path has, and count it."""
    with TestClient(app_of(home), raise_server_exceptions=False) as client:
        line_feed, other = (client.get(base + path.format(f"{character}a{character}")) for character in ("%0A", "%0B"))

    assert other.status_code in {403, 404}
    assert (other.status_code, other.headers["content-type"]) == (
        line_feed.status_code,
        line_feed.headers["content-type"],
    )
    assert ("ratelimit" in other.headers) == ("ratelimit" in line_feed.headers)


def test_too_long_uri_is_rejected(client):
    """The length is checked before anything parses the URI."""
    assert "uri_too_long" == error_code(client.get("/search", params={"q": "a" * 9000}))


def test_internal_errors_reveal_no_details(home, caplog):
    """An unexpected exception is a 500 without details; those are logged."""
    app = app_of(home)
    with TestClient(app, raise_server_exceptions=False) as client, pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(home.served_scores), "by_name", lambda *_: 1 / 0)
        with caplog.at_level(logging.ERROR):
            response = client.get("/api/people/ann")

    assert (500, "internal_error") == (response.status_code, error_code(response))
    assert "division" not in response.text


def test_api_keys_are_not_logged(home, caplog, capfd):
    """Not by the server either, at its debug level."""
    key = home.api_keys.create("logged", per_second=100, per_day=1000, at=NOW)
    with caplog.at_level(logging.DEBUG), serving(app_of(home)) as domain:
        assert 200 == httpx2.get(f"http://{domain}/v2/user.json/1/score?key={key}").status_code
        assert 200 == httpx2.get(f"http://{domain}/api/days", headers={"X-API-Key": key}).status_code
    server_records = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]

    assert not [record for record in server_records if key in record.getMessage()]
    assert key not in "".join(capfd.readouterr())


def test_responses_conform_to_the_openapi_schema(home):
    """Schemathesis sends valid and invalid requests: no server errors, no undocumented responses."""
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app_of(home))

    assert len(list(schema.get_all_operations())) >= 10
    for result in schema.get_all_operations():
        operation = result.ok()
        # A network that no data has is an error; which there are differs from home to home.
        is_by_network = any(parameter.name == "network" for parameter in operation.query)
        excluded = [schemathesis.specs.openapi.checks.positive_data_acceptance] if is_by_network else []

        @given(case=operation.as_strategy())
        @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        def conforms(case):
            case.call_and_validate(excluded_checks=excluded)  # noqa: B023 - it is called in this pass of the loop

        conforms()


def test_method_and_evaluations(client, home):
    """The API returns the method's digest, its SQL steps and its evaluations."""
    body = client.get("/method").json()

    assert home.method.digest == body["digest"]
    assert [step.sql for step in home.method.all_steps()] == [step["sql"] for step in body["steps"]]
    assert {"coverage", "faking", "klout", "pairs", "spread"} == set(client.get("/evaluations").json())


def test_groups(client, home):
    """The API lists groups, standings, challenges and the log."""
    body = client.get("/groups/seventy").json()

    assert ["seventy"] == [group["name"] for group in client.get("/groups").json()["groups"]]
    assert {"ann", "bob"} == {row["name"] for row in body["standings"]}
    assert body["leaders"] == [max(body["standings"], key=lambda row: row["score"])["name"]]
    assert 2 == len(client.get("/groups/seventy/challenges/1").json()["standings"][0]["scores"])
    assert home.groups.head_and_member_count("seventy")[0] == client.get("/groups/seventy/log").json()["head"]
    unknown = client.get("/groups/nix")
    assert "group_not_found" == error_code(unknown)
    assert "there is no group 'nix'; choose one from the list of groups" == unknown.json()["error"]["message"]
    assert "group_not_found" == error_code(client.get("/groups/seventy/challenges/7"))


@pytest.mark.proof
def test_responses_are_the_same_from_postgresql(client, postgresql, tmp_path):
    """Every route returns the same from PostgreSQL as from SQLite."""
    home = community.create_community(tmp_path / "home", settings={"RENOWN_STORE": postgresql_server.fresh(postgresql)})
    key = home.api_keys.create("tests", per_second=1000, per_day=1000, at=NOW)
    with TestClient(app_of(home), base_url="http://x/api") as postgresql_client:
        for path in ("people/ann", "people", "people/ann/receipt", "people/bob/influence", "people/x:ann/standing"):
            texts = [api.get(f"/{path}").text for api in (client, postgresql_client)]
            # The public ids are random.
            assert 1 == len({re.sub(r'"id":"[0-9a-f]{24}"', "", text) for text in texts})
        assert "1" == postgresql_client.get(f"http://x/v2/identity.json/twitter?screenName=ann&key={key}").json()["id"]
        ann = home.people.by_name("ann")
        home.identities.save(StoredIdentity(network="x", account_id="101", display_name="Ann A."), at=NOW)
        assert "Ann A." == postgresql_client.get("/people/ann/score").json()["display_name"]
        home.identities.choose(ann.key, IdentityChoice(shows_name=False))
        assert postgresql_client.get("/people/ann/score").json()["display_name"] is None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/people?limit=1&limit=2", "limit"),
        ("/people/ann/receipt?day=2001-01-01&day=2024-02-01", "day"),
        ("/people/ann/goal?target=60&target=60", "target"),
        ("/method/try?audience=1&audience=2", "audience"),
    ],
)
def test_repeated_query_parameters_are_rejected(client, path, name):
    """Servers, caches and proxies disagree about which one counts; lists may be repeated."""
    response = client.get(path)
    assert "invalid_input" == error_code(response)
    assert f"query parameter '{name}' is given 2 times; give it once" == response.json()["error"]["message"]
    assert (
        200 == client.get("/compare?who=ann&who=bob").status_code == client.get("/people?ids=ann&ids=bob").status_code
    )


def test_unknown_query_parameters_are_rejected(client):
    """The error suggests a spelling, so that a request for an old route does not get another response."""
    unknown = client.get("/people/ann", params={"day": "2001-01-01"})
    misspelled = client.get("/people/ann/receipt", params={"dya": "2001-01-01"})

    assert ("invalid_input", "invalid_input") == (error_code(unknown), error_code(misspelled))
    assert "this route takes none" in unknown.json()["error"]["message"]
    assert "did you mean 'day'?" in misspelled.json()["error"]["message"]
    assert 400 == client.get("/method/try", params={"nix": 1}).status_code


def test_api_without_trailing_slash_redirects(client):
    """`/api` redirects to `/api/`."""
    response = client.get("http://x/api", follow_redirects=False)

    assert (308, "/api/") == (response.status_code, response.headers["location"])


def test_unpublished_day_has_its_own_error_page(client):
    """The page explains that the day is not published, and does not advise to claim an account."""
    day_page = client.get("http://x/people/ann/why?day=2001-01-01")
    person_page = client.get("http://x/people/nobody")

    assert (404, 404) == (day_page.status_code, person_page.status_code)
    assert "Day not published" in day_page.text
    assert "renown score" not in day_page.text
    assert [False, True] == ["claim your account" in page.text for page in (day_page, person_page)]


@pytest.mark.home
@pytest.mark.parametrize(
    "signal_number", [pytest.param(signal.SIGINT, marks=[pytest.mark.proof, only_in_full]), signal.SIGTERM]
)
def test_serve_every_starts_and_stops_the_scheduler(tmp_path, signal_number):
    """`renown serve --every day` runs the scheduler in a child process and ends it on exit."""
    new_home(tmp_path / "home")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "renown", "--home", str(tmp_path / "home"), "serve", "--port", str(port)]
    server = subprocess.Popen([*command, "--every", "day"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        started = wait_until(lambda: fetch_index(port))
        children = wait_until(lambda: psutil.Process(server.pid).children())
        arguments = children[0].cmdline()[-3:]
    finally:
        server.send_signal(signal_number)
        server.wait(30)

    assert 200 == started.status_code
    assert ["run", "--every", "day"] == arguments
    assert not children[0].is_running()


def fetch_index(port):
    """Return the response of the API's index; None if the connection fails."""
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/api/")
    except httpx2.HTTPError:
        return None


def wait_until(condition):
    """Return the first true result of a function."""
    for _ in range(600):
        if result := condition():
            return result
        time.sleep(0.05)
    raise TimeoutError


def test_chart_of_a_large_group_shows_only_the_top(home):
    """Table and API list all 300 members; a line for each would make the chart megabytes."""
    site = build_app_state(home)
    standings = site.standings_cache.get_standings("seventy")
    rows = tuple(dataclasses.replace(standings.standings[0], name=f"m{n}", rank=n + 1) for n in range(300))
    site.standings_cache.get_standings = lambda *_: dataclasses.replace(standings, standings=rows)
    with TestClient(community.make_app(site, community.PLENTY, clock=lambda: 0.0), base_url="http://x") as client:
        page, wall = client.get("/groups/seventy").text, client.get("/groups/seventy/wall").text
        body = client.get("/api/groups/seventy").json()

    assert 300 == len(body["standings"]) == page.count('<td class="n place">')
    assert (50, 16) == (page.count('class="lane-name"'), wall.count('class="lane-name"'))
    assert "Showing the top 24 of 300." in page
    assert 24 == page.count('<span class="k k')


def test_pages_of_a_group_lead_to_its_running_challenge(home):
    """The start page and the group's page say what stands in the challenge, until its last day."""
    [challenge] = home.groups.challenges.by_group("seventy")
    pages = []
    for days in (0, 1):
        now = datetime.combine(challenge.last + timedelta(days=days), datetime.min.time(), UTC)
        site = dataclasses.replace(build_app_state(home), now=lambda now=now: now)
        with TestClient(community.make_app(site, community.PLENTY, clock=lambda: 0.0), base_url="http://x") as client:
            pages += [client.get(path).text for path in ("/", "/groups/seventy")]

    assert [True, True, False, False] == ["Last day." in page for page in pages]
    links = ["/groups/seventy/challenges/1" in page for page in pages]
    assert [True, True, False, True] == links, "the group's page lists those that are over, too"


def test_wall_rotates_over_the_running_challenges(home):
    """From the group to its challenge and back; without the parameter it loads itself again."""
    [challenge] = home.groups.challenges.by_group("seventy")
    now = datetime.combine(challenge.last, datetime.min.time(), UTC)
    site = dataclasses.replace(build_app_state(home), now=lambda: now)
    with TestClient(community.make_app(site, community.PLENTY, clock=lambda: 0.0), base_url="http://x") as client:
        pages = {
            path: re.findall(r'data-next-path="([^"]*)" data-seconds="(\d+)"', client.get(path).text)
            for path in (
                "/groups/seventy/wall",
                "/groups/seventy/wall?rotate=20",
                "/groups/seventy/challenges/1/wall?rotate=20",
            )
        }
        assert 400 == client.get("/groups/seventy/wall?rotate=1").status_code

    assert [
        [("/groups/seventy/wall", "300")],
        [("/groups/seventy/challenges/1/wall?rotate=20", "20")],
        [("/groups/seventy/wall?rotate=20", "20")],
    ] == list(pages.values())


def test_group_log_page_shows_the_latest_entries(home, monkeypatch):
    """Latest first, with the head's digest and the number of earlier entries."""
    monkeypatch.setattr(pages_of_groups, "_MAX_LOG_ENTRIES", 2)
    log = home.groups.log.read_entries("seventy")
    with TestClient(app_of(home), base_url="http://x") as client:
        page = client.get("/groups/seventy/log").text

    positions = [page.find(f"{entry.digest[:8]}…") for entry in log]
    assert len(log) > 3
    assert -1 < positions[-1] < positions[-2]
    assert {-1} == set(positions[:-2])
    assert f"<code>{log[-1].digest}</code>" in page
    assert f"{len(log) - 2} earlier entries" in page
