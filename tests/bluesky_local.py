"""Bluesky's own servers, started on this machine for as long as a module's tests need them."""

import fcntl
import json
import os
import queue
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import httpx2
import pytest

START = Path(__file__).parents[2] / "shared" / "bluesky-local" / "start"
DEBIAN = "apt-get install -y nodejs npm postgresql libpq-dev redis-server"
LONGEST_START, LONGEST_STOP = 600, 20
LONGEST_INDEXING = 60
PORTS = (2582, 2583, 2584, 2587)
WITHOUT_INPUT = {"com.atproto.server.activateAccount"}
"""Methods that refuse a body, even an empty object; others refuse to go without."""


@dataclass(frozen=True)
class Bluesky:
    """A network that is up."""

    pds: str
    appview: str
    firehose: str
    dids: dict[str, str]
    web: httpx2.Client
    tokens: dict[str, str] = field(default_factory=dict)
    """Name to the session that was opened for it."""

    def did(self, name: str) -> str:
        """Return somebody's id."""
        return self.dids[f"{name}.test"]

    def name(self, did: str) -> str:
        """Return whose id it is."""
        return {did: handle.removesuffix(".test") for handle, did in self.dids.items()}[did]

    def see(self, method: str, **params: Any) -> Any:
        """Ask the app view."""
        return self.web.get(f"{self.appview}/xrpc/{method}", params=params).json()

    def does(self, name: str, method: str, **body: Any) -> Any:
        """Let somebody do something on their server."""
        if name not in self.tokens:
            session = {"identifier": self.did(name), "password": f"{name}-pass"}
            answer = self.web.post(f"{self.pds}/xrpc/com.atproto.server.createSession", json=session)
            self.tokens[name] = answer.raise_for_status().json()["accessJwt"]
        head = {"Authorization": f"Bearer {self.tokens[name]}"}
        sent = {} if method in WITHOUT_INPUT else {"json": body}
        answer = self.web.post(f"{self.pds}/xrpc/{method}", headers=head, **sent).raise_for_status()
        return answer.json() if answer.content else {}

    def makes(self, name: str, collection: str, /, **record: Any) -> dict[str, str]:
        """Let somebody make a record, now; return its AT-URI and CID."""
        record |= {"$type": collection, "createdAt": f"{datetime.now(UTC):%FT%TZ}"}
        made = self.does(
            name, "com.atproto.repo.createRecord", repo=self.did(name), collection=collection, record=record
        )
        return {"uri": made["uri"], "cid": made["cid"]}

    def unmakes(self, record: dict[str, str]) -> None:
        """Let whoever made a record delete it."""
        did, collection, rkey = record["uri"].removeprefix("at://").split("/")
        where = {"repo": did, "collection": collection, "rkey": rkey}
        self.does(self.name(did), "com.atproto.repo.deleteRecord", **where)

    def likes(self, name: str, post: dict[str, Any]) -> None:
        """Let somebody like a post, now."""
        subject = {"uri": post["uri"], "cid": post["cid"]}
        record = {"subject": subject, "createdAt": f"{datetime.now(UTC):%FT%TZ}"}
        collection = "app.bsky.feed.like"
        self.does(name, "com.atproto.repo.createRecord", repo=self.did(name), collection=collection, record=record)

    def unlikes(self, name: str, post: dict[str, Any]) -> None:
        """Let somebody take a like back."""
        params = {"repo": self.did(name), "collection": "app.bsky.feed.like"}
        kept = self.web.get(f"{self.pds}/xrpc/com.atproto.repo.listRecords", params=params).json()["records"]
        [uri] = [record["uri"] for record in kept if record["value"]["subject"]["uri"] == post["uri"]]
        self.does(name, "com.atproto.repo.deleteRecord", **params, rkey=uri.rpartition("/")[2])

    def posts(self, name: str) -> dict[str, dict[str, Any]]:
        """Return somebody's posts by their text."""
        items = self.see("app.bsky.feed.getAuthorFeed", actor=self.did(name), limit=100)["feed"]
        return {item["post"]["record"]["text"]: item["post"] for item in items if "reason" not in item}


