"""The concurrency limit: a flood of computations does not delay precomputed responses."""

import dataclasses
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextvars import copy_context
from itertools import islice

import httpx2
import pytest

import community
from community import PLENTY, serving
from conftest import NOW
from proofs import only_in_full
from renown.engines.pool import EnginePool
from renown.home.app_state import build_app_state
from renown.settings import ServeSettings
from renown.store.secret_hash import hash_secret
from renown.web.app import make_app
from renown.web.concurrency import CALLER, ConcurrencyLimiter, ServerBusyError, WeightSandboxPool

REQUESTS = 60
"""More requests than the server has threads."""
COMPUTED_PATHS = ("/api/people/ann/goal", "/people/ann/why", "/api/people/ann/if?change=everything=x2", "/method/try")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a home with a small community."""
    return community.create_community(tmp_path_factory.mktemp("places") / "home")


@pytest.mark.parametrize("path", COMPUTED_PATHS)
@pytest.mark.proof
@only_in_full
def test_flood_of_computations_delays_no_precomputed_page(home, path):
    """A few requests wait in the queue, the others get a Retry-After, and other pages respond meanwhile."""
    release, started = threading.Event(), threading.Semaphore(0)
    site = build_app_state(home)

    def open_slow_engine():
        started.release()
        release.wait(20)
        return site.open_engine()

    parts = {
        "open_engine": open_slow_engine,
        "limiter": ConcurrencyLimiter(3, max_waiting=2, timeout=20, max_sharing=0),
        "sandboxes": WeightSandboxPool(ConcurrencyLimiter(1, max_waiting=2, max_sharing=0)),
    }
    app = make_app(dataclasses.replace(site, **parts), PLENTY, clock=time.time)
    with (
        serving(app) as host,
        httpx2.Client(base_url=f"http://{host}", timeout=60) as client,
        ThreadPoolExecutor(REQUESTS) as executor,
    ):
        # With a cookie: without one, a page is rendered once for all.
        flood = [executor.submit(client.get, path, headers={"Cookie": "a=b"}) for _ in range(REQUESTS)]
        assert started.acquire(timeout=20)
        accepted_requests = 3 if path == "/method/try" else 4
        for _ in islice(as_completed(flood, timeout=20), REQUESTS - accepted_requests):
            pass
        rejected = [request.result() for request in flood if request.done()]
        start = time.monotonic()
        page = client.get("/people/ann")
        took = time.monotonic() - start
        release.set()
        accepted = [request.result() for request in flood if request.result() not in rejected]

    assert (200, True) == (page.status_code, took < 5)
    assert {503} == {response.status_code for response in rejected}
    assert {"5"} == {response.headers["retry-after"] for response in rejected}
    assert {200} == {response.status_code for response in accepted}
    assert 1 <= len(accepted) <= 4


LOOKUP_PATHS = (
    "/api/people/x:zoe/score",
    "/v2/identity.json/tw/103?key={key}",
    "/v2/identity.json/twitter?screenName=dan&key={key}",
    "/v2/tw-user.json/103/score?key={key}",
)


@pytest.mark.parametrize("path", LOOKUP_PATHS)
def test_slow_lookup_of_an_unclaimed_account_delays_nobody(home, path):
    """With `visibility = everyone` the engine finds unclaimed accounts, and outside the event loop."""
    release, started, site = threading.Event(), threading.Event(), build_app_state(home)
    key = home.api_keys.create(path, per_second=1000, per_day=10_000, at=NOW)

    def open_slow_engine():
        started.set()
        release.wait(20)
        return site.open_engine()

    serve_settings = ServeSettings(visibility="everyone")
    app = make_app(
        dataclasses.replace(site, open_engine=open_slow_engine, settings=serve_settings), PLENTY, clock=time.time
    )
    with (
        serving(app) as host,
        httpx2.Client(base_url=f"http://{host}", timeout=60) as client,
        ThreadPoolExecutor() as executor,
    ):
        lookup = executor.submit(client.get, path.format(key=key))
        assert started.wait(20), lookup.result().text
        start = time.monotonic()
        page = client.get("/api/people/ann/score")
        took = time.monotonic() - start
        release.set()
        response = lookup.result()

    assert (200, True) == (page.status_code, took < 5)
    assert ("error" if "zoe" in path else "score" if "tw-user" in path else "id") in response.json()


def test_timed_out_request_leaves_the_queue():
    """Its slot is free again for the next request."""
    limiter = ConcurrencyLimiter(1, max_waiting=1, timeout=0.01)
    with limiter.acquire():
        for _ in range(3):
            with pytest.raises(ServerBusyError, match="server busy; retry in 5 s"), limiter.acquire():
                pass
    with limiter.acquire():
        pass


def compute_slowly(limiter, caller, key=None, *, seconds=0.2):
    """Compute something on behalf of a caller; return when it was answered, None if it was rejected."""

    def run():
        CALLER.set(caller)
        try:
            limiter.compute(key or object(), lambda: time.sleep(seconds))
        except ServerBusyError:
            return None
        return time.monotonic()

    return copy_context().run(run)


@pytest.mark.proof
def test_greedy_caller_does_not_delay_others():
    """With sixty requests of one address waiting, another is answered within the time of two computations."""
    limiter, seconds = ConcurrencyLimiter(2, max_waiting=10), 0.4
    with ThreadPoolExecutor(80) as executor:
        flood = [executor.submit(compute_slowly, limiter, "greedy", seconds=seconds) for _ in range(60)]
        wait_until(lambda: len(limiter._waiters) == 10)
        delays = []
        for n in range(3):
            start = time.monotonic()
            delays.append(compute_slowly(limiter, f"other {n}", seconds=seconds) - start)
        answered = [request.result() for request in flood if request.result()]

    assert max(delays) < 2 * seconds + 0.2
    assert 8 <= len(answered) <= 13


def test_caller_gets_its_turn_at_a_single_slot():
    """Callers alternate, however many requests of one of them came before."""
    limiter, order = ConcurrencyLimiter(1, max_waiting=10), []

    def compute(caller):
        CALLER.set(caller)
        limiter.compute(object(), lambda: order.append(caller))

    with ThreadPoolExecutor(20) as executor:
        with limiter.acquire():
            requests = []
            for caller in "aaaaabb":
                requests.append(executor.submit(copy_context().run, compute, caller))
                wait_until(lambda: len(limiter._waiters) == len(requests))
        for request in requests:
            request.result()

    assert "ababaaa" == "".join(order)


def test_full_queue_drops_the_newest_request_of_the_longest_queue():
    """Somebody new is not rejected because of others' many requests, and the rejected caller knows at once."""
    limiter = ConcurrencyLimiter(1, max_waiting=4, timeout=20)
    with ThreadPoolExecutor(20) as executor:
        with limiter.acquire():
            greedy = []
            for _ in range(4):
                greedy.append(executor.submit(compute_slowly, limiter, "greedy", seconds=0))
                wait_until(lambda: len(limiter._waiters) == len(greedy))
            polite = executor.submit(compute_slowly, limiter, "polite", seconds=0)
            assert greedy[-1].result(timeout=5) is None
            assert compute_slowly(limiter, "greedy") is None
        answered = [request.result() for request in (*greedy[:3], polite)]

    assert all(answered)
    assert ({}, {}) == (dict(limiter._running), limiter._turns)


