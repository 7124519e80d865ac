"""GitHub as its own OpenAPI description checks it: what is sent is allowed, and what is described can be read."""

import json
import os
import shutil
import socket
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from conftest import new_home
from registries import install_npm_package
from renown import runs
from renown.connectors.github import CONNECTOR
from renown.home import open_home
from renown.records import LAKE_COLUMNS, VERBS
from test_github import NOW

PACKAGE = "@simulacrum/github-api-simulator@0.8.0"
SCRIPT = Path(__file__).with_name("github_simulator.mjs")
ENGINE = "ada/engine"
pytestmark = [pytest.mark.proof, pytest.mark.home]


def instant(day):
    """Return an instant of the month of the tests."""
    return f"{NOW:%Y-%m}-{day:02}T10:00:00Z"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Return a folder in which the simulator is installed."""
    folder = tmp_path_factory.mktemp("simulator")
    install_npm_package(PACKAGE, folder)
    shutil.copy(SCRIPT, folder)
    return folder


@pytest.fixture
def state():
    """Return what the simulator answers: a repository with two stars, a fork, an issue and a comment."""
    logins = {"ada": 1, "bob": 2, "cat": 3, "dan": 4}
    return {
        "users": {login: {"id": id_, "followers": id_ * 10, "public_repos": 1} for login, id_ in logins.items()},
        "repositories": [{"id": 77, "full_name": ENGINE, "stargazers_count": 2, "forks_count": 1}],
        "stars": {ENGINE: [{"login": "bob", "at": instant(1)}, {"login": "cat", "at": instant(2)}]},
        "forks": {ENGINE: [{"login": "dan", "at": instant(2)}]},
        "issues": {ENGINE: [{"id": 5, "login": "bob", "at": instant(3)}]},
        "comments": {ENGINE: [{"id": 6, "login": "cat", "at": instant(3)}]},
    }


@pytest.fixture
def simulator(package, tmp_path, state):
    """Return the URL of a started simulator, and a function that changes what it answers."""
    file = tmp_path / "state.json"
    file.write_text(json.dumps(state))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["node", SCRIPT.name, str(port), str(file)]
    with subprocess.Popen(command, cwd=package, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        try:
            assert "listening" in process.stdout.readline()
            yield f"http://127.0.0.1:{port}", lambda: file.write_text(json.dumps(state))
        finally:
            process.kill()


@pytest.fixture
def home(tmp_path, simulator):
    """Return a home that reads the simulator; Ada is in it."""
    environment = {"RENOWN_GITHUB_SERVER": simulator[0], "RENOWN_GITHUB_PRIVATE": "true", "RENOWN_GITHUB_TOKEN": "t"}
    environment["RENOWN_PICTURES"] = "false"  # they are on another server
    opened = open_home(new_home(tmp_path / "home"), environment)
    with opened.client(CONNECTOR, "ada") as client:
        profile = CONNECTOR.find(client, "ada", now=NOW)
    opened.people.add("Ada", [("github", profile.account_id)], at=NOW)
    return opened


def count_acts(home):
    """Collect, and return how many acts of each verb count."""
    accounts = runs.list_readable_accounts(home.reader, home.lake, home.people.all())
    [summary] = runs.fetch_accounts(home.run_resources, accounts, now=lambda: NOW)
    assert ("", True) == (summary.message, summary.complete)
    names = {number: verb for verb, number in VERBS.items()}
    with home.reader() as engine:
        for table in ("interactions", "undone"):
            engine.scan(table, home.lake.files(table, network="github"), LAKE_COLUMNS[table])
        rows = engine.query("""
            select verb from interactions
            where interaction is null or interaction not in (select interaction from undone)""")
    return Counter(names[verb] for (verb,) in rows)


def test_account_is_read_as_github_describes_it(home, simulator, state):
    """Stars, forks, issues and comments; then a star is taken back and somebody comments."""
    assert {"star": 2, "fork": 1, "comment": 2} == count_acts(home)

    _, publish = simulator
    state["stars"][ENGINE].pop()
    state["repositories"][0]["stargazers_count"] = 1
    state["comments"][ENGINE].append({"id": 7, "login": "dan", "at": instant(4)})
    publish()

    assert {"star": 1, "fork": 1, "comment": 3} == count_acts(home)
