"""Bluesky's own servers (PDS, app view, firehose), started on this machine for the tests of a module."""

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
"""Methods that refuse a request body, even an empty object; others require one."""


@dataclass(frozen=True, kw_only=True)
class Bluesky:
    """A running network."""

    plc: str
    pds: str
    appview: str
    firehose: str
    dids: dict[str, str]
    web: httpx2.Client
    tokens: dict[str, str] = field(default_factory=dict)
    """Name to the access token of its session."""

    def did(self, name: str) -> str:
        """Return an account's DID."""
        return self.dids[f"{name}.test"]

    def name(self, did: str) -> str:
        """Return the account name of a DID."""
        return {did: handle.removesuffix(".test") for handle, did in self.dids.items()}[did]

    def query(self, method: str, **params: Any) -> Any:
        """Query the app view."""
        return self.web.get(f"{self.appview}/xrpc/{method}", params=params).json()

    def call(self, name: str, method: str, **body: Any) -> Any:
        """Call a method on an account's server, as that account."""
        if name not in self.tokens:
            session = {"identifier": self.did(name), "password": f"{name}-pass"}
            answer = self.web.post(f"{self.pds}/xrpc/com.atproto.server.createSession", json=session)
            self.tokens[name] = answer.raise_for_status().json()["accessJwt"]
        headers = {"Authorization": f"Bearer {self.tokens[name]}"}
        options = {} if method in WITHOUT_INPUT else {"json": body}
        answer = self.web.post(f"{self.pds}/xrpc/{method}", headers=headers, **options).raise_for_status()
        return answer.json() if answer.content else {}

    def create(self, name: str, collection: str, /, **record: Any) -> dict[str, str]:
        """Create a record of an account, dated now; return its AT-URI and CID."""
        record |= {"$type": collection, "createdAt": f"{datetime.now(UTC):%FT%TZ}"}
        created = self.call(
            name, "com.atproto.repo.createRecord", repo=self.did(name), collection=collection, record=record
        )
        return {"uri": created["uri"], "cid": created["cid"]}

    def delete(self, record: dict[str, str]) -> None:
        """Delete a record."""
        did, collection, rkey = record["uri"].removeprefix("at://").split("/")
        params = {"repo": did, "collection": collection, "rkey": rkey}
        self.call(self.name(did), "com.atproto.repo.deleteRecord", **params)

    def like(self, name: str, post: dict[str, Any]) -> None:
        """Like a post, now."""
        subject = {"uri": post["uri"], "cid": post["cid"]}
        record = {"subject": subject, "createdAt": f"{datetime.now(UTC):%FT%TZ}"}
        collection = "app.bsky.feed.like"
        self.call(name, "com.atproto.repo.createRecord", repo=self.did(name), collection=collection, record=record)

    def unlike(self, name: str, post: dict[str, Any]) -> None:
        """Take a like back."""
        params = {"repo": self.did(name), "collection": "app.bsky.feed.like"}
        records = self.web.get(f"{self.pds}/xrpc/com.atproto.repo.listRecords", params=params).json()["records"]
        [uri] = [record["uri"] for record in records if record["value"]["subject"]["uri"] == post["uri"]]
        self.call(name, "com.atproto.repo.deleteRecord", **params, rkey=uri.rpartition("/")[2])

    def posts(self, name: str) -> dict[str, dict[str, Any]]:
        """Return an account's posts by their text."""
        items = self.query("app.bsky.feed.getAuthorFeed", actor=self.did(name), limit=100)["feed"]
        return {item["post"]["record"]["text"]: item["post"] for item in items if "reason" not in item}


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until the app view has indexed a change."""
    deadline = time.monotonic() + LONGEST_INDEXING
    while not condition():
        assert time.monotonic() < deadline, "the app view did not index it"
        time.sleep(0.2)


def missing_requirement() -> str | None:
    """Return what prevents the network from starting and how to fix it, or None."""
    if not START.exists():
        return f"there is no {START.parent.name} beside the repository's folder; put the network's starter there"
    programs = [name for name in ("node", "npm", "pg_config", "redis-server", "c++") if not shutil.which(name)]
    if programs:
        return f"{', '.join(programs)} not installed; {DEBIAN} (and a C++ compiler)"
    for port in PORTS:
        with socket.socket() as connection:
            if connection.connect_ex(("127.0.0.1", port)) == 0:
                return f"something listens on port {port}; stop it"
    return None


@contextmanager
def start_network(scenario: dict[str, Any], folder: Path) -> Iterator[Bluesky]:
    """Start the network with a scenario, after any other test's of the user; skip the test where it cannot start."""
    with (Path(tempfile.gettempdir()) / f"renown-bluesky-{os.getuid()}.lock").open("w") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)
        if reason := missing_requirement():
            pytest.skip(reason)
        with _run_network(scenario, folder) as bluesky:
            yield bluesky


@contextmanager
def _run_network(scenario: dict[str, Any], folder: Path) -> Iterator[Bluesky]:
    (folder / "scenario.json").write_text(json.dumps(scenario))
    database, cache = _unused_ports(2)
    ports = {"BLUESKY_LOCAL_PG_PORT": str(database), "BLUESKY_LOCAL_REDIS_PORT": str(cache)}
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(
            [START, folder / "scenario.json"], stdout=subprocess.PIPE, stderr=log, text=True, env=os.environ | ports
        )
    try:
        ready = _wait_until_ready(process, folder / "log.txt")
        with httpx2.Client(timeout=30) as web:
            addresses = {name: ready[name] for name in ("plc", "pds", "appview", "firehose")}
            yield Bluesky(**addresses, dids=ready["dids"], web=web)
    finally:
        _stop(process)
        process.stdout.close()


def _unused_ports(count: int) -> list[int]:
    """Return unused ports below the range that the system assigns to connections."""
    ports: list[int] = []
    for port in random.Random().sample(range(20_000, 30_000), 1000):
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            ports.append(port)
        if len(ports) == count:
            return ports
    pytest.fail("no port between 20,000 and 30,000 is free")


def _stop(process: subprocess.Popen[str]) -> None:
    """Stop the network; its servers may wait for one another for ever, so kill what is still running."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(LONGEST_STOP)
    except subprocess.TimeoutExpired:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        folders = {Path(f"/proc/{child}/cwd").resolve() for child in children}
        pid_files = [folder / "pg" / "postmaster.pid" for folder in folders]
        database_pids = [file.read_text().split()[0] for file in pid_files if file.exists()]
        for child in (*children, *database_pids):
            os.kill(int(child), signal.SIGQUIT if child in database_pids else signal.SIGKILL)
        process.wait(LONGEST_STOP)


def _read_lines(stream: IO[str]) -> queue.Queue[str | None]:
    """Return a queue of a stream's lines; None marks its end."""
    lines: queue.Queue[str | None] = queue.Queue()

    def pump() -> None:
        for line in stream:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=pump, daemon=True).start()
    return lines


def _wait_until_ready(process: subprocess.Popen[str], log: Path) -> dict[str, Any]:
    """Return the JSON line that the network prints when it is up."""
    deadline, lines = time.monotonic() + LONGEST_START, _read_lines(process.stdout)
    while True:
        try:
            line = lines.get(timeout=max(deadline - time.monotonic(), 0))
        except queue.Empty:
            pytest.fail(f"the network is not up after {LONGEST_START} s: {log.read_text()[-2000:]}")
        if line is None:
            pytest.fail(f"the network ended with {process.wait()}: {log.read_text()[-2000:]}")
        if line.startswith('{"ready"'):
            return json.loads(line)
