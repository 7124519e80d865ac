"""Damaged homes: each kind of damage with each command ends in clear words, and `renown check` finds all of it."""

import itertools
import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conftest import copy_home, new_home
from proofs import only_in_full, scaled
from renown import cli, runs
from renown.engines.duckdb import DuckDB
from renown.errors import DamagedHomeError, RenownError
from renown.home import create_home, open_home
from renown.method.file import DEFAULT_VERSION

HEADER = "actor,target,at,verb,post,id"
TODAY = datetime.now(UTC).date()
LAST_DAY = TODAY - timedelta(days=2)
"""The latest published day; yesterday is missing, so that `renown run` scores it."""


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Create a home with two published days, two claimed people on one network, and a group."""
    folder = tmp_path_factory.mktemp("damage")
    home = open_home(new_home(folder / "home"), {})
    for name, account in (("ann", "101"), ("bob", "102")):
        home.people.add(name, [("x", account)], at=datetime.now(UTC))
    acts = [
        f"{actor},{target},{LAST_DAY - timedelta(days=ago)},{verb},p{target}{ago},i{actor}{target}{ago}"
        for actor in ("103", "104", "105")
        for target in ("101", "102")
        for ago, verb in ((-1, "like"), (1, "repost"), (3, "like"), (5, "reply"))
    ]
    followers = [f"10{n},name{n},{LAST_DAY - timedelta(days=9)},{50 * n}" for n in range(1, 5)]
    for table, header, rows in (
        ("profiles", "account,handle,at,followers", followers),
        ("interactions", HEADER, acts[::2]),
        ("interactions", HEADER, acts[1::2]),
    ):
        (folder / "rows.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        assert 0 == invoke(folder / "home", "import", table, str(folder / "rows.csv"), "--network", "x")[0]
    home.groups.create("club", goal=70, at=datetime.now(UTC))
    first_day = LAST_DAY - timedelta(days=1)
    assert 0 == invoke(folder / "home", "score", "--from", str(first_day), "--to", str(LAST_DAY))[0]
    home.people._database.dispose()
    return folder / "home"


@pytest.fixture
def home(template, tmp_path):
    """Return the path of a copy of the home."""
    (tmp_path / "acts.csv").write_text(f"{HEADER}\n107,101,{LAST_DAY},like,p,new\n", encoding="utf-8")
    return copy_home(template, tmp_path / "home")


def truncate(file, part=0.5):
    """Cut a file, or empty it with part 0."""
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * part)])


def data_file(home):
    """Return a data file of the interactions."""
    return max((home / "lake" / "interactions").glob("network=x/*/*.parquet"))


def log_entry(home, position):
    """Return an entry of the log of interactions."""
    return sorted((home / "lake" / "interactions" / "_delta_log").glob("*.json"))[position]


def day_folder(home, day=LAST_DAY):
    """Return the folder of a published day."""
    return next((home / "published" / f"{day}").glob("*/*"))


def overwrite(file, start, length):
    """Overwrite a part of a file with bytes that mean nothing."""
    content = bytearray(file.read_bytes())
    content[start : start + length] = b"\xa5" * len(content[start : start + length])
    file.write_bytes(content)


def delete_store(home):
    """Delete the store with the files beside it."""
    for file in home.glob("store.sqlite*"):
        file.unlink()


def merge_log(home):
    """Write everything into the main file of the store, as after a clean end of all processes."""
    database = open_home(home, {}).people._database
    with database.connect() as connection:
        connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    database.dispose()
    for file in home.glob("store.sqlite-*"):
        file.unlink()


def damage_store(home, change):
    """Change the store, of which nothing is beside the main file."""
    merge_log(home)
    change(home / "store.sqlite")


def served_file(home):
    """Return the served snapshot."""
    return next((home / "served").glob("*.sqlite"))


DAMAGES = {
    "data file cut": lambda home: truncate(data_file(home)),
    "data file empty": lambda home: truncate(data_file(home), 0),
    "data file missing": lambda home: data_file(home).unlink(),
    "data file with damaged pages": lambda home: overwrite(data_file(home), 4, 300),
    "last log entry cut": lambda home: truncate(log_entry(home, -1)),
    "last log entry empty": lambda home: truncate(log_entry(home, -1), 0),
    "last log entry missing": lambda home: log_entry(home, -1).unlink(),
    "middle log entry cut": lambda home: truncate(log_entry(home, 1)),
    "middle log entry missing": lambda home: log_entry(home, 1).unlink(),
    "log missing": lambda home: shutil.rmtree(home / "lake" / "interactions" / "_delta_log"),
    "table missing": lambda home: shutil.rmtree(home / "lake" / "interactions"),
    "lake missing": lambda home: shutil.rmtree(home / "lake"),
    "store with garbage": lambda home: damage_store(home, lambda file: overwrite(file, 0, 4096)),
    "store with damaged pages": lambda home: damage_store(home, lambda file: overwrite(file, 4096, 200_000)),
    "store cut": lambda home: damage_store(home, truncate),
    "store empty": lambda home: damage_store(home, lambda file: truncate(file, 0)),
    "store missing": delete_store,
    "served scores missing": lambda home: served_file(home).unlink(),
    "served scores cut": lambda home: truncate(served_file(home)),
    "served folder missing": lambda home: shutil.rmtree(home / "served"),
    "published scores cut": lambda home: truncate(day_folder(home) / "scores" / "part-0.parquet"),
    "published points missing": lambda home: shutil.rmtree(day_folder(home) / "points"),
    "published strengths of the day before cut": lambda home: truncate(
        day_folder(home, LAST_DAY - timedelta(days=1)) / "strengths" / "part-0.parquet"
    ),
    "published day missing": lambda home: shutil.rmtree(day_folder(home)),
    "published folder missing": lambda home: shutil.rmtree(home / "published"),
    "history cut": lambda home: truncate(day_folder(home) / "history.bin", 0.6),
    "settings binary": lambda home: (home / "settings.toml").write_bytes(b"\x80\x00\xff" * 50),
    "format missing": lambda home: (home / "format").unlink(),
    "format binary": lambda home: (home / "format").write_bytes(b"\xff\xfe"),
}
"""Kind of damage to a function that does it to a home."""
COMMANDS = {
    "top": ["top"],
    "show": ["show", "ann"],
    "explain": ["explain", "ann"],
    "changes": ["changes", "ann"],
    "standing": ["standing", "ann"],
    "history": ["history", "ann"],
    "status": ["status"],
    "people": ["people"],
    "data": ["data", "ann"],
    "group": ["group", "list"],
    "export": ["export", "scores", "{folder}/scores.csv"],
    "import": ["import", "interactions", "{folder}/acts.csv", "--network", "x"],
    "score": ["score", "--day", str(LAST_DAY)],
    "run": ["run"],
    "opt-out": ["opt-out", "bob", "--yes"],
    "forget": ["forget", "bob", "--yes"],
    "init": ["init"],
}
QUICK_COMMANDS = ("explain", "import")
"""Commands of the quick test, one that reads and one that writes; the proof runs all."""
SECOND_DAMAGE = {"data file with damaged pages": ["--full"]}
"""Options with which `renown check` finds a damage that it does not look for without them."""


def invoke(home, *arguments):
    """Run a command in this process; return its exit code and what it prints, as `renown.cli.main` does."""
    result = CliRunner().invoke(cli.app, ["--home", str(home), *arguments])
    if isinstance(result.exception, RenownError):
        return 1, f"{result.output}renown: {result.exception}"
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise AssertionError(f"{arguments} ended in a traceback") from result.exception
    return result.exit_code, result.output


def check_command(home, command):
    """Run a command on a damaged home: it succeeds, or names the damage and a remedy."""
    code, output = invoke(home, *(word.format(folder=home.parent) for word in COMMANDS[command]))
    assert code in {0, 1}
    if code:
        message = output.partition("renown: ")[2]
        assert str(home) in message, output
        assert any(word in message for word in ("backup", "renown score --day", "write 1 to it", "correct")), output
    return code, output


@pytest.mark.parametrize("damage", DAMAGES)
def test_check_names_each_damage(home, damage):
    """`renown check` names the file and a remedy for each damage; of a whole home it says that it is whole."""
    DAMAGES[damage](home)
    code, output = invoke(home, "check", "--json", *SECOND_DAMAGE.get(damage, ()))

    findings = [json.loads(line) for line in output.splitlines()]
    assert 1 == code
    assert all(finding["path"].startswith(str(home)) and finding["remedy"] for finding in findings)
    assert any(finding["damage"] for finding in findings)


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_homes_end_in_clear_words(home, damage):
    """Commands that read and that write succeed, or name the damaged file and what to do; never a traceback."""
    DAMAGES[damage](home)
    for command in QUICK_COMMANDS:
        check_command(home, command)


@pytest.mark.proof
@pytest.mark.parametrize(("damage", "command"), list(itertools.product(DAMAGES, COMMANDS))[:: scaled(1, 9)])
def test_each_damage_with_each_command(home, damage, command):
    """The same for every command, each on a home of its own."""
    DAMAGES[damage](home)
    check_command(home, command)


def read_histories(home):
    """Return everybody's score history."""
    served_scores = open_home(home, {}).served_scores
    return {score.key: served_scores.read_history(score.key) for score in served_scores.list_leaders(100)}


