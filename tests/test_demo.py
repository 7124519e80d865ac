"""The demo: a community that is simulated, and a wheel that can show it."""

import os
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from conftest import DAY
from renown.connectors import demo
from renown.records import VERBS

ROOT = Path(__file__).parents[1]
WITHIN = {
    "renown/CHANGELOG.md",
    "renown/method/evaluations/pairs.json",
    "renown/method/trials/02_reacted.sql",
    "renown/web/pages/fonts/NotoSans-Bold.ttf",
    "renown/web/pages/fonts/LICENSE",
    "renown/web/pages/templates/badge.svg",
}
"""What pages read beside code."""


def test_the_same_seed_gives_the_same_community():
    """And another seed another; every network has acts of its own verbs, on every day."""
    for network, habits in demo.NETWORKS.items():
        one, same, other = (demo.community(network, last=DAY, seed=seed) for seed in (1, 1, 2))
        assert one == same != other
        acts = one["interactions"]
        assert len(acts) > 5000
        assert {VERBS[verb] for verb in habits.verbs} == {act[1] for act in acts}
        assert demo.DAYS == len({act[5] // 86400 for act in acts})


def test_who_is_claimed_is_there():
    """The cast's accounts are accounts of the community."""
    known = {
        (network, row[0]) for network in demo.NETWORKS for row in demo.community(network, last=DAY, seed=3)["profiles"]
    }

    claimed = {tuple(account) for accounts in demo.claims().values() for account in accounts}

    assert len(claimed) > len(demo.CAST)
    assert claimed < known


def test_a_day_later_everything_is_a_day_later():
    """The calendar changes no score: only instants move."""
    one, later = (demo.community("github", last=last, seed=1) for last in (DAY, DAY + timedelta(days=1)))

    assert [(*act[:5], act[5] + 86400) for act in one["interactions"]] == later["interactions"]


@pytest.mark.whole
@pytest.mark.timeout(600)
def test_the_wheel_runs_the_demo_in_an_empty_environment(tmp_path):
    """What people install is whole: steps, method, migrations and the demo come with the wheel."""
    python, told = (
        tmp_path / "venv" / "bin" / "python",
        {"cwd": tmp_path, "capture_output": True, "text": True},
    )
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True, **told)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        subprocess.run([*install, "--require-hashes", "-r", ROOT / "requirements.lock"], check=True, **told)
    except subprocess.CalledProcessError as error:
        if "Could not find a version" in error.stderr or "ConnectionError" in error.stderr:
            pytest.skip("the package registry cannot be reached")
        raise
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path / "dist", ROOT], check=True, **told)
    [wheel] = (tmp_path / "dist").glob("*.whl")
    assert WITHIN <= set(zipfile.ZipFile(wheel).namelist())
    subprocess.run([*install, "--no-deps", wheel], check=True, **told)

    environment = {name: value for name, value in os.environ.items() if not name.startswith("RENOWN")}
    done = subprocess.run([python.with_name("renown"), "demo", "--seed", "1"], check=True, **told, env=environment)

    assert "30 days published" in done.stdout
    assert "everybody" in done.stdout
    scores = "from renown.method import moves_of_scores; print(moves_of_scores()[0].text)"
    told = subprocess.run([python, "-c", scores], check=True, **told)
    assert told.stdout.startswith("- ")
    assert (tmp_path / "renown-demo" / "published").is_dir()
