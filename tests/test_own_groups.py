"""Races by their members: create, invite by link, join, change, start a challenge, hand over, leave; over HTTP."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from test_account import base, browser, home, network, server, sign_in, store, unlimited
from test_statements import publish_ada

__all__ = ["base", "browser", "home", "network", "server", "store", "unlimited"]


@pytest.fixture
def ada(browser, network):
    """Return the browser of Ada, who is signed in."""
    return sign_in(browser(), network, person="Ada")


def create(visitor, **fields):
    """Create a group by the form; return its name."""
    visitor.open("/me/groups").submit("/me/create-group", **{"title": "Race to 70", "goal": "70", "open": ""} | fields)
    assert 200 == visitor.status, visitor.text
    return str(visitor.response.url).rpartition("/")[2]


def read_link(visitor):
    """Return the path of the invitation link that a page shows."""
    [link] = visitor.page.codes
    return link[link.index("/me/") :]


def test_race_by_its_members(ada, browser, home, network, tmp_path):
    """Somebody with a score makes a group, another joins by the link, and the log stays verifiable to the end."""
    publish_ada(home, tmp_path, claim=False)
    last_day = datetime.now(UTC).date() + timedelta(days=30)
    name = create(ada, last=f"{last_day}")
    assert "race-to-70" == name
    assert "You are in this race" in ada.text
    [challenge] = home.groups.challenges.by_group(name)
    assert last_day == challenge.last

    for page in ("/me/groups", f"/groups/{name}", f"/groups/{name}/challenges/1"):
        assert "People who react to each other within 30 days add hardly anything" in ada.open(page).text

    ada.open(f"/me/groups/{name}").submit("/me/invite")
    link = read_link(ada)
    assert "data:image/svg+xml" in ada.response.text

    eve = browser().open(link)
    assert "Sign in and join" in eve.text
    sign_in(eve, network, name="eve", person="Eve")
    assert "Go on to the race" in eve.text
    eve.open(re.search(r'href="(/me/groups/[^"]*)"', eve.response.text)[1]).submit("/me/join")
    assert "You are in this race" in eve.text
    assert "Go on to the race" not in eve.open("/me").text

    ada.open(f"/me/groups/{name}").submit("/me/change-group", title="Race to 75.5", goal="75.5")
    ada.submit("/me/hand-over", person="Eve")
    assert "Change the group" not in ada.text
    ada.submit("/me/leave")
    eve.open(f"/me/groups/{name}").submit("/me/start-challenge", last=f"{last_day}", goal="80")
    assert 200 == eve.status
    assert (["Eve"], 75.5, 80) == (
        [member.name for member in home.groups.members(name)],
        home.groups.find(name).goal,
        home.groups.challenges.by_group(name)[1].goal,
    )
    assert () == home.groups.log.verify(name).faults
    assert "The goal is a score of 75.5" in browser().open(f"/groups/{name}").text


def test_visitors_who_may_not_are_refused(ada, browser, network):
    """Without the link nobody joins, others cannot change the group, and an owner does not leave it alone."""
    name = create(ada)
    eve = sign_in(browser(), network, name="eve", person="Eve").open(f"/me/groups/{name}")
    assert 403 == eve.submit("/me/join", invitation="0" * 32).status
    assert "not an invitation" in eve.text
    form = next(form for form in eve.page.forms if form.action == "/me/join")
    for action in ("/me/change-group", "/me/start-challenge", "/me/hand-over", "/me/invite"):
        form.action, form.fields = action, form.fields | {"title": "Mine", "goal": "5", "person": "Eve"}
        assert 400 == eve.submit(action).status, action
        form = next(form for form in eve.page.forms if form.action == "/me/join")
    ada.open(f"/me/groups/{name}").submit("/me/invite")
    eve.open(read_link(ada)).submit("/me/join")
    assert 400 == ada.open(f"/me/groups/{name}").submit("/me/leave").status
    assert "hand the group over" in ada.text


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"goal": "many"}, "the goal is 'many'"),
        ({"goal": "101"}, "score of 1 to 100"),
        ({"title": "\u202e"}, "cannot be a group's title"),
        ({"last": "2020-01-01"}, "which is over"),
        ({"last": "soon"}, "is not a day"),
    ],
)
def test_invalid_terms_are_explained_on_the_form(ada, home, fields, problem):
    """Nothing is created, and what was typed is still there."""
    ada.open("/me/groups").submit("/me/create-group", **{"title": "Race", "goal": "70", "last": ""} | fields)

    assert 400 == ada.status
    assert problem in ada.text
    assert "/me/create-group" in [form.action for form in ada.page.forms]
    assert [] == home.groups.all()


def test_hostile_return_paths_are_ignored(ada):
    """The cookie with the way back leads nowhere else (open redirect)."""
    for path in ("//evil.example", "https://evil.example", "/me/groups/../../x", "/me/groups/a?invitation=<b>"):
        ada.client.cookies.set("renown-return", path, path="/me")
        assert "Go on to the race" not in ada.open("/me").text


def test_same_title_gives_another_name(ada, home):
    """Names are unique; a person owns ten groups at most."""
    assert ["race-to-70", "race-to-70-2"] == [create(ada), create(ada)]
    for _ in range(8):
        create(ada, title="九十")
    ada.open("/me/groups").submit("/me/create-group", title="One more", goal="70")
    assert "you own 10 groups already" in ada.text
    assert 10 == len(home.groups.all())
