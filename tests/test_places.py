"""Places: a flood of what has to be computed leaves the server to who reads what is ready."""

import dataclasses
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait

import httpx2
import pytest

import community
from community import PLENTY, serving
from conftest import NOW
from renown.settings import ServeSettings
from renown.web import make_app
from renown.web.places import Busy, Places
from renown.web.tryouts import Tryouts

FLOOD = 60
"""More than the server has threads."""
COMPUTED = ("/api/people/ann/way", "/people/ann/why", "/api/people/ann/if?change=everything=x2", "/method/try")


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    """Return a home with people in it."""
    return community.settled(tmp_path_factory.mktemp("places") / "home")


@pytest.mark.parametrize("path", COMPUTED)
def test_a_flood_of_computing_holds_up_no_page_that_is_ready(settled, path):
    """However many ask, few wait; the others are told when to ask again, and pages are answered meanwhile."""
    held, asked = threading.Event(), threading.Semaphore(0)
    site = settled.site()

    def slow():
        asked.release()
        held.wait(20)
        return site.reader()

    parts = {"reader": slow, "places": Places(2, waiting=2, patience=20), "tryouts": Tryouts(Places(1, waiting=2))}
    app = make_app(dataclasses.replace(site, **parts), PLENTY, clock=time.time)
    with (
        serving(app) as host,
        httpx2.Client(base_url=f"http://{host}", timeout=60) as client,
        ThreadPoolExecutor(FLOOD) as crowd,
    ):
        flood = [crowd.submit(client.get, path) for _ in range(FLOOD)]
        assert asked.acquire(timeout=20)
        wait(flood, 2)
        refused = [one.result() for one in flood if one.done()]
        began = time.monotonic()
        ready = client.get("/people/ann")
        took = time.monotonic() - began
        held.set()
        answered = [one.result() for one in flood if one.result() not in refused]

    assert (200, True) == (ready.status_code, took < 5)
    assert {503} == {one.status_code for one in refused}
    assert {"5"} == {one.headers["retry-after"] for one in refused}
    assert {200} == {one.status_code for one in answered}
    assert 1 <= len(answered) <= 4


NAMES = (
    "/api/people/x:zoe/score",
    "/v2/identity.json/tw/103?key={key}",
    "/v2/identity.json/twitter?screenName=dan&key={key}",
    "/v2/tw-user.json/103/score?key={key}",
)


@pytest.mark.parametrize("path", NAMES)
def test_a_name_that_is_looked_up_in_files_holds_up_nobody(settled, path):
    """Where everybody is shown, whom nobody claimed is found by the engine: not in the loop that answers all others."""
    held, asked, site = threading.Event(), threading.Event(), settled.site()
    key = settled.keys.make(path, per_second=1000, per_day=10_000, at=NOW)

    def slow():
        asked.set()
        held.wait(20)
        return site.reader()

    told = ServeSettings(visibility="everyone")
    app = make_app(dataclasses.replace(site, reader=slow, told=told), PLENTY, clock=time.time)
    with (
        serving(app) as host,
        httpx2.Client(base_url=f"http://{host}", timeout=60) as client,
        ThreadPoolExecutor() as other,
    ):
        name = other.submit(client.get, path.format(key=key))
        assert asked.wait(20), name.result().text
        began = time.monotonic()
        ready = client.get("/api/people/ann/score")
        took = time.monotonic() - began
        held.set()
        found = name.result()

    assert (200, True) == (ready.status_code, took < 5)
    assert ("error" if "zoe" in path else "score" if "tw-user" in path else "id") in found.json()


def test_who_waits_too_long_is_sent_away_and_leaves_their_place():
    """A place that was waited for in vain is free again for the next."""
    places = Places(1, waiting=1, patience=0.01)
    with places.one():
        for _ in range(3):
            with pytest.raises(Busy, match="try again in 5 s"), places.one():
                pass
    with places.one():
        pass
