"""The account pages: sign-in by proof of an account, CSRF, sessions, export, opt-out and erasure; over HTTP."""

import dataclasses
import io
import json
import re
import subprocess
import sys
import time
import zipfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from community import PLENTY, serving
from conftest import DAY, NOW, new_home, new_store, publisher, taker
from form_browser import Browser
from http_server import serve
from mastodon_server import LOOKUP, Network
from proofs import only_in_full
from renown import cli, privacy, runs, scoring
from renown.home import open_home
from renown.home.app_state import build_app_state
from renown.privacy.export import PersonalDataTable
from renown.records import Profile
from renown.runs import profiles, verify
from renown.settings import NetworkSettings
from renown.web.app import make_app
from renown.web.pages.account import rate_limit
from renown.web.pages.account.personal_data import list_data_kinds
from renown.web.pages.account.session import PageVisitor

ADA, EVE = ("mastodon", "ada@example.social"), ("mastodon", "eve@example.social")
NETWORKS = Path(__file__).parent / "networks"
HEADER = "actor,target,at,verb,post,id"


class Server:
    """
    A server whose application each test sets: starting and stopping a server takes longer than most tests.

    Parameters
    ----------
    host : str
        Host and port; set once it is started.
    """

    def __init__(self) -> None:
        self.app, self.url = None, ""

    async def __call__(self, scope, receive, send) -> None:
        """Let the application of the test answer."""
        await self.app(scope, receive, send)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.proof, only_in_full])])
def store(request, tmp_path):
    """Return what an empty store is opened by; PostgreSQL is a proof, but for the tests `on_both_databases`."""
    return new_store(request, tmp_path)


on_both_databases = pytest.mark.parametrize(
    "store", ["sqlite", pytest.param("postgresql", marks=[pytest.mark.proof, only_in_full])], indirect=True
)
"""Mark of tests that write to most stores; the others are about pages, and the stores have tests of their own."""


@pytest.fixture(scope="module")
def server():
    """Return a started server without an application."""
    with serving(app := Server()) as host:
        app.url = f"http://{host}"
        yield app


@pytest.fixture
def network(site):
    """Return a Mastodon server with the accounts of Ada and Eve."""
    return Network(site)


@pytest.fixture
def home(store, tmp_path, network):
    """Return an empty home on each database; it looks up accounts on the Mastodon server of the test."""
    environment = {"RENOWN_MASTODON_SERVER": network.site.url, "RENOWN_MASTODON_PRIVATE": "true"}
    return open_home(
        new_home(tmp_path / "home"), environment | ({} if isinstance(store, Path) else {"RENOWN_STORE": store})
    )


@pytest.fixture
def unlimited(monkeypatch):
    """Lift the rate limits of visitors' actions."""
    for name in ("LOOKUPS_PER_SESSION", "LOOKUPS_PER_ADDRESS", "LOOKUPS_PER_SERVER", "DOWNLOADS_PER_SESSION"):
        monkeypatch.setattr(rate_limit, name, PLENTY)


def actions_of(home, **changes):
    """Return the actions of visitors, without background processes."""
    no_processes = {
        "start_request_processing": lambda: None,
        "start_first_fetch": lambda: None,
        "start_first_scores": lambda: None,
    }
    return dataclasses.replace(build_app_state(home).actions, **no_processes | changes)


def app_of(home, *, url="", clock=time.time, **changes):
    """Return the application of a home, with parts of its state replaced."""
    settings = dataclasses.replace(home.settings.serve, url=url)
    parts = {"actions": actions_of(home), "settings": settings} | changes
    return make_app(dataclasses.replace(build_app_state(home), **parts), PLENTY, clock=clock)


@pytest.fixture
def base(home, server, unlimited):  # noqa: ARG001 - called for its effect
    """Return the URL of the pages of the home."""
    server.app = app_of(home)
    return server.url


@pytest.fixture
def browser(base):
    """Return a function that opens a browser on the account page."""
    with ExitStack() as browsers:
        yield lambda: browsers.enter_context(Browser(base)).open("/me")


def request_token(browser, name="ada"):
    """Claim an account; return the token to put into its profile."""
    browser.open("/me").submit("/me/accounts", network="mastodon", name=f"@{name}@example.social")
    assert 200 == browser.status, browser.text
    return browser.tokens[-1]


def sign_in(browser, network, name="ada", person="Ada"):
    """Verify an account, and choose a name if it belongs to nobody yet."""
    network.says(name, request_token(browser, name))
    browser.submit("/me/check")
    if any(form.action == "/me/name" for form in browser.page.forms):
        browser.submit("/me/name", name=person)
    browser.open("/me")
    assert any(form.action == "/me/sign-out" for form in browser.page.forms)
    assert person in browser.text
    return browser


