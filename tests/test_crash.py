"""Crash safety: an import killed at any instant is atomic; acknowledged rows are never lost or duplicated."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import new_home
from proofs import scaled
from renown.engines.duckdb import DuckDB
from renown.lake import Lake
from renown.records import LAKE_COLUMNS

pytestmark = pytest.mark.proof

KILLS, ROWS = scaled(50, 6), 2_000


def start_import(home: Path, file: Path) -> subprocess.Popen[str]:
    """Start an import in a process of its own."""
    program = [sys.executable, "-c", "from renown.cli import main; main()", "--home", str(home)]
    words = ["import", "interactions", str(file), "--network", "x"]
    return subprocess.Popen(
        [*program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )


def count_rows(home: Path) -> tuple[int, int]:
    """Return (rows, distinct rows) of the interactions that a reader sees."""
    with DuckDB() as engine:
        engine.scan("interactions", Lake(home / "lake").files("interactions"), LAKE_COLUMNS["interactions"])
        return engine.query("select count(*), count(distinct (actor, target, day_no, second, post)) from interactions")[
            0
        ]


def test_killed_imports_lose_no_rows_and_duplicate_none(tmp_path):
    """Imports are killed at random instants: each file is in the lake whole or not at all, and at the end once."""
    home, rng = new_home(tmp_path / "home"), random.Random(7)
    file, batch, acknowledged = tmp_path / "acts.csv", 0, 0
    durations: list[float] = []
    for kill in range(KILLS + 3):
        rows = (f"a{batch}_{n},b{n % 50},2024-01-{n % 28 + 1:02},like,p{n}" for n in range(ROWS))
        file.write_text("actor,target,at,verb,post\n" + "\n".join(rows) + "\n")
        process, started_at = start_import(home, file), time.monotonic()
        try:
            process.wait(timeout=None if kill < 3 else rng.uniform(0.3, 1.1) * max(durations))
        except subprocess.TimeoutExpired:
            process.kill()
        output, _ = process.communicate(timeout=60)
        if process.returncode == 0:
            durations.append(time.monotonic() - started_at)
            assert "interactions read" in output
        stored, distinct = count_rows(home)
        assert stored == distinct
        assert stored in {acknowledged, acknowledged + ROWS}
        assert process.returncode != 0 or stored == acknowledged + ROWS
        is_stored = stored > acknowledged
        acknowledged, batch = stored, batch + is_stored
    assert 0 == start_import(home, file).wait(timeout=60)

    assert (batch if is_stored else batch + 1) * ROWS == count_rows(home)[0] == count_rows(home)[1]
    assert not list((home / "lake" / "_staging").glob("*"))
