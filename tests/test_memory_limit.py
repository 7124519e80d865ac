"""Every DuckDB session keeps to the memory limit, threads and spill folder of the settings."""

import itertools
import os

import duckdb
import pytest

from conftest import DAY, new_home
from proofs import only_in_full
from renown import privacy, runs, scoring
from renown.cli import main
from renown.engines import session
from renown.home import open_home
from renown.home.app_state import build_app_state

LIMIT = "500MB"
ACTS = 40


@pytest.fixture
def sessions(monkeypatch):
    """Return the limits of every DuckDB session that is opened: (memory, threads, spill folder)."""
    opened = []

    def spy(connection, _open_catalog=session.open_catalog):
        settings = ("memory_limit", "threads", "temp_directory")
        opened.append(tuple(connection.execute(f"select current_setting('{name}')").fetchone()[0] for name in settings))
        _open_catalog(connection)

    monkeypatch.setattr(session, "open_catalog", spy)
    return opened


@pytest.fixture
def renown(tmp_path, monkeypatch):
    """Return a function that runs a command on a home whose settings limit the memory."""
    new_home(tmp_path / "home")
    monkeypatch.setenv("RENOWN_MEMORY", LIMIT)
    monkeypatch.setenv("RENOWN_THREADS", "1")

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["renown", "--home", str(tmp_path / "home"), *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code in {0, None}, ended.value

    return run


def write_acts(path):
    """Write interactions to a Parquet file."""
    rows = ", ".join(f"('u{n}', 'ada', '{DAY}', 'like', 'p{n % 3}')" for n in range(ACTS))
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select col0 as actor, col1 as target, col2 as at, col3 as verb, col4 as post from (values {rows}))"
            f" to '{path}'"
        )
    return path


@pytest.mark.proof
@only_in_full
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_importing_publishing_exporting_and_erasing_keep_to_the_memory_limit(tmp_path, renown, sessions, suffix):
    """Files, scores, snapshots, exports and erasure: no session has more than the settings allow."""
    acts = write_acts(tmp_path / "acts.parquet")
    sessions.clear()
    commands = {
        "add": ("add", "ada", "--account", "x:ada"),
        "import": ("import", "interactions", acts, "--network", "x"),
        "score": ("score", "--day", DAY),
        "export": ("export", "scores", tmp_path / f"scores.{suffix}"),
        "forget": ("forget", "ada", "--yes"),
    }

    opened = {}
    for name, command in commands.items():
        renown(*command)
        opened[name] = len(sessions)

    assert {"476.8 MiB"} == {memory for memory, _, _ in sessions}
    assert {1} == {threads for _, threads, _ in sessions}
    assert {str(tmp_path / "home" / "spill")} == {os.path.dirname(spill) for _, _, spill in sessions}  # noqa: PTH120
    assert all(after > before for before, after in itertools.pairwise(opened.values()))
    assert not list((tmp_path / "home" / "spill").iterdir())


def test_runs_and_requests_keep_to_the_memory_limit(tmp_path, renown, sessions):
    """A daily run and a privacy request, too."""
    renown("add", "ada", "--account", "x:ada")
    renown("import", "interactions", write_acts(tmp_path / "acts.parquet"), "--network", "x")
    sessions.clear()
    home = open_home(tmp_path / "home", os.environ)

    with home.engine() as engine:
        method, now = home.method, build_app_state(home).now()
        scoring.score(engine, home.lake, home.days, home.people, method, day=DAY, now=now)
    with home.reader() as engine:
        subject = scoring.resolve_subject("ada", engine, home.lake, home.people)
        privacy.opt_out_people(engine, home.personal_data, [subject], now=now)
    runs.process_requests(home.reader, home.personal_data, home.settings.home, now=build_app_state(home).now)

    assert len(sessions) > 3
    assert {"476.8 MiB"} == {memory for memory, _, _ in sessions}
