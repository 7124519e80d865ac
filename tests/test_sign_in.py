"""Signing in at Mastodon and Bluesky: PKCE, PAR, DPoP, state, issuer and redirects, against servers on this machine."""

import dataclasses
import json
import re
from contextlib import ExitStack
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from bluesky_oauth_server import DID, HANDLE, BlueskyOAuthServer
from community import PLENTY, serving
from conftest import NOW, new_home
from form_browser import Browser
from mastodon_server import Network
from oauth_server import OAuthServer
from renown.home import open_home
from renown.home.app_state import build_app_state
from renown.runs import verify
from renown.store import oauth as store_oauth
from renown.web.app import make_app
from renown.web.pages.account import rate_limit
from test_account import Server

ADA = ("mastodon", "ada@example.social")


@pytest.fixture(scope="module")
def server():
    """Return a started server without an application."""
    with serving(app := Server()) as host:
        app.url = f"http://{host}"
        yield app


@pytest.fixture
def mastodon(site):
    """Return a Mastodon server at which people can sign in."""
    Network(site)
    return OAuthServer(site)


@pytest.fixture
def bluesky(site):
    """Return a Bluesky server at which Ada can sign in."""
    return BlueskyOAuthServer(site)


@pytest.fixture
def home(tmp_path, site, server):
    """Return a home that reads the server of the test, at the public URL of the pages."""
    names = ("MASTODON", "BLUESKY")
    environment = {f"RENOWN_{name}_SERVER": site.url for name in names}
    environment |= {f"RENOWN_{name}_PRIVATE": "true" for name in names}
    return open_home(new_home(tmp_path / "home"), environment | {"RENOWN_URL": server.url})


@pytest.fixture
def browser(home, site, server, monkeypatch):
    """Return a function that opens a browser on the account page."""
    for name in ("LOOKUPS_PER_SESSION", "LOOKUPS_PER_ADDRESS", "LOOKUPS_PER_SERVER"):
        monkeypatch.setattr(rate_limit, name, PLENTY)
    state = build_app_state(home, plc_url=f"{site.url}/plc")
    nothing = dict.fromkeys(("start_first_fetch", "start_first_scores", "start_request_processing"), lambda: None)
    server.app = make_app(
        dataclasses.replace(state, actions=dataclasses.replace(state.actions, **nothing)), PLENTY, clock=NOW.timestamp
    )
    with ExitStack() as browsers:
        yield lambda: browsers.enter_context(Browser(server.url)).open("/me")


def begin(browser, network="mastodon", name="@ada@example.social"):
    """Begin to sign in; return the URL to which the visitor is sent."""
    browser.post("/me/sign-in", {"network": network, "name": name, "token": form_token(browser)})
    assert 200 == browser.status, browser.text
    [url] = re.findall(r'href="(http[^"]+)" rel="noreferrer"', browser.response.text)
    assert browser.response.headers["refresh"] == f"0; url={unescape(url)}"
    return unescape(url)


def form_token(browser):
    """Return the CSRF token of the session, empty before there is one."""
    return next((form.fields["token"] for form in browser.page.forms if form.fields.get("token")), "")


def path_of(url):
    """Return path and query of an address of this site."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def test_mastodon_verifies_the_account_that_signed_in(browser, mastodon, home):
    """It is asked who it is and nothing else; the application is registered once, and the person gets a page."""
    ada = browser()
    url = begin(ada)
    assert "scope=read%3Aaccounts&" in url

    ada.open(path_of(mastodon.allow(url)))
    assert "You signed in. This account has no page yet" in ada.text
    ada.submit("/me/name", name="Ada")

    claim = home.people.by_account(*ADA).claims[0]
    assert ("sign-in", True) == (claim.proof, claim.is_verified)
    assert home.first_scores.find(-1) is not None
    assert "first score of Ada" in ada.text
    second = browser()
    second.open(path_of(mastodon.allow(begin(second))))
    assert 2 == len(home.sessions.list_times(-1))
    assert 1 == sum(path == "/api/v1/apps" for path, _ in mastodon.site.requests)


def test_bluesky_verifies_the_account_that_signed_in(browser, bluesky, home, server):
    """Pushed request, proofs of the key with the server's nonce, PKCE and issuer, in the documented shape."""
    ada = browser()
    url = begin(ada, "bluesky", f"https://bsky.app/profile/{HANDLE}")
    assert HANDLE in ada.text
    assert DID not in ada.text

    ada.open(bluesky.allow(url)).submit("/me/name", name="Ada")

    assert ("bluesky", DID) == home.people.by_name("Ada").accounts[0]
    assert "sign-in" == home.people.by_name("Ada").claims[0].proof
    assert HANDLE in ada.open("/me").text
    assert DID not in ada.text
    [request] = bluesky.pushed.values()
    assert f"{server.url}/me/oauth/bluesky" == request["redirect_uri"]
    assert request["client_id"].startswith("http://localhost?redirect_uri=")


@pytest.mark.parametrize("attack", ["no state", "other state", "other session", "no session", "twice", "late"])
def test_answers_to_other_requests_are_refused(browser, mastodon, home, attack, monkeypatch):
    """State belongs to one session, once, for a quarter of an hour: nobody is signed in by a foreign link (CSRF)."""
    ada, eve = browser(), browser()
    answer = path_of(mastodon.allow(begin(ada)))
    if attack == "no state":
        answer = re.sub("&state=[^&]*", "", answer)
    elif attack == "other state":
        answer = re.sub("&state=[^&]*", "&state=x", answer)
    elif attack == "other session":
        begin(ada := eve)
    elif attack == "no session":
        ada = eve
    elif attack == "twice":
        ada.open(answer).submit("/me/cancel")
    else:
        monkeypatch.setattr(store_oauth, "REQUEST_LIFETIME", timedelta(0))
    token_count = len(mastodon.access_tokens)

    assert "this sign-in has expired, or was begun in another browser" in ada.open(answer).text

    assert 400 == ada.status
    assert token_count == len(mastodon.access_tokens)
    assert home.people.all() == []


