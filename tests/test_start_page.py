"""The start page: one field, the highest scores with faces, the risers of the week."""

import time
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from community import PLENTY
from conftest import DAY, NOW, new_home, publisher, taker
from renown import answers
from renown.home import open_home
from renown.home.app_state import build_app_state
from renown.records import day_number
from renown.store import AccountName, Recomputation, RecomputedScoreStore
from renown.web.account_texts import guess_account
from renown.web.app import make_app

FOLLOWERS = {"ann": (100, 900), "bob": (100, 90_000_000), "cyd": (5_000, 10), "<b>dan</b>": (7, 8)}
"""Followers of each person a week before, and now."""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a home with two published days, a week apart, on which the followers of people changed."""
    folder = tmp_path_factory.mktemp("start")
    home = open_home(new_home(folder / "home"), {})
    take, publish = taker(home, folder), publisher(home)
    for number, name in enumerate(FOLLOWERS):
        home.people.add(name, [("x", f"u{number}")], at=NOW)
    for index, day in enumerate((DAY - timedelta(days=7), DAY)):
        rows = [f"u{number},{day},{figures[index]}" for number, figures in enumerate(FOLLOWERS.values())]
        take("account,at,followers", *rows, table="profiles")
        publish(day)
    return home


def test_risers_are_who_rose_most_in_a_week(home):
    """Largest rise first; whoever fell is none, and without a day a week before there are none."""
    risers = answers.find_risers(home.days, home.served_scores.recomputed, DAY)
    names = [home.people.by_key(riser.key).name for riser in risers]

    assert ["bob", "ann", "<b>dan</b>"] == names
    assert risers[0].rise > risers[1].rise > risers[2].rise > 0
    assert answers.find_risers(home.days, home.served_scores.recomputed, DAY - timedelta(days=7)) == []


def test_risers_of_a_new_home_come_from_recomputed_days(home):
    """A week before the first published day, scores that were recomputed by the same method count."""
    day = home.days.find(DAY - timedelta(days=7))
    ann = home.people.by_name("ann")
    store = RecomputedScoreStore(home.people._database)
    past = Recomputation(person_id=-ann.key, scores=[(day_number(day.day - timedelta(days=7)), 1.0)], inputs="")

    store.save([past], method="another", at=NOW)
    assert answers.find_risers(home.days, home.served_scores.recomputed, day.day) == []
    store.save([past], method=day.method, at=NOW)

    [riser] = answers.find_risers(home.days, home.served_scores.recomputed, day.day)
    assert ann.key == riser.key
    assert riser.rise > 0


def test_start_page_shows_visible_people_only(home):
    """The club, the risers and the sample page, with escaped names; whoever opts out is gone from all of them."""
    client = TestClient(make_app(build_app_state(home), PLENTY, clock=time.time))
    page = client.get("/").text
    assert "The 70 club" in page
    assert "See the page of <bdi>bob</bdi>" in page
    assert "&lt;b&gt;dan&lt;/b&gt;" in page
    assert "<b>dan" not in page
    assert 'name="q"' in page

    home.people.set_consent(home.people.by_name("bob").key, "withdrawn", at=NOW)
    page = client.get("/").text

    assert "bob" not in page
    assert "Nobody has a score of 70 yet" in page
    assert "▲" in page
    home.people.set_consent(home.people.by_name("bob").key, "given", at=NOW)


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("https://bsky.app/profile/ada.bsky.social", ("bluesky", "ada.bsky.social")),
        ("bsky.app/profile/did:plc:abc", ("bluesky", "did:plc:abc")),
        ("https://www.youtube.com/@ada", ("youtube", "ada")),
        ("https://stackoverflow.com/users/7/ada", ("stackexchange", "7@stackoverflow.com")),
        ("https://news.ycombinator.com/user?id=ada", ("hackernews", "ada")),
        ("https://lemmy.example/u/ada", ("", "https://lemmy.example/u/ada")),
        ("https://njump.me/npub1ada", ("nostr", "npub1ada")),
        ("https://mastodon.example/@ada", ("mastodon", "@ada@mastodon.example")),
        ("https://x.com/ada", ("x", "ada")),
        ("ada lovelace", ("", "ada lovelace")),
        ("ada@example.social", ("mastodon", "ada@example.social")),
        ("", ("", "")),
    ],
)
def test_links_and_handles_name_their_network(text, account):
    """As people paste them, with and without scheme; what could be of several networks is left open."""
    network, handle = guess_account(text)

    assert (account[0], account[1].lstrip("@")) == (network, handle.lstrip("@"))


def test_search_of_a_link_finds_the_owner_of_that_account(home):
    """Of networks whose links look alike, the one on which somebody is known; nobody whose handle only begins so."""
    client = TestClient(
        make_app(build_app_state(home), PLENTY, clock=time.time), base_url="http://x", follow_redirects=False
    )
    key = home.people.by_name("bob").key
    account = ("discourse", "bob@forum.example")
    home.profiles.add_names([AccountName(*account, key=key, account_id=account[1], original_name="@bob@forum.example")])
    link, longer_handle = "https://forum.example/u/bob", "https://forum.example/u/bo"

    assert "/people/bob" == client.get("/search", params={"q": link}).headers["location"]
    assert [["bob"], ["bob"], []] == [
        [person["name"] for person in client.get("/api/search", params={"q": link} | network).json()["people"]]
        for network in ({}, {"network": "discourse"}, {"network": "lemmy"})
    ]
    for text, network in (("discourse:bo", "Discourse"), ("https://x.com/u", "X")):
        page = client.get("/search", params={"q": text})
        assert 200 == page.status_code
        assert f"If this {network} account is yours" in page.text
    assert "Nobody found for" in client.get("/search", params={"q": longer_handle}).text
