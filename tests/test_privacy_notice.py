"""The privacy notice and imprint: from the settings, and from what the home really collects."""

import re

import pytest
from starlette.testclient import TestClient

from community import app_of, create_community
from conftest import NOW
from renown.cli.serve import _hint_at_missing_operator
from renown.errors import InvalidSettingsError
from renown.home import open_home
from renown.home.app_state import build_app_state
from renown.settings import SETTINGS_FILE, load_settings
from renown.store import SyncState

OPERATOR = {
    "RENOWN_OPERATOR_NAME": "Ada & Sons",
    "RENOWN_OPERATOR_ADDRESS": "1 Example Street, Example City",
    "RENOWN_OPERATOR_MAIL": "privacy@renown.example",
    "RENOWN_OPERATOR_AUTHORITY": "Example Commissioner",
    "RENOWN_RETENTION_ACTS": "400",
    "RENOWN_RETENTION_DELIVERIES": "7",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a home with data from files, of which one account is read from its network."""
    home = create_community(tmp_path_factory.mktemp("notice") / "home")
    account = {"network": "mastodon", "account_id": "https://m.example/users/cat"}
    home.sync_states.save(SyncState(**account, cursor="", tried_at=NOW, seen_at=NOW, message=""))
    return home


def read(home, path="/privacy", **environment):
    """Return the text of a page, with settings."""
    with TestClient(app_of(open_home(home.settings.home, environment))) as client:
        return " ".join(re.sub(r"<[^>]+>", " ", client.get(path).text).split())


def test_notice_names_who_is_responsible(home):
    """With address, mail and authority; every page names them at its foot, an error page, too."""
    text = read(home, **OPERATOR)
    for words in ("Ada &amp; Sons 1 Example Street Example City privacy@renown.example", "Example Commissioner"):
        assert words in text
    assert "The operator of this site has not named anybody here yet." in read(home)
    for path in ("/", "/method", "/me", "/no-such-page"):
        assert "Privacy and imprint Run by Ada &amp; Sons" in read(home, path, **OPERATOR)


def test_notice_has_what_is_collected_and_how_long(home):
    """Networks with data and where it comes from, and only what is switched on."""
    text, everything = read(home), read(home, **OPERATOR, RENOWN_ACCESS_LOG="true", RENOWN_WEBMENTIONS="true")
    kinds = "Who reacted to whose posts, how and when; handles, numbers of followers, posts and lists"
    assert f"Mastodon {kinds} (read from Mastodon) X {kinds} (from files that the operator imported)" in text
    assert "YouTube" not in text
    for words, is_default in {
        "Kept for 400 days": False,
        "messages for 7 days": False,
        "messages for 30 days": True,
        "A log of requests": False,
        "Webmentions:": False,
    }.items():
        assert (is_default, not is_default) == (words in text, words in everything), words
    assert "who claimed an account here" in text
    assert "scores of all accounts" in read(home, RENOWN_VISIBILITY="everyone")


def test_operator_adds_a_text(home):
    """As Markdown without HTML; a file that cannot be read is an error at the start."""
    (home.settings.home / "notice.md").write_text("# Legal basis\n\nArticle 6 <script>", encoding="utf-8")
    assert "Legal basis Article 6 &lt;script&gt;" in read(home, RENOWN_OPERATOR_NOTICE="notice.md")
    missing = open_home(home.settings.home, {"RENOWN_OPERATOR_NOTICE": "missing.md"})
    with pytest.raises(InvalidSettingsError, match=r"operator.notice is '.*missing.md', which cannot be read"):
        build_app_state(missing)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("RENOWN_OPERATOR_MAIL", "nobody", "operator.mail is 'nobody'"),
        ("RENOWN_RETENTION_ACTS", "-1", "retention.acts is '-1'"),
        ("RENOWN_RETENTION_DELIVERIES", "a week", "retention.deliveries is 'a week'"),
    ],
)
def test_settings_are_checked(home, variable, value, message):
    """With the value, and what to write."""
    assert (home.settings.home / SETTINGS_FILE).exists()
    with pytest.raises(InvalidSettingsError, match=message):
        load_settings(home.settings.home, {variable: value})


def test_public_server_without_an_imprint_gets_a_hint(home, capsys):
    """One that only this machine can reach needs none."""
    url = {"RENOWN_URL": "https://renown.example"}
    for environment, address, is_hinted in [
        ({}, "127.0.0.1", False),
        ({}, "0.0.0.0", True),  # noqa: S104 - not opened
        (url, "127.0.0.1", True),
        (url | OPERATOR, "127.0.0.1", False),
    ]:
        _hint_at_missing_operator(open_home(home.settings.home, environment), address)
        assert is_hinted == ("/privacy names nobody" in capsys.readouterr().out)
