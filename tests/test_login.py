"""Signing in: OAuth 2 with PKCE at a local server, in a browser or by a pasted code."""

import logging
import webbrowser
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from mastodon_server import Network
from oauth_server import APP_SECRET, OAuthServer, visit
from renown import cli, connectors
from renown.connectors.base import AccountBio, Connector
from renown.connectors.oauth import OAuthSpec
from renown.home import open_home
from renown.records import Profile

ADA = "@ada@example.social"


@pytest.fixture
def server(site, monkeypatch):
    """Return a local Mastodon server at which people can sign in; it is the one of the settings."""
    Network(site)
    monkeypatch.setenv("RENOWN_MASTODON_SERVER", site.url)
    monkeypatch.setenv("RENOWN_MASTODON_PRIVATE", "true")
    return OAuthServer(site)


@pytest.fixture
def browser(server, monkeypatch):
    """Return what the browser does with the address; by default it allows the access."""
    actions = [lambda url: [server.allow(url)]]
    threads = []
    monkeypatch.setattr(webbrowser, "open", lambda url: threads.append(visit(*actions[-1](url))))
    yield actions
    for thread in threads:
        thread.join()


@pytest.fixture
def renown(tmp_path):
    """Return a function that runs a command on a new home, and returns what it says."""

    def run(*words, text=None):
        result = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), *words], input=text)
        return result.output + str(result.exception)

    run("init")
    return run


def stored(tmp_path):
    """Return the stored credentials."""
    return open_home(tmp_path / "home", {}).credentials.all()


@pytest.mark.usefixtures("browser")
def test_access_of_an_account_is_stored_before_it_is_used(server, renown, tmp_path, caplog):
    """The tokens are on the disk when the server is first asked with them; no output or log has a secret."""
    caplog.set_level(logging.DEBUG)
    stored_before_use = []
    server.on_owner_request = lambda: stored_before_use.extend(stored(tmp_path))

    output = renown("login", "mastodon", "--account", ADA)

    assert "stored as mastodon at 127.0.0.1 of ada@example.social" in output.replace("\n", " ")
    [credential] = stored(tmp_path)
    assert [credential] == stored_before_use
    assert [credential.access_token] == server.access_tokens
    assert not [secret for secret in (credential.access_token, APP_SECRET) if secret in output + caplog.text]
    renown("add", "ada", "--mastodon", ADA)
    renown("collect", "ada")
    assert f"Bearer {credential.access_token}" == server.site.requests[-1][1]["Authorization"]


def test_code_is_pasted(server, renown, tmp_path, monkeypatch):
    """The network shows the code; without an account the tokens are for all accounts of the server."""
    codes = []
    monkeypatch.setattr("typer.prompt", lambda _text: codes[-1])
    monkeypatch.setattr(
        "renown.cli.login.notify",
        lambda line: codes.append(urlsplit(server.allow(line.partition(": ")[2])).query[5:].partition("&")[0]),
    )

    assert "signed in" in renown("login", "mastodon", "--paste")

    assert [("127.0.0.1", "")] == [(credential.server, credential.account_id) for credential in stored(tmp_path)]


@pytest.mark.usefixtures("browser")
def test_another_account_is_refused_and_the_earlier_access_kept(server, renown, tmp_path):
    """Nobody's posts are read with somebody else's tokens."""
    renown("login", "mastodon", "--account", ADA)
    earlier = stored(tmp_path)
    server.owner = {"id": "2", "acct": "eve"}

    assert "eve@example.social signed in, not ada@example.social" in renown("login", "mastodon", "--account", ADA)

    assert earlier == stored(tmp_path)


def test_answers_to_other_requests_are_waited_through(server, browser, renown, tmp_path):
    """Other pages, other states and no state neither end the login nor are believed; a denial ends it."""

    def forge(url):
        answer = server.allow(url)
        base = answer.partition("?")[0]
        forged = [f"{base}favicon.ico", f"{base}?code=x&state=y", f"{base}?x", f"{base}?error=access_denied", base]
        return [*forged, answer.replace("127.0.0.1", "localhost"), answer]

    browser.append(forge)
    assert "signed in" in renown("login", "mastodon")
    assert 1 == len(server.access_tokens)

    browser.append(lambda url: [server.allow(url).replace("code=", "error=access_denied&code=")])
    assert "did not allow the access" in renown("login", "mastodon")
    assert [server.access_tokens[0]] == [credential.access_token for credential in stored(tmp_path)]


def test_code_is_accepted_with_its_verifier_only(server, browser, renown, tmp_path):
    """A code of another request is refused by the server; the error quotes nothing of the request."""

    def swap(url):
        other = server.allow(url.replace("code_challenge=", "code_challenge=x"))
        return [other]

    browser.append(swap)
    output = renown("login", "mastodon")

    assert "refuses the code (400); sign in again" in output
    assert "code_verifier" not in output
    assert [] == stored(tmp_path)


def find(_client, name, *, now):
    """Return a profile with an id for each name."""
    return Profile(network="toy", account_id=f"id-{name}", at=now, handle=name)


@pytest.mark.usefixtures("browser")
def test_application_of_the_settings_signs_in(server, renown, tmp_path, monkeypatch):
    """Expiry and the refresh token are stored for the renewal; scopes that were not granted are named."""
    connector = Connector(
        network="toy",
        covers=("like",),
        example="ada",
        server_url=lambda _name: server.site.url,
        find=find,
        read=lambda *_, **__: iter(()),
        read_bio=lambda *_, **__: AccountBio(),
        oauth=OAuthSpec(
            authorize_url="/oauth/authorize",
            token_url="/oauth/token",  # noqa: S106 - a path
            scopes=("read", "offline"),
        ),
    )
    monkeypatch.setitem(connectors.CONNECTORS, "toy", connector)
    monkeypatch.setenv("RENOWN_TOY_SERVER", server.site.url)
    monkeypatch.setenv("RENOWN_TOY_PRIVATE", "true")
    assert "register one with the redirect address http://127.0.0.1:" in renown("login", "toy").replace("\n", " ")

    monkeypatch.setenv("RENOWN_TOY_CLIENT_ID", "app")
    server.tokens |= {"expires_in": 7200, "refresh_token": "r3fresh", "scope": "read"}
    output = renown("login", "toy", "--account", "ada")

    [credential] = stored(tmp_path)
    assert ("id-ada", "app", "r3fresh") == (credential.account_id, credential.client_id, credential.refresh_token)
    assert f"{server.site.url}/oauth/token" == credential.token_url
    assert 7100 < credential.expires_at - datetime.now(UTC).timestamp() < 7201
    assert "not granted, so some of it cannot be read: offline" in output
    assert "application set" in renown("settings", "show").replace("\n", " ")


def test_networks_without_sign_in_say_what_to_do(renown):
    """A network with tokens only, an unknown one, and one with many servers."""
    assert "renown credentials set github" in renown("login", "github").replace("\n", " ")
    assert "mean 'github'" in renown("login", "githup")
    assert "mastodon has many servers; add --server HOST" in renown("login", "mastodon")
