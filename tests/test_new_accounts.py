"""New accounts are fetched as soon as they are claimed, so that their first score is complete."""

from datetime import timedelta

import pytest

from conftest import NOW, new_home
from mastodon_server import Network
from renown import runs
from renown.home import open_home
from renown.runs import claimed_accounts
from renown.runs.processes import file_lock
from renown.store import PublishedTables

ADA = ("mastodon", "ada@example.social")
NOON = NOW + timedelta(hours=12)
MORNING = NOW + timedelta(hours=24, minutes=10)


@pytest.fixture
def network(site):
    """Return a Mastodon server on which Ada has followers, and a post that others boosted."""
    mastodon = Network(site)
    mastodon.has("ada", followers_count=1500)
    mastodon.posts("ada", 1, at=NOW - timedelta(days=3), boosts=[f"fan{number}" for number in range(9)])
    return mastodon


@pytest.fixture
def home(tmp_path, network):
    """Return a home that fetches from that server, to which Ada was just added."""
    environment = {"RENOWN_MASTODON_SERVER": network.site.url, "RENOWN_MASTODON_PRIVATE": "true"}
    opened_home = open_home(new_home(tmp_path / "home"), environment)
    opened_home.people.add("Ada", [ADA], at=NOON)
    return opened_home


def first_signals(home):
    """Publish Ada's first full day the morning after; return the signals in her score."""
    [day] = runs.run(home.run_resources, now=lambda: MORNING, first=NOW.date()).days
    assert (NOW.date().isoformat(), True, "") == (day.day, day.final, day.message)
    with PublishedTables(home.days.find(NOW.date())) as published:
        return {line.signal for line in published.read_points(home.people.by_name("Ada").key)}


def test_first_score_includes_followers_of_an_account_fetched_on_its_first_day(home):
    """Fetched the morning after, the followers would be known a day late."""
    [summary] = runs.fetch_new_accounts(home.run_resources, now=lambda: NOON)

    assert (True, "") == (summary.complete, summary.message)
    assert "audience" in first_signals(home)


def test_first_score_lacks_followers_without_the_early_fetch(home):
    """The early fetch is there for them."""
    assert "audience" not in first_signals(home)


def test_new_account_is_fetched_once(home, network):
    """A second call requests nothing, and opted-out accounts are never fetched."""
    home.people.add("Eve", [("mastodon", "eve@example.social")], at=NOON)
    home.people.opt_outs.add("mastodon", "eve@example.social")
    assert ["ada@example.social"] == [
        summary.name for summary in runs.fetch_new_accounts(home.run_resources, now=lambda: NOON)
    ]
    request_count = network.request_count

    assert [] == runs.fetch_new_accounts(home.run_resources, now=lambda: NOON)
    assert request_count == network.request_count


def test_failed_fetch_is_reported(home, network):
    """It is tried once per call; the next run tries again."""
    network.world.clear()

    [summary] = runs.fetch_new_accounts(home.run_resources, now=lambda: NOON)

    assert not summary.complete
    assert summary.message


def test_only_one_process_fetches_new_accounts(home, network):
    """Each claim starts a process; while one holds the lock, the others send no requests."""
    with file_lock(home.settings.home / claimed_accounts.NEW_ACCOUNTS_LOCK, at=NOON):
        assert [] == runs.fetch_new_accounts(home.run_resources, now=lambda: NOON)
    assert 0 == network.request_count
