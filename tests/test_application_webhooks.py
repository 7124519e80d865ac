"""Webhooks of applications: what they are told, signed as documented, repeated, given up, and sent again."""

import json
import re
import runpy
import threading
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

import community
from community import app_of
from conftest import DAY, NOW, publisher
from http_server import Site, reply
from renown import cli, privacy
from renown.connectors.http.webhook import format_secret
from renown.errors import InvalidInputError
from renown.home import open_home
from renown.runs.application_events import queue_events
from renown.runs.notifications import deliver_due
from renown.store import CONSENT_GIVEN, CONSENT_WITHDRAWN, EVENTS
from renown.store.webhooks import MAX_WEBHOOKS

HOW_TO = Path(__file__).parents[1] / "docs" / "how-to" / "webhooks.md"


@pytest.fixture
def hook():
    """Return an HTTP server that receives webhooks."""
    with Site() as receiver:
        threading.Thread(target=receiver.serve_forever, args=(0.01,), daemon=True).start()
        yield receiver
        receiver.shutdown()


@pytest.fixture
def told(tmp_path, hook):
    """Return a community with an application that is told everything, and a function that delivers."""
    community.create_community(tmp_path / "home")
    home = open_home(tmp_path / "home", {"RENOWN_PRIVATE_WEBHOOKS": "true"})
    home.api_keys.create("app", per_second=1, per_day=1, at=NOW)
    key = home.api_keys.find_by_name("app")
    home.webhooks.add(key, f"{hook.url}/hook", EVENTS, at=NOW)
    hook.script = [reply(204, b"")]

    def deliver(at=NOW):
        queue_events(home.notification_resources, at=at)
        counts = deliver_due(home.notification_resources, now=lambda: at, notify=lambda _: None)
        received = [json.loads(body) for body in hook.bodies]
        hook.bodies.clear()
        return received, counts.failed

    return home, deliver


@pytest.fixture
def is_genuine(tmp_path):
    """Return the function with which the documentation checks a signature."""
    snippet = re.search(r"```python\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)[1]
    (tmp_path / "snippet.py").write_text(snippet, encoding="utf-8")
    return runpy.run_path(str(tmp_path / "snippet.py"))["is_genuine"]


def test_application_is_told_what_happens_from_now_on(told, hook, is_genuine):
    """A change, a departure and a return, each once; the documented check accepts these and nothing else."""
    home, deliver = told
    assert ([], 0) == deliver()
    ann, bob = home.people.by_name("ann"), home.people.by_name("bob")
    home.people.record_proof("x", "102", "token", at=NOW)
    home.people.set_consent(ann.key, CONSENT_WITHDRAWN, at=NOW)
    received, failed = deliver()
    events = {event["type"]: event["data"]["changes"] for event in received}

    assert ({"person.changed", "person.departed"}, 2, 0) == (set(events), len(received), failed)
    assert [("bob", "changed")] == [(row["name"], row["kind"]) for row in events["person.changed"]]
    assert [(home.people.changes.find(ann.key).public_id, None, None)] == [
        (row["id"], row["name"], row["score"]) for row in events["person.departed"]
    ]
    assert ([], 0) == deliver()
    home.people.set_consent(ann.key, CONSENT_GIVEN, at=NOW)
    [returned], _ = deliver()
    assert ["ann"] == [row["name"] for row in returned["data"]["changes"]]
    [webhook] = home.webhooks.all()
    _, headers = hook.requests[-1]
    body = json.dumps(returned).encode()
    secret = format_secret(webhook.secret)
    assert is_genuine(headers, body, secret)
    assert not is_genuine(headers, body + b" ", secret)
    assert not is_genuine(dict(headers) | {"webhook-timestamp": "1700000000"}, body, secret)
    assert home.people.by_name("bob").key == bob.key


def test_publication_is_told_once(told):
    """With its scores: who changed is told in the same way."""
    home, deliver = told
    publisher(home)(DAY + timedelta(days=40))
    received, _ = deliver()
    types = [event["type"] for event in received]
    [published] = [event for event in received if event["type"] == "score.published"]

    assert {"score.published", "person.changed"} == set(types)
    assert {"day": f"{DAY + timedelta(days=40)}", "method": home.method.version} == {
        name: published["data"][name] for name in ("day", "method")
    }
    assert ([], 0) == deliver()


def test_nobodys_data_waits_in_the_queue(told, hook):
    """Whoever departs before a message is accepted is not in it; only their departure is told."""
    home, deliver = told
    hook.script = [reply(500)]
    ann = home.people.by_name("ann")
    home.people.record_proof("x", "101", "token", at=NOW)
    assert 1 == deliver()[1]
    stored = json.dumps([row.content for row in home.deliveries.list_all()])
    assert "ann" not in stored
    with home.reader() as engine:
        privacy.hide(engine, home.personal_data, ann, now=NOW)
    hook.script = [reply(204, b"")]
    received, _ = deliver(NOW + timedelta(minutes=2))

    assert ["person.departed"] == [event["type"] for event in received]


def test_dead_letters_are_sent_again(told, hook, tmp_path, monkeypatch):
    """Listed with their error; the command queues them again under the same id."""
    home, deliver = told
    monkeypatch.setenv("RENOWN_PRIVATE_WEBHOOKS", "true")
    hook.script = [reply(410)]
    home.people.record_proof("x", "101", "token", at=NOW)
    assert 1 == deliver(datetime.now(UTC))[1]
    [letter] = home.deliveries.list_all(failed_only=True)
    hook.script = [reply(204, b"")]

    def run(*arguments):
        return CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), *arguments])

    assert "wants no more" in run("deliveries", "--failed", "--json").output
    assert "write the ids" in str(run("redeliver").exception)
    assert isinstance(run("redeliver", "nix").exception, InvalidInputError)
    result = run("redeliver", letter.delivery_id)

    assert "1 delivery queued again, 1 sent" in result.output
    assert {letter.delivery_id} == {headers["webhook-id"] for _, headers in hook.requests}
    assert [] == home.deliveries.list_all(failed_only=True)


