"""Invalid input: an error message with file, line and value; nothing is changed."""

import fcntl
import gzip
import io
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from conftest import copy_home
from renown import cli
from renown.method.file import DEFAULT_VERSION

GOOD = "actor,target,at,verb\na,b,2024-01-01,like\n"


@dataclass(frozen=True)
class Result:
    """Result of a command."""

    returncode: int
    stdout: str
    stderr: str


def run_main(*arguments: str) -> int | str:
    """Run the command line in this process; return the exit code, which is a message if the command failed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["renown", *arguments])
        try:
            cli.main()
        except SystemExit as end:
            return end.code or 0
    return 0


@pytest.fixture(scope="module")
def template_home(tmp_path_factory):
    """Create an empty home by `renown init`."""
    home = tmp_path_factory.mktemp("template") / "home"
    assert 0 == run_main("--home", str(home), "init")
    return home


@pytest.fixture
def home(template_home, tmp_path) -> Path:
    """Return an empty home."""
    return copy_home(template_home, tmp_path / "home")


@pytest.fixture
def renown(home, capsys):
    """Return a function that runs a command on the home."""

    def run(*arguments: str) -> Result:
        code = run_main("--home", str(home), *arguments)
        output = capsys.readouterr()
        # Python prints a message as exit code to stderr, and exits with status 1.
        if isinstance(code, str):
            return Result(1, output.out, output.err + code)
        return Result(code, output.out, output.err)

    return run


def test_arguments_that_are_not_utf_8_are_refused(renown):
    """Python hides such bytes in text that neither the store nor the engine takes."""
    for command in (["data"], ["add", "ada", "--account"], ["opt-out"], ["show"]):
        result = renown(*command, os.fsdecode(b"x:a\xff"))
        assert (2, "") == (result.returncode, result.stdout)
        assert "the argument 'x:a\\udcff' has bytes that are not UTF-8" in result.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"actor,target,verb\na,b,like\n", "no column for at"),
        (GOOD.encode() + b"a,b,2024-01-01,smile\n", "line 3: verb 'smile' is not a known verb"),
        (GOOD.encode() + b"a,b,2999-01-01,like\n", "line 3: at '2999-01-01' is 2999-01-01"),
        (GOOD.encode() + b"a,b,1704067200000,like\n", "try --at-unit ms"),
        (GOOD.encode() + b"a,b,1704067200,re post\n", "Map it with --verbs 're post=repost'"),
        (GOOD.encode() + b"a,b,NaN,like\n", "line 3: at 'NaN' is not a timestamp"),
        (GOOD.encode() + b",b,2024-01-01,like\n", "line 3: actor '' is empty"),
        (GOOD.encode() + b"a" * 10_000_000 + b",b,2024-01-01,like\n", "10,000,000 bytes long"),
        (GOOD.encode() + "é,b,2024-01-01,like\n".encode("latin-1"), "line 3: not UTF-8"),
    ],
    ids=[
        "empty",
        "no-column",
        "verb",
        "future",
        "milliseconds",
        "verb-with-blank",
        "no-timestamp",
        "no-actor",
        "long-id",
        "encoding",
    ],
)
def test_invalid_file_is_refused_with_line_and_value(renown, home, tmp_path, content, message):
    """The error message names the file, the line and the value; the lake stays empty."""
    file = tmp_path / "bad.csv"
    file.write_bytes(content)

    result = renown("import", "interactions", str(file), "--network", "x")

    assert 1 == result.returncode
    assert message in result.stderr
    assert str(file) in result.stderr
    assert not list((home / "lake" / "interactions").glob("**/*.parquet"))


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (
            "goal ann --target 101",
            2,
            "invalid value for '--target': '101' is not a score; write a number from 1 to 100",
        ),
        ("top -n 0", 2, "invalid value for '-n': 0 is too small; write 1 or more; see `"),
        ("standing ann --days x", 2, "invalid value for '--days': 'x' is not a whole number; see `"),
        ("stream bluesky --for x", 2, "invalid value for '--for': 'x' is not a number; see `"),
        ("group invite g --days 400", 2, "invalid value for '--days': 400 is not from 1 to 365; see `"),
        ("evaluate klout no.csv", 1, "cannot read 'no.csv': there is no such file or folder; it must be a CSV file"),
        ("add-people no.csv", 1, "cannot read 'no.csv': there is no such file or folder; write a CSV file"),
        ("nothing", 2, "no such command 'nothing'. Did you mean 'opt-in', 'notify'? See `"),
        ("goal", 2, "missing argument 'WHO'; see `"),
        (
            "import acts.csv --network office",
            1,
            "write before the files what they contain; known: interactions, ",
        ),
        ("import profile acts.csv --network office", 1, "; did you mean 'profiles'?"),
        ("import interactions . --network office", 1, "'.' is a folder; write the names of its files, such as ./*.csv"),
        ("import tallies", 1, "no file of tallies given; "),
        ("restore no.tar", 1, "there is no backup 'no.tar'; check its name"),
        ("backup no/b.tar", 1, "/no' to write the backup to; create it first"),
        ("restore settings.toml", 1, "is not a whole backup of renown: file could not be opened successfully; give"),
    ],
)
def test_wrong_usage_is_told_in_one_line(renown, home, monkeypatch, words, code, message):
    """As every error, without a frame around it."""
    monkeypatch.chdir(home)
    arguments = ["--home", str(home.parent / "new"), *words.split()] if "restore" in words else words.split()
    result = renown(*arguments)

    assert (code, "") == (result.returncode, result.stdout)
    assert result.stderr.startswith("renown: ")
    assert message in result.stderr
    assert 1 == len(result.stderr.splitlines())


def test_one_id_of_acts_by_different_accounts_is_said(renown, tmp_path):
    """Each act counts, as both may be real; one post that mentions several has one id and one actor."""
    file = tmp_path / "ids.csv"
    rows = ["7,a,c", "7,b,c", "8,a,c", "8,a,d", "9,a,c", "9,a,c", "10,a,c", "10,e,c", ",a,c", ",b,c"]
    file.write_text("id,actor,target,at,verb\n" + "".join(f"{row},2026-11-20T10:00:00Z,mention\n" for row in rows))

    output = renown("import", "interactions", str(file), "--network", "x").stdout

    assert "2 ids of several acts by different accounts; each act counts" in output
    file.write_text("id,actor,target,at,verb\n8,a,c,2026-11-21T10:00:00Z,like\n")
    assert "different accounts" not in renown("import", "interactions", str(file), "--network", "x").stdout


def test_local_time_that_seems_to_be_in_the_future(renown, tmp_path):
    """It may lack its UTC offset, and the message says so; what is a day ahead is not explained by that."""
    file, now = tmp_path / "local.csv", datetime.now(UTC)
    messages = []
    for hours in (9, 30):
        file.write_text(GOOD + f"a,b,{now + timedelta(hours=hours):%Y-%m-%d %H:%M:%S},like\n")
        messages.append(renown("import", "interactions", str(file), "--network", "x").stderr)

    assert "in the future; times without a UTC offset are read as UTC: if this is a local time" in messages[0]
    assert "in the future; correct the file" in messages[1]


@pytest.fixture
def pipe(renown, monkeypatch):
    """Return a function that imports what is piped into the command."""

    def run(content: bytes, *options: str, table: str = "interactions") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        return renown("import", table, "-", *options)

    return run


JSON_ACT = b'{"actor": "a", "target": "b", "at": "2024-01-01", "verb": "like"}\n'


def test_records_are_read_from_standard_input(pipe, home, tmp_path):
    """CSV, JSON Lines and Parquet, detected or named, compressed or not; the same acts add nothing."""
    path = tmp_path / "acts.parquet"
    duckdb.execute(f"copy (select 'a' actor, 'b' target, '2024-01-01' \"at\", 'like' verb) to '{path}'")
    contents = [GOOD.encode(), JSON_ACT, path.read_bytes(), gzip.compress(GOOD.encode()), gzip.compress(JSON_ACT)]

    outputs = [pipe(content, "--network", "x", "--tz", "UTC").stdout for content in contents]
    outputs.append(pipe(b"\n" + JSON_ACT, "--network", "x", "--tz", "UTC", "--format", "jsonl").stdout)

    assert ["1 new", *["0 new"] * 5] == [re.search(r"\d new", output)[0] for output in outputs]
    assert not list(home.glob("spill/*"))


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (b"", (), "standard input is empty; did the command before it fail?"),
        (GOOD.encode() + b"a,b,2024-01-01,smile\n", (), "standard input, line 3: verb 'smile' is not a known verb"),
        (b'[{"actor": "a"}]', (), "standard input: no JSON object; write one object per line, of a list with jq"),
        (b"PAR1", (), "standard input: not a complete Parquet file"),
        (gzip.compress(GOOD.encode(), mtime=0)[:30], (), "standard input: the gzip file is damaged"),
        (GOOD.encode(), ("--format", "xml"), "write one of csv, jsonl, parquet"),
        (GOOD.encode(), ("more.csv",), "is imported alone"),
        (GOOD.encode(), ("--tz", "Berlin"), "--tz is 'Berlin'; write a name of the IANA database"),
    ],
)
def test_invalid_standard_input_is_refused(pipe, home, content, options, message):
    """As a file is, by the name that it has for whoever wrote the pipeline; nothing is left behind."""
    result = pipe(content, "--network", "x", *options)

    assert (1, True) == (result.returncode, message in result.stderr), result.stderr
    assert not list(home.glob("spill/*"))
    assert not list((home / "lake" / "interactions").glob("**/*.parquet"))


def test_options_of_standard_input_are_not_for_files(pipe, renown, tmp_path):
    """A file names its format; an archive is read more than once."""
    (tmp_path / "a.csv").write_text(GOOD)
    result = renown("import", "interactions", str(tmp_path / "a.csv"), "--network", "x", "--format", "csv")
    assert "files name their format" in result.stderr
    assert "write it to a file" in pipe(b"PK", table="x-archive").stderr


@pytest.mark.parametrize(
    ("present", "message"),
    [("", "present '' is empty; write true or false"), ("maybe", "present 'maybe' is neither true nor false")],
)
def test_presence_must_be_true_or_false(renown, tmp_path, present, message):
    """An empty or unknown presence is refused."""
    file = tmp_path / "presence.csv"
    file.write_text(f"account,at,present\na,2024-01-01,{present}\n")

    result = renown("import", "presence", str(file), "--network", "x")

    assert 1 == result.returncode
    assert message in result.stderr


def test_truncated_gzip_file_is_refused(renown, tmp_path):
    """A gzip file that ends early is not imported in part."""
    file = tmp_path / "cut.csv.gz"
    file.write_bytes(gzip.compress(GOOD.encode() * 1000)[:-20])

    result = renown("import", "interactions", str(file), "--network", "x")

    assert "damaged or truncated" in result.stderr


def test_byte_order_mark_and_hostile_ids_are_imported(renown, tmp_path):
    """A byte order mark is not part of the first column's name; ids may contain quotes, newlines and SQL."""
    file = tmp_path / "bom.csv"
    file.write_text("\ufeff" + GOOD + '"x\'); drop table ""accounts"";\n--",b,2024-01-01,like\n', encoding="utf-8")

    result = renown("import", "interactions", str(file), "--network", "x")

    assert "2 interactions read, 2 new" in result.stdout


