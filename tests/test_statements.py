"""Signed statements: issue, verify offline and on pages, revoke; what is changed, expired or foreign is refused."""

import json
import re
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from typer.testing import CliRunner

import community
from conftest import DAY, NOW, new_home, publisher, taker
from renown import answers, cli
from renown.errors import InvalidInputError
from renown.home import check_home, open_home
from renown.home.app_state import build_app_state
from renown.runs import profiles
from renown.store import generate_key
from renown.web.statements import issue_statement, verify_statement
from test_account import HEADER, base, browser, home, network, server, sign_in, store, unlimited

__all__ = ["base", "browser", "home", "network", "server", "store", "unlimited"]
ADA = "ada@example.social"
PEOPLE_PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "people.md"


def publish_ada(home, tmp_path, *, claim=True):
    """Publish a day on which three people reacted to Ada; return the person."""
    if claim:
        home.people.add("Ada", [("mastodon", ADA)], at=NOW)
    rows = [f"{fan}@b.example,{ADA},{DAY},like,p1,{fan}" for fan in ("bob", "cat", "dan")]
    taker(home, tmp_path)(HEADER, *rows, network="mastodon")
    profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, publisher(home)())
    return home.people.by_name("Ada")


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """Return a home with a score of Ada."""
    folder = tmp_path_factory.mktemp("scored")
    home = open_home(new_home(folder / "home"), {})
    publish_ada(home, folder)
    return home


def run(home, *words):
    """Run a command; return its exit code and what it prints."""
    result = CliRunner().invoke(cli.app, ["--home", str(home.settings.home), *map(str, words)])
    return result.exit_code, result.output + str(result.exception or "")


def test_statement_is_verified_anywhere_by_the_public_keys(scored, tmp_path):
    """The file and the keys suffice; another home without the keys refuses it, and the private key stays private."""
    file, keys = tmp_path / "ada.jwt", tmp_path / "keys.json"
    assert 0 == run(scored, "statement", "issue", "Ada", "--to", file, "--days", 30)[0]
    keys.write_text(run(scored, "statement", "keys")[1])
    other = open_home(new_home(tmp_path / "other"), {})

    code, text = run(other, "verify", file, "--keys", keys, "--json")

    served = scored.served_scores.by_name("Ada")
    verified = json.loads(text)
    statement = verified["statement"]
    assert (0, "valid", "Ada", f"{DAY}") == (code, verified["status"], statement["name"], statement["day"])
    assert pytest.approx(served.score, abs=0.005) == statement["score"]
    assert statement["low"] <= statement["score"] <= statement["high"]
    assert (None, []) == (statement["rank"], statement["accounts"])  # nobody verified the account
    assert "genuine and valid" in run(scored, "verify", file)[1]
    code, text = run(other, "verify", file)
    assert 1 == code
    assert "another server signed it" in text
    assert '"d"' not in keys.read_text()


def test_statement_is_verified_without_renown_as_documented(scored, tmp_path, monkeypatch, capsys):
    """The lines of the documentation need no JOSE library; they refuse a changed statement, and name all claims."""
    page = PEOPLE_PAGE.read_text(encoding="utf-8")
    [code] = [block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "Ed25519" in block]
    monkeypatch.chdir(tmp_path)
    assert 0 == run(scored, "statement", "issue", "Ada", "--to", "ada.jwt", "--show", "rank", "--show", "range")[0]
    Path("keys.json").write_text(run(scored, "statement", "keys")[1])
    names = {}

    exec(code, names)  # noqa: S102 - lines of the documentation

    assert re.match(r"Ada \{'day': '2024-02-01', 'score': .* valid$", capsys.readouterr().out.strip())
    for claim in (*names["claims"], *names["claims"]["score"], "accounts"):
        assert f"`{claim}`" in page
    header, payload, signature = Path("ada.jwt").read_text().split(".")
    Path("ada.jwt").write_text(f"{header}.{payload[:-1]}{'A' if payload[-1] != 'A' else 'B'}.{signature}")
    with pytest.raises(InvalidSignature):
        exec(code, {})  # noqa: S102
    assert 0o600 == stat.S_IMODE((scored.settings.home / "keys" / "statements.json").stat().st_mode)