def test_mix_up_of_servers_is_refused(browser, mastodon):
    """The address to come back to names the server, and an issuer must be the one at which the sign-in began."""
    ada = browser()
    answer = path_of(mastodon.allow(begin(ada)))
    assert f"/me/oauth/mastodon/127.0.0.1:{mastodon.site.server_port}" == answer.partition("?")[0]
    host = f"127.0.0.1:{mastodon.site.server_port}"

    assert "another browser" in ada.open(answer.replace(host, "evil.example")).text
    answer = path_of(mastodon.allow(begin(ada)))
    assert "another server" in ada.open(f"{answer}&iss=https://evil.example").text

    assert mastodon.access_tokens == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sub": "did:plc:evilevilevilevilevilevil"}, "another account signed in"),
        ({"token_type": "Bearer"}, "did not say who signed in"),
        ({"scope": "other"}, "did not say who signed in"),
        ({"issuer": "https://evil.example"}, "another server"),
    ],
)
def test_bluesky_answers_that_prove_nothing_are_refused(browser, bluesky, home, change, message):
    """Another account, tokens without the key, no scope, or another issuer."""
    ada = browser()
    url = begin(ada, "bluesky", HANDLE)
    for name, value in change.items():
        setattr(bluesky, name, value)

    assert message in ada.open(bluesky.allow(url)).text

    assert 400 == ada.status
    assert home.people.all() == []


@pytest.mark.parametrize("change", ["no issuer", "code of another", "denied"])
def test_bluesky_answers_without_a_valid_code_are_refused(browser, bluesky, home, change):
    """The issuer is demanded, a code is exchanged only with its verifier and key, and a denial is a denial."""
    ada, eve = browser(), browser()
    answer = bluesky.allow(begin(ada, "bluesky", HANDLE))
    other = bluesky.allow(begin(eve, "bluesky", HANDLE))
    code, other_code = (re.search("code=([^&]*)", url).group(1) for url in (answer, other))
    changed = {
        "no issuer": re.sub("&iss=.*", "", answer),
        "code of another": answer.replace(code, other_code),
        "denied": answer.replace(f"code={code}", "error=access_denied"),
    }[change]

    ada.open(changed)

    assert 400 == ada.status
    assert home.people.all() == []


@pytest.mark.parametrize("part", ["issuer", "endpoints"])
def test_contradictory_metadata_is_refused(browser, bluesky, part):
    """An authorization server must confirm its own address, and its endpoints are there."""
    setattr(bluesky, part, "https://evil.example")
    ada = browser()

    ada.post("/me/sign-in", {"network": "bluesky", "name": HANDLE, "token": ""})

    assert 400 == ada.status
    assert bluesky.pushed == {}


@pytest.fixture
def impatient_lookup(monkeypatch):
    """Let the site wait half a second for a network."""
    monkeypatch.setattr(verify, "LOOKUP_TIMEOUT", 0.5)


@pytest.mark.usefixtures("impatient_lookup")
def test_network_out_of_reach_is_not_the_visitors_fault(browser, bluesky):
    """The status is 503, with the seconds to wait and plain words."""
    bluesky.is_down = True
    for action in ("sign-in", "accounts"):
        ada = browser()
        ada.post(f"/me/{action}", {"network": "bluesky", "name": HANDLE, "token": ""})

        assert (503, "60") == (ada.status, ada.response.headers["retry-after"])
        assert "That is not your fault" in ada.text


def test_forms_of_other_sites_begin_nothing(browser, mastodon):
    """Neither from another origin, nor without the session's token."""
    ada = browser()
    begin(ada)
    request_count = len(mastodon.site.requests)
    fields = {"network": "mastodon", "name": "@ada@example.social"}
    for headers in ({"Sec_Fetch_Site": "cross-site"}, {}):
        assert 403 == ada.post("/me/sign-in", fields, **headers).status

    assert request_count == len(mastodon.site.requests)


def test_client_metadata_is_served_at_the_public_address(home):
    """Its address is the application's id; without a public address there is no document, and no button."""
    settings = dataclasses.replace(home.settings.serve, url="https://renown.example")
    for url, status in (("https://renown.example", 200), ("", 404)):
        settings = dataclasses.replace(home.settings.serve, url=url)
        public_home = dataclasses.replace(home, settings=dataclasses.replace(home.settings, serve=settings))
        client = TestClient(make_app(build_app_state(public_home), PLENTY, clock=NOW.timestamp))
        response = client.get("/oauth/client-metadata.json")
        assert status == response.status_code
        assert bool(url) == ("Sign in at Mastodon or Bluesky" in client.get("/me").text)
        if url:
            document = json.loads(response.content)
            assert f"{url}/oauth/client-metadata.json" == document["client_id"]
            assert [f"{url}/me/oauth/bluesky"] == document["redirect_uris"]
            assert (True, "none", "atproto") == tuple(
                document[name] for name in ("dpop_bound_access_tokens", "token_endpoint_auth_method", "scope")
            )