@pytest.mark.parametrize(
    "damage",
    [
        "served scores cut",
        "published day missing",
        *(
            pytest.param(damage, marks=[pytest.mark.proof, only_in_full])
            for damage in ("served folder missing", "published scores cut", "history cut")
        ),
    ],
)
def test_published_days_are_computed_again(home, damage):
    """The remedy of the message works: the day is scored again, and everybody has their own history as before."""
    before = read_histories(home)
    assert len(before) > 3
    DAMAGES[damage](home)

    assert 0 == invoke(home, "score", "--day", str(LAST_DAY))[0]

    assert before == read_histories(home)
    assert (0, "nothing is damaged\n") == invoke(home, "check", "--full")


def test_lost_slots_without_served_scores_are_not_assigned_anew(home):
    """Without both, everybody's place in the history is unknown: a new one would be somebody else's."""
    shutil.rmtree(day_folder(home) / "slots")
    served_file(home).unlink()

    assert "damaged or missing" in invoke(home, "score", "--day", str(LAST_DAY))[1]


def test_lost_commits_are_not_overwritten(home):
    """After a log lost its last entry, no import takes its place; another table goes on."""
    log_entry(home, -1).unlink()
    lake = open_home(home, {}).lake

    with pytest.raises(DamagedHomeError, match="from which a day was scored"), lake.write_batch():
        pass
    assert lake.files("accounts")


