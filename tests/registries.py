"""Install packages from registries for tests; without their registry, tests are skipped, but fail in CI."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest


def report_missing(reason: str) -> NoReturn:
    """Skip a test for a reason that lies in the machine or its network; fail where all tests have to run (CI)."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; in CI (the variable CI is set) this test must run", pytrace=False)
    pytest.skip(reason)


def install_npm_package(package: str, folder: Path) -> Path:
    """Install a package from the npm registry; return its folder."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        report_missing("npm or Node is not installed; run `apt-get install nodejs npm`")
    options = ["--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
    command = [npm, "install", *options, "--prefix", str(folder), package]
    try:
        subprocess.run(command, check=True, timeout=200, capture_output=True, text=True)
    except subprocess.TimeoutExpired as error:
        report_missing(f"npm could not install {package} within {error.timeout:g} seconds")
    except subprocess.CalledProcessError as error:
        report_missing(f"npm could not install {package}: {_summarize(error.stderr)}")
    return folder / "node_modules" / package.rpartition("@")[0]


def _summarize(npm_log: str) -> str:
    """Return the line of an error log of npm that names the request, or the first two, without advice and stack."""
    lines = [line.removeprefix("npm ERR!").removeprefix("npm error").strip() for line in npm_log.splitlines()]
    lines = [line for line in lines if line] or ["it gave no reason"]
    return next((line for line in lines if "://" in line), "; ".join(lines[:2]))