def until(true: Callable[[], bool]) -> None:
    """Wait until the app view has seen what somebody did."""
    ends = time.monotonic() + LONGEST_INDEXING
    while not true():
        assert time.monotonic() < ends, "the app view did not see it"
        time.sleep(0.2)


def missing() -> str | None:
    """Return what keeps the network from being started, and what to do."""
    if not START.exists():
        return f"there is no {START.parent.name} beside the repository's folder; put the network's starter there"
    programs = [name for name in ("node", "npm", "pg_config", "redis-server", "c++") if not shutil.which(name)]
    if programs:
        return f"{', '.join(programs)} not installed; {DEBIAN} (and a C++ compiler)"
    for port in PORTS:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return f"something listens on port {port}; stop it"
    return None


@contextmanager
def network(scenario: dict[str, Any], folder: Path) -> Iterator[Bluesky]:
    """Start the network with a scenario, once no other test has one; skip the test where it cannot be started here."""
    with (Path(tempfile.gettempdir()) / "renown-bluesky.turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if reason := missing():
            pytest.skip(reason)
        with _started(scenario, folder) as up:
            yield up


@contextmanager
def _started(scenario: dict[str, Any], folder: Path) -> Iterator[Bluesky]:
    (folder / "scenario.json").write_text(json.dumps(scenario))
    database, cache = _unused_ports(2)
    ports = {"BLUESKY_LOCAL_PG_PORT": str(database), "BLUESKY_LOCAL_REDIS_PORT": str(cache)}
    with (folder / "said.txt").open("w") as said:
        process = subprocess.Popen(
            [START, folder / "scenario.json"], stdout=subprocess.PIPE, stderr=said, text=True, env=os.environ | ports
        )
    try:
        up = _ready(process, folder / "said.txt")
        with httpx2.Client(timeout=30) as web:
            yield Bluesky(up["pds"], up["appview"], up["firehose"], up["dids"], web)
    finally:
        _stop(process)
        process.stdout.close()


def _unused_ports(count: int) -> list[int]:
    """Return ports that nobody has, below those that the system gives to connections of other tests meanwhile."""
    found: list[int] = []
    for port in random.Random().sample(range(20_000, 30_000), 1000):
        with socket.socket() as one, suppress(OSError):
            one.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            return found
    pytest.fail("no port between 20,000 and 30,000 is free")


def _stop(process: subprocess.Popen[str]) -> None:
    """Stop the network; its servers sometimes wait for one another for ever, then end what the starter started."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(LONGEST_STOP)
    except subprocess.TimeoutExpired:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        places = {Path(f"/proc/{child}/cwd").resolve() for child in children}
        databases = [place / "pg" / "postmaster.pid" for place in places]
        begun = [file.read_text().split()[0] for file in databases if file.exists()]
        for child in (*children, *begun):
            os.kill(int(child), signal.SIGQUIT if child in begun else signal.SIGKILL)
        process.wait(LONGEST_STOP)


def _lines_of(stream: IO[str]) -> queue.Queue[str | None]:
    """Return the lines of a stream as they come; None is its end."""
    lines: queue.Queue[str | None] = queue.Queue()

    def pump() -> None:
        for line in stream:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=pump, daemon=True).start()
    return lines


def _ready(process: subprocess.Popen[str], said: Path) -> dict[str, Any]:
    """Return the line with which a network says that it is up."""
    ends, lines = time.monotonic() + LONGEST_START, _lines_of(process.stdout)
    while True:
        try:
            line = lines.get(timeout=max(ends - time.monotonic(), 0))
        except queue.Empty:
            pytest.fail(f"the network is not up after {LONGEST_START} s: {said.read_text()[-2000:]}")
        if line is None:
            pytest.fail(f"the network ended with {process.wait()}: {said.read_text()[-2000:]}")
        if line.startswith('{"ready"'):
            return json.loads(line)
