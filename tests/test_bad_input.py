"""Invalid input: an error message with file, line and value; nothing is changed."""

import gzip
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from renown import cli

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
    return shutil.copytree(template_home, tmp_path / "home")


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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"actor,target,verb\na,b,like\n", "no column for at"),
        (GOOD.encode() + b"a,b,2024-01-01,smile\n", "line 3: verb 'smile' is not a known verb"),
        (GOOD.encode() + b"a,b,2999-01-01,like\n", "line 3: at '2999-01-01' is 2999-01-01"),
        (GOOD.encode() + b"a,b,1704067200000,like\n", "try --at-unit ms"),
        (GOOD.encode() + b"a,b,NaN,like\n", "line 3: at 'NaN' is not a timestamp"),
        (GOOD.encode() + b",b,2024-01-01,like\n", "line 3: actor '' is empty"),
        (GOOD.encode() + b"a" * 10_000_000 + b",b,2024-01-01,like\n", "10,000,000 bytes long"),
        (GOOD.encode() + "é,b,2024-01-01,like\n".encode("latin-1"), "line 3: not UTF-8"),
    ],
    ids=["empty", "no-column", "verb", "future", "milliseconds", "no-timestamp", "no-actor", "long-id", "encoding"],
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


def test_local_time_that_seems_to_be_in_the_future(renown, tmp_path):
    """It may lack its UTC offset, and the message says so; what is a day ahead is not explained by that."""
    file, now = tmp_path / "local.csv", datetime.now(UTC)
    messages = []
    for hours in (9, 30):
        file.write_text(GOOD + f"a,b,{now + timedelta(hours=hours):%Y-%m-%d %H:%M:%S},like\n")
        messages.append(renown("import", "interactions", str(file), "--network", "x").stderr)

    assert "in the future; times without a UTC offset are read as UTC: if this is a local time" in messages[0]
    assert "in the future; correct the file" in messages[1]


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


def test_home_of_a_newer_version_is_refused(home):
    """A home in a newer format asks to upgrade renown; the program prints one line and exits with status 1."""
    (home / "format").write_text("99\n")

    command = [sys.executable, "-m", "renown", "--home", str(home), "top"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert 1 == result.returncode
    assert "upgrade renown" in result.stderr
    assert 1 == len(result.stderr.splitlines())


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
