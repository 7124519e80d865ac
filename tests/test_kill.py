"""Kill an import at any instant: nothing acknowledged is lost, nothing is doubled."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from renown.engines.duckdb import DuckDB
from renown.lake import Lake
from renown.records import KEPT

pytestmark = pytest.mark.whole

KILLS, ROWS = 50, 2_000


def start(home: Path, file: Path) -> subprocess.Popen[str]:
    """Start an import as a process of its own."""
    program = [sys.executable, "-c", "from renown.cli import main; main()", "--home", str(home)]
    words = ["import", "interactions", str(file), "--network", "x"]
    return subprocess.Popen(
        [*program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )


def counted(home: Path) -> tuple[int, int]:
    """Return (rows, distinct rows) of the interactions that a reader sees."""
    with DuckDB() as engine:
        engine.scan("kept", Lake(home / "lake").files("interactions"), KEPT["interactions"])
        return engine.rows("select count(*), count(distinct (actor, target, day_no, second, post)) from kept")[0]


def test_kills_lose_nothing_and_double_nothing(tmp_path):
    """Fifty imports are killed at random instants; each file is there whole or not at all, and in the end once."""
    home, draw = tmp_path / "home", random.Random(7)
    program = [sys.executable, "-c", "from renown.cli import main; main()", "--home", str(home), "init"]
    subprocess.run(program, check=True, timeout=60, stdout=subprocess.DEVNULL)
    file, batch, acknowledged = tmp_path / "acts.csv", 0, 0
    spans: list[float] = []
    for kill in range(KILLS + 3):
        rows = (f"a{batch}_{n},b{n % 50},2024-01-{n % 28 + 1:02},like,p{n}" for n in range(ROWS))
        file.write_text("actor,target,at,verb,post\n" + "\n".join(rows) + "\n")
        process, began = start(home, file), time.monotonic()
        try:
            process.wait(timeout=None if kill < 3 else draw.uniform(0.3, 1.1) * max(spans))
        except subprocess.TimeoutExpired:
            process.kill()
        said, _ = process.communicate(timeout=60)
        if process.returncode == 0:
            spans.append(time.monotonic() - began)
            assert "interactions read" in said
        there, distinct = counted(home)
        assert there == distinct
        assert there in {acknowledged, acknowledged + ROWS}
        assert process.returncode != 0 or there == acknowledged + ROWS
        file_is_in = there > acknowledged
        acknowledged, batch = there, batch + file_is_in
    assert 0 == start(home, file).wait(timeout=60)

    assert (batch if file_is_in else batch + 1) * ROWS == counted(home)[0] == counted(home)[1]
    assert not list((home / "lake" / "_staging").glob("*"))
