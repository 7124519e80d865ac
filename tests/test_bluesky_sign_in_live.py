"""Signing in with Bluesky at Bluesky's own data server, which has its own OAuth provider, through a browser."""

import dataclasses
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page

from bluesky_local import Bluesky, start_network
from browser import start_chromium
from community import PLENTY, serving
from conftest import new_home
from renown.connectors.bluesky.oauth import SCOPE, DpopKey, client_id
from renown.connectors.oauth import OAuthClient, new_authorization_request
from renown.errors import CredentialError
from renown.home import open_home
from renown.home.app_state import build_app_state
from renown.web.app import make_app
from test_account import Server

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

MAX_MILLISECONDS = 30_000
"""How long the provider's pages may take, which are built by scripts."""
CHECK = Path(__file__).with_name("bluesky_client_check.mjs")
CACHE = Path(os.environ.get("BLUESKY_LOCAL_CACHE", Path.home() / ".cache" / "bluesky-local"))
PACKAGES = CACHE / "node_modules"
"""Where the network's starter installs its programs."""


@pytest.fixture(scope="module")
def bluesky(tmp_path_factory) -> Iterator[Bluesky]:
    """Start the network once."""
    with start_network({"accounts": ["ada", "bob"]}, tmp_path_factory.mktemp("bluesky")) as running:
        yield running


@pytest.fixture(scope="module")
def chromium():
    """Start Chromium once."""
    with start_chromium() as browser:
        yield browser


@pytest.fixture
def page(chromium) -> Iterator[Page]:
    """Return a page of a browser without cookies."""
    context = chromium.new_context(locale="en-US")
    context.set_default_timeout(MAX_MILLISECONDS)
    yield context.new_page()
    context.close()


@pytest.fixture
def site(bluesky, tmp_path):
    """Serve a home that reads this network; return it, its state and the URL of its pages."""
    with serving(server := Server()) as host:
        url = f"http://{host}"
        environment = {"RENOWN_BLUESKY_SERVER": bluesky.appview, "RENOWN_BLUESKY_PRIVATE": "true", "RENOWN_URL": url}
        home = open_home(new_home(tmp_path / "home"), environment)
        state = build_app_state(home, plc_url=bluesky.plc)
        nothing = dict.fromkeys(("start_first_fetch", "start_first_scores", "start_request_processing"), lambda: None)
        actions = dataclasses.replace(state.actions, **nothing)
        server.app = make_app(dataclasses.replace(state, actions=actions), PLENTY, clock=time.time)
        yield home, state, url


def enter_handle(page: Page, url: str) -> None:
    """Enter Ada's handle on the account page, and follow the site to the provider."""
    page.goto(f"{url}/me")
    page.select_option("select[name=network]", "bluesky")
    page.fill("input[name=name]", "ada.test")
    page.click("button[formaction='/me/sign-in']")


def sign_in(page: Page, button: str) -> None:
    """Sign in at the provider, and press a button of its question whether to allow the access."""
    page.fill("input[type=password]", "ada-pass")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name=button, exact=True).click()


def push(bluesky, form):
    """Push an authorization request with the nonce that the provider demands; return its answer."""
    url, key = f"{bluesky.pds}/oauth/par", DpopKey.generate(time.time)
    refused = bluesky.web.post(url, data=form, headers={"DPoP": key.sign(url, "")})
    return bluesky.web.post(url, data=form, headers={"DPoP": key.sign(url, refused.headers["DPoP-Nonce"])})


def test_account_that_signed_in_is_verified(page, site, bluesky):
    """From a handle to a page here: metadata, pushed request, nonces, consent, code, and a session of this site."""
    home, _, url = site
    enter_handle(page, url)
    page.get_by_role("button", name="Sign in", exact=True).wait_for()
    assert bluesky.pds == page.evaluate("location.origin")
    assert "ada.test" == page.input_value("input[name=username]")
    sign_in(page, "Authorize")
    page.wait_for_url(f"{url}/me")
    assert "You signed in. This account has no page yet" in page.inner_text("main")

    page.fill("form[action='/me/name'] input[name=name]", "Ada")
    page.get_by_role("button", name="Create my page").click()
    page.wait_for_url(re.compile(r"/people/Ada"))
    person = home.people.by_name("Ada")
    assert (("bluesky", bluesky.did("ada")),) == person.accounts
    assert ("sign-in", True) == (person.claims[0].proof, person.claims[0].is_verified)
    assert 1 == len(home.sessions.list_times(person.key))


