"""Full and read-only disks: every command reports a clear error and writes atomically."""

import random
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from proofs import only_in_full, scaled
from renown.engines.duckdb import DuckDB
from renown.lake import Lake
from renown.records import LAKE_COLUMNS

pytestmark = pytest.mark.proof

ROWS = 20_000
SIZES = (60, 400, 700, 900, 1100, 1300, 1600, 2000, 2600, 12_000)
"""Kilobytes of the disk: from too small for the store to enough for everything."""
SCRIPT = """
mount -t tmpfs -o size={size}k tmpfs {folder} || exit 99
renown() {{ {python} -c 'from renown.cli import main; main()' --home {folder}/home "$@" 2>&1; echo "exit $?"; }}
renown init
renown import interactions {source} --network x
renown score --day 2024-02-01
renown top -n 3
cp -r {folder}/home {copy}
mount -o remount,ro {folder}
renown top -n 1
"""


def run_commands(tmp_path: Path, source: Path, size: int) -> tuple[str, Path]:
    """Run commands on a home on a disk of `size` kilobytes, in a mount namespace; return output and a copy of it."""
    folder, copy = tmp_path / f"disk{size}", tmp_path / f"copy{size}"
    folder.mkdir()
    paths = {"folder": folder, "copy": copy, "source": source, "python": sys.executable}
    script = SCRIPT.format(size=size, **{name: shlex.quote(str(path)) for name, path in paths.items()})
    result = subprocess.run(
        ["/usr/bin/env", "unshare", "-rm", "bash", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if result.returncode == 99 or "unshare" in result.stderr:
        pytest.skip(f"no tmpfs can be mounted here: {result.stderr.strip()}")
    return result.stdout, copy


@pytest.fixture(scope="module")
def run_on_disk(tmp_path_factory):
    """Return a function that runs the commands on a disk of so many kilobytes, once for each size."""
    tmp_path = tmp_path_factory.mktemp("disks")
    source = write_interactions(tmp_path / "acts.csv")
    return cache(lambda size: run_commands(tmp_path, source, size))


def write_interactions(path: Path) -> Path:
    """Write a CSV file of random interactions; return its path."""
    rng = random.Random(1)
    acts = (
        f"u{rng.randrange(9000)},u{rng.randrange(5000)},2024-01-{n % 31 + 1:02}T0:0:{n % 60:02},like"
        for n in range(ROWS)
    )
    path.write_text("\n".join(["actor,target,at,verb", *acts]) + "\n", encoding="utf-8")
    return path


@pytest.mark.proof
@only_in_full
def test_full_disk_is_reported_and_leaves_no_partial_data(run_on_disk):
    """On a disk of any size, every command either succeeds completely or says why it cannot."""
    outcomes = set()
    for size in SIZES[:: scaled(1, 3)]:
        output, home = run_on_disk(size)
        assert "Traceback" not in output, output
        assert all("renown: " in part for part in output.split("exit 1")[:-1]), output
        lake_files = Lake(home / "lake").files("interactions") if home.exists() else []
        with DuckDB() as engine:
            engine.scan("interactions", lake_files, LAKE_COLUMNS["interactions"])
            [(row_count,)] = engine.query("select count(*) from interactions")
        imported, published = f"{ROWS:,} interactions read" in output, "people scored" in output
        assert (row_count > 0) == imported, output
        assert ("1  " in output) == published, output
        assert not list(home.glob("published/*/1/*")) or published, output
        outcomes.add((imported, published))

    assert {(False, False), (True, True)} <= outcomes


def test_read_only_home_is_reported(run_on_disk):
    """The error says to make the home writable."""
    output, _ = run_on_disk(SIZES[-1])
    assert "is read-only; make it writable" in output
