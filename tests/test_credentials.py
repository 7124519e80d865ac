"""Credentials: the most specific one is used, renewed before it expires, and in no message, log or export."""

import json
import logging
import stat
import threading
import zipfile
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
from typer.testing import CliRunner

from http_server import NOON, reply
from renown import cli, connectors, privacy, scoring
from renown.connectors.base import AccountBio, Connector, Page
from renown.errors import CredentialError, InvalidSettingsError
from renown.home import open_home
from renown.home.credentials import renew_if_expiring
from renown.records import Profile
from renown.store import Cipher, Credential, CredentialStore, generate_key

SECRETS = ("acc3ss-t0ken", "r3fresh-t0ken", "cl1ent-s3cret", "n3w-acc3ss", "n3w-r3fresh")
ACCESS, REFRESH, CLIENT_SECRET, NEW_ACCESS, NEW_REFRESH = SECRETS


@pytest.fixture
def credentials(tmp_path):
    """Return an empty store of credentials."""
    return CredentialStore(tmp_path / "credentials")


def expiring(url: str, **fields: object) -> Credential:
    """Return a credential whose access token expires in a moment."""
    values = {"network": "toy", "access_token": ACCESS, "expires_at": int(NOON) + 30, "refresh_token": REFRESH}
    values |= {"token_url": f"{url}/token", "client_id": "app", "client_secret": CLIENT_SECRET}
    return Credential(**values | fields)


def tokens_of(requests: list[bytes]) -> list[str]:
    """Return the refresh tokens that were sent."""
    return [parse_qs(body.decode())["refresh_token"][0] for body in requests]


def renew(store, credential):
    """Renew a credential if it expires in the next quarter of an hour."""
    return renew_if_expiring(store, credential, needed_seconds=900, private_ok=True, clock=lambda: NOON)


NEW_TOKENS = {"access_token": NEW_ACCESS, "expires_in": 7200, "refresh_token": NEW_REFRESH}


def test_most_specific_credential_is_used(credentials):
    """An account's own credential, else the server's, else the network's; never another account's."""
    for server, account_id in (("", ""), ("a.example", ""), ("", "1"), ("a.example", "1")):
        token = f"{server}/{account_id}"
        credentials.save(Credential(network="toy", server=server, account_id=account_id, access_token=token))

    keys = [("a.example", "1"), ("b.example", "1"), ("a.example", "2"), ("b.example", "2")]
    assert ["a.example/1", "/1", "a.example/", "/"] == [credentials.find("toy", *key).access_token for key in keys]
    assert credentials.find("other", "a.example", "1") is None


def test_account_ids_with_any_characters_have_files_of_their_own(credentials):
    """Slashes, colons and separators lead to no other file."""
    ids = ["did:plc:a~b", "../../x", "https://a.example/~ada", "did:plc:a", "b"]
    for account_id in ids:
        credentials.save(Credential(network="toy", account_id=account_id, access_token=account_id))

    assert ids == [credentials.find("toy", "a.example", account_id).access_token for account_id in ids]
    assert 1 == credentials.remove_account("toy", "did:plc:a")
    assert 4 == len(credentials.all())


def test_only_the_owner_can_read_a_credential(credentials):
    """Files are created so; one that others can read is refused."""
    credentials.save(Credential(network="toy", access_token=ACCESS))
    [path] = credentials._folder.glob("*")
    assert [0o600, 0o700] == [stat.S_IMODE(item.stat().st_mode) for item in (path, path.parent)]

    path.chmod(0o640)

    with pytest.raises(InvalidSettingsError, match="run `chmod 600"):
        credentials.find("toy", "", "")


def test_credentials_are_encrypted_with_a_key(tmp_path):
    """No secret is in the files; keys can be changed; without the right key the error names the variable only."""
    old_key, new_key = generate_key(), generate_key()
    folder, credential = tmp_path / "credentials", Credential(network="toy", account_id="1", access_token=ACCESS)
    CredentialStore(folder).save(credential)

    for keys, key in ((old_key, old_key), (f"{new_key}, {old_key}", new_key)):
        assert credential == CredentialStore(folder, Cipher(keys)).find("toy", "", "1")
        assert 1 == CredentialStore(folder, Cipher(keys)).encrypt_all()
        [path] = folder.glob("*.json*")
        assert ACCESS not in path.read_text()
        assert 0o600 == stat.S_IMODE(path.stat().st_mode)
        assert credential == CredentialStore(folder, Cipher(key)).find("toy", "", "1")

    assert [("toy", "", "1")] == CredentialStore(folder).list_keys()
    for keys, problem in ((old_key, "fits no key of"), ("", "is encrypted, and there is no")):
        with pytest.raises(InvalidSettingsError, match=f"{problem} RENOWN_CREDENTIALS_KEY") as raised:
            CredentialStore(folder, Cipher(keys)).all()
        assert not [key for key in (old_key, new_key) if key in str(raised.value)]
    with pytest.raises(InvalidSettingsError, match="key 2 of RENOWN_CREDENTIALS_KEY is not valid") as raised:
        Cipher(f"{new_key} s3cret")
    assert "s3cret" not in str(raised.value)
    with pytest.raises(InvalidSettingsError, match="RENOWN_CREDENTIALS_KEY is not set"):
        CredentialStore(folder).encrypt_all()