def test_every_changed_character_is_detected(scored):
    """Whatever is changed in a statement: header, claims or signature."""
    state = build_app_state(scored)
    token = issue_statement(state, scored.people.by_name("Ada"), [], 30).token
    assert "valid" == verify_statement(state, token).status
    last = len(token) - 1  # its lowest bits are padding
    for place in range(0, last, 7):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(InvalidInputError, match=r"not a statement|not valid"):
            verify_statement(state, changed)


@pytest.mark.parametrize("text", ["", "ada", "a.b.c", "…", "eyJhbGciOiJub25lIn0.e30.", "x" * 20_000])
def test_what_is_no_statement_is_refused(scored, text):
    """Including tokens without a signature."""
    with pytest.raises(InvalidInputError):
        verify_statement(build_app_state(scored), text)


def test_expired_and_revoked_statements_do_not_hold(scored, tmp_path):
    """Offline only the expiry is seen; the home knows what was revoked."""
    state, ada = build_app_state(scored), scored.people.by_name("Ada")
    issued = issue_statement(state, ada, ["rank"], 30)
    keys = scored.statement_keys.public_keys()
    after = datetime(2100, 1, 1, tzinfo=UTC)
    assert "expired" == answers.verify_offline(issued.token, keys, at=after).status

    file = tmp_path / "ada.jwt"
    file.write_text(issued.token)
    assert 0 == run(scored, "statement", "revoke", "Ada", issued.statement_id)[0]

    code, text = run(scored, "verify", file)
    assert 1 == code
    assert "revoked by the person who issued it" in text
    assert "revoked" in run(scored, "statement", "list", "Ada", "--json")[1]
    assert not scored.statements.find(issued.statement_id).token


def test_new_key_signs_and_old_statements_stay_valid(tmp_path):
    """Keys are encrypted at rest if the environment has a key; a wrong one is named in the error."""
    environment = {"RENOWN_CREDENTIALS_KEY": generate_key()}
    home = open_home(new_home(tmp_path / "home"), environment)
    old = home.statement_keys.sign({"sub": "ada"})
    key_id = home.statement_keys.add_key()

    new = home.statement_keys.sign({"sub": "ada"})

    assert old != new
    assert [{"sub": "ada"}] * 2 == [home.statement_keys.verify(token) for token in (old, new)]
    assert key_id == home.statement_keys.public_keys()["keys"][0]["kid"]
    assert "Ed25519" not in (home.settings.home / "keys" / "statements.json").read_text()
    with pytest.raises(Exception, match="RENOWN_CREDENTIALS_KEY"):
        open_home(home.settings.home, {"RENOWN_CREDENTIALS_KEY": generate_key()}).statement_keys.public_keys()


@pytest.mark.home
def test_removed_key_ends_its_statements(tmp_path):
    """Those of the other key hold; nothing is damaged; a home without a key gets another."""
    home = open_home(new_home(tmp_path / "home"), {})
    publish_ada(home, tmp_path)
    old, new = tmp_path / "old.jwt", tmp_path / "new.jwt"
    run(home, "statement", "issue", "Ada", "--to", old)
    old_key = home.statement_keys.public_keys()["keys"][0]["kid"]
    run(home, "statement", "keys", "--new")
    run(home, "statement", "issue", "Ada", "--to", new)

    code, text = run(home, "statement", "keys", "--remove", old_key)

    assert (0, True) == (code, "revoked 1 statement that it signed" in text)
    [new_key] = home.statement_keys.public_keys()["keys"]
    assert [1, 0] == [run(home, "verify", file)[0] for file in (old, new)]
    assert [] == [finding for finding in check_home(home.settings.home, {}) if finding.damage]
    assert "there is no key with the id" in run(home, "statement", "keys", "--remove", old_key)[1]
    assert 0 == run(home, "statement", "keys", "--remove", new_key["kid"])[0]
    assert home.statement_keys.verify(home.statement_keys.sign({"sub": "ada"}))


