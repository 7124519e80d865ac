"""The demo: the simulated community, and a wheel that runs it."""

import os
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from conftest import DAY
from renown import demo
from renown.records import VERBS

ROOT = Path(__file__).parents[1]
WHEEL_FILES = {
    "renown/CHANGELOG.md",
    "renown/method/evaluations/2.1/pairs.json",
    "renown/method/trials/02_reacted.sql",
    "renown/web/pages/fonts/NotoSans-Bold.ttf",
    "renown/web/pages/fonts/LICENSE",
    "renown/web/pages/templates/badge.svg",
}
"""Files in the wheel that pages read."""


def test_simulation_is_reproducible():
    """The same seed gives the same community, another seed another; all verbs occur, and every day has interactions."""
    for network, settings in demo.NETWORKS.items():
        first, same, other = (demo.simulate_network(network, last=DAY, seed=seed) for seed in (1, 1, 2))
        assert first == same != other
        interactions = first["interactions"]
        assert len(interactions) > 5000
        assert {VERBS[verb] for verb in settings.verb_shares} == {row[1] for row in interactions}
        assert demo.SIMULATED_DAYS == len({row[5] // 86400 for row in interactions})


def test_claimed_accounts_are_simulated():
    """Every claimed account is an account of the community."""
    simulated = {
        (network, row[0])
        for network in demo.NETWORKS
        for row in demo.simulate_network(network, last=DAY, seed=3)["profiles"]
    }

    claimed = {tuple(account) for accounts in demo.list_claims().values() for account in accounts}

    assert len(claimed) > len(demo.NAMED_MEMBERS)
    assert claimed < simulated


def test_simulation_does_not_depend_on_the_calendar():
    """One day later, all interactions are the same, one day later."""
    first, later = (demo.simulate_network("github", last=last, seed=1) for last in (DAY, DAY + timedelta(days=1)))

    assert [(*row[:5], row[5] + 86400, *row[6:]) for row in first["interactions"]] == later["interactions"]


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_wheel_runs_the_demo_in_an_empty_environment(tmp_path):
    """The wheel is complete: it contains steps, method, migrations, demo and the files of pages."""
    python = tmp_path / "venv" / "bin" / "python"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RENOWN")}

    def run(*command):
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, env=environment)

    run(sys.executable, "-m", "venv", tmp_path / "venv")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        run(*install, "--require-hashes", "-r", ROOT / "requirements.lock")
    except subprocess.CalledProcessError as error:
        if "Could not find a version" in error.stderr or "ConnectionError" in error.stderr:
            pytest.skip("the package registry cannot be reached")
        raise
    run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path / "dist", ROOT)
    [wheel] = (tmp_path / "dist").glob("*.whl")
    assert WHEEL_FILES <= set(zipfile.ZipFile(wheel).namelist())
    run(*install, "--no-deps", wheel)

    result = run(python.with_name("renown"), "demo", "--seed", "1")

    assert "30 days published" in result.stdout
    assert "everybody" in result.stdout
    code = "from renown.method import load_score_changes; print(load_score_changes()[0].text)"
    result = run(python, "-c", code)
    assert result.stdout.startswith("- ")
    assert (tmp_path / "renown-demo" / "published").is_dir()