def test_damaged_credential_is_not_quoted(credentials):
    """The error names the file only."""
    credentials.save(Credential(network="toy", access_token=ACCESS))
    [path] = credentials._folder.glob("*")
    path.write_text(f'{{"network": "toy", "access_token": ["{ACCESS}"]}}', encoding="utf-8")

    with pytest.raises(InvalidSettingsError, match="not as expected") as raised:
        credentials.all()
    assert ACCESS not in repr(raised.value) + str(raised.value.__context__ and raised.value.__suppress_context__)


def test_expiring_access_is_renewed_and_stored_first(site, credentials):
    """The new refresh token is on the disk when the renewed credential is returned; the old one is used once."""
    credential = expiring(site.url)
    credentials.save(credential)
    site.script = [reply(body=json.dumps(NEW_TOKENS).encode())]

    renewed = renew(credentials, credential)

    assert (NEW_ACCESS, NEW_REFRESH, int(NOON) + 7200) == (
        renewed.access_token,
        renewed.refresh_token,
        renewed.expires_at,
    )
    assert renewed == credentials.find("toy", "", "")
    assert renewed == renew(credentials, renewed)
    assert [REFRESH] == tokens_of(site.bodies)
    assert site.requests[0][1]["Authorization"].startswith("Basic ")


def test_refresh_token_that_stays_valid_is_kept(site, credentials):
    """A server that sends no new refresh token goes on accepting the old one."""
    credentials.save(expiring(site.url, client_secret=""))
    site.script = [reply(body=b'{"access_token": "n3w-acc3ss"}')]

    renewed = renew(credentials, expiring(site.url, client_secret=""))

    assert (REFRESH, 0) == (renewed.refresh_token, renewed.expires_at)
    assert b"client_id=app" in site.bodies[0]
    assert "Authorization" not in site.requests[0][1]


def test_two_processes_renew_once(site, credentials):
    """A refresh token that is accepted once is not sent twice; the second process gets what the first stored."""
    credential = expiring(site.url)
    credentials.save(credential)
    site.script = [reply(body=json.dumps(NEW_TOKENS).encode()), reply(400, b'{"error": "invalid_grant"}')]
    results = []
    threads = [threading.Thread(target=lambda: results.append(renew(credentials, credential))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [NEW_ACCESS] * 4 == [result.access_token for result in results]
    assert [REFRESH] == tokens_of(site.bodies)


def test_ended_access_is_reported_without_secrets(site, credentials):
    """A server that repeats the request in its error does not make us print it; it is not retried."""
    credential = expiring(site.url)
    credentials.save(credential)
    site.script = [reply(400, json.dumps({"error": REFRESH, "error_description": " ".join(SECRETS)}).encode())]

    with pytest.raises(CredentialError, match=r"refuses to renew the access \(400\)") as raised:
        renew(credentials, credential)
    assert not [secret for secret in SECRETS if secret in str(raised.value)]
    assert 1 == len(site.requests)
    assert credential == credentials.find("toy", "", "")


def test_access_that_does_not_expire_is_not_renewed(site, credentials):
    """A token without an instant, and one that is valid for longer than the run."""
    for credential in (expiring(site.url, expires_at=0), expiring(site.url, expires_at=int(NOON) + 7200)):
        credentials.save(credential)
        assert credential == renew(credentials, credential)
    assert [] == site.requests


def read(client, account, known, limits, *, now):  # noqa: ARG001 - part of the contract
    """Yield a profile, then ask for a list that the server refuses."""
    yield Page((find(client, account.handle, now=now),))
    client.get("likes")


def find(_client, name, *, now):
    """Return a profile with an id for each name."""
    return Profile(network="toy", account_id=f"id-{name}", at=now, handle=name, followers=7)


@pytest.fixture
def renown(tmp_path, monkeypatch, site):
    """Return a function that runs a command on a home with a network at the local site."""
    connector = Connector(
        network="toy",
        covers=("like",),
        example="ada",
        server_url=lambda _name: site.url,
        find=find,
        read=read,
        read_bio=lambda *_, **__: AccountBio(),
    )
    monkeypatch.setitem(connectors.CONNECTORS, "toy", connector)
    monkeypatch.setenv("RENOWN_TOY_SERVER", site.url)
    monkeypatch.setenv("RENOWN_TOY_PRIVATE", "true")

    def run(*words, text=None):
        result = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), *words], input=text)
        return result.output + repr(result.exception) + str(result.exc_info)

    run("init")
    return run