@pytest.mark.parametrize("count", ["-1", "NaN", "1.5", "many", "1000000000001"])
def test_invalid_count_is_refused(renown, tmp_path, count):
    """Negative, fractional, missing and too large counts are refused."""
    file = tmp_path / "tallies.csv"
    file.write_text(f"account,at,verb,count\na,2024-01-01,like,{count}\n", encoding="utf-8")

    result = renown("import", "tallies", str(file), "--network", "x")

    assert f"line 2: count '{count}'" in result.stderr


ACCOUNT, EDITED_POST = '[{"account": {"accountId": "7", "username": "ada"}}]', '[{"tweet": {"created_at": "soon"}}]'
POST = '[{"tweet": {"id_str": "1", "created_at": "Wed Nov 02 20:16:01 +0000 2022", "favorite_count": "3"}}]'


def write_x_archive(folder: Path, *, tweets: str = POST) -> Path:
    """Write an X archive as a folder."""
    (folder / "data").mkdir(parents=True)
    for name, content in {"account": ACCOUNT, "tweets": tweets}.items():
        (folder / "data" / f"{name}.js").write_text(f"window.YTD.{name}.part0 = {content}", encoding="utf-8")
    return folder


def read_home(home: Path) -> dict[str, object]:
    """Return every file of the lake with its bytes, and every row of the store."""
    files = {str(path): path.read_bytes() for path in (home / "lake").rglob("*") if path.is_file()}
    with closing(sqlite3.connect(home / "store.sqlite")) as connection:
        return {**files, "store": list(connection.iterdump())}


