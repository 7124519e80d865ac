"""API keys that people create for their own programs: shown once, limited, listed with their last use, revoked."""

from datetime import timedelta

import httpx2
import pytest

from conftest import NOW, new_home
from renown.home import open_home
from renown.store import EVENTS
from renown.store.secret_hash import hash_secret
from test_account import base, browser, network, server, sign_in, unlimited

__all__ = ["base", "browser", "network", "server", "unlimited"]


@pytest.fixture
def home(tmp_path, network):
    """Return an empty home in which a person can have two keys of two requests a second."""
    environment = {"RENOWN_MASTODON_SERVER": network.site.url, "RENOWN_MASTODON_PRIVATE": "true"}
    limits = {"RENOWN_KEYS_PER_PERSON": "2", "RENOWN_KEY_PER_SECOND": "2", "RENOWN_KEY_PER_DAY": "50"}
    return open_home(new_home(tmp_path / "home"), environment | limits)


def create_key(visitor, name):
    """Create a key on the page; return it."""
    visitor.open("/me/keys").submit("/me/create-key", name=name)
    assert 200 == visitor.status, visitor.text
    [key] = [code for code in visitor.page.codes if code.startswith("rn_")]
    return key


def ask(base, key):
    """Return the response to a request with a key."""
    return httpx2.get(f"{base}/api/days", headers={"Authorization": f"Bearer {key}"})


def test_key_is_shown_once_used_and_revoked(base, browser, home, network):
    """The store has its digest only; the page tells when it was used last."""
    ada = sign_in(browser(), network, person="Ada")
    key = create_key(ada, "laptop")
    [stored] = home.api_keys.list_of(home.people.by_name("Ada"))
    response = ask(base, key)
    page = ada.open("/me/keys").text

    assert (hash_secret(key), "laptop", 2, 50) == (stored.digest, stored.name, stored.per_second, stored.per_day)
    assert (200, '"second";q=2;w=1, "day";q=50;w=86400') == (response.status_code, response.headers["RateLimit-Policy"])
    assert key not in page
    assert "laptop" in page
    assert ["Ada: laptop"] == [row.name for row in home.api_keys.all()]
    ada.submit("/me/revoke-key")
    assert [] == home.api_keys.all()
    assert 401 == ask(base, f"{key}x").status_code


def test_last_use_is_recorded(home):
    """To a few minutes, without waiting for the disk."""
    from renown.web.middleware.auth import _ApiKeyCache  # noqa: PLC0415 - a seam of this test

    digest = hash_secret(home.api_keys.create("app", per_second=1, per_day=1, at=NOW))
    cache = _ApiKeyCache(home.api_keys)
    uses = []
    for seconds in (0, 10, 400):
        cache.find(digest, NOW.timestamp() + seconds)
        cache._recorder.submit(int).result()
        uses.append(home.api_keys.find(digest).used_at)

    assert [NOW, NOW, NOW + timedelta(seconds=400)] == uses


def test_keys_are_limited_and_each_persons_own(browser, home, network):
    """Two people can have keys of one name; nobody revokes another's; the third is refused."""
    ada, bob = sign_in(browser(), network, person="Ada"), sign_in(browser(), network, "eve", person="Bob")
    for visitor in (ada, bob):
        create_key(visitor, "laptop")
    [digest] = [row.digest for row in home.api_keys.list_of(home.people.by_name("Bob"))]
    ada.open("/me/keys").submit("/me/revoke-key", key=digest)
    assert 2 == len(home.api_keys.all())
    ada.open("/me/keys").submit("/me/create-key", name="laptop")
    assert (400, True) == (ada.status, "there is an API key named" in ada.text)
    ada.open("/me/keys").submit("/me/create-key", name="\n")
    assert 400 == ada.status
    create_key(ada, "phone")
    assert "/me/create-key" not in {form.action for form in ada.open("/me/keys").page.forms}
    ada.submit("/me/revoke-key")
    assert "/me/create-key" in {form.action for form in ada.page.forms}


def test_keys_end_with_the_person(home):
    """Erasing somebody ends their programs' access."""
    person = home.people.add("Ada", [("x", "1")], at=NOW)
    home.api_keys.create("laptop", per_second=1, per_day=1, at=NOW, owner=person)
    home.api_keys.create("laptop", per_second=1, per_day=1, at=NOW)
    home.people.erase(person.key)

    assert ["laptop"] == [row.name for row in home.api_keys.all()]


def test_visitors_without_a_page_have_no_keys(base, browser):
    """They are led to sign in; the form without a session is refused."""
    visitor = browser()
    visitor.open("/me/keys")

    assert f"{base}/me" == str(visitor.response.url)
    assert visitor.client.post(f"{base}/me/create-key", data={"name": "x"}).status_code in {400, 403}


def test_webhooks_of_own_keys(browser, home, network):
    """Added and removed on the page, which shows what was given up; nobody uses another's key."""
    ada, eve = sign_in(browser(), network, person="Ada"), sign_in(browser(), network, "eve", person="Eve")
    create_key(ada, "laptop")
    create_key(eve, "laptop")
    ada.open("/me/keys").submit("/me/add-webhook", address="http://a.example")
    assert (400, True) == (ada.status, "sent encrypted only" in ada.text)
    eve.open("/me/keys").submit("/me/add-webhook", address="https://a.example/hook")
    [webhook] = home.webhooks.all()
    delivery = {"type": "person.departed", "title": "person.departed: 1 person", "rows": [1]}
    home.deliveries.queue(webhook, "k", delivery, at=NOW, due_at=NOW)
    home.deliveries.record_failure(home.deliveries.claim_due(at=NOW), "answered 500", at=NOW, is_final=True)
    eve.open("/me/keys")

    assert (tuple(EVENTS), "Eve: laptop") == (webhook.events, webhook.key_name)
    assert "1 message was given up. The last error: answered 500" in eve.text
    assert "whsec_" in eve.text
    assert "a.example" not in ada.open("/me/keys").text
    ada.submit("/me/add-webhook", address="https://b.example", key=webhook.key_digest)
    assert 400 == ada.status
    for action in ("/me/redeliver", "/me/remove-webhook"):
        ada.post(action, {"token": ada.form_token, "webhook": str(webhook.webhook_id)})
    assert 1 == len(home.deliveries.list_failed_of(webhook))
    eve.submit("/me/redeliver")
    assert [] == home.deliveries.list_failed_of(webhook)
    eve.submit("/me/remove-webhook")
    assert [] == home.webhooks.all()