@on_both_databases
def test_visitor_verifies_an_account_and_gets_a_page(browser, home, network):
    """The token in the profile and a name make them a person with a verified claim; there is no password."""
    ada = browser()
    token = request_token(ada)
    assert "not in that profile yet" in ada.submit("/me/check").text
    assert home.people.all() == []

    network.says("ada", "I", "am", token)
    ada.submit("/me/check")
    assert "This account has no page yet" in ada.text
    ada.submit("/me/name", name="Ada L")

    assert "Ada L" in ada.text
    person = home.people.by_account(*ADA)
    assert ("Ada L", "token", True) == (person.name, person.claims[0].proof, person.claims[0].is_verified)
    assert [] == ada.tokens


def test_verifying_the_account_again_signs_in_the_same_person(browser, home, network):
    """It takes another token in another browser, and asks for no name."""
    sign_in(browser(), network)
    network.says("ada")

    second = browser()
    token = request_token(second)
    assert "not in that profile yet" in second.submit("/me/check").text
    network.says("ada", token)

    assert "Ada" in second.submit("/me/check").text
    assert 1 == len(home.people.all())
    assert 2 == len(home.sessions.list_times(home.people.by_name("Ada").key))


def test_token_signs_in_only_the_session_that_requested_it(browser, home, network):
    """Eve can read the token in Ada's public profile, but cannot use it in her browser, now or later."""
    ada, eve = browser(), browser()
    token, other = request_token(ada), request_token(eve)
    assert token != other
    network.says("ada", token)

    assert "not in that profile yet" in eve.submit("/me/check").text
    eve.post("/me/check", {"token": eve.form_token, "network": "mastodon", "account": ADA[1], "renown": token})
    assert "not in that profile yet" in eve.text
    assert home.people.all() == []
    assert "yet" in ada.submit("/me/check").text
    ada.submit("/me/name", name="Ada")

    assert "not in that profile yet" in eve.open("/me").submit("/me/check").text
    third = browser()
    request_token(third)
    assert "not in that profile yet" in third.submit("/me/check").text
    assert 1 == len(home.sessions.list_times(home.people.by_name("Ada").key))


def test_owner_wins_an_account_that_two_visitors_claim(browser, home, network):
    """The other visitor's page keeps asking for their own token."""
    ada, eve = browser(), browser()
    request_token(eve)
    sign_in(ada, network)

    eve.open("/me").submit("/me/check")

    assert "not in that profile yet" in eve.text
    assert not any(form.action == "/me/sign-out" and "Ada" in eve.text.split("Which")[0] for form in eve.page.forms)
    assert (ADA,) == home.people.by_name("Ada").accounts


def test_second_account_is_added_by_its_own_token(browser, home, network):
    """Both accounts belong to one person and are verified."""
    ada = sign_in(browser(), network)
    network.says("eve", request_token(ada, "eve"))

    ada.submit("/me/check")

    assert {ADA, EVE} == set(home.people.by_name("Ada").accounts)
    assert all(claim.is_verified for claim in home.people.by_name("Ada").claims)


@on_both_databases
def test_account_that_is_not_ones_own_is_removed(browser, home, network):
    """It is on the page no longer, and whoever owns it can add it; the last verified account stays."""
    home.people.add("Ada", [ADA, ("x", "7")], at=NOW)
    ada = sign_in(browser(), network)
    assert {"x"} == {form.fields["network"] for form in ada.page.forms if form.action == "/me/remove-account"}

    ada.submit("/me/remove-account", network="x", account="7")

    assert (200, (ADA,)) == (ada.status, home.people.by_name("Ada").accounts)
    assert not any(form.action == "/me/remove-account" for form in ada.page.forms)
    home.people.add("Eve", [("x", "7")], at=NOW)


@pytest.mark.parametrize(
    ("account", "message"), [(ADA, "your only verified account"), (EVE, "not one of your accounts")]
)
def test_only_own_accounts_are_removed_and_never_the_last_verified_one(browser, home, network, account, message):
    """Without it nobody could sign in as this person again; accounts of others are theirs."""
    home.people.add("Ada", [ADA, ("x", "7")], at=NOW)
    home.people.add("Eve", [EVE], at=NOW)
    ada = sign_in(browser(), network)

    ada.submit("/me/remove-account", network=account[0], account=account[1])

    assert (400, True) == (ada.status, message in ada.text)
    assert {ADA, ("x", "7")} == set(home.people.by_name("Ada").accounts)
    assert (EVE,) == home.people.by_name("Eve").accounts


@pytest.mark.parametrize(("rel", "proof"), [("me nofollow", "link"), ("nofollow", "")])
def test_link_to_the_page_adds_an_account_to_a_signed_in_person(browser, server, home, network, rel, proof):
    """Only a link with rel="me" does; fans link to the page, too."""
    server.app = app_of(home, url="http://renown.example")
    ada = sign_in(browser(), network)
    request_token(ada, "eve")
    network.links("eve", "http://renown.example/people/Ada", rel)

    ada.submit("/me/check")

    proofs = {claim.account_id: claim.proof for claim in home.people.by_name("Ada").claims}
    assert proof == proofs.get(EVE[1], "")


