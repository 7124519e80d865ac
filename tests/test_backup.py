"""Back up a home while others write to it, and restore it: the same scores, people and files; damage is detected."""

import errno
import os
import stat
import subprocess
import sys
import tarfile
import threading
import time
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

import postgresql_server
from conftest import DAY, NOW, new_home, publisher, taker
from renown import cli, runs
from renown.errors import DamagedHomeError, HomeError, InvalidInputError, RunInProgressError
from renown.home import backup, open_home
from renown.home.backup import back_up, restore
from renown.home.check import check_home
from renown.home.database_dump import dump_database
from renown.home.folder import STORE_FILE, mark_postgresql
from renown.store import Picture, StoredIdentity

HEADER = "actor,target,at,verb,post,id"


def fill(path, environment=None):
    """Create a home with a published day of Ada, a token and a statement key."""
    home = open_home(new_home(path), environment or {})
    home.people.add("Ada", [("x", "ada")], at=NOW)
    picture = Picture(content=b"pixels", source_url="https://x.example/ada.png")
    home.identities.save(StoredIdentity(network="x", account_id="ada", display_name="Ada L.", picture=picture), at=NOW)
    taker(home, path.parent)(HEADER, *(f"f{n},ada,{DAY},repost,p1,r{n}" for n in range(5)))
    publisher(home)()
    home.statement_keys.add_key()
    return home


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a home with a published day."""
    return fill(tmp_path_factory.mktemp("backup") / "home")


def test_restored_home_is_the_same(home, tmp_path):
    """Scores, receipts and people; nothing is damaged, and the file is private."""
    file = tmp_path / "backup.tar"
    result = CliRunner().invoke(cli.app, ["--home", str(home.settings.home), "backup", str(file)])
    assert 0 == result.exit_code, result.output
    target = tmp_path / "restored"
    result = CliRunner().invoke(cli.app, ["--home", str(target), "restore", str(file)])
    assert 0 == result.exit_code, result.output

    restored = open_home(target, {})
    assert home.served_scores.by_name("Ada").score == restored.served_scores.by_name("Ada").score
    assert home.days.find().inputs == restored.days.find().inputs
    assert home.statement_keys.public_keys() == restored.statement_keys.public_keys()
    assert b"pixels" == restored.identities.find("x", "ada").picture.content
    assert [] == [finding for finding in check_home(target, {}, full=True) if finding.damage]
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    publisher(restored)(DAY + timedelta(days=1))  # it goes on
    assert [] == list((home.settings.home / "spill").iterdir())


def test_backup_without_secrets_has_none(home, tmp_path):
    """Neither tokens nor keys."""
    back_up(home.settings.home, tmp_path / "backup.tar", with_secrets=False)
    with tarfile.open(tmp_path / "backup.tar") as archive:
        names = archive.getnames()
    assert "store.sqlite" in names
    assert not [name for name in names if name.startswith(("keys/", "credentials/"))]


@pytest.mark.proof
def test_backup_of_a_home_that_is_written_to_is_consistent(tmp_path):
    """While a process imports and publishes again and again, each backup is a home without damage."""
    home = fill(tmp_path / "home")
    code = f"""