def test_webhooks_are_managed_on_the_command_line(told, hook, tmp_path, monkeypatch):
    """Added for some events, listed, and removed; what is wrong is explained."""
    home, _ = told
    monkeypatch.setenv("RENOWN_PRIVATE_WEBHOOKS", "true")

    def run(*arguments):
        return CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), "webhook", *arguments])

    added = run("add", "app", f"{hook.url}/b", "--event", "person.departed")
    [_, row] = [json.loads(line) for line in run("list", "--json").output.splitlines()]
    assert added.output.startswith("whsec_")
    assert ("app", f"{hook.url}/b", ["person.departed"]) == (row["key"], row["address"], row["events"])
    assert "no API key named 'nix'" in str(run("add", "nix", hook.url).exception)
    assert "not an event" in str(run("add", "app", hook.url, "--event", "x").exception)
    assert "has no webhook" in str(run("remove", "app", "https://a.example").exception)
    run("remove", "app", f"{hook.url}/b")
    home.api_keys.revoke("app")
    assert [] == home.webhooks.all()


HOOK = "https://app.example/hook"


@pytest.fixture
def applications(home):
    """Return clients of the API: one with a key, one with another, one without."""
    application = app_of(home)
    with ExitStack() as stack:
        clients = [stack.enter_context(TestClient(application, base_url="http://x/api")) for _ in range(3)]
        for client, name in zip(clients, ("app", "other"), strict=False):
            client.headers["X-API-Key"] = home.api_keys.create(name, per_second=100, per_day=1_000, at=NOW)
        yield clients


def test_application_manages_its_webhooks_by_the_api(home, applications):
    """It adds, lists and removes those of its own key; the secret is in the first answer only."""
    client, other, _ = applications
    added = client.post("/webhooks", json={"address": HOOK, "events": ["person.departed", "score.published"]})
    changed = client.post("/webhooks", json={"address": HOOK, "events": ["person.changed"]})
    [stored] = home.webhooks.all()

    assert (201, 200) == (added.status_code, changed.status_code)
    assert (format_secret(stored.secret), None) == (added.json()["secret"], changed.json()["secret"])
    assert ["score.published", "person.departed"] == added.json()["events"]
    assert ("app", ("person.changed",)) == (stored.key_name, stored.events)
    expected = {"id": stored.webhook_id, "address": HOOK, "events": ["person.changed"]}
    [listed] = client.get("/webhooks").json()["webhooks"]
    assert expected == {name: value for name, value in listed.items() if name != "created_at"}
    assert [] == other.get("/webhooks").json()["webhooks"]

    removals = [caller.delete(f"/webhooks/{stored.webhook_id}").status_code for caller in (other, client, client)]
    assert ([404, 204, 404], []) == (removals, home.webhooks.all())
    assert list(EVENTS) == client.post("/webhooks", json={"address": HOOK}).json()["events"]


def test_api_of_webhooks_needs_a_key(home, applications):
    """Without one, nothing is listed, added or removed; a revoked key has none."""
    client, _, anonymous = applications
    for method, path in (("GET", "/webhooks"), ("POST", "/webhooks"), ("DELETE", "/webhooks/1")):
        answer = anonymous.request(method, path, json={"address": HOOK} if method == "POST" else None)
        assert (401, "invalid_api_key") == (answer.status_code, answer.json()["error"]["code"])
        assert "send one" in answer.json()["error"]["message"]
    assert (405, True) == ((put := client.put("/webhooks")).status_code, "PUT is not allowed" in put.text)
    client.post("/webhooks", json={"address": HOOK})
    home.api_keys.revoke("app")

    assert ([], 401) == (home.webhooks.all(), client.get("/webhooks").status_code)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"address": "http://app.example/hook"}, "https://"),
        ({"address": "https://ann:pw@app.example/hook"}, "password"),
        ({"address": "https://app.example:65559/hook"}, "port"),
        ({"address": f"{HOOK}?a=\0"}, "characters"),
        ({"address": f"{HOOK}/{'a' * 2_000}"}, "characters"),
        ({"address": HOOK, "events": ["person.born"]}, "person.born"),
        ({"address": HOOK, "events": []}, "not an event"),
        ({"address": HOOK, "event": "person.changed"}, "unknown field `event`"),
        ({"address": 5}, "`$.address`"),
        ([], "body"),
        ({"address": "a" * 9_000}, "8192 bytes"),
    ],
)
def test_api_rejects_what_is_no_webhook(home, applications, body, message):
    """With the limits and checks of the page and the command."""
    answer = applications[0].post("/webhooks", json=body)

    assert (400, []) == (answer.status_code, home.webhooks.all())
    assert message in answer.json()["error"]["message"]


def test_api_limits_the_webhooks_of_a_key(applications):
    """As many as on the page."""
    statuses = [
        applications[0].post("/webhooks", json={"address": f"{HOOK}/{number}"}).status_code
        for number in range(MAX_WEBHOOKS + 1)
    ]

    assert [*[201] * MAX_WEBHOOKS, 400] == statuses