def test_link_signs_nobody_in(browser, server, home, network):
    """It is public and permanent: anybody who claims Ada's account would be signed in as Ada."""
    server.app = app_of(home, url="http://renown.example")
    ada, eve = browser(), browser()
    sign_in(ada, network)
    network.says("ada")
    network.links("ada", "http://renown.example/people/Ada")
    request_token(eve)

    assert "not in that profile yet" in eve.submit("/me/check").text


def test_account_that_somebody_else_verified_is_refused(browser, home, network):
    """The page says whose it is not; a person who controls both accounts signs in with the other."""
    sign_in(browser(), network)
    eve = sign_in(browser(), network, "eve", "Eve")
    network.says("ada", request_token(eve))

    eve.submit("/me/check")

    assert (400, True) == (eve.status, "somebody else's" in eve.text)
    assert (ADA,) == home.people.by_name("Ada").accounts


def test_first_proof_signs_in_a_person_whom_the_operator_added(browser, home, network):
    """Only the claim of the verified account becomes verified."""
    home.people.add("Ada", [ADA, ("x", "7")], at=NOW)

    ada = browser()
    network.says("ada", request_token(ada))
    ada.submit("/me/check")

    assert "Ada" in ada.text
    assert {"token", ""} == {claim.proof for claim in home.people.by_name("Ada").claims}


def test_taken_and_invalid_names_are_refused(browser, home, network):
    """A taken name is refused in any case of letters."""
    home.people.add("Eve", [("x", "1")], at=NOW)
    ada = browser()
    network.says("ada", request_token(ada))
    ada.submit("/me/check")
    for name in ("Eve", "eve", "a:b", "\u202eAda"):
        ada.open("/me").submit("/me/name", name=name)

        assert 400 == ada.status, name
        assert home.people.by_account(*ADA) is None, name


@pytest.mark.parametrize("name", ["<script>", "../admin"])
def test_names_are_escaped(browser, home, network, name):
    """Markup in a name is shown as text and never runs."""
    ada = browser()
    network.says("ada", request_token(ada))
    ada.submit("/me/check").submit("/me/name", name=name)

    assert "<script>" not in ada.response.text
    assert name in ada.text
    assert name == home.people.by_account(*ADA).name


ACTIONS = [
    "accounts",
    "sign-in",
    "first-score",
    "check",
    "name",
    "restore",
    "cancel",
    "sign-out",
    "data",
    "opt-out",
    "opt-in",
    "erase",
    "reviews",
    "join",
    "leave",
]


@pytest.mark.parametrize("attack", ["no token", "another's token", "cross-site", "same-site", "origin", "null"])
def test_csrf_every_form_is_refused_from_other_sites(browser, home, network, attack):
    """Without the session's CSRF token, or with another origin, no form does anything, whatever else is right."""
    ada = sign_in(browser(), network)
    network.says("eve", request_token(ada, "eve"))
    home.groups.create("club", goal=70, at=NOW)
    eve = browser()
    request_token(eve)
    token = {"no token": "", "another's token": eve.form_token}.get(attack, ada.form_token)
    fields = {"network": EVE[0], "account": EVE[1], "confirm": "Ada", "group": "club", "message": "my fans"}
    fields["name"] = "@eve@example.social"
    fields["token"] = token
    headers = {"cross-site": {"Sec_Fetch_Site": "cross-site"}, "same-site": {"Sec_Fetch_Site": "same-site"}}
    request_count = network.request_count
    for action in ACTIONS:
        if attack in {"origin", "null"}:
            origin = {"Origin": "null" if attack == "null" else "http://evil.example"}
            response = ada.client.post(f"/me/{action}", data=fields, headers=origin)
        else:
            response = ada.post(f"/me/{action}", fields, **headers.get(attack, {})).response

        assert 403 == response.status_code, action
        assert "no-store" == response.headers["cache-control"], action
        assert request_count == network.request_count, action
        person = home.people.by_name("Ada")
        assert (True, (ADA,), []) == (person.has_consented, person.accounts, home.groups.members("club")), action
        assert [] == home.privacy_requests.list_open() + home.people.trust.list_reviews(), action
        assert "Ada" in ada.open("/me").text, action


def test_form_with_this_sites_origin_is_accepted_without_fetch_metadata(base, browser, network, home):
    """Over plain HTTP browsers send only `Origin`."""
    ada = sign_in(browser(), network)

    response = ada.client.post("/me/sign-out", data={"token": ada.form_token}, headers={"Origin": base})

    assert 200 == response.status_code
    assert [] == home.sessions.list_times(home.people.by_name("Ada").key)


