"""The demo: the simulated population, its race, the small team, and a wheel that runs it."""

import csv
import dataclasses
import os
import shlex
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from conftest import DAY, NOW
from demo_site import SMALL_SIZE, create_demo
from proofs import SHORT
from registries import report_missing
from renown import answers, demo
from renown.cli.output.demo import print_next_steps
from renown.errors import HomeError
from renown.home import open_demo
from renown.progress import NullProgress
from renown.records import VERBS
from renown.runs.profiles import build_profiles
from renown.store import PublishedTables

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


def simulate(network, *, last=DAY, seed=1):
    """Simulate a network of the small size."""
    return demo.simulate_network(demo.generate_population(SMALL_SIZE, seed), network, last=last, seed=seed)


def as_lists(tables):
    """Return the columns of all tables as lists, which can be compared."""
    return {name: {key: column.tolist() for key, column in columns.items()} for name, columns in tables.items()}


def test_simulation_is_reproducible():
    """The same seed gives the same population, another seed another; all verbs occur, and every day has acts."""
    for network, settings in demo.NETWORKS.items():
        first, same, other = (as_lists(simulate(network, seed=seed)) for seed in (1, 1, 2))
        assert first == same != other
        interactions = first["interactions"]
        assert len(interactions["at"]) > 300
        assert {VERBS[verb] for verb in settings.verb_shares} == set(interactions["verb"])
        assert SMALL_SIZE.days == len({at // 86400 for at in interactions["at"]})


def test_claimed_accounts_are_simulated():
    """Every claimed account has a profile on its network, and most members claimed none."""
    population = demo.generate_population(SMALL_SIZE, 3)
    for network, is_on in population.is_on.items():
        members = set(simulate(network, seed=3)["profiles"]["member"].tolist())
        claimed = {number for number in range(population.claimed_count) if is_on[number]}
        assert claimed
        assert claimed < members
    assert len(demo.NAMED_MEMBERS) < population.claimed_count < len(population) / 2


def test_simulation_does_not_depend_on_the_calendar():
    """One day later, all interactions are the same, one day later."""
    first, later = (simulate("github", last=last)["interactions"] for last in (DAY, DAY + timedelta(days=1)))

    assert (first["at"] + 86400).tolist() == later["at"].tolist()
    assert first["actor"].tolist() == later["actor"].tolist()


def test_very_large_accounts_have_counts_only():
    """Nobody reacts to a landmark by name, but each of its posts has counts; nobody else has counts."""
    tables = simulate("bluesky")
    landmarks = range(len(demo.LANDMARKS))

    assert set(landmarks) <= set(tables["tallies"]["member"].tolist())
    assert not set(tables["tallies"]["member"].tolist()) & set(tables["interactions"]["target"].tolist())


@pytest.mark.home
@pytest.mark.proof
@pytest.mark.timeout(600)
def test_scores_of_the_demo_are_distributed_as_told(tmp_path):
    """
    The fifties are the top tenth of those who claimed accounts, 70 is the top twentieth.

    The landmarks are at 84, 89 and 99. The eight colleagues are between 50 and 67, and three of them, not the leader,
    have real chances of reaching 70.
    """
    home = open_demo(tmp_path / "home", {})
    size = dataclasses.replace(demo.FULL_SIZE, published_days=2)
    demo.import_demo(home.run_resources, home.claims, last=DAY, seed=1, now=NOW, progress=NullProgress(), size=size)
    demo.publish_demo(home.run_resources, last=DAY, now=NOW, progress=NullProgress(), size=size)
    day = home.days.find()
    keys = {person.name: person.key for person in home.people.all()}
    with PublishedTables(day) as published:
        scores = published.read_verified_scores(sorted(keys.values()))
    ranked = sorted(scores.values(), reverse=True)

    assert day.people > 19_000
    assert size.claimed == len(ranked)
    assert sum(score >= 50 for score in ranked) == len(ranked) // 10
    assert sum(score >= 70 for score in ranked) == len(ranked) // 20
    assert [round(scores[keys[member.name]]) for member in demo.LANDMARKS] == [99, 89, 84]
    with home.reader() as engine:
        demo.list_landmarks(home.settings.home, engine, home.lake, last=DAY)
    listed = open_demo(tmp_path / "home", {}).load_landmarks()
    assert [round(landmark.score) for landmark in listed] == [99, 89, 84]
    assert all(50 < scores[keys[member.name]] < 67.5 for member in demo.COLLEAGUES)
    assert scores[keys["bix"]] < scores[keys["barbara"]]
    standings = answers.compute_standings(home.groups, home.served_scores, home.days, name=demo.GROUP_NAME, challenge=1)
    odds = {row.name: row.odds for row in standings.standings}
    assert len([value for value in odds.values() if 0.2 < value < 0.8]) == 3
    assert (standings.leaders, standings.best_odds, odds["grace"] < 0.01) == (("grace",), ("hedy",), True)
    assert {row.recomputed_days for row in standings.standings} == {29}


@pytest.mark.home
@pytest.mark.proof
def test_race_of_the_demo(tmp_path):
    """All eight colleagues race to 70, from the first published day on; only chosen people get profiles in advance."""
    home = open_demo(tmp_path / "home", {})
    create_demo(home, SMALL_SIZE, last=DAY, now=NOW)
    standings = answers.compute_standings(home.groups, home.served_scores, home.days, name=demo.GROUP_NAME, challenge=1)

    assert {member.name for member in demo.COLLEAGUES} == {row.name for row in standings.standings}
    assert demo.GROUP_GOAL == standings.goal
    assert (DAY - timedelta(days=SMALL_SIZE.published_days - 1)).isoformat() == standings.first_day
    assert all(len(row.scores) == SMALL_SIZE.published_days for row in standings.standings)

    built = build_profiles(home.reader, home.lake, home.people, home.profiles, home.days.find(), only=["ada", "bix"])

    assert {home.people.by_name(name).key for name in ("ada", "bix")} == {key for key, *_ in home.profiles.all()}
    assert 2 == built
    assert [home.people.by_name("grace").key] == list(home.profiles.search("grace", network="bluesky", limit=5))


@pytest.mark.home
def test_team_with_files_of_own_acts(tmp_path):
    """Twelve colleagues with a CSV file each: everybody has a score, and the highest is far below 70."""
    home = open_demo(tmp_path / "home", {})
    paths = demo.write_team_files(tmp_path / "files", last=DAY, seed=1)
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            assert {path.stem} == {row["actor"] for row in csv.DictReader(file)}

    scores = demo.publish_team(home.run_resources, paths, last=DAY, now=NOW, progress=NullProgress())

    assert len(demo.TEAM) == len(paths) == scores.people
    assert 1 < scores.median < scores.highest < 40
    assert scores.leader in demo.TEAM[:3]


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_wheel_runs_in_an_empty_environment(tmp_path):
    """The wheel is complete: steps, method, migrations and the files of pages; the short form scores a small home."""
    python = tmp_path / "venv" / "bin" / "python"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RENOWN")}

    def run(*command):
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, env=environment)

    run(sys.executable, "-m", "venv", tmp_path / "venv")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    try:
        run(*install, "--require-hashes", "-r", ROOT / "requirements.lock")
    except subprocess.CalledProcessError as error:
        if "Could not find a version" in error.stderr or "ConnectionError" in error.stderr:
            report_missing("pip could not install the dependencies: it cannot reach the package index (PyPI)")
        raise
    run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path / "dist", ROOT)
    [wheel] = (tmp_path / "dist").glob("*.whl")
    assert WHEEL_FILES <= set(zipfile.ZipFile(wheel).namelist())
    run(*install, "--no-deps", wheel)

    renown = [python.with_name("renown"), "--home", tmp_path / "home"]
    if SHORT:
        acts = "".join(f"fan{n},ada,{DAY},like\n" for n in range(9))
        (tmp_path / "acts.csv").write_text(f"actor,target,at,verb\n{acts}", encoding="utf-8")
        commands = ("init", "import interactions acts.csv --network x", "add ada --account x:ada", f"score --day {DAY}")
        for command in commands:
            run(*renown, *command.split())
        assert "9 people reached" in run(*renown, "explain", "ada").stdout
    else:
        result = run(renown[0], "demo", "--seed", "1")
        assert f"{demo.FULL_SIZE.published_days} days published" in result.stdout
        assert "everybody" in result.stdout
        assert (tmp_path / "renown-demo" / "published").is_dir()
    code = "from renown.method import load_score_changes; print(load_score_changes()[0].text)"
    result = run(python, "-c", code)
    assert result.stdout.startswith("- ")


def test_demo_stays_out_of_postgresql(tmp_path):
    """Its two homes would share the people of one database, and an operator's service may use it."""
    with pytest.raises(HomeError, match="simulated people must not be mixed"):
        open_demo(tmp_path / "demo", {"RENOWN_STORE": "postgresql://renown@127.0.0.1:1/renown"})


@pytest.mark.parametrize(
    ("program", "printed"),
    [
        ("/opt/renown/bin/renown", "/opt/renown/bin/renown"),
        (".venv/bin/renown", ".venv/bin/renown"),
        ("/opt/my programs/renown", "'/opt/my programs/renown'"),
        ("/opt/renown/lib/renown/__main__.py", f"{shlex.quote(sys.executable)} -m renown"),
    ],
)
def test_next_steps_can_be_copied(monkeypatch, capsys, program, printed):
    """In whatever folder: the program as it was started."""
    monkeypatch.chdir("/")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "argv", [program])
    print_next_steps(Path("/srv/a demo"), Path("/srv/team"), "http://127.0.0.1:8000")
    output = capsys.readouterr().out
    assert f"  {printed} --home '/srv/a demo' explain ada" in output
    assert f"  {printed} --home /srv/team top" in output