@pytest.mark.parametrize("key", ["", generate_key()], ids=["plain", "encrypted"])
def test_secrets_are_in_no_output_log_file_or_export(renown, site, tmp_path, caplog, monkeypatch, key):
    """A server that repeats the request does not bring a secret anywhere; only the file of the credential has it."""
    monkeypatch.setenv("RENOWN_CREDENTIALS_KEY", key)
    caplog.set_level(logging.DEBUG)

    def echo(request):
        text = request.headers["Authorization"]
        request.wfile.write(reply(403, json.dumps({"error": text, "message": text}).encode(), X_Echo=text))

    site.script = [reply(body=json.dumps(NEW_TOKENS).encode()), echo]
    access = {"access_token": ACCESS, "expires_at": int(datetime.now(UTC).timestamp()), "refresh_token": REFRESH}
    access |= {"token_url": f"{site.url}/token", "client_id": "app", "client_secret": CLIENT_SECRET}
    outputs = [
        renown("credentials", "set", "toy", "--account", "id-ada", text=json.dumps(access)),
        renown("add", "ada", "--toy", "ada"),
        renown("collect", "ada"),
        renown("status", "--json"),
        renown("settings", "show"),
        renown("credentials", "list"),
        renown("data", "ada", "--to", str(tmp_path / "export.zip")),
        caplog.text,
    ]

    assert f"Bearer {NEW_ACCESS}" == site.requests[-1][1]["Authorization"]
    assert "toy of id-ada: renewed before it expires" in "".join(outputs)
    with zipfile.ZipFile(tmp_path / "export.zip") as export:
        texts = {name: export.read(name).decode() for name in export.namelist()}
    assert '"account_id":"id-ada"' in texts["credentials.jsonl"].replace(" ", "")
    outputs += texts.values()
    assert not [secret for secret in (*SECRETS, key) if secret and secret in "".join(outputs)]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 10
    found = [path.parent.name for path in files for secret in SECRETS if secret.encode() in path.read_bytes()]
    assert ([] if key else ["credentials"]) == sorted({*found})
    assert not [path for path in files if key and key.encode() in path.read_bytes()]


def test_credential_is_set_listed_and_removed(renown, monkeypatch):
    """Each command names what it is about; a mistake in the JSON is not quoted."""
    assert "set the credential toy at a.example" in renown(
        "credentials", "set", "toy", "--server", "a.example", text="x1"
    )
    assert "toy at a.example: not renewed" in renown("credentials", "list")
    assert "removed" in renown("credentials", "remove", "toy", "--server", "a.example")
    assert "no credential of toy is set" in renown("credentials", "remove", "toy")
    key = renown("credentials", "generate-key").partition("None")[0].strip()
    monkeypatch.setenv("RENOWN_CREDENTIALS_KEY", key)
    renown("credentials", "set", "toy", text="x1")
    assert "encrypted 1 credential\n" in renown("credentials", "encrypt")
    refused = renown("credentials", "set", "toy", text=f'{{"access_token": ["{ACCESS}"]}}')
    assert "needs access_token as text" in refused
    assert ACCESS not in refused
    assert "mean 'toy'" in renown("credentials", "set", "toi", text="x")
    assert "mastodon has many servers" in renown("credentials", "set", "mastodon", text="x")


def test_erasure_and_opt_out_remove_the_accounts_own_credentials(home):
    """Nothing can be read with them any more; a credential of the network stays."""
    home.people.add("ada", [("bluesky", "did:plc:ada")], at=datetime(2024, 1, 1, tzinfo=UTC))
    for account_id in ("did:plc:ada", ""):
        home.credentials.save(Credential(network="bluesky", account_id=account_id, access_token=ACCESS))

    with home.reader() as engine:
        subject = scoring.resolve_subject("ada", engine, home.lake, home.people)
        privacy.erase_people(engine, home.personal_data, [subject])

    assert [""] == [credential.account_id for credential in open_home(home.settings.home, {}).credentials.all()]
