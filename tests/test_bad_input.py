"""Bad input: a clear error, and nothing changed."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = "actor,target,at,verb\na,b,2024-01-01,like\n"


def renown(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does."""
    program = [sys.executable, "-c", "from renown.cli import main; main()", "--home", str(home), *words]
    return subprocess.run(program, capture_output=True, text=True, timeout=120, check=False, env=dict(os.environ))


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Return a home made by the command line."""
    assert 0 == renown(tmp_path / "home", "init").returncode
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"actor,target,verb\na,b,like\n", "no column for at"),
        (GOOD.encode() + b"a,b,2024-01-01,smile\n", "line 3: verb 'smile' is no verb"),
        (GOOD.encode() + b"a,b,2999-01-01,like\n", "line 3: at '2999-01-01' is 2999-01-01"),
        (GOOD.encode() + b"a,b,1704067200000,like\n", "try --at-unit ms"),
        (GOOD.encode() + b"a,b,NaN,like\n", "line 3: at 'NaN' is no instant"),
        (GOOD.encode() + b",b,2024-01-01,like\n", "line 3: actor '' is empty"),
        (GOOD.encode() + b"a" * 10_000_000 + b",b,2024-01-01,like\n", "10,000,000 bytes long"),
        (GOOD.encode() + "é,b,2024-01-01,like\n".encode("latin-1"), "line 3: not UTF-8"),
    ],
)
def test_a_bad_file_is_refused_by_file_line_and_value(made, tmp_path, content, said):
    """Each mistake is named, and the lake stays empty."""
    file = tmp_path / "bad.csv"
    file.write_bytes(content)

    result = renown(made, "import", "interactions", str(file), "--network", "x")

    assert 1 == result.returncode
    assert said in result.stderr
    assert str(file) in result.stderr
    assert not list((made / "lake" / "interactions").glob("**/*.parquet"))


@pytest.mark.parametrize(
    ("present", "said"),
    [("", "present '' is empty; write true or false"), ("maybe", "present 'maybe' is neither true nor false")],
)
def test_presence_says_whether_somebody_is_there(made, tmp_path, present, said):
    """Empty is neither."""
    file = tmp_path / "presence.csv"
    file.write_text(f"account,at,present\na,2024-01-01,{present}\n")

    result = renown(made, "import", "presence", str(file), "--network", "x")

    assert 1 == result.returncode
    assert said in result.stderr


def test_a_gzip_file_cut_short_is_refused(made, tmp_path):
    """Half a gzip file is not half a year of data."""
    file = tmp_path / "cut.csv.gz"
    file.write_bytes(gzip.compress(GOOD.encode() * 1000)[:-20])

    result = renown(made, "import", "interactions", str(file), "--network", "x")

    assert "broken or cut short" in result.stderr


def test_a_byte_order_mark_and_hostile_ids_are_taken_as_they_are(made, tmp_path):
    """A BOM is no part of a name; quotes, newlines and SQL are."""
    file = tmp_path / "bom.csv"
    file.write_text("\ufeff" + GOOD + '"x\'); drop table ""accounts"";\n--",b,2024-01-01,like\n', encoding="utf-8")

    result = renown(made, "import", "interactions", str(file), "--network", "x")

    assert "2 interactions read, 2 new" in result.stdout


@pytest.mark.parametrize("count", ["-1", "NaN", "1.5", "many", "1000000000001"])
def test_a_count_that_is_none_is_refused(made, tmp_path, count):
    """Negative, broken and missing numbers are no counts."""
    file = tmp_path / "tallies.csv"
    file.write_text(f"account,at,verb,count\na,2024-01-01,like,{count}\n", encoding="utf-8")

    result = renown(made, "import", "tallies", str(file), "--network", "x")

    assert f"line 2: count '{count}'" in result.stderr


def test_a_home_of_a_newer_version_is_left_alone(made):
    """A format that this version does not know is refused by name."""
    (made / "format").write_text("99\n")

    assert "upgrade renown" in renown(made, "top").stderr


def test_show_adds_up_and_says_what_is_missing(made, tmp_path):
    """A newcomer's one repost gives a receipt, and a plain word that it is not enough."""
    file = tmp_path / "acts.csv"
    file.write_text("actor,target,at,verb\na,b,2024-01-01,repost\n", encoding="utf-8")
    assert 0 == renown(made, "import", "interactions", str(file), "--network", "x").returncode
    assert 0 == renown(made, "score", "--day", "2024-01-02").returncode

    shown = renown(made, "show", "x:b")

    assert "amplification" in shown.stdout
    assert "not enough data: only 1 of 90 days" in shown.stdout
    assert "has no score" in renown(made, "show", "x:a").stderr
    assert "nobody goes by 'ada'" in renown(made, "show", "ada").stderr