import sys
sys.path[:0] = {sys.path!r}
from conftest import DAY, publisher, taker
from pathlib import Path
from renown.home import open_home
home = open_home(Path({str(home.settings.home)!r}), {{}})
take, publish = taker(home, Path({str(tmp_path)!r})), publisher(home)
for n in range(1000):
    take("actor,target,at,verb,post,id", f"g{{n}},ada,{{DAY}},like,p2,w{{n}}")
    publish()
    print(n, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as writer:
        writer.stdout.readline()
        try:
            for number in range(3):
                file, target = tmp_path / f"{number}.tar", tmp_path / f"restored{number}"
                back_up(home.settings.home, file)
                restore(file, target)
                assert [] == [finding for finding in check_home(target, {}, full=True) if finding.damage]
                assert open_home(target, {}).served_scores.by_name("Ada").score > 1
        finally:
            writer.kill()


def test_backup_waits_for_a_writer_and_then_says_so(home, tmp_path, monkeypatch):
    """A batch that ends is waited for; one that does not is reported. Runs and backups have the same lock."""
    assert runs.RUN_LOCK == backup._RUN_LOCK
    with home.lake.write_batch():
        monkeypatch.setattr(backup, "_LOCK_SECONDS", 0.2)
        with pytest.raises(RunInProgressError, match="_writer"):
            back_up(home.settings.home, tmp_path / "backup.tar")
    assert not (tmp_path / "backup.tar").exists()
    monkeypatch.setattr(backup, "_LOCK_SECONDS", 30.0)
    released = threading.Event()

    def write() -> None:
        with home.lake.write_batch():
            released.set()
            time.sleep(0.5)

    writer = threading.Thread(target=write)
    writer.start()
    released.wait()
    assert back_up(home.settings.home, tmp_path / "backup.tar").files > 10
    writer.join()


def test_damaged_and_foreign_files_restore_nothing(home, tmp_path):
    """A changed byte, a cut file, and a file of something else; an occupied folder is left alone."""
    file = tmp_path / "backup.tar"
    back_up(home.settings.home, file)
    content = bytearray(file.read_bytes())
    with tarfile.open(file) as archive:
        place = archive.getmember("store.sqlite").offset_data + 100
    content[place] ^= 1
    for name, damaged, error in (
        ("changed", bytes(content), DamagedHomeError),
        ("cut", file.read_bytes()[:-20_000], InvalidInputError),
        ("foreign", b"x" * 2_000, InvalidInputError),
    ):
        (tmp_path / name).write_bytes(damaged)
        with pytest.raises(error):
            restore(tmp_path / name, tmp_path / "target")
        assert not (tmp_path / "target").exists()
    with pytest.raises(InvalidInputError, match="not empty"):
        restore(file, home.settings.home)
    with pytest.raises(InvalidInputError, match="exists already"):
        back_up(home.settings.home, file)
    with pytest.raises(InvalidInputError, match="inside the home"):
        back_up(home.settings.home, home.settings.home / "backup.tar")


def test_new_home_can_be_restored(tmp_path):
    """Its database is created for the backup, which would be without one."""
    file, home = tmp_path / "backup.tar", new_home(tmp_path / "home")
    back_up(home, file)
    restore(file, tmp_path / "restored")
    assert [] == open_home(tmp_path / "restored", {}).people.all()


def test_backup_without_the_database_is_refused(tmp_path):
    """It is lost, empty, or in PostgreSQL, which the environment of a nightly job does not name: nothing is written."""
    home = fill(tmp_path / "home").settings.home
    file = home / STORE_FILE
    for content, problem in ((b"", "is missing or empty"), (None, "is missing or empty")):
        for path in home.glob(f"{STORE_FILE}*"):
            path.unlink()
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(DamagedHomeError, match=problem):
            back_up(home, tmp_path / "backup.tar")
    mark_postgresql(home)
    with pytest.raises(HomeError, match="set RENOWN_STORE for this command"):
        back_up(home, tmp_path / "backup.tar")
    with pytest.raises(HomeError, match="there is no home"):
        back_up(tmp_path / "nothing", tmp_path / "backup.tar")
    assert not (tmp_path / "backup.tar").exists()


@pytest.mark.parametrize(
    ("name", "kind"),
    [("../outside", tarfile.REGTYPE), ("/tmp/outside", tarfile.REGTYPE), ("link", tarfile.SYMTYPE)],  # noqa: S108
    ids=["parent folder", "absolute path", "symbolic link"],
)
def test_hostile_file_writes_nothing_outside(tmp_path, name, kind):
    """A backup may come from anywhere: only files below the home are extracted."""
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "/etc/passwd"
    with tarfile.open(tmp_path / "backup.tar", "w") as archive:
        archive.addfile(member)

    with pytest.raises(InvalidInputError, match="is no file of a home"):
        restore(tmp_path / "backup.tar", tmp_path / "target")

    assert [tmp_path / "backup.tar"] == list(tmp_path.iterdir())


def test_home_is_restored_into_a_folder_that_cannot_be_replaced(home, tmp_path, monkeypatch):
    """A mounted disk, or an empty folder in one of another user: the folder stays, and has nothing else."""
    back_up(home.settings.home, tmp_path / "backup.tar")
    for name in ("mounted", "owned"):
        (tmp_path / name).mkdir(mode=0o700)
    is_allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path and is_allowed(path, mode))
    monkeypatch.setattr(Path, "is_mount", lambda path: path.name == "mounted")
    for name in ("mounted", "owned"):
        inode = (tmp_path / name).stat().st_ino
        restore(tmp_path / "backup.tar", tmp_path / name)

        assert inode == (tmp_path / name).stat().st_ino
        assert [] == [path.name for path in (tmp_path / name).iterdir() if path.name.startswith(".")]
        assert [] == check_home(tmp_path / name, {})


def test_restored_files_keep_their_permissions(home, tmp_path):
    """Secrets stay readable by their owner only."""
    back_up(home.settings.home, tmp_path / "backup.tar")
    restore(tmp_path / "backup.tar", tmp_path / "restored")

    [key_file] = (tmp_path / "restored" / "keys").iterdir()
    assert 0o600 == stat.S_IMODE(key_file.stat().st_mode)


def test_postgresql_is_dumped_and_restored(postgresql, tmp_path, monkeypatch):
    """Into the database that the environment names."""
    first, second = postgresql_server.fresh(postgresql), postgresql_server.fresh(postgresql)
    home = fill(tmp_path / "home", {"RENOWN_STORE": first})
    monkeypatch.setenv("RENOWN_STORE", first)
    back_up(home.settings.home, tmp_path / "backup.tar")
    monkeypatch.setenv("RENOWN_STORE", second)
    restore(tmp_path / "backup.tar", tmp_path / "restored")

    restored = open_home(tmp_path / "restored", {"RENOWN_STORE": second})
    assert b"pixels" == restored.identities.find("x", "ada").picture.content
    assert home.served_scores.by_name("Ada").score == restored.served_scores.by_name("Ada").score


