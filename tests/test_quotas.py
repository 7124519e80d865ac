"""Quotas of networks: counted per credential and window, shared by all accounts, remembered across runs."""

from datetime import UTC, datetime

import pytest

from http_server import NOON, reply
from renown.connectors.http.api import ApiSpec
from renown.connectors.http.error_rules import Action, ErrorFormat, ErrorRule
from renown.connectors.http.quota import Quota, QuotaKey, QuotaMeter
from renown.errors import BudgetExceededError, QuotaExceededError
from renown.store import QuotaStore, open_database

KEY = QuotaKey("youtube", "googleapis.example")
GOOD = reply(body=b'{"ok": true}')
UNITS = ApiSpec(
    quota=Quota(limit=10, anonymous_limit=2, unit="units", time_zone="America/Los_Angeles"),
    errors=(ErrorRule(action=Action.STOP, codes={"quotaExceeded"}, reason="the units of this day are used up"),),
    error_format=ErrorFormat(codes=("error",)),
)


@pytest.fixture
def ledger(store):
    """Return an empty store of quotas, in SQLite and in PostgreSQL."""
    database = open_database(store)
    yield QuotaStore(database)
    database.dispose()


@pytest.fixture
def open_client(ledger, client, clock):
    """Return a function that opens a client of the site with a meter of the ledger."""

    def open_metered(key=KEY, *, has_credential=True, own_limit=None):
        options = {"clock": clock.clock, "has_credential": has_credential, "own_limit": own_limit}
        return client(api=UNITS, meter=QuotaMeter(ledger, key, quota=UNITS.quota, **options))

    return open_metered


def test_quota_is_shared_by_clients_and_counts_units(site, open_client):
    """Two accounts use one quota in the network's own unit; the request that exceeds it is not sent."""
    site.script = [GOOD]
    open_client().get("x", cost=6)
    http = open_client()
    http.get("x", cost=4)

    with pytest.raises(QuotaExceededError, match=r"10 units per day at googleapis.example is used up \(10 used"):
        http.get("x")
    assert 2 == len(site.requests)


def test_other_credential_has_a_quota_of_its_own(site, open_client):
    """What one account's own credential used does not concern another's."""
    site.script = [GOOD]
    open_client().get("x", cost=10)

    assert open_client(KEY._replace(account_id="UC1")).get("x", cost=10).body["ok"]


@pytest.mark.parametrize(("options", "limit"), [({"has_credential": False}, 2), ({"own_limit": 3}, 3)])
def test_limit_depends_on_the_credential_and_the_settings(site, open_client, options, limit):
    """Without a credential the network allows less; the settings may allow less, too."""
    site.script = [GOOD]
    http = open_client(**options)
    http.get("x", cost=limit)

    with pytest.raises(QuotaExceededError, match=f"the quota of {limit} units"):
        http.get("x")


def test_quota_is_renewed_at_midnight_of_its_time_zone(site, open_client, clock):
    """The error tells the seconds until then, after which requests are sent again."""
    site.script = [GOOD]
    http = open_client()
    http.get("x", cost=10)
    with pytest.raises(QuotaExceededError) as raised:
        http.get("x")
    midnight = datetime(2023, 11, 15, 8, tzinfo=UTC).timestamp()
    assert midnight - NOON == raised.value.wait

    clock.now = midnight

    assert open_client().get("x").body["ok"]


def test_network_that_calls_the_quota_used_up_is_not_asked_again(site, open_client, clock):
    """Other programs may use the same credential; the next run remembers until the quota is renewed."""
    site.script = [reply(403, b'{"error": "quotaExceeded"}'), GOOD]
    with pytest.raises(QuotaExceededError, match="the units of this day are used up"):
        open_client().get("x")

    with pytest.raises(BudgetExceededError, match="asks to wait 35200 s"):
        open_client().get("x")
    assert 1 == len(site.requests)
    clock.now = datetime(2023, 11, 15, 8, tzinfo=UTC).timestamp()
    assert open_client().get("x").body["ok"]


def test_last_request_of_a_quota_ends_the_run_and_the_next(site, ledger, client, clock):
    """The network says in a good response that nothing is left, whoever used it up: no further request is sent."""
    api = ApiSpec(quota=Quota(limit=300), remaining="quota_remaining")
    site.script = [reply(body=b'{"quota_remaining": 1}'), reply(body=b'{"quota_remaining": 0}'), GOOD]

    def open_metered():
        return client(api=api, meter=QuotaMeter(ledger, KEY, quota=api.quota, clock=clock.clock))

    http = open_metered()
    http.get("x")
    http.get("x")

    for next_client in (http, open_metered()):
        with pytest.raises(BudgetExceededError, match=r"its quota is used up|asks to wait"):
            next_client.get("x")
    assert 2 == len(site.requests)


def test_wait_that_a_server_asks_for_is_remembered(site, open_client, clock):
    """The client of the next account waits for the reset that the last response named."""
    site.script = [reply(X_RateLimit_Remaining="0", X_RateLimit_Reset=f"{NOON + 60:.0f}"), GOOD]
    open_client().get("x")
    clock.now += 20

    open_client().get("x")

    assert [40.0] == clock.slept


def test_shorter_wait_does_not_end_a_longer_one(ledger):
    """The latest of the known instants counts."""
    ledger.block(*KEY, until=200)
    ledger.block(*KEY, until=100)

    assert (0, 0, 200) == ledger.find(*KEY)


def test_day_with_a_change_of_the_clocks_ends_at_midnight():
    """A day of 25 hours, when clocks are put back, and one of 23."""
    quota = Quota(limit=1, time_zone="America/Los_Angeles")
    lengths = []
    for month, day in ((11, 3), (3, 10)):
        start, end = quota.window(datetime(2024, month, day, 20, tzinfo=UTC).timestamp())
        lengths.append((end - start) / 3600)

    assert [25, 23] == lengths
