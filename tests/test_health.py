"""Health check, metrics, request ids and the access log of a server."""

import dataclasses
import json
import logging
import re
import shutil
from collections import Counter

import pytest
from fastapi import FastAPI
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

import community
from conftest import NOW
from renown.home.app_state import build_app_state
from renown.runs.daily import DailyRun, NetworkRun
from renown.runs.last_run import save_last_run
from renown.web import health
from renown.web.errors import is_klout
from renown.web.middleware.observe import ACCESS_LOG


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a home with a small community."""
    return community.create_community(tmp_path_factory.mktemp("health") / "home")


def open_client(home, *, address="127.0.0.1", **settings):
    """Return a client of the home's site, from an address."""
    state = build_app_state(home)
    state = dataclasses.replace(state, settings=dataclasses.replace(state.settings, **settings))
    app = community.make_app(state, community.PLENTY, clock=lambda: 0.0)
    return TestClient(app, base_url="http://x", client=(address, 1), raise_server_exceptions=False)


def test_health_tells_of_the_served_day_and_fails_without_disk_or_store(home, monkeypatch):
    """200 for a server that can work, 503 for one whose disk is full or whose database is gone."""
    with open_client(home) as client:
        response = client.get("/healthz")
        body = response.json()
        assert (200, True, "ok", home.served_scores.day().isoformat()) == (
            response.status_code,
            body["healthy"],
            body["store"],
            body["day"],
        )
        assert "no-store" == response.headers["cache-control"]
        assert 200 == client.head("/healthz").status_code
        usage = shutil.disk_usage("/")
        monkeypatch.setattr(health.shutil, "disk_usage", lambda _: usage._replace(free=1))
        assert 503 == client.get("/healthz").status_code

    def fail():
        raise OSError("/secret/path")

    broken = dataclasses.replace(build_app_state(home))
    monkeypatch.undo()
    monkeypatch.setattr(broken.scores, "day", fail)
    report = health.check_health(broken)
    assert (False, "cannot be read: OSError") == (report.healthy, report.store)


def test_metrics_count_requests_by_route_and_tell_of_the_home(home):
    """Nobody is named in them."""
    networks = (NetworkRun(network="x", accounts=3, complete=2, failed=1, new=5, seen_at=None, message="ann: 500"),)
    times = {"began_at": "2026-11-23T00:10:00+00:00", "ended_at": "2026-11-23T00:12:30+00:00"}
    save_last_run(home.settings.home, DailyRun(**times, networks=networks, days=(), gaps=0))
    with open_client(home) as client:
        for path in ("/people/ann", "/people/ann", "/people/nobody", "/api/people/ann/score", "/nothing"):
            client.get(path)
        text = client.get("/metrics").text

    assert 'renown_http_requests_total{method="GET",route="show_person",status="200"} 2.0' in text
    assert 'renown_http_requests_total{method="GET",route="show_person",status="404"} 1.0' in text
    assert 'renown_http_request_seconds_count{route="show_person"} 3.0' in text
    assert "renown_run_seconds 150.0" in text
    assert "renown_healthy 1.0" in text
    assert "ann" not in text.replace("channel", "")


def test_metrics_count_standard_methods_by_name(home):
    """Methods that clients invent are one value of the label, however many they are."""
    methods = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW", "WHEN")
    with open_client(home) as client:
        for method in methods:
            client.request(method, "/api/webhooks/1")
        text = client.get("/metrics").text

    counts = Counter()
    for method, count in re.findall(r'^renown_http_requests_total{method="(\w+)",.* (\S+)$', text, re.MULTILINE):
        counts[method] += float(count)
    assert {**dict.fromkeys(methods[:-2], 1), "other": 2} == counts


