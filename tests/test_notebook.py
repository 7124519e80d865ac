"""The notebook of the documentation runs from the first cell to the last, on generated data and on a file."""

import runpy
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from proofs import only_in_full

NOTEBOOK = Path(__file__).parents[1] / "docs" / "notebooks" / "influence.py"


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Return a function that runs the notebook as a script, without a window, and returns its variables."""
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed: pip install 'renown[learn]'").use("agg")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def run_cells(higgs: str = ""):
        monkeypatch.setenv("HIGGS", higgs)
        return runpy.run_path(str(NOTEBOOK))

    return run_cells


@pytest.mark.proof
@only_in_full
def test_notebook_runs_on_generated_data(run):
    """The map has people and arrows, and the default method tells who is reposted later."""
    names = run()

    assert 30 < names["graph"].number_of_nodes() < names["graph"].number_of_edges() * 2
    assert {*names["top"]} <= {*names["graph"]}
    assert len(names["later"]) > 50


@pytest.mark.proof
def test_notebook_runs_on_a_file_of_the_higgs_acts(run, tmp_path):
    """In the format of the download with a header and commas."""
    start = datetime(2012, 7, 1, tzinfo=UTC)
    rows = [
        f"{number % 40},{number % 7 + 100},{int((start + timedelta(hours=number / 4)).timestamp())},{word}"
        for number, word in zip(range(900), ["RT", "MT", "RE"] * 300, strict=True)
    ]
    (tmp_path / "higgs.csv").write_text("\n".join(["actor,target,at,verb", *rows]) + "\n")

    names = run(str(tmp_path / "higgs.csv"))

    assert {f"{number}" for number in range(100, 107)} <= set(names["graph"])
    assert 7 == len(names["later"])