def test_denied_access_signs_nobody_in(page, site):
    """The provider sends the visitor back with an error, and the page says what to do."""
    home, _, url = site
    enter_handle(page, url)
    sign_in(page, "Deny access")
    page.wait_for_url(re.compile(rf"{re.escape(url)}/me"))
    assert "did not allow to sign in" in page.inner_text("main")
    assert [] == home.people.all()


def test_code_is_bound_to_the_key_and_counts_once(page, site, bluesky):
    """The provider gives no token for a code to whoever lacks the key of the request, nor a second one."""
    _, state, url = site
    for stolen in (True, False):
        request, provider_url = state.actions.begin_sign_in("bluesky", "ada.test")
        page.context.clear_cookies()
        page.goto(provider_url)
        # The site knows of no such request: it leaves the code alone.
        with page.expect_request(re.compile(rf"{re.escape(url)}/me/oauth/bluesky\?")) as callback:
            sign_in(page, "Authorize")
        answer = dict(parse_qsl(urlsplit(callback.value.url).query))
        # Else the next visit of the provider may be interrupted by the way back from this one.
        page.wait_for_url(callback.value.url)
        assert bluesky.pds == answer["iss"]
        if stolen:
            other = dataclasses.replace(request, dpop_key=DpopKey.generate(time.time).jwk)
            with pytest.raises(CredentialError, match="refuses the code"):
                state.actions.complete_sign_in(other, answer)
            continue
        assert (bluesky.did("ada"), "ada.test") == state.actions.complete_sign_in(request, answer)
        with pytest.raises(CredentialError, match="refuses the code"):
            state.actions.complete_sign_in(request, answer)


def test_description_of_the_application_is_accepted(bluesky, tmp_path):
    """By the code with which the provider checks a published site and what it asks for; loopback has no description."""
    url = "https://renown.example.com"
    state = build_app_state(open_home(new_home(tmp_path / "home"), {"RENOWN_URL": url}))
    redirect_uri = state.actions.sign_in_redirect_uri("bluesky", "")
    request = new_authorization_request(OAuthClient(client_id(url, redirect_uri)), redirect_uri)
    with serving(make_app(state, PLENTY, clock=time.time)) as host:
        base_url = f"http://{host}"
        arguments = [PACKAGES, base_url, request.client.client_id, bluesky.pds, json.dumps(request.params([SCOPE]))]
        result = subprocess.run(
            [shutil.which("node"), CHECK, *arguments], capture_output=True, check=False, text=True, timeout=60
        )
    assert 0 == result.returncode, result.stderr
    assert [redirect_uri] == json.loads(result.stdout)["redirect_uris"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [("http://localhost:8000", "use a loopback ip"), ("http://renown.example.com", 'must use "localhost"')],
)
def test_provider_sends_nobody_back_by_http(bluesky, tmp_path, url, reason):
    """But to an address of this machine: such a site does not offer to sign in with Bluesky."""
    redirect_uri = f"{url}/me/oauth/bluesky"
    request = new_authorization_request(OAuthClient(client_id(url, redirect_uri)), redirect_uri)
    refused = push(bluesky, request.params([SCOPE]))
    assert 400 == refused.status_code
    assert reason in refused.json()["error_description"].casefold()
    state = build_app_state(open_home(new_home(tmp_path / "home"), {"RENOWN_URL": url}))
    assert ("mastodon",) == state.actions.sign_in_networks


def test_provider_demands_its_nonce(bluesky):
    """Without one, a pushed request is refused with the error at which the client sends it again."""
    redirect_uri = "http://127.0.0.1:8000/me/oauth/bluesky"
    request = new_authorization_request(OAuthClient(client_id("http://127.0.0.1:8000", redirect_uri)), redirect_uri)
    form, url = request.params([SCOPE]), f"{bluesky.pds}/oauth/par"
    refused = bluesky.web.post(url, data=form, headers={"DPoP": DpopKey.generate(time.time).sign(url, "")})
    assert (400, "use_dpop_nonce") == (refused.status_code, refused.json()["error"])
    assert 201 == push(bluesky, form).status_code