def test_init_completes_a_new_home_and_keeps_an_old_one(home, tmp_path):
    """A killed `init` is repeated; a home that lost the file `format` is not overwritten."""
    create_home(tmp_path / "new")
    (tmp_path / "new" / "format").unlink()
    shutil.rmtree(tmp_path / "new" / "lake" / "presence")
    (tmp_path / "new" / "settings.toml").write_text("# mine\n", encoding="utf-8")
    assert create_home(tmp_path / "new")
    assert "# mine\n" == (tmp_path / "new" / "settings.toml").read_text(encoding="utf-8")
    assert open_home(tmp_path / "new", {}).lake.files("presence") == []

    (home / "format").unlink()
    with pytest.raises(DamagedHomeError, match="write 1 to it"):
        create_home(home)


def test_check_tells_leftovers_from_damage(home):
    """Leftovers of killed commands are listed, and are no damage; a process that works is named."""
    assert (0, "nothing is damaged\n") == invoke(home, "check")
    leftover = home / "published" / str(LAST_DAY) / DEFAULT_VERSION / "killed"
    leftover.mkdir()
    (home / "run").write_text("process 1 since 2024-01-01 00:00:00 UTC", encoding="utf-8")
    with open_home(home, {}).lake.write_batch():
        code, output = invoke(home, "check")

    assert 0 == code
    assert all(words in output for words in (str(leftover), "was killed (process 1", "_writer is held"))
    assert output.endswith("nothing is damaged\n")