REFUSALS = {
    "value of a record": ("interactions", GOOD + "secret,b,2024-01-01,smile\n"),
    "instant of a record": ("interactions", GOOD + "secret,b,2999-01-01,like\n"),
    "id of a record": ("interactions", GOOD + "secret,,2024-01-01,like\n"),
    "number of fields": ("interactions", GOOD + "secret,b\n"),
    "open quote": ("interactions", GOOD + 'secret,"b,2024-01-01,like\n'),
    "count": ("tallies", "account,at,verb,count\nsecret,2024-01-01,like,-1\n"),
    "figure": ("profiles", "account,at,handle,followers\nsecret,2024-01-01,hidden,many\n"),
    "presence": ("presence", "account,at,present\nsecret,2024-01-01,perhaps\n"),
    "undone": ("undone", "id,at\nsecret,never\n"),
    "post of an archive": ("x-archive", EDITED_POST),
}


@pytest.mark.parametrize(("table", "content"), REFUSALS.values(), ids=REFUSALS)
def test_refused_import_changes_no_byte(renown, home, tmp_path, table, content):
    """Whatever is wrong in whichever table: neither lake nor store changes, and no name of an account is left."""
    if table != "profiles":  # one of them into an empty lake
        (tmp_path / "good.csv").write_text(GOOD)
        assert 0 == renown("import", "interactions", str(tmp_path / "good.csv"), "--network", "x").returncode
    renown("requests")  # creates the store
    file, options = tmp_path / "bad.csv", ["--network", "x"]
    file.write_text(content)
    if table == "x-archive":
        file, options = write_x_archive(tmp_path / "archive", tweets=content), ["--claim", "ada"]
    before = read_home(home)

    result = renown("import", table, str(file), *options)

    assert 1 == result.returncode
    assert len(before) > 5
    assert before == read_home(home)


