"""The Nostr connector against a real relay: what people publish becomes a score, and what they delete leaves it."""

import importlib.util
import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from nostr_keys import public, sign
from renown import cli
from renown.connectors.http.websocket import WebSocket
from renown.connectors.nostr.keys import format_npub

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(
        importlib.util.find_spec("nostr_relay") is None, reason="needs nostr-relay; pip install nostr-relay"
    ),
]

DAY = 86_400
CONFIG = """\
storage:
  sqlalchemy.url: sqlite+aiosqlite:///{folder}/relay.sqlite3
  validators: [nostr_relay.validators.is_signed]
gunicorn: {{bind: "127.0.0.1:{port}", workers: 1, loglevel: warning, reload: false}}
"""


@pytest.fixture(scope="module")
def relay_url(tmp_path_factory):
    """Start a relay, and stop it; return its URL."""
    folder = tmp_path_factory.mktemp("relay")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    (folder / "relay.yaml").write_text(CONFIG.format(folder=folder, port=port), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("nostr-relay")), "-c", "relay.yaml", "serve"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            wait_until_ready(f"http://127.0.0.1:{port}/", server)
            yield f"ws://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)


def wait_until_ready(url, server):
    """Wait until the relay answers."""
    with httpx2.Client() as web:
        for _ in range(300):
            try:
                if web.get(url, headers={"Accept": "application/nostr+json"}).status_code == 200:
                    return
            except httpx2.TransportError:
                assert server.poll() is None, "the relay ended before it answered"
                time.sleep(0.1)
    pytest.fail("the relay does not answer")


def publish(url, events):
    """Publish events, and wait until the relay has accepted them all."""
    with WebSocket(url) as connection:
        for event in events:
            connection.send(json.dumps(["EVENT", event]))
        answers = []
        while len(answers) < len(events):
            answers += map(json.loads, connection.read_messages())
    assert [True] * len(events) == [answer[2] for answer in answers], answers


def test_published_events_become_an_explained_score(relay_url, monkeypatch, tmp_path):
    """500 posts with reactions are read in five requests, nothing new in three; a deleted like leaves the receipt."""
    now = int(time.time())
    key = public(1)
    posts = [sign(1, 1, str(number), at=now - 80 * DAY + number * 3600) for number in range(500)]
    likes = [
        sign(2 + number % 40, 7, "+", tags=[["e", post["id"]], ["p", key]], at=post["created_at"] + 60)
        for number, post in enumerate(posts)
    ]
    reply = sign(50, 1, "Yes", tags=[["e", posts[-1]["id"], "", "root"], ["p", key]], at=now - DAY)
    profile = sign(1, 0, json.dumps({"name": "ada"}), at=now - 400 * DAY)
    followers = [sign(number, 3, tags=[["p", key]], at=now - DAY) for number in range(2, 42)]
    publish(relay_url, [profile, *followers, *posts, *likes, reply])
    monkeypatch.setenv("RENOWN_NOSTR_SERVER", relay_url)
    monkeypatch.setenv("RENOWN_NOSTR_PRIVATE", "true")

    def renown(*words):
        result = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), *words])
        assert 0 == result.exit_code, result.output
        return result.output

    renown("init")
    renown("add", "ada", "--nostr", format_npub(key))
    [first] = map(json.loads, renown("collect", "--json").splitlines())
    renown("score")
    receipt = json.loads(renown("explain", "ada", "--json"))
    [second] = map(json.loads, renown("collect", "--json").splitlines())

    assert (True, "") == (first["complete"], first["message"])
    assert first["requests"] <= 5
    assert (second["new"], second["undone"]) <= (1, 0)
    assert second["requests"] <= 3
    assert {"audience", "approval", "conversation"} <= {signal["subject"]["signal"] for signal in receipt["signals"]}

    publish(relay_url, [sign(2 + 499 % 40, 5, tags=[["e", likes[-1]["id"]]], at=now)])
    [third] = map(json.loads, renown("collect", "--json").splitlines())
    assert 1 == third["undone"]
