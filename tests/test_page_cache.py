"""The cache of pages: one rendering for many visitors, none for whoever is signed in, and never of what was hidden."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from starlette.responses import Response
from starlette.testclient import TestClient

import community
from http_server import FakeClock
from renown import privacy, scoring
from renown.errors import PersonNotFoundError
from renown.web.pages.people import person
from renown.web.pages.people.page_cache import MAX_AGE, MAX_PAGES, PageCache


class Renderer:
    """Renders pages and counts them."""

    def __init__(self):
        self.count = 0

    def __call__(self):
        """Render the next page."""
        self.count += 1
        return Response(f"page {self.count}", headers={"Vary": "Cookie"})


@pytest.fixture
def clock():
    """Return a clock that a test moves."""
    return FakeClock()


def test_page_is_rendered_once_until_it_is_old(clock):
    """Each response is a copy, since middleware changes its headers."""
    cache, render = PageCache(clock.clock), Renderer()
    first = cache.get("key", render)
    first.headers["ETag"] = "changed"
    clock.now += MAX_AGE / 2
    second = cache.get("key", render)
    other = cache.get("other key", render)
    clock.now += MAX_AGE
    third = cache.get("key", render)

    assert [b"page 1", b"page 1", b"page 2", b"page 3"] == [page.body for page in (first, second, other, third)]
    assert "ETag" not in second.headers
    assert "Cookie" == second.headers["Vary"]


def test_readers_at_once_share_a_rendering(clock):
    """All of them wait for the first one."""
    cache, render, begun, readers = PageCache(clock.clock), Renderer(), Event(), 8
    barrier = Barrier(readers)

    def render_slowly():
        begun.wait(5)
        return render()

    def read(number):
        barrier.wait(5)
        if number == 0:
            begun.set()
        return cache.get("key", render_slowly).body

    with ThreadPoolExecutor(readers) as threads:
        assert {b"page 1"} == set(threads.map(read, range(readers)))


def test_errors_are_not_cached(clock):
    """Somebody may get a score at any time."""
    cache, render = PageCache(clock.clock), Renderer()

    def fail():
        raise PersonNotFoundError("nobody")

    with pytest.raises(PersonNotFoundError):
        cache.get("key", fail)
    assert b"page 1" == cache.get("key", render).body


def test_cache_is_bounded(clock):
    """The oldest pages go first."""
    cache, render = PageCache(clock.clock), Renderer()
    for number in range(MAX_PAGES + 1):
        cache.get(number, render)
    cache.get(MAX_PAGES, render)
    cache.get(0, render)

    assert MAX_PAGES + 2 == render.count


def test_visitors_share_a_page_until_the_person_opts_out(tmp_path, monkeypatch):
    """In one language; with a cookie it is rendered anew, and an opt-out is seen at once."""
    home, rendered = community.create_community(tmp_path / "home"), []
    render = person.render

    def count_rendering(request, template, **context):
        rendered.append(template)
        return render(request, template, **context)

    monkeypatch.setattr(person, "render", count_rendering)
    monkeypatch.setattr("renown.web.pages.people.page_cache.MAX_AGE", 600.0)
    with TestClient(community.app_of(home), base_url="http://x") as client:
        pages = [client.get("/people/ann", headers=headers) for headers in ({}, {}, {"Accept-Language": "en-GB"})]
        assert 2 == len(rendered)
        client.get("/people/ann", headers={"Cookie": "renown=other"})
        assert 3 == len(rendered)
        assert pages[0].text == pages[1].text
        assert pages[0].headers["ETag"] == pages[1].headers["ETag"]
        with home.reader() as engine:
            subject = scoring.resolve_subject("ann", engine, home.lake, home.people)
            privacy.opt_out_people(engine, home.personal_data, [subject], now=home.days.find().published_at)

        assert 404 == client.get("/people/ann").status_code