@pytest.mark.parametrize("reason", ["somebody else's claim", "a locked lake", "the second of two archives"])
def test_refused_archive_changes_no_byte(renown, home, tmp_path, reason):
    """Claim and import happen together or not at all."""
    assert 0 == renown("add", "eva", "--account", "x:7" if "claim" in reason else "x:8").returncode
    paths = [str(write_x_archive(tmp_path / "first"))]
    if "second" in reason:
        paths.append(str(write_x_archive(tmp_path / "second", tweets=EDITED_POST)))
    before = read_home(home)

    with (home / "lake" / "_writer").open("w") as lock_file:
        if "lock" in reason:
            fcntl.flock(lock_file, fcntl.LOCK_EX)
        result = renown("import", "x-archive", *paths, "--claim", "ada")

    assert 1 == result.returncode
    assert before == read_home(home)


def test_home_of_a_newer_version_is_refused(home):
    """A home in a newer format asks to upgrade renown; the program prints one line and exits with status 1."""
    (home / "format").write_text("99\n")

    command = [sys.executable, "-m", "renown", "--home", str(home), "top"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert 1 == result.returncode
    assert "upgrade renown" in result.stderr
    assert 1 == len(result.stderr.splitlines())


@pytest.mark.parametrize(
    ("table", "lines", "message"),
    [
        ("interactions", ["actor,target,at,verb", "a,b,2024-01-01,follow", "a,b,2024-01-01,like"], "1 follow;"),
        ("tallies", ["account,at,verb,count", "a,2024-01-01,view,7", "b,2024-01-01,list,7"], "1 list, 1 view;"),
        ("interactions", ["actor,target,at,verb", "a,b,2024-01-01,like"], None),
    ],
)
def test_records_that_no_signal_reads_are_reported(renown, tmp_path, table, lines, message):
    """Follows are stored, but followers count by profiles."""
    file = tmp_path / "acts.csv"
    file.write_text("\n".join(lines))

    output = renown("import", table, str(file), "--network", "x").stdout

    assert (
        (f"read by no signal of method {DEFAULT_VERSION}: {message}" in output)
        if message
        else ("no signal" not in output)
    )


def test_show_prints_signals_and_missing_data(renown, tmp_path):
    """`show` prints the signal of a single repost, and that there is not enough data; unknown people are named."""
    file = tmp_path / "acts.csv"
    file.write_text("actor,target,at,verb\na,b,2024-01-01,repost\n", encoding="utf-8")
    assert 0 == renown("import", "interactions", str(file), "--network", "x").returncode
    assert 0 == renown("score", "--day", "2024-01-02").returncode

    result = renown("show", "x:b")

    assert "reposts" in result.stdout
    assert "not enough data: only 1 of 90 days" in result.stdout
    assert "has no score" in renown("show", "x:a").stderr
    assert "there is no person 'ada'" in renown("show", "ada").stderr
    assert "is a link; write a person's name" in renown("show", "https://bsky.app/profile/ada.example").stderr


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            FileNotFoundError(2, "No such file or directory", "no/a"),
            "'no/a': there is no such file or folder; check the name",
        ),
        (PermissionError(13, "Permission denied", "a"), "'a': permission denied; let the user who runs renown"),
        (OSError(28, "No space left on device", "a"), "'a': no space left on device; check that the folder"),
        (OSError("odd"), "odd; check that the folder is writable"),
    ],
    ids=repr,
)
def test_errors_of_the_system_name_the_file_and_what_to_do(monkeypatch, error, message):
    """Of any command, in one line without the system's number."""

    def fail(**_):
        raise error

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code.startswith(f"renown: {message}")