def test_session_cookie_is_set_only_by_a_form(browser):
    """No page sets it; it is HttpOnly and SameSite, and the response is never cached or compressed."""
    ada = browser()
    for path in ("/", "/people", "/groups", "/me", "/search?q=a"):
        assert "set-cookie" not in ada.open(path).response.headers
    request_token(ada)

    [cookie] = [response.headers["set-cookie"] for response in ada.response.history]
    assert {"httponly", "samesite=lax", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    assert "no-store" == ada.response.headers["cache-control"]
    assert "etag" not in ada.response.headers
    assert "content-encoding" not in ada.response.headers


def test_session_cookie_is_secure_over_tls(home):
    """With `__Host-` and `Secure` no other host, and no page without TLS, can set it."""
    app = app_of(home, url="https://renown.example")
    with TestClient(app, base_url="https://renown.example", follow_redirects=False) as client:
        fields = {"network": "mastodon", "name": "@ada@example.social"}
        accepted = client.post("/me/accounts", data=fields, headers={"Origin": "https://renown.example"})
        refused = client.post("/me/accounts", data=fields, headers={"Origin": "http://renown.example"})

    assert 303 == accepted.status_code
    assert accepted.headers["set-cookie"].startswith("__Host-renown=")
    assert "secure" in accepted.headers["set-cookie"].lower()
    assert 403 == refused.status_code


def test_session_cookie_is_secure_if_the_connection_is(home):
    """Without a public URL in the settings, the scheme and host of the request decide; X-Forwarded-Proto sets it."""
    with TestClient(app_of(home), base_url="https://renown.example", follow_redirects=False) as client:
        fields = {"network": "mastodon", "name": "@ada@example.social"}
        accepted = client.post("/me/accounts", data=fields, headers={"Origin": "https://renown.example"})
        refused = client.post("/me/accounts", data=fields, headers={"Origin": "https://other.example"})

    assert accepted.headers["set-cookie"].startswith("__Host-renown=")
    assert (303, 403) == (accepted.status_code, refused.status_code)


def test_session_fixation_planted_cookie_is_useless(base, browser, network):
    """If Eve plants the cookie of her session on Ada, what Ada then does signs in only Ada."""
    eve, ada = browser(), browser()
    request_token(eve, "eve")
    ada.client.cookies.set("renown", eve.cookie, domain="127.0.0.1")
    ada.open("/me")
    token = request_token(ada)
    planted = eve.cookie
    assert planted != ada.cookie
    network.says("ada", token)
    assert [] == eve.open("/me").tokens

    ada.open("/me").submit("/me/check", 1)
    assert "This account has no page yet" in ada.text
    ada.submit("/me/name", name="Ada")

    assert "Ada" not in eve.open("/me").text
    with Browser(base) as third:
        third.client.cookies.set("renown", planted, domain="127.0.0.1")
        assert "Ada" not in third.open("/me").text


def test_sign_in_rotates_the_session_secret(base, browser, network):
    """The secret from before opens nothing."""
    ada = browser()
    network.says("ada", request_token(ada))
    ada.submit("/me/check")
    before = ada.cookie
    ada.submit("/me/name", name="Ada")

    assert before != ada.cookie
    with Browser(base) as other:
        other.client.cookies.set("renown", before, domain="127.0.0.1")
        assert "Which account is yours" in other.open("/me").text


@pytest.mark.parametrize("everywhere", [False, True])
def test_stolen_cookie_is_useless_after_sign_out(base, browser, home, network, everywhere):
    """The server ends the session; signing out everywhere ends all others, too."""
    ada, second = sign_in(browser(), network), sign_in(browser(), network)
    stolen = ada.cookie
    if everywhere:
        second.open("/me").submit("/me/sign-out", 1)
    else:
        ada.open("/me").submit("/me/sign-out")

    with Browser(base) as thief:
        thief.client.cookies.set("renown", stolen, domain="127.0.0.1")
        assert "Which account is yours" in thief.open("/me").text
        thief.post("/me/data", {"token": PageVisitor(stolen, object()).form_token})
        assert "application/zip" != thief.response.headers["content-type"]
    assert everywhere == (home.sessions.list_times(home.people.by_name("Ada").key) == [])


@pytest.mark.parametrize("state", ["unknown", "opted out", "erased", "claimed"])
def test_claiming_an_account_reveals_nothing_about_it(browser, home, network, state):
    """Whoever claims Ada's account gets the same answers, whatever is known of her, until they verify it."""
    person = None if state == "unknown" else home.people.add("Ada", [ADA], at=NOW)
    if state == "claimed":
        home.people.record_proof(*ADA, "token", at=NOW)
    if person and state != "claimed":
        with home.reader() as engine:
            subject = scoring.resolve_subject("Ada", engine, home.lake, home.people)
            if state == "opted out":
                privacy.opt_out_people(engine, home.personal_data, [subject], now=NOW)
            else:
                privacy.erase_people(engine, home.personal_data, [subject])
    pages = []
    for name in ("ada", "eve"):
        visitor, before = browser(), network.request_count
        token = request_token(visitor, name)
        pages.append([redact(visitor, name, token), network.request_count - before])
        visitor.submit("/me/check")
        pages[-1] += [redact(visitor, name, token), network.request_count - before]

    assert pages[0] == pages[1]
    assert "TOKEN" in pages[0][0]
    assert "not in that profile yet" in pages[0][2]


def redact(visitor, name, token):
    """Return what a page says about an account, without the name, the tokens and the time."""
    html = (
        visitor.response.text.partition("<main")[2]
        .partition('id="add"')[0]
        .replace(token, "TOKEN")
        .replace(f"{name}@", "NAME@")
    )
    return re.sub(r"until [^.]*UTC", "until", re.sub(r'value="[0-9a-f]{64}"', "", html))


def test_owner_of_an_erased_account_can_come_back(browser, home, network):
    """Once they verify the account and choose a name, its opt-out is removed."""
    home.people.opt_outs.add(*ADA)
    ada = browser()
    network.says("ada", request_token(ada))

    ada.submit("/me/check")
    assert "opted out here, as you asked" in ada.text
    ada.submit("/me/name", name="Ada")

    assert home.people.by_name("Ada").has_consented
    assert not home.people.opt_outs.has(*ADA)


def test_networks_without_verification_are_refused(browser, network):
    """The page says so; no session starts and nothing is requested."""
    ada = browser()
    for name in ("x", "klout", "<b>", ""):
        ada.post("/me/accounts", {"network": name, "name": "ada"})
        assert (400, True) == (ada.status, "cannot be verified" in ada.text), ada.text
        assert "<b>" not in ada.response.text
    assert "" == ada.cookie
    assert 0 == network.request_count


@pytest.mark.parametrize(("account_id", "handle"), [("ß" * 513, "ada"), ("7", "ß" * 513), ("ß" * 512, "ß" * 512)])
def test_ids_are_limited_in_bytes(browser, server, home, account_id, handle):
    """By the limit of the lake, so that whatever is claimed can be collected."""
    profile = Profile(network="mastodon", account_id=account_id, at=NOW, handle=handle)
    server.app = app_of(home, actions=actions_of(home, find_profile=lambda *_: profile))
    visitor = browser()

    visitor.submit("/me/accounts", network="mastodon", name="@ada@example.social")

    if len(account_id) == len(handle):
        assert (200, 1) == (visitor.status, len(visitor.tokens))
    else:
        assert (400, True, "") == (visitor.status, "has 1,026 bytes in UTF-8" in visitor.text, visitor.cookie)


def test_ssrf_invalid_handles_and_ports_are_refused(browser, network):
    """No request is sent for them."""
    handles = ["", " ", "ada", "@ada@", "@ada@127.0.0.1:22", "@ada@example.social:8080", "a" * 500, "@a\u0000@b"]
    ada = browser()
    for name in [*handles, "@ada@[::1]:9"]:
        ada.post("/me/accounts", {"network": "mastodon", "name": name})

        assert 400 == ada.status, (name, ada.text)
        assert 0 == network.request_count, name


def test_ssrf_private_addresses_are_refused(home, server):
    """Without a configured server, private hosts are not requested, and the page reveals nothing of them."""
    open_settings = dataclasses.replace(home.settings, networks={"mastodon": NetworkSettings()})
    server.app = make_app(build_app_state(dataclasses.replace(home, settings=open_settings)), PLENTY, clock=time.time)
    for host in ("127.0.0.1", "localhost", "169.254.169.254", "10.0.0.1", "[::1]"):
        with Browser(server.url) as eve:
            eve.post("/me/accounts", {"network": "mastodon", "name": f"@ada@{host}"})

            assert 400 == eve.status, host
            assert "private" not in eve.text, host
            assert "" == eve.cookie, host


def test_unavailable_network_gives_a_503_page(home, server, browser, network, monkeypatch):
    """The lookup is retried until its timeout; then the page says what to do. An unknown handle gives a 400."""
    monkeypatch.setattr(verify, "LOOKUP_TIMEOUT", 1.5)
    server.app = app_of(home)
    network.world[LOOKUP + "ada"] = {"$status": 503, "$body": {}}
    network.world[LOOKUP + "eve"] = {"$status": 404, "$body": {}}
    started_at = time.monotonic()
    ada = browser().post("/me/accounts", {"network": "mastodon", "name": "@ada@example.social"})
    assert (503, True) == (ada.status, "cannot be reached at the moment" in ada.text)
    assert time.monotonic() - started_at < verify.LOOKUP_TIMEOUT + 5

    ada.post("/me/accounts", {"network": "mastodon", "name": "@eve@example.social"})
    assert (400, True) == (ada.status, "has no account with that handle" in ada.text)


def test_lookups_are_rate_limited(home, server):
    """Per session, address and server, and in number at once; the 429 says when to try again."""
    limiter = rate_limit.ActionRateLimiter()
    for _ in range(rate_limit.LOOKUPS_PER_SERVER.per_second):
        with limiter.limit_lookup("", "address", "server", 0.0):
            pass
    with pytest.raises(rate_limit.TooManyRequestsError), limiter.limit_lookup("", "another", "server", 0.0):
        pass
    with pytest.raises(rate_limit.TooManyRequestsError), limiter.limit_lookup("", "address", "elsewhere", 0.0):
        pass
    for _ in range(rate_limit.LOOKUPS_PER_SESSION.per_second):
        limiter.count_name_attempt("session", 9.0)
    with pytest.raises(rate_limit.TooManyRequestsError), limiter.limit_lookup("session", "third", "third", 9.0):
        pass
    with ExitStack() as running:
        for n in range(rate_limit.MAX_CONCURRENT_LOOKUPS):
            running.enter_context(limiter.limit_lookup("", f"a{n}", f"s{n}", 20.0))
        with pytest.raises(rate_limit.TooManyRequestsError), limiter.limit_lookup("", "last", "last", 20.0):
            pass
    server.app = app_of(home, now=lambda: NOW, clock=lambda: 0.0)
    with Browser(server.url) as eve:
        responses = [
            eve.post("/me/accounts", {"network": "mastodon", "name": "@nobody@example.social"}).response
            for _ in range(rate_limit.LOOKUPS_PER_SERVER.per_second + 1)
        ]
    assert [*[400] * rate_limit.LOOKUPS_PER_SERVER.per_second, 429] == [response.status_code for response in responses]
    assert "1" == responses[-1].headers["retry-after"]


def test_rate_limit_of_a_server_ignores_the_spelling_of_its_name(home, server, monkeypatch):
    """Requests are counted by the server's URL, not by what was typed."""
    for name in ("LOOKUPS_PER_SESSION", "LOOKUPS_PER_ADDRESS"):
        monkeypatch.setattr(rate_limit, name, PLENTY)
    spellings = [
        f"@eve@{'example'[:n].upper()}{'example'[n:]}.social"
        for n in range(rate_limit.LOOKUPS_PER_SERVER.per_second + 1)
    ]
    server.app = app_of(home, now=lambda: NOW, clock=lambda: 0.0)
    with Browser(server.url) as eve:
        statuses = [eve.open("/me").submit("/me/accounts", network="mastodon", name=name).status for name in spellings]

    assert [*[200] * rate_limit.LOOKUPS_PER_SERVER.per_second, 429] == statuses


def test_malformed_forms_are_refused(browser):
    """Whatever the body is, the answer is a page with status 400, never an error of the server."""
    eve = browser()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    bodies = [b"\xff\xfe", b"a=" + b"b" * 20_000, b"name=%00&network=mastodon", b"&" * 15_000, b"a=1&" * 50, b"%", b""]
    for body in bodies:
        for action in ACTIONS:
            if action != "sign-out":
                response = eve.client.post(f"/me/{action}", content=body, headers=headers)
                assert 400 == response.status_code, (action, body[:30])
    assert "/me" == eve.client.get("/me/erase").url.path
    assert 404 == eve.client.get("/me/requests/x").status_code


def collect_and_score(home, tmp_path):
    """Import interactions with Ada and Eve, score a day, and build the profiles."""
    take, publish = taker(home, tmp_path), publisher(home)
    rows = [f"{fan},{ADA[1]},{DAY},like,p1,{fan}1" for fan in ("bob@b.example", "cat@c.example", "eve@example.social")]
    take(HEADER, *rows, f"{ADA[1]},bob@b.example,{DAY},repost,p9,a9", network="mastodon")
    profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, publish())