def test_keys_of_statements_change_their_encryption(tmp_path, monkeypatch):
    """As the documentation says of credentials: the new key before the old one, encrypt, remove the old one."""
    first, second = generate_key(), generate_key()
    home = open_home(new_home(tmp_path / "home"), {})
    token = home.statement_keys.sign({"sub": "ada"})
    for keys, key in ((first, first), (f"{second},{first}", second)):
        monkeypatch.setenv("RENOWN_CREDENTIALS_KEY", keys)
        assert "encrypted 0 credentials and the keys of statements" in run(home, "credentials", "encrypt")[1]
        opened = open_home(home.settings.home, {"RENOWN_CREDENTIALS_KEY": key})
        assert {"sub": "ada"} == opened.statement_keys.verify(token)


def test_accounts_are_stated_by_their_handles(tmp_path):
    """Whether the handle or the permanent id comes first in the store: nobody reads did:plc:ann."""
    home = community.create_community(tmp_path / "home")
    for account in community.CLAIMED["ann"]:
        home.people.record_proof(*account, "token", at=NOW)
    assert 0 == run(home, "statement", "issue", "ann", "--to", tmp_path / "ann.jwt")[0]

    code, text = run(home, "verify", tmp_path / "ann.jwt", "--json")

    accounts = json.loads(text)["statement"]["accounts"]
    assert {("x", "Ann", "101"), ("bluesky", "ann.sky.example", "did:plc:ann")} == {
        (account["network"], account["handle"], account["account_id"]) for account in accounts
    }
    assert 0 == code


def test_person_issues_and_revokes_a_statement_on_their_page(browser, home, network, tmp_path):
    """It shows what the person chose; revoked, the page is gone and the verification says so."""
    ada = sign_in(browser(), network, person="Ada")
    publish_ada(home, tmp_path, claim=False)
    ada.open("/me").submit("/me/statements", days="90", rank="", accounts="1", range="")

    assert "Genuine and valid" in ada.text
    assert f"Mastodon: {ADA}" in ada.text
    assert "Likely between" not in ada.text
    address = str(ada.response.url)
    token = browser().open(f"{address}/file").response.text.strip()
    stranger = browser().open(f"/verify?statement={token}")
    assert "Genuine and valid" in stranger.text
    assert 400 == stranger.open(f"/verify?statement={token[:-9]}").status
    assert 1 == len(stranger.open("/.well-known/jwks.json").response.json()["keys"])

    ada.open("/me").submit("/me/statements/revoke")

    assert 404 == stranger.open(address).status
    assert "Revoked." in stranger.open(f"/verify?statement={token}").text


def test_statements_of_people_who_left_no_longer_hold(browser, home, network, tmp_path):
    """An opt-out ends them at once."""
    ada = sign_in(browser(), network, person="Ada")
    publish_ada(home, tmp_path, claim=False)
    address = str(ada.open("/me").submit("/me/statements", days="30").response.url)
    token = ada.open(f"{address}/file").response.text.strip()

    ada.open("/me").submit("/me/opt-out")

    assert 404 == browser().open(address).status
    assert "No longer valid" in browser().open(f"/verify?statement={token}").text


def test_only_the_owner_revokes(browser, home, network, tmp_path):
    """Somebody else's statement is unknown to them."""
    ada = sign_in(browser(), network, person="Ada")
    publish_ada(home, tmp_path, claim=False)
    address = str(ada.open("/me").submit("/me/statements", days="30").response.url)
    eve = sign_in(browser(), network, name="eve", person="Eve")
    eve.open("/me")
    form = next(form for form in eve.page.forms if form.action == "/me/sign-out")
    form.action, form.fields["statement"] = "/me/statements/revoke", address[-32:]

    assert 400 == eve.submit("/me/statements/revoke").status
    assert 200 == ada.open(address).status