@pytest.mark.parametrize("command", [["forget", "Ada", "--yes"], ["backup"]])
def test_killed_backup_leaves_nothing_for_good(tmp_path, command):
    """Its snapshot is a copy of everything, with tokens: the next erasure, backup or run removes it."""
    folder = fill(tmp_path / "home").settings.home
    program = (
        "import os, sys; from pathlib import Path; from renown.home import backup; "
        "backup._write_files = lambda *_: os._exit(9); backup.back_up(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    target = tmp_path / "backup.tar"
    assert 9 == subprocess.run([sys.executable, "-c", program, folder, target], check=False).returncode
    assert any((folder / "spill").rglob("keys/*"))
    arguments = [*command, str(target)] if command == ["backup"] else command
    result = CliRunner().invoke(cli.app, ["--home", str(folder), *arguments])

    assert 0 == result.exit_code, result.output
    assert [] == [path.name for path in (folder / "spill").rglob("*") if path.is_file()]


def test_backup_that_fails_leaves_no_file(home, tmp_path, monkeypatch):
    """Such as on a full disk: half a backup of each night would keep it full."""

    def fill_disk(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(backup, "_digest_file", fill_disk)
    with pytest.raises(OSError, match="No space left"):
        back_up(home.settings.home, tmp_path / "backup.tar")
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("password_in_query", [False, True])
def test_password_of_postgresql_is_no_argument(postgresql, tmp_path, monkeypatch, password_in_query):
    """Everybody on the machine can list the arguments of processes; its programs get it by their environment."""
    url = postgresql_server.fresh(postgresql)
    if password_in_query:
        secret = postgresql_server.PASSWORD
        url = f"{url.replace(f':{secret}@', '@')}?password={secret}&connect_timeout=10"
    commands, run = [], subprocess.run
    monkeypatch.setattr(
        subprocess, "run", lambda command, **options: commands.append(command) or run(command, **options)
    )
    monkeypatch.setenv("RENOWN_STORE", url)
    home = fill(tmp_path / "home", {"RENOWN_STORE": url})
    back_up(home.settings.home, tmp_path / "backup.tar")
    restore(tmp_path / "backup.tar", tmp_path / "restored")

    assert ["pg_dump", "pg_restore", "pg_restore"] == [Path(command[0]).name for command in commands]
    assert not [command for command in commands if postgresql_server.PASSWORD in " ".join(command)]


def test_database_after_a_restore_has_the_tables_of_the_backup(postgresql, tmp_path, monkeypatch):
    """No scores that were published later; tables of a newer version are refused, since migrations would fail later."""
    url = postgresql_server.fresh(postgresql)
    monkeypatch.setenv("RENOWN_STORE", url)
    home = fill(tmp_path / "home", {"RENOWN_STORE": url})
    back_up(home.settings.home, tmp_path / "backup.tar")
    tables = list_tables(home)
    publisher(home)(DAY + timedelta(days=1))
    assert tables != list_tables(home)
    restore(tmp_path / "backup.tar", tmp_path / "restored")
    assert tables == list_tables(home)

    with home.database.begin() as connection:
        connection.exec_driver_sql("create table later_schema (id int)")
        connection.exec_driver_sql("delete from people")
    with pytest.raises(InvalidInputError, match=r"later_schema; restore into an empty database"):
        restore(tmp_path / "backup.tar", tmp_path / "again")
    assert not (tmp_path / "again").exists()
    assert [] == home.people.all()


def list_tables(home):
    """Return the names of the tables of a database."""
    return sorted(sa.inspect(home.database).get_table_names())


def test_message_of_postgresql_says_why_it_failed(postgresql, tmp_path, monkeypatch):
    """A database that does not exist; nothing is restored, and the password stays out."""
    url = postgresql_server.fresh(postgresql)
    monkeypatch.setenv("RENOWN_STORE", url)
    back_up(fill(tmp_path / "home", {"RENOWN_STORE": url}).settings.home, tmp_path / "backup.tar")
    monkeypatch.setenv("RENOWN_STORE", f"{postgresql}/missing")
    with pytest.raises(HomeError, match='database "missing" does not exist') as error:
        restore(tmp_path / "backup.tar", tmp_path / "restored")

    assert postgresql_server.PASSWORD not in str(error.value)
    assert not (tmp_path / "restored").exists()

    wrong_url = url.replace(postgresql_server.PASSWORD, "wrong-password")
    monkeypatch.setenv("RENOWN_STORE", wrong_url)
    for save, problem in (
        (partial(back_up, tmp_path / "home", tmp_path / "second.tar"), "cannot use the store"),
        (partial(dump_database, wrong_url, tmp_path / "dump"), "pg_dump failed"),
    ):
        with pytest.raises(HomeError, match=f"{problem}.*password authentication failed") as error:
            save()
        assert "wrong-password" not in str(error.value)