@on_both_databases
def test_export_contains_all_personal_data(browser, home, network, tmp_path):
    """It has one file per table; those who acted on the person are not named, those on whom they acted are."""
    ada = sign_in(browser(), network)
    collect_and_score(home, tmp_path)

    text = " ".join(ada.open("/me/data").text.split())
    assert "Reactions to you what others did on your posts and accounts 3 rows" in text
    assert "lake/interactions/mastodon as target 3" in ada.text
    ada.submit("/me/data")

    assert "application/zip" == ada.response.headers["content-type"]
    with zipfile.ZipFile(io.BytesIO(ada.response.content)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    [interaction] = map(json.loads, files["lake/interactions/mastodon as actor.jsonl"].splitlines())
    assert ("bob@b.example", "repost") == (interaction["target_id"], interaction["verb"])
    assert 3 == len(files["lake/interactions/mastodon as target.jsonl"].splitlines())
    names = files.keys() - {"README.txt"}
    kinds = list_data_kinds([PersonalDataTable(name.removesuffix(".jsonl"), 1) for name in names])
    assert len(names) == sum(kind.rows for kind in kinds)
    assert all(f" {table.name} " in text for kind in kinds for table in kind.tables)
    everything = "".join(files.values())
    assert "cat@c.example" not in everything
    assert '"proof":"token"' in files["store/claims.jsonl"]
    assert ada.cookie not in everything


def test_export_leaves_out_unverified_accounts(browser, home, network, tmp_path):
    """Otherwise a claim alone would give away somebody else's data."""
    home.people.add("Ada", [ADA, EVE], at=NOW)
    collect_and_score(home, tmp_path)
    ada = sign_in(browser(), network)

    text = ada.open("/me/data").text

    assert "you have not verified this account" in text
    ada.submit("/me/data")
    with zipfile.ZipFile(io.BytesIO(ada.response.content)) as archive:
        interactions = archive.read("lake/interactions/mastodon as actor.jsonl").decode().splitlines()
    assert 1 == len(interactions)


def test_owner_without_a_page_can_export_and_erase(browser, home, network, tmp_path):
    """Nobody has to become a person here first."""
    collect_and_score(home, tmp_path)
    ada = browser()
    network.says("ada", request_token(ada))
    ada.submit("/me/check")
    assert "lake/interactions/mastodon as target 3" in ada.open("/me/data").text

    ada.open("/me").submit("/me/erase", confirm="ada@example.social")

    assert "Your data is being deleted" in ada.text
    assert home.people.opt_outs.has(*ADA)
    assert [True] == [result.done for result in process_requests(home)]
    assert "Your data has been deleted" in ada.open(str(ada.response.url)).text
    with home.reader() as engine:
        assert scoring.find_account(*ADA, engine, home.lake) is None
    assert home.people.all() == []


def process_requests(home, **options):
    """Process the open privacy requests."""
    return runs.process_requests(home.reader, home.personal_data, home.settings.home, now=lambda: NOW, **options)


@on_both_databases
def test_opt_out_hides_at_once_and_can_be_undone(browser, home, network, tmp_path):
    """The person is hidden before any file is rewritten, even while another process writes to the lake."""
    ada = sign_in(browser(), network)
    collect_and_score(home, tmp_path)
    assert 200 == ada.open("/people/Ada").status
    ada.open("/me")

    with home.lake.write_batch():
        ada.submit("/me/opt-out")
        ticket = str(ada.response.url)
        assert "You are being opted out" in ada.text
        assert 404 == ada.open("/people/Ada").status
        assert 404 == ada.open("/api/people/Ada").status

    process_requests(home)
    assert "You have opted out" in ada.open(ticket).text
    assert "You have opted out: no data about you is collected" in ada.open("/me").text
    ada.submit("/me/opt-in")
    assert home.people.by_name("Ada").has_consented
    assert not home.people.opt_outs.has(*ADA)
    publisher(home)()
    assert home.served_scores.by_name("Ada")


def test_opt_in_by_another_claimant_does_not_undo_the_owners_opt_out(browser, home, network):
    """The owner verified the account and opted out: an unverified claim loses the account, and opts nothing in."""
    home.people.add("Pat", [ADA, EVE], at=NOW)
    home.people.record_proof(*EVE, "token", at=NOW)
    ada = browser()
    network.says("ada", request_token(ada))
    ada.submit("/me/check").submit("/me/opt-out")
    pat = home.people.by_name("Pat")
    privacy.opt_in(home.people, pat, pat.accounts, now=NOW)

    assert "You are being opted out" in ada.text
    assert home.people.opt_outs.has(*ADA)
    assert (EVE,) == pat.accounts


def test_opt_in_withdraws_a_pending_opt_out(browser, home, network):
    """The pending request must not hide the person afterwards."""
    ada = sign_in(browser(), network)
    ada.open("/me").submit("/me/opt-out")
    ada.open("/me").submit("/me/opt-in")

    assert [] == process_requests(home)
    assert home.people.by_name("Ada").has_consented


def test_repeated_opt_outs_start_few_processes(browser, server, home, network):
    """A repeated request does nothing; after each opt-in the person is hidden again, and the request is queued."""
    started = []
    actions = actions_of(home, start_request_processing=lambda: started.append(1))
    server.app = app_of(home, actions=actions, now=lambda: NOW, clock=lambda: 0.0)
    ada = sign_in(browser(), network)
    for _ in range(rate_limit.IMMEDIATE_REQUESTS.per_day):
        ada.open("/me").submit("/me/opt-out")
        fields = {"token": ada.open("/me").page.forms[-1].fields["token"]}
        assert "You have opted out: no data about you is collected" in ada.post("/me/opt-out", fields).text
        assert not home.people.by_name("Ada").has_consented
        assert 1 == len(home.privacy_requests.list_open())
        ada.open("/me").submit("/me/opt-in")

    assert rate_limit.IMMEDIATE_REQUESTS.per_second == len(started)


@on_both_databases
def test_erasure_needs_the_name_and_ends_every_session(browser, home, network, tmp_path):
    """A wrong name erases nothing; the right one hides the person at once, and erases when the lake is free."""
    ada, second = sign_in(browser(), network), sign_in(browser(), network)
    collect_and_score(home, tmp_path)
    ada.open("/me").submit("/me/erase", confirm="ada")
    assert (400, True) == (ada.status, "nothing was deleted" in ada.text)
    assert 200 == ada.open("/people/Ada").status

    with home.lake.write_batch():
        ada.open("/me").submit("/me/erase", confirm="Ada")
        ticket = str(ada.response.url)
        assert 404 == ada.open("/people/Ada").status
        assert "Which account is yours" in ada.open("/me").text
        assert "Which account is yours" in second.open("/me").text
        [waiting] = process_requests(home, lock_timeout=0.3)
        assert not waiting.done
        assert "this may wait for other processes" in ada.open(ticket).text
    [finished] = process_requests(home)

    assert finished.done
    assert "Your data has been deleted" in ada.open(ticket).text
    assert home.people.all() == []


def test_privacy_requests_are_processed_in_the_background(browser, server, home, network):
    """The server starts a process for them, without an operator."""
    server.app = app_of(home, actions=build_app_state(home).actions)
    ada = sign_in(browser(), network)
    ada.open("/me").submit("/me/erase", confirm="Ada")
    deadline = time.monotonic() + 60
    while "Your data has been deleted" not in ada.text and time.monotonic() < deadline:
        time.sleep(0.1)
        ada.open(str(ada.response.url))

    assert "Your data has been deleted" in ada.text
    assert home.people.all() == []


def test_run_processes_interrupted_requests(home, monkeypatch):
    """A request that a killed process began is finished by the next run."""
    key = home.people.add("Ada", [("x", "1")], at=NOW).key
    ticket = home.privacy_requests.add("erase", key=key, at=NOW)
    home.privacy_requests.mark_started(home.privacy_requests.find(ticket), at=NOW)
    if home.settings.store.url:
        monkeypatch.setenv("RENOWN_STORE", home.settings.store.url)

    CliRunner().invoke(cli.app, ["--home", str(home.settings.home), "run"])

    assert home.privacy_requests.find(ticket).is_finished
    assert home.people.all() == []


@on_both_databases
def test_privacy_request_survives_a_kill(home, monkeypatch):
    """If its process is killed while it waits for the lake, the next process starts it again."""
    if home.settings.store.url:
        monkeypatch.setenv("RENOWN_STORE", home.settings.store.url)
    ticket = home.privacy_requests.add("erase", key=home.people.add("Ada", [("x", "1")], at=NOW).key, at=NOW)
    with home.lake.write_batch():
        worker = subprocess.Popen([sys.executable, "-m", "renown", "--home", home.settings.home, "requests"])
        deadline = time.monotonic() + 60
        while home.privacy_requests.find(ticket).tried_at is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [] == process_requests(home, lock_timeout=0.1)
        worker.kill()
        worker.wait()
    assert not home.privacy_requests.find(ticket).is_finished

    assert [True] == [result.done for result in process_requests(home)]
    assert home.people.all() == []


@pytest.mark.parametrize("network", ["mastodon", "bluesky"])
def test_proofs_that_sign_a_visitor_in(site, client, network):
    """The token does; a link only on networks with rel="me"; never a handle that equals the site's host name."""
    recording = json.loads((NETWORKS / network / "about.json").read_text(encoding="utf-8"))
    serve(site, recording["answers"])
    token, page = recording["verification"]["token"], recording["verification"]["page"]
    lookup = runs.NetworkLookup(lambda *_: client(), lambda *_: site.url, lambda: NOW)
    account = {"mastodon": (ADA[1], ADA[1]), "bluesky": ("did:plc:ada", "ada.example")}[network]
    cases = [(token, ""), ("renown-other", page), ("renown-other", "https://ada.example/people/ada")]

    proofs = [lookup.find_proof(network, *account, *case) for case in cases]

    assert ["token", "link" if network == "mastodon" else "", ""] == proofs


@on_both_databases
def test_person_joins_and_leaves_groups(browser, home, network, tmp_path):
    """An open group needs a person, another an invitation; their rank is on the page."""
    home.groups.create("club", goal=70, title="The club", at=NOW)
    home.groups.create("guests", goal=70, join_by="invitation", at=NOW)
    ada = sign_in(browser(), network)
    collect_and_score(home, tmp_path)

    ada.open("/me").submit("/me/join", 0)
    assert "you are number 1 with" in ada.open("/me").text
    ada.submit("/me/join", invitation="wrong")
    assert (403, True) == (ada.status, "not an invitation" in ada.text)
    ada.open("/me").submit("/me/join", invitation=home.groups.invite("guests", at=datetime.now(UTC)))
    assert ["club", "guests"] == [group.name for group in home.groups.by_member(home.people.by_name("Ada").key)]
    ada.open("/me").submit("/me/leave", 0)

    assert ["guests"] == [group.name for group in home.groups.by_member(home.people.by_name("Ada").key)]
    stranger = browser()
    stranger.post("/me/join", {"group": "club"})
    assert (400, True) == (stranger.status, "you are not signed in" in stranger.text)


@on_both_databases
def test_person_asks_for_a_review_and_reads_the_answer(browser, home, network, tmp_path):
    """The form is on the page of somebody with a score; the message is shown as text, and a long one refused."""
    ada = sign_in(browser(), network)
    collect_and_score(home, tmp_path)

    ada.open("/me").submit("/me/reviews", message="my <b>fans</b> are real")

    assert "my <b>fans</b> are real" in ada.text
    assert "Not answered yet." in ada.text
    [review] = home.people.trust.list_reviews()
    home.people.trust.answer_review(review.review_id, "they are verified now", at=NOW)
    assert "Answer: they are verified now" in ada.open("/me").text
    assert 400 == ada.submit("/me/reviews", message="x" * 1001).status
    assert 1 == len(home.people.trust.list_reviews())