@pytest.mark.parametrize(
    ("address", "headers", "token", "status"),
    [
        ("127.0.0.1", {}, "", 200),
        ("127.0.0.1", {"X-Forwarded-For": "1.2.3.4"}, "", 403),
        ("203.0.113.9", {}, "", 403),
        ("203.0.113.9", {"Authorization": "Bearer secret"}, "secret", 200),
        ("127.0.0.1", {"Authorization": "Bearer wrong"}, "secret", 403),
    ],
)
def test_metrics_are_for_this_machine_or_with_the_token(home, address, headers, token, status):
    """A reverse proxy on this machine passes on what others ask."""
    with open_client(home, address=address, metrics_token=token) as client:
        assert status == client.get("/metrics", headers=headers).status_code


def test_access_log_has_request_ids_and_no_personal_data(home, caplog):
    """A line of JSON for each request: no address, path or query; ids of a proxy are kept, hostile ones are not."""
    with caplog.at_level(logging.INFO, ACCESS_LOG), open_client(home, access_log=True) as client:
        kept = client.get("/people/ann?who=bob", headers={"X-Request-ID": "abc-1"})
        replaced = client.get("/people/ann", headers={"X-Request-ID": "a b\tc"})

    lines = [json.loads(record.message) for record in caplog.records if record.name == ACCESS_LOG]
    assert ("abc-1", "show_person", 200) == (lines[0]["id"], lines[0]["route"], lines[0]["status"])
    assert ("abc-1", lines[1]["id"]) == (kept.headers["x-request-id"], replaced.headers["x-request-id"])
    assert {"at", "id", "method", "route", "status", "bytes", "ms"} == set(lines[0])
    assert not [word for word in ("ann", "bob", "127.0.0.1") if word in json.dumps(lines)]


def test_every_page_answers_head(home):
    """Load balancers and link checkers ask for the headers alone."""
    with open_client(home) as client:
        for path in ("/", "/people/ann", "/api/people/ann", "/groups", "/people/ann/card.png", "/robots.txt"):
            head, get = client.head(path), client.get(path)
            assert (get.status_code, b"") == (head.status_code, head.content), path


def list_methods(app, base=""):
    """Yield path and methods of each route of an application, also of mounted ones."""
    for route in app.routes:
        if isinstance(route, Mount) and not isinstance(route.app, FastAPI):
            yield from list_methods(route, base + route.path)
        elif isinstance(route, Mount):
            for path, methods in route.app.openapi()["paths"].items():
                yield base + route.path + path, {method.upper() for method in methods}
        elif isinstance(route, Route):
            yield base + route.path, set(route.methods)


def test_other_methods_than_those_of_a_path_answer_405_with_all_of_these(home):
    """Every path says what it takes (RFC 9110, 15.5.6), whichever application has it; GET implies HEAD."""
    methods_by_path, wrong = {}, []
    with open_client(home) as client:
        key = home.api_keys.create("methods", per_second=10_000, per_day=10_000, at=NOW)
        for path, methods in list_methods(client.app):
            methods_by_path.setdefault(re.sub(r"{\w+}|{\w+:\w+}", "1", path), set()).update(methods)
        for path, methods in methods_by_path.items():
            allowed = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
            for method in {"GET", "POST", "PUT", "DELETE", "OPTIONS", "BREW"} - methods:
                answer = client.request(method, path, params={"key": key} if is_klout(path) else {})
                if (405, allowed) != (answer.status_code, answer.headers.get("Allow")):
                    wrong.append((method, path, answer.status_code, answer.headers.get("Allow")))

    assert [] == wrong
    assert {
        "/healthz",
        "/webmention",
        "/me/keys",
        "/people/1",
        "/static/1/1",
        "/v2/user.json/1",
        "/api/webhooks",
    } < set(methods_by_path)
    assert {"GET", "POST"} < methods_by_path["/subscriptions/1"]


@pytest.mark.parametrize("path", ["/people/ann", "/api/people/ann/score", "/healthz", "/webmention"])
def test_head_is_allowed_where_get_is(home, path):
    """A method that is not allowed has the same answer for both."""
    with open_client(home) as client:
        allowed = client.put(path).headers["Allow"].split(", ")
        assert (405 != client.head(path).status_code) == ("HEAD" in allowed) == ("GET" in allowed)
