"""Tests that need packages of a registry: skipped where it cannot be reached, failed in CI."""

import shutil
import subprocess

import pytest

import registries
from registries import install_npm_package


@pytest.fixture(params=[True, False], ids=["ci", "laptop"])
def outcome(request, monkeypatch):
    """Set or delete the variable of CI; return how a test ends then that needs what is missing."""
    monkeypatch.delenv("CI", raising=False)
    if request.param:
        monkeypatch.setenv("CI", "true")
    return pytest.fail.Exception if request.param else pytest.skip.Exception


@pytest.mark.skipif(not (shutil.which("npm") and shutil.which("node")), reason="npm or Node is not installed")
def test_reason_names_what_npm_could_not_do(tmp_path, monkeypatch, outcome):
    """In one line, which names package and registry, instead of npm's log."""
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")

    with pytest.raises(
        outcome, match=r"npm could not install axe-core@1.0.0: .*ECONNREFUSED.*127\.0\.0\.1:9"
    ) as caught:
        install_npm_package("axe-core@1.0.0", tmp_path)

    assert len(str(caught.value)) < 300


def test_missing_npm_and_its_timeout_are_reasons_too(tmp_path, monkeypatch, outcome):
    """Whatever keeps npm from installing a package lies in the machine."""

    def time_out(command, *, timeout, **_):
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(registries.shutil, "which", lambda _: "/bin/npm")
    monkeypatch.setattr(registries.subprocess, "run", time_out)
    with pytest.raises(outcome, match=r"npm could not install axe-core@1.0.0 within 200 seconds"):
        install_npm_package("axe-core@1.0.0", tmp_path)
    monkeypatch.setattr(registries.shutil, "which", lambda _: None)
    with pytest.raises(outcome, match="apt-get install nodejs npm"):
        install_npm_package("axe-core@1.0.0", tmp_path)