class Disk:
    """Which files and folders were synced, and when, so that a power loss can be imitated."""

    def __init__(self, monkeypatch):
        self.synced = {}
        sync = os.fsync
        monkeypatch.setattr(os, "fsync", lambda descriptor: (sync(descriptor), self.remember(descriptor)))

    def remember(self, descriptor):
        """Note the state of a file, or the names in a folder, that is on the disk now."""
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        inode = os.fstat(descriptor).st_ino
        self.synced[inode] = {entry.name for entry in path.iterdir()} if path.is_dir() else path.read_bytes()

    def lose_power(self, root):
        """Leave of the files below a folder only what was synced; SQLite syncs its files itself."""
        for path in sorted(root.rglob("*"), key=lambda path: len(path.parts), reverse=True):
            if "store.sqlite" in path.name or "served" in path.parts:
                continue
            names = self.synced.get(path.parent.stat().st_ino, set())
            if path.name not in names:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            elif path.is_file():
                path.write_bytes(self.synced.get(path.stat().st_ino, b""))


def test_power_loss_after_a_command_loses_nothing(tmp_path, monkeypatch):
    """Whatever was not synced is lost: settings, imported rows, published days and their history are all there."""
    disk, home = Disk(monkeypatch), tmp_path / "home"
    file = tmp_path / "acts.csv"
    file.write_text(f"{HEADER}\n103,101,{LAST_DAY},like,p,1\n104,101,{LAST_DAY},repost,p,2\n", encoding="utf-8")
    for command in (
        ("init",),
        ("add", "ann", "--account", "x:101"),
        ("import", "interactions", str(file), "--network", "x"),
        ("score", "--day", str(LAST_DAY)),
        ("forget", "x:104", "--yes"),
    ):
        assert 0 == invoke(home, *command)[0]
        before = {path.relative_to(home) for path in home.rglob("*") if path.is_file() and "spill" not in path.parts}
        disk.lose_power(home)
        after = {path.relative_to(home) for path in home.rglob("*") if path.is_file()}

        lost = {path for path in before - after if path.name not in {"run", "_writer", "_publishing"}}
        assert not {path for path in lost if path.parts[:1] != ("store.sqlite",)}, command
        assert "nothing is damaged" in invoke(home, "check", "--full")[1], command
    assert "ann" in invoke(home, "top")[1]


def test_repeated_forget_says_that_the_account_is_erased(home, monkeypatch):
    """A `forget` that was killed after the lake, before the store, is finished by the next; then it says so."""
    opened = open_home(home, {})
    monkeypatch.setattr(type(opened.people), "erase", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    invoke(home, "forget", "x:103", "--yes")
    monkeypatch.undo()
    assert opened.people.opt_outs.load().accounts

    assert (0, "x:103 is erased already; nothing about it is left\n") == invoke(home, "forget", "x:103", "--yes")
    assert not opened.people.opt_outs.load().accounts
    assert "if it was erased before" in invoke(home, "forget", "x:nobody", "--yes")[1]


@pytest.mark.proof
@only_in_full
@pytest.mark.parametrize("erase", ["forget", "opt-out"])
def test_score_beside_an_erasure_ends_well_for_both(home, erase, monkeypatch):
    """Somebody is erased while a day is scored, at several instants: the day is scored again, without them."""
    read, steps = DuckDB.run, iter(range(1, 10_000))

    def run_and_erase(engine, step):
        read(engine, step)
        if next(steps) == 20:
            assert 0 == invoke(home, erase, "bob", "--yes")[0]

    monkeypatch.setattr(DuckDB, "run", run_and_erase)
    code, output = invoke(home, "score", "--day", str(LAST_DAY))
    monkeypatch.undo()

    assert 0 == code, output
    names = json.loads(invoke(home, "top", "--json")[1])
    assert "ann" in str(names)
    assert "bob" not in str(names)
    assert 0 == invoke(home, "check")[0]


def test_two_scores_at_once_end_in_clear_words(home):
    """The second one says that a run is in progress."""
    with runs.file_lock(home / runs.RUN_LOCK, at=datetime.now(UTC)):
        code, output = invoke(home, "score", "--day", str(LAST_DAY))

    assert 1 == code
    assert "another run is in progress" in output
