"""A disk that is full or read-only: a clear error, and nothing by halves."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from renown.engines.duckdb import DuckDB
from renown.lake import Lake
from renown.records import KEPT

pytestmark = pytest.mark.whole

ROWS = 20_000
STORY = """
mount -t tmpfs -o size={size}k tmpfs {folder} || exit 99
renown() {{ {python} -c 'from renown.cli import main; main()' --home {folder}/home "$@" 2>&1; echo "exit $?"; }}
renown init
renown import interactions {given} --network x
renown score --day 2024-02-01
renown top -n 3
cp -r {folder}/home {kept}
mount -o remount,ro {folder}
renown top -n 1
"""


def told(tmp_path: Path, given: Path, size: int) -> str:
    """Tell the story of a home on a disk of so many kilobytes, in a world of its own; return what was printed."""
    folder, kept = tmp_path / f"disk{size}", tmp_path / f"kept{size}"
    folder.mkdir()
    story = STORY.format(size=size, folder=folder, kept=kept, given=given, python=sys.executable)
    done = subprocess.run(
        ["/usr/bin/env", "unshare", "-rm", "bash", "-c", story],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode == 99 or "unshare" in done.stderr:
        pytest.skip(f"no disk of our own can be mounted here: {done.stderr.strip()}")
    return done.stdout


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """Return a file of acts."""
    draw = random.Random(1)
    acts = (
        f"u{draw.randrange(9000)},u{draw.randrange(5000)},2024-01-{n % 31 + 1:02}T0:0:{n % 60:02},like"
        for n in range(ROWS)
    )
    path = tmp_path / "acts.csv"
    path.write_text("\n".join(["actor,target,at,verb", *acts]) + "\n", encoding="utf-8")
    return path


def test_a_full_disk_is_said_and_leaves_nothing_by_halves(tmp_path, given):
    """From a disk that holds no store to one that holds all, every command works whole or says why not."""
    outcomes = set()
    for size in (60, 400, 700, 900, 1100, 1300, 1600, 2000, 2600, 12_000):
        said = told(tmp_path, given, size)
        assert "Traceback" not in said, said
        assert all("renown: " in part for part in said.split("exit 1")[:-1]), said
        home = tmp_path / f"kept{size}"
        with DuckDB() as engine:
            engine.scan(
                "kept", Lake(home / "lake").files("interactions") if home.exists() else [], KEPT["interactions"]
            )
            [(held,)] = engine.rows("select count(*) from kept")
        imported, published = f"{ROWS:,} interactions read" in said, "people scored" in said
        assert (held > 0) == imported, said
        assert ("1  " in said) == published, said
        assert not list(home.glob("published/*/1/*")) or published, said
        outcomes.add((imported, published))

    assert {(False, False), (True, True)} <= outcomes


def test_a_read_only_home_is_said(tmp_path, given):
    """Nothing is tried that cannot be done."""
    assert "is read-only; make it writable" in told(tmp_path, given, 12_000)
