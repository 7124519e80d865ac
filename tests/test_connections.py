"""The limits of connections: slow and idle ones do not keep the server from others. Against `renown serve`."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time

import httpx2
import pytest

import community
import proofs
from proofs import only_in_full
from renown.errors import InvalidSettingsError
from renown.settings import SETTINGS_FILE, TEMPLATE, load_settings

LIMIT = 40
SECONDS = 2
GET = b"GET /people/ann HTTP/1.1\r\nHost: renown\r\n"
SLOW = {
    "nothing": b"",
    "blank lines": b"\r\n",
    "headers": GET + b"X-Slow: ",
    "body": b"POST /me/cancel HTTP/1.1\r\nHost: renown\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 1000\r\n\r\n",
    "chunks": b"POST /me/cancel HTTP/1.1\r\nHost: renown\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n",
    "body nobody reads": GET + b"Content-Length: 1000\r\n\r\n",
    "next request": GET + b"\r\n" + GET,
}
"""What a client sends before it sends one byte at a time."""
DRIP = {"chunks": b"1\r\nx\r\n", "blank lines": b"\r\n"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a home with a small community."""
    return community.create_community(tmp_path_factory.mktemp("connections") / "home")


@contextlib.contextmanager
def running(home, log, **environment):
    """Run `renown serve` with settings; yield its port."""
    variables = os.environ | {f"RENOWN_{name.upper()}": str(value) for name, value in environment.items()}
    command = [sys.executable, "-m", "renown", "--home", home.settings.home, "serve", "--port", "0"]
    with (
        log.open("w") as errors,
        subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=errors, text=True) as server,
    ):
        try:
            port = int(re.search(r":(\d+)", server.stdout.readline())[1])
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                with contextlib.suppress(OSError):
                    fetch(port, "127.0.0.99")
                    break
                time.sleep(0.05)
            yield port
        finally:
            server.terminate()
            server.communicate(timeout=20)


def connect(port, source):
    """Connect from one of this machine's loopback addresses."""
    return socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))


def fetch(port, source, path="/api/people/ann/score", **headers):
    """Request a precomputed page from an address; return the response."""
    transport = httpx2.HTTPTransport(local_address=source)
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=10) as client:
        return client.get(path, headers=headers)


def is_open(connection):
    """Return whether the server has not closed a connection; read what it sent."""
    connection.settimeout(0)
    try:
        while connection.recv(65_536):
            pass
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def drip(connections, data, seconds):
    """Send a little on each open connection again and again; return those that are still open after the time."""
    deadline = time.monotonic() + seconds
    while connections and time.monotonic() < deadline:
        connections = [connection for connection in connections if is_open(connection)]
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.sendall(data)
        time.sleep(0.2)
    return [connection for connection in connections if is_open(connection)]


@pytest.mark.home
@pytest.mark.proof
def test_slow_requests_are_disconnected_and_others_served(home, tmp_path):
    """Whatever arrives byte by byte ends with its time, without an error in the log; another address is served."""
    log = tmp_path / "log"
    with (
        running(home, log, connections_per_address=LIMIT, request_seconds=SECONDS) as port,
        contextlib.ExitStack() as stack,
    ):
        slow = {}
        for kind, data in SLOW.items():
            slow[kind] = [stack.enter_context(connect(port, f"127.0.1.{len(slow)}")) for _ in range(10)]
            for connection in slow[kind]:
                connection.sendall(data)
        start = time.monotonic()
        assert fetch(port, "127.0.0.2").is_success
        assert time.monotonic() - start < 2
        assert all(is_open(connection) for connection in slow["nothing"])
        kinds = {connection: kind for kind, connections in slow.items() for connection in connections}
        remaining, deadline = list(kinds), time.monotonic() + SECONDS + 8
        while remaining and time.monotonic() < deadline:
            remaining = [
                connection
                for kind in SLOW
                for connection in drip([c for c in remaining if kinds[c] == kind], DRIP.get(kind, b"x"), 0.1)
            ]
        assert set() == {kinds[connection] for connection in remaining}
        assert fetch(port, "127.0.0.2").is_success

    assert "Traceback" not in log.read_text()


@pytest.mark.home
@pytest.mark.proof
@only_in_full
def test_one_address_has_a_limit_of_connections(home, tmp_path):
    """Connections beyond it are told so and closed; another address is served; closed ones count no more."""
    with running(home, tmp_path / "log", connections_per_address=LIMIT) as port, contextlib.ExitStack() as stack:
        many = [stack.enter_context(connect(port, "127.0.0.1")) for _ in range(300)]
        refused = many[-1].recv(4096).decode()
        assert refused.startswith("HTTP/1.1 503 ")
        assert "\r\nRetry-After: 5\r\n" in refused
        assert fetch(port, "127.0.0.2").is_success
        assert LIMIT == sum(is_open(connection) for connection in many)
        for connection in many:
            connection.close()
        time.sleep(0.2)
        assert fetch(port, "127.0.0.1").is_success


