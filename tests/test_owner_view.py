"""The owner's view: who is signed in sees who reacted to them; nobody else, and no cache, ever does."""

from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

import community
from conftest import DAY
from renown.home.app_state import build_app_state
from renown.runs import profiles
from renown.store import PublishedTables
from renown.web.people import find_by_name
from renown.web.profiles import build_profile
from renown.web.redaction import find_page_names, list_names_for_owner

PATHS = ["/people/ann", "/people/ann/why", "/people/ann/week/2024-W05"]

WEEK_ROUTE = "/api/people/ann/week/2024-W05"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a home with a small community and stored profiles with the causes of the last change."""
    home = community.create_community(tmp_path_factory.mktemp("owner") / "home")
    day = home.days.find()
    profiles.build_profiles(
        home.reader, home.lake, home.people, home.profiles, day, previous_day=home.days.find_previous(day)
    )
    return home


@pytest.fixture(scope="module")
def hidden_names(home):
    """Return the names of those who reacted to ann and have no page here."""
    state = build_app_state(home)
    actors = build_profile(state, find_by_name(state, "ann"), DAY).explanation.actors()
    names = {line.name for line in actors if line.kind == "actor"} - set(find_page_names(state, actors))
    assert len(names) > 3
    return {name.partition(":")[2] for name in names}


@pytest.fixture(scope="module")
def client(home):
    """Return a client of the pages, whose responses are those of one server with its caches."""
    with TestClient(community.app_of(home), base_url="http://x") as test_client:
        yield test_client


def sign_in(home, name):
    """Return the headers of a session in which a person is signed in."""
    now = datetime.now(UTC)
    _, secret = home.sessions.create(at=now)
    return {"Cookie": f"renown={home.sessions.sign_in(secret, home.people.by_name(name).key, at=now)}"}


def list_named(response, names):
    """Return the names that are in a response."""
    assert 200 == response.status_code
    return {name for name in names if f"{name}<" in response.text}


@pytest.mark.parametrize("path", PATHS)
def test_only_the_owner_sees_names(home, client, hidden_names, path):
    """Strangers and other members see the same page before and after the owner did, without the names."""
    owner, other = sign_in(home, "ann"), sign_in(home, "bob")
    before = client.get(path)

    owned = client.get(path, headers=owner)
    after, others = client.get(path), client.get(path, headers=other)

    assert list_named(owned, hidden_names)
    assert before.text == after.text == others.text
    assert not list_named(after, hidden_names)


def test_people_with_a_page_are_called_by_its_name(client):
    """Not only by a handle that strangers do not know; it stands beside the name, and both lead to the same page."""
    for path, count in (("/people/ann", 2), ("/people/ann/why?since=2024-01-24", 1)):
        page = client.get(path).text
        link = '<a href="/people/bob"><bdi>bob</bdi></a>'

        assert page.count(link) >= count
        assert "<bdi>bob_b</bdi>" in page
        assert 'href="/people/x:bob_b"' not in page


@pytest.mark.parametrize("path", PATHS)
def test_caches_never_store_the_owners_page(home, client, path):
    """The owner's page is private; no ETag of one page confirms the other; both depend on the cookie."""
    owned, public = client.get(path, headers=sign_in(home, "ann")), client.get(path)

    assert "private, no-store" == owned.headers["Cache-Control"]
    assert "no-cache" == public.headers["Cache-Control"]
    assert owned.headers["ETag"] != public.headers["ETag"]
    assert all("Cookie" in response.headers["Vary"] for response in (owned, public))
    assert 200 == client.get(path, headers={"If-None-Match": owned.headers["ETag"]}).status_code


def test_the_api_never_names_more_than_strangers_see(home, client, hidden_names):
    """A session changes nothing in the API, in pictures and on the owner's page of somebody else."""
    owner = sign_in(home, "ann")
    for path in ("/api/people/ann/receipt", "/api/people/ann/changes", "/api/people/ann", "/people/bob", WEEK_ROUTE):
        assert client.get(path, headers=owner).content == client.get(path).content, path
        assert not {name for name in hidden_names if f'"x:{name}"' in client.get(path).text}


def test_signing_out_ends_the_owners_view(home, client, hidden_names):
    """A session that was signed out, or is made up, sees what strangers see."""
    owner = sign_in(home, "ann")
    secret = owner["Cookie"].partition("=")[2]
    home.sessions.sign_out(home.sessions.find(secret, at=datetime.now(UTC)))

    assert not list_named(client.get("/people/ann", headers=owner), hidden_names)
    assert not list_named(client.get("/people/ann", headers={"Cookie": "renown=made-up"}), hidden_names)


def test_owner_does_not_see_who_opted_out(home, hidden_names):
    """Whoever opts out is no longer named to the people they reacted to."""
    state = build_app_state(home)
    actors = build_profile(state, find_by_name(state, "ann"), DAY).explanation.actors()
    line = next(line for line in actors if line.kind == "actor" and line.name.partition(":")[2] in hidden_names)
    seen = list_names_for_owner(state, actors)
    assert line.name in seen
    opted_out = type("Visibility", (), {"opted_out_keys": {line.account}, "includes": lambda *_: True})
    state.__dict__["_visibility_cache"] = type("Cache", (), {"get": lambda _: opted_out})()

    assert seen - {line.name} == list_names_for_owner(state, actors)


@pytest.mark.parametrize("name", list(community.CLAIMED))
def test_new_and_lost_people_are_the_difference_of_the_receipts(home, client, name):
    """There is one count of people: what both days publish differs by the new minus the lost."""
    last = home.days.find()
    previous = home.days.find_previous(last)
    with PublishedTables(previous) as before, PublishedTables(last) as after:
        key = home.people.by_name(name).key
        counts = [score.people for tables in (before, after) if (score := tables.read_score(key))]

    people = client.get(f"/api/people/{name}/changes").json()["people"]

    assert 2 == len(counts)
    assert counts[1] - counts[0] == people["new"] - people["lost"]
