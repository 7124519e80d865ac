"""Newcomers: whoever claims an account has it read at once, so that their first score is whole."""

from datetime import timedelta

import pytest

from conftest import NOW
from fediverse import Network
from renown import assembly, jobs
from renown.jobs.turn import turn
from renown.store import Published

ADA = ("mastodon", "ada@example.social")
NOON = NOW + timedelta(hours=12)
MORNING = NOW + timedelta(hours=24, minutes=10)


@pytest.fixture
def network(site):
    """Return a network on which Ada has followers, and a post that others passed on."""
    made = Network(site)
    made.has("ada", followers_count=1500)
    made.posts("ada", 1, at=NOW - timedelta(days=3), boosts=[f"fan{number}" for number in range(9)])
    return made


@pytest.fixture
def home(tmp_path, network):
    """Return a home that asks that network, with a day published and Ada new."""
    assembly.make_home(tmp_path / "home")
    told = {"RENOWN_MASTODON_SERVER": network.site.url, "RENOWN_MASTODON_PRIVATE": "true"}
    made = assembly.open_home(tmp_path / "home", told)
    made.people.add("Ada", [ADA], at=NOON)
    return made


def first_signals(home):
    """Return the signals of the first day that is over, as it is published the morning after."""
    [day] = jobs.run(home, now=lambda: MORNING, first=NOW.date()).days
    assert (NOW.date().isoformat(), True, "") == (day.day, day.final, day.said)
    with Published(home.days.find(NOW.date())) as published:
        return {line.signal for line in published.points(home.people.by_name("Ada").key)}


def test_followers_count_in_the_first_score_of_who_was_read_on_the_day_of_the_claim(home):
    """Read the morning after, they would be known a day late."""
    [visit] = jobs.read_new(home, now=lambda: NOON)

    assert (True, "") == (visit.ended, visit.said)
    assert "audience" in first_signals(home)


def test_without_it_the_first_score_has_none(home):
    """What this is for."""
    assert "audience" not in first_signals(home)


def test_who_was_read_is_no_newcomer(home, network):
    """Nobody is asked again, and whoever opted out is not."""
    home.people.add("Eve", [("mastodon", "eve@example.social")], at=NOON)
    home.people.opt_outs.add("mastodon", "eve@example.social")
    assert ["ada@example.social"] == [visit.name for visit in jobs.read_new(home, now=lambda: NOON)]
    asked = network.asked

    assert [] == jobs.read_new(home, now=lambda: NOON)
    assert asked == network.asked


def test_who_cannot_be_read_is_tried_once_a_time(home, network):
    """The next run tries again."""
    network.world.clear()

    [visit] = jobs.read_new(home, now=lambda: NOON)

    assert not visit.ended
    assert visit.said


def test_one_process_reads_newcomers(home, network):
    """Strangers who claim many accounts begin many processes, of which one asks networks."""
    with turn(home.settings.home / jobs.newcomers.TURN, at=NOON):
        assert [] == jobs.read_new(home, now=lambda: NOON)
    assert 0 == network.asked