@pytest.mark.home
@pytest.mark.proof
@only_in_full
def test_full_server_closes_idle_connections(home, tmp_path):
    """Of the address that has most; a new visitor is served at once, and endless headers are rejected."""
    with running(home, tmp_path / "log", connections=LIMIT) as port, contextlib.ExitStack() as stack:
        few = [stack.enter_context(connect(port, "127.0.0.3")) for _ in range(2)]
        many = [stack.enter_context(connect(port, "127.0.0.1")) for _ in range(300)]
        assert fetch(port, "127.0.0.2").is_success
        assert all(is_open(connection) for connection in few)
        assert LIMIT - 3 <= sum(is_open(connection) for connection in many) <= LIMIT - 2
        endless = stack.enter_context(connect(port, "127.0.0.4"))
        endless.sendall(GET + b"X-Endless: " + b"x" * 70_000)
        assert endless.recv(4096).startswith(b"HTTP/1.1 431 ")


@pytest.mark.home
def test_visitors_behind_a_trusted_proxy_are_counted_by_their_own_addresses(home, tmp_path):
    """
    Whatever the visitor claims to the left of what the proxy appended; an untrusted proxy is counted as one visitor.

    The proxy's connections are not limited, and links have the scheme and host that the visitor sees.
    """
    log, proxy, stranger = tmp_path / "log", "127.0.0.1", "127.0.0.5"
    settings = {"connections_per_address": 5, "trusted_proxy": "127.0.0.1, 10.0.0.0/8", "per_day": 100}
    with running(home, log, **settings) as port, contextlib.ExitStack() as stack:
        many = [stack.enter_context(connect(port, proxy)) for _ in range(50)]
        remaining = {
            (source, forwarded): re.search(r"r=(\d+)", fetch(port, source, **headers).headers["ratelimit"])[1]
            for source, forwarded in [
                *((proxy, "192.0.2.1"), (proxy, "6.6.6.6, 192.0.2.1"), (proxy, "10.0.0.1, 192.0.2.1, 10.0.0.7")),
                *((proxy, "not an address, 192.0.2.1"), (proxy, "192.0.2.2")),
                *((stranger, "192.0.2.2"), (stranger, "127.0.0.1"), (stranger, "192.0.2.3")),
            ]
            for headers in [{"X-Forwarded-For": forwarded}]
        }
        assert all(is_open(connection) for connection in many)
        seen = {"Host": "renown.example", "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}
        robots = [fetch(port, source, "/robots.txt", **seen).text for source in (proxy, stranger)]

    assert ["99", "98", "97", "96", "99", "99", "98", "97"] == list(remaining.values())
    assert ["https", "http"] == [re.search(r"(\w+)://renown.example/sitemap.xml", text)[1] for text in robots]
    assert 1 == log.read_text().count("127.0.0.5 sends X-Forwarded-For, but serve.trusted_proxy does not name it")


@pytest.mark.parametrize("proxies", ["proxy.example", "10.0.0.0/33", "*"])
def test_proxies_must_be_addresses(tmp_path, proxies):
    """A host name, or anybody, cannot be trusted."""
    (tmp_path / SETTINGS_FILE).write_text(TEMPLATE, encoding="utf-8")
    with pytest.raises(
        InvalidSettingsError, match=r"serve\.trusted_proxy contains '.*'; write IP addresses or networks"
    ):
        load_settings(tmp_path, {"RENOWN_TRUSTED_PROXY": proxies})


@pytest.mark.proof
def test_thousands_of_slow_connections(home, tmp_path):
    """Renewed for ten seconds from a hundred addresses, they delay a visitor by less than two seconds."""
    amount, delays = proofs.scaled(3_000, 300), []
    # The visitor asks as fast as the answers come.
    settings = {"request_seconds": SECONDS, "per_second": 10_000}
    with running(home, tmp_path / "log", **settings) as port, contextlib.ExitStack() as stack:
        deadline = time.monotonic() + proofs.scaled(30, 5)
        connections = []
        while time.monotonic() < deadline:
            while len(connections) < amount:
                connections.append(stack.enter_context(connect(port, f"127.0.2.{1 + len(connections) % 100}")))
                with contextlib.suppress(OSError):
                    connections[-1].sendall(GET)
            start = time.monotonic()
            assert fetch(port, "127.0.0.2").is_success
            delays.append(time.monotonic() - start)
            connections = [connection for connection in connections if is_open(connection) or connection.close()]

    assert len(delays) > 3
    assert max(delays) < 2


def test_former_name_of_the_trusted_proxy_is_read(tmp_path):
    """Settings files of earlier homes have it."""
    (tmp_path / SETTINGS_FILE).write_text('[serve]\nproxies = "127.0.0.1"\n', encoding="utf-8")
    assert ("127.0.0.1",) == load_settings(tmp_path, {}).serve.trusted_proxy
