"""Sentences of a person's page: what changed, and whose reactions count, are true for every home."""

import pytest
from starlette.testclient import TestClient

import community
from community import app_of
from conftest import DAY, NOW, publisher, taker


@pytest.fixture(scope="module")
def first_day_home(tmp_path_factory):
    """Return a home with a single published day."""
    return community.create_community(tmp_path_factory.mktemp("first") / "home", days=(8,))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a home with several published days."""
    return community.create_community(tmp_path_factory.mktemp("later") / "home")


def load_page(home, path="/people/ann"):
    """Return the text of a page."""
    with TestClient(app_of(home), base_url="http://x") as client:
        answer = client.get(path)
    assert 200 == answer.status_code
    return answer.text


def test_no_link_to_causes_on_the_first_published_day(first_day_home, home):
    """There is no day to compare with, so the page says when there will be one; later, the link leads to the causes."""
    first, later = load_page(first_day_home), load_page(home)

    assert "/people/ann/why" not in first
    assert "What changed is shown from the second published day on." in first
    assert "/people/ann/why" in later
    assert "Why the score changed" in load_page(home, "/people/ann/why")


def test_causes_that_are_not_stored_are_linked(tmp_path):
    """The profile of a day that was scored again has no causes; the page does not say that there is no second day."""
    home = community.create_community(tmp_path / "home", days=(7, 1))
    home.profiles.erase(home.people.by_name("ann").key)

    page = load_page(home)

    assert "from the second published day on" not in page
    assert "the causes are computed when you open the page" in page


def test_friends_are_the_exception_where_nobody_can_be_told_apart(home):
    """Nobody is verified, so all count alike; still, only a part counts of ann's and bob's reactions to each other."""
    page = load_page(home)

    assert "everybody's reactions count alike, except between people who react to each other" in page


def test_person_without_data_is_told_why_there_is_no_score(tmp_path):
    """The accounts were there when the day was scored, so it is not true that the next run scores them for sure."""
    home = community.create_community(tmp_path / "home")
    home.people.add("zed", [("x", "999")], at=NOW)

    page = load_page(home, "/people/zed")

    assert f"until {DAY.day} Feb 2024, nobody is known to have reacted to the accounts" in page


def test_numbers_of_a_profile_have_one_line_in_the_receipt(home):
    """Followers and lists come neither from people nor from posts, so they need no table of each."""
    page = load_page(home)
    signals = page.split('<details class="level">')[1:]
    profile_signals = [signal for signal in signals if "number from the profile" in signal]

    changes = load_page(home, "/people/ann/why").split('<details class="level wide">')[1:]
    profile_signals += [signal for signal in changes if "number from the profile" in signal]

    assert profile_signals
    assert all(signal.count("number from the profile") == 1 and "<table" not in signal for signal in profile_signals)
    assert any("<table" in signal for signal in signals)


def test_nothing_is_said_of_posts_of_which_nothing_is_known(tmp_path, home):
    """Where no reaction is on a post, as in many files, no share of reposted posts is known either."""
    other = community.create_community(tmp_path / "home")
    other.people.add("zed", [("x", "999")], at=NOW)
    taker(other, tmp_path)("actor,target,at,verb,id", f"101,999,{DAY},reply,z1", network="x")
    publisher(other)(DAY)

    page, posts_page = load_page(other, "/people/zed"), load_page(home)

    assert "no reaction to a post is known" in page
    assert "of their posts" not in page
    assert "of their posts" in posts_page


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/people/ann/?days=30", "/people/ann?days=30"),
        ("/people/", "/people"),
        ("/people/ann/why//", "/people/ann/why"),
        ("/me/", "/me"),
        ("/groups/", "/groups"),
        ("/people/a%2F/", "/people/a%2F"),
        ("//evil.example/", "/evil.example"),
        ("/%5Cevil.example/", "/%5Cevil.example"),
    ],
)
def test_slash_at_the_end_of_a_path_is_redirected(home, path, location):
    """Never to another site."""
    with TestClient(app_of(home), base_url="http://x") as client:
        answer = client.get(f"http://x{path}", follow_redirects=False)
        assert (308, location) == (answer.status_code, answer.headers["location"])
        assert 405 == client.post("http://x/people/", follow_redirects=False).status_code
