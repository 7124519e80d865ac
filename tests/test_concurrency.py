"""The concurrency limit: a flood of computations does not delay precomputed responses."""

import dataclasses
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice

import httpx2
import pytest

import community
from community import PLENTY, serving
from conftest import NOW
from renown.home.app_state import build_app_state
from renown.settings import ServeSettings
from renown.web.app import make_app
from renown.web.concurrency import ConcurrencyLimiter, ServerBusyError, WeightSandboxPool

REQUESTS = 60
"""More requests than the server has threads."""
COMPUTED_PATHS = ("/api/people/ann/goal", "/people/ann/why", "/api/people/ann/if?change=everything=x2", "/method/try")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a home with a small community."""
    return community.create_community(tmp_path_factory.mktemp("places") / "home")


@pytest.mark.parametrize("path", COMPUTED_PATHS)
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
        "limiter": ConcurrencyLimiter(2, max_waiting=2, timeout=20),
        "sandboxes": WeightSandboxPool(ConcurrencyLimiter(1, max_waiting=2)),
    }
    app = make_app(dataclasses.replace(site, **parts), PLENTY, clock=time.time)
    with (
        serving(app) as host,
        httpx2.Client(base_url=f"http://{host}", timeout=60) as client,
        ThreadPoolExecutor(REQUESTS) as executor,
    ):
        flood = [executor.submit(client.get, path) for _ in range(REQUESTS)]
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
