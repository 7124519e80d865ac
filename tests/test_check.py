"""`renown check` finds parts that can be read, but do not fit together."""

import os
import sqlite3
import stat
import tempfile
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from community import create_community
from conftest import DAY, NOW
from renown.home import check_home, create_home, open_home
from renown.home.backup import back_up, restore
from renown.scoring.ledger import LEDGER_COLUMNS, open_ledger
from renown.store import Credential, IssuedStatement, generate_key


@pytest.fixture
def home(tmp_path):
    """Return a home with a small community, a signed statement and a credential."""
    home = create_community(tmp_path / "home")
    token = home.statement_keys.sign({"score": {"day": DAY.isoformat()}})
    times = {"issued_at": NOW, "expires_at": NOW + timedelta(days=100_000), "revoked_at": None}
    home.statements.add(IssuedStatement(statement_id="s1", key=-1, token=token, **times))
    credential = {"network": "mastodon", "server": "m.example", "account_id": "", "access_token": "secret"}
    home.credentials.save(Credential(**credential))
    return home


def change_store(home, statement):
    """Change a row of the database."""
    with home.people._database.begin() as connection:
        assert connection.exec_driver_sql(statement).rowcount


def change_served_score(home):
    """Serve another score of a person than was published."""
    [file] = (home.settings.home / "served").glob("*.sqlite")
    with sqlite3.connect(file) as connection:
        connection.execute("update listed_people set score = score + 1 where key = -1")


def change_history(home):
    """Change everybody's score of the served day in the history."""
    file = home.days.find().folder / "history.bin"
    (np.fromfile(file, "<u2") + 1).tofile(file)


def change_entries(home):
    """Double what the acts of the last entered day are worth, in a commit that is as it should be."""
    ledger = open_ledger(home.lake, home.method)
    files = ledger.files("entries")[-1:]
    with home.reader() as engine, ledger.write_batch() as batch:
        engine.scan("before", files, LEDGER_COLUMNS["entries"])
        columns = ", ".join("2 * worth as worth" if name == "worth" else name for name in LEDGER_COLUMNS["entries"])
        engine.connection.execute(f"create table doubled as select {columns} from before")
        written = engine.write_partitioned("doubled", batch.folder / "x", partition_by=["day_no"], prefix="x")
        ledger.replace_files("entries", written, batch=batch, remove=files)


DAMAGES = {
    "groups": (
        lambda home: change_store(home, "update group_log set digest = 'x' where number = 2"),
        "does not verify",
    ),
    "statements": (lambda home: (home.settings.home / "keys" / "statements.json").unlink(), "no key that verifies 1"),
    "statements garbled": (lambda home: (home.settings.home / "keys" / "statements.json").write_text("{"), "damaged"),
    "credentials": (
        lambda home: next((home.settings.home / "credentials").glob("*")).write_text("{"),
        "not as expected",
    ),
    "served": (change_served_score, "published other scores than are served: 1 people, such as ann"),
    "served history": (change_history, "published other scores than are served"),
    "published": (lambda home: change_store(home, "update days set people = 1"), "the database says 1"),
    "ledger": (change_entries, "rows differ"),
    "store": (lambda home: change_store(home, "update days set lake = 'x'"), "table 'days' that cannot be read"),
}
"""Part that a finding names, and what else, to a function that damages it and a part of the message."""


FULL = {"published", "ledger"}
"""Damages that only `renown check --full` finds."""


def test_whole_home_has_nothing_to_find(home):
    """All parts fit together, and the ledger has what its acts give."""
    assert [] == check_home(home.settings.home, {}, full=True)


@pytest.mark.parametrize("damage", DAMAGES)
def test_check_names_what_does_not_fit(home, damage):
    """The part, with the problem and a remedy."""
    change, message = DAMAGES[damage]
    change(home)

    findings = check_home(home.settings.home, {}, full=damage in FULL)

    assert {damage.partition(" ")[0]} == {finding.part for finding in findings}
    assert message in findings[0].problem
    assert all(finding.damage and finding.remedy and finding.works for finding in findings)


def test_encrypted_secrets_need_their_key(home):
    """Without the key that encrypted them, or with another, they cannot be read; with it they can."""
    encrypted = {"RENOWN_CREDENTIALS_KEY": generate_key()}
    open_home(home.settings.home, encrypted).credentials.encrypt_all()

    assert [] == check_home(home.settings.home, encrypted)
    assert ["credentials"] == [finding.part for finding in check_home(home.settings.home, {})]


@pytest.mark.parametrize(
    ("name", "mode"), [("interactions", os.R_OK), ("settings.toml", os.R_OK), ("store.sqlite", os.W_OK)]
)
def test_files_of_another_user_are_named_first(home, monkeypatch, name, mode):
    """They are not damaged: nothing is restored or deleted for them."""
    is_allowed = os.access
    monkeypatch.setattr(
        os, "access", lambda path, asked: is_allowed(path, asked) and not (Path(path).name == name and asked & mode)
    )
    findings = check_home(home.settings.home, {})

    assert {"permissions"} == {finding.part for finding in findings}
    assert {name} == {Path(finding.path).name for finding in findings}
    assert all(f"by the user with id {os.getuid()}, who runs this" in finding.problem for finding in findings)
    assert all("run renown as the user of the home" in finding.remedy for finding in findings)


def test_only_the_owner_can_look_into_a_home():
    """A new and a restored one; `renown check` names a home that others can read, where they can get to it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        create_home(folder / "home")
        open_home(folder / "home", {}).database.dispose()
        back_up(folder / "home", folder / "backup.tar")
        restore(folder / "backup.tar", folder / "restored")
        modes = [stat.S_IMODE((folder / file).stat().st_mode) for file in ("home", "home/settings.toml", "restored")]
        assert [0o700, 0o600, 0o700] == modes
        assert [] == check_home(folder / "home", {})

        (folder / "home").chmod(0o755)
        [finding] = check_home(folder / "home", {})
        assert ("permissions", "can be read by every user of this machine", False) == (
            finding.part,
            finding.problem,
            finding.damage,
        )
        folder.chmod(0o700)
        assert [] == check_home(folder / "home", {})


@pytest.fixture
def strict_umask():
    """Limit new files and folders to their owner."""
    umask = os.umask(0o077)
    yield
    os.umask(umask)


@pytest.mark.usefixtures("strict_umask")
def test_folder_that_exists_keeps_its_permissions(tmp_path):
    """An operator may let a group in, whatever the umask of who restores it."""
    for name in ("home", "restored"):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o750)
    create_home(tmp_path / "home")
    open_home(tmp_path / "home", {}).database.dispose()
    back_up(tmp_path / "home", tmp_path / "backup.tar")
    restore(tmp_path / "backup.tar", tmp_path / "restored")

    assert [0o750] * 2 == [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("home", "restored")]