def test_identical_computations_run_once():
    """Requests for the same answer share a computation, its exception, too; later ones compute anew."""
    limiter, calls, release = ConcurrencyLimiter(2, max_waiting=0), [], threading.Event()

    def compute():
        calls.append(1)
        release.wait(20)
        if len(calls) > 1:
            raise ValueError("wrong input")
        return "answer"

    with ThreadPoolExecutor(20) as executor:
        for expected in ("answer", "wrong input"):
            release.clear()
            requests = [executor.submit(limiter.compute, "key", compute)]
            wait_until(lambda: limiter._shared)
            requests += [executor.submit(limiter.compute, "key", compute) for _ in range(19)]
            wait_until(lambda: limiter._sharing == 19)
            release.set()
            assert {expected} == {str(request.exception() or request.result()) for request in requests}

    assert (2, 0, {}) == (len(calls), limiter._sharing, limiter._shared)


def wait_until(condition):
    """Wait until a condition holds, ten seconds at most."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_twenty_readers_of_one_answer_are_all_answered(home):
    """They share one computation."""
    site, opened = build_app_state(home), []

    def open_slow_engine():
        opened.append(1)
        time.sleep(0.5)
        return site.open_engine()

    app = make_app(dataclasses.replace(site, open_engine=open_slow_engine), PLENTY, clock=time.time)
    with (
        serving(app) as host,
        httpx2.Client(base_url=f"http://{host}", timeout=60) as client,
        ThreadPoolExecutor(20) as executor,
    ):
        responses = list(executor.map(lambda _: client.get("/api/people/ann/changes"), range(20)))

    assert [200] * 20 == [response.status_code for response in responses]
    assert 1 == len({response.content for response in responses})
    assert len(opened) <= 2


def test_callers_are_addresses_and_keys(home, monkeypatch):
    """A request with a key has places of its own beside those of its address."""
    callers = []
    key = home.api_keys.create("callers", per_second=1000, per_day=10_000, at=NOW)

    class RecordingPool(EnginePool):
        def session(self):
            callers.append(CALLER.get())
            return super().session()

    monkeypatch.setattr("renown.web.computation.EnginePool", RecordingPool)
    app = make_app(build_app_state(home), PLENTY, clock=time.time)
    with serving(app) as host, httpx2.Client(base_url=f"http://{host}", timeout=60) as client:
        for target, headers in ((60, {}), (61, {"X-API-Key": key})):
            assert client.get(f"/api/people/ann/goal?target={target}", headers=headers).is_success

    assert ["127.0.0.1", hash_secret(key)] == callers


def test_busy_page_reloads_itself(home):
    """The page says when, by a header that needs no script; the API has the seconds as a number."""
    site = build_app_state(home)
    app = make_app(dataclasses.replace(site, limiter=ConcurrencyLimiter(0, timeout=0.01)), PLENTY, clock=time.time)
    with serving(app) as host, httpx2.Client(base_url=f"http://{host}", timeout=60) as client:
        page, answer = client.get("/people/ann/why"), client.get("/api/people/ann/changes")

    assert (503, "5", "5") == (page.status_code, page.headers["refresh"], page.headers["retry-after"])
    assert "This page reloads itself in 5 s." in page.text
    assert (503, "5", False) == (answer.status_code, answer.headers["retry-after"], "refresh" in answer.headers)
    assert {
        "status": 503,
        "code": "server_busy",
        "message": "server busy; retry in 5 s",
        "retry_after": 5,
    } == answer.json()["error"]
