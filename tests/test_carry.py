"""Sums that are carried from day to day are those of all entries of the window, bit for bit, whatever happened."""

import json
import random
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from conftest import DAY, copy_home, new_home, taker
from proofs import only_in_full, scaled
from renown import privacy, scoring
from renown.engines.duckdb import DuckDB
from renown.home import open_home
from renown.scoring import carry
from renown.scoring.carry import CARRIED_STEPS, CARRY_FOLDER, Carry
from renown.scoring.ledger import open_ledger
from test_engines import require_spark
from test_ledger import HEADER, METHOD, PEOPLE, claim_seeds, random_act, read_rows, score


@pytest.fixture
def home(tmp_path):
    """Return a home with six verified people."""
    home = open_home(new_home(tmp_path / "home"), {})
    claim_seeds(home, [f"u{index}" for index in range(6)])
    return home


@pytest.fixture
def carried_days(monkeypatch):
    """Return a list that grows by whether each scored day could carry its sums."""
    days = []

    def create_tables(self, _create_tables=Carry.create_tables):
        days.append(_create_tables(self))
        return days[-1]

    monkeypatch.setattr(Carry, "create_tables", create_tables)
    return days


def carry_folder(home):
    """Return the folder of the carried sums."""
    return open_ledger(home.lake, METHOD).root / CARRY_FOLDER


def read_sums(home):
    """Return the rows of the carried tables."""
    state = json.loads((carry_folder(home) / "state.json").read_text())
    with DuckDB() as engine:
        return [
            engine.query(f"select * from '{carry_folder(home)}/{state['folder']}/{table}/*.parquet' order by all")
            for table in CARRIED_STEPS
        ]


def score_anew(home, tmp_path, day):
    """Score a day in a copy of the home without carried sums; return the sums and the published day."""
    copy = tmp_path / "anew"
    shutil.rmtree(copy, ignore_errors=True)
    copy_home(home.settings.home, copy)
    shutil.rmtree(copy / "ledger" / METHOD.version / CARRY_FOLDER)
    home_without_sums = open_home(copy, {})
    return read_sums_and_close(home_without_sums, score(home_without_sums, day))


def read_sums_and_close(home, published):
    """Return the sums, and what was published."""
    return read_sums(home), read_rows(published, "scores"), published.inputs


class Nights:
    """A home that gets acts, late acts, undone acts, absences, opt-outs and claims night by night."""

    def __init__(self, home, tmp_path, seed):
        self.home, self.take, self.draw = home, taker(home, tmp_path), random.Random(seed)
        self.number = self.night = 0

    def add(self, day):
        """Add the data of a night."""
        draw, take = self.draw, self.take
        days = [day] * 12 + [day - timedelta(days=draw.randrange(1, 9))] * (self.night % 5 == 4) * 3
        rows = [random_act(draw, act_day, self.number + index) for index, act_day in enumerate(days)]
        self.number += len(rows)
        take(HEADER, *draw.sample(rows, len(rows)))
        if self.night % 6 == 1:
            take("id,at", f"i{draw.randrange(max(0, self.number - 90), self.number)},{day}T12:00:00", table="undone")
        if self.night % 7 == 2:
            presence = f"u{draw.randrange(8, 16)},{day},{draw.choice(['true', 'false'])}"
            take("account,at,present", presence, table="presence")
        if self.night == 3:
            self.home.people.add("two", [("x", "u17"), ("x", "u18")], at=datetime(2020, 1, 1, tzinfo=UTC))
        if self.night == 5:
            self.home.people.opt_outs.add("x", "u20", None)
        self.night += 1


@pytest.mark.parametrize("nights", [6, pytest.param(scaled(120, 14), marks=pytest.mark.proof)])
def test_carried_sums_are_those_of_all_entries(home, tmp_path, carried_days, nights):
    """With late and undone acts, absences, claims, an opt-out and gaps of days, every night gives a rebuild's bits."""
    data = Nights(home, tmp_path, nights)
    first_day = DAY - timedelta(days=nights - 1)
    for night in range(nights):
        day = first_day + timedelta(days=night)
        data.add(day)
        if night % 8 in {1, 2}:
            continue
        published = score(home, day)
        expected = score_anew(home, tmp_path, day)
        carried_days.pop()
        assert read_sums_and_close(home, published) == expected

    assert all(len(rows) >= PEOPLE // 2 for rows in read_sums(home))
    assert carried_days.count(True) >= 0.7 * len(carried_days)


@pytest.mark.proof
@only_in_full
def test_carried_sums_can_go_back_to_an_earlier_day(home, tmp_path, carried_days):
    """A day before the last scored one is carried, too."""
    data = Nights(home, tmp_path, 3)
    for age in (*range(12, -1, -1),):
        data.add(DAY - timedelta(days=age))
    score(home, DAY)
    earlier_day = DAY - timedelta(days=4)

    published = score(home, earlier_day)

    assert carried_days == [False, True]
    assert read_sums_and_close(home, published) == score_anew(home, tmp_path, earlier_day)


def test_sums_of_the_same_day_are_not_written_again(home, tmp_path):
    """Scoring a day twice without new data leaves the files of the carried sums as they are."""
    Nights(home, tmp_path, 5).add(DAY)
    score(home, DAY)
    files = {file: file.stat().st_mtime_ns for file in carry_folder(home).rglob("*")}

    score(home, DAY)

    assert {file: file.stat().st_mtime_ns for file in carry_folder(home).rglob("*")} == files


@pytest.fixture(scope="module")
def next_night(tmp_path_factory):
    """Return the folder of a home with carried sums and data of the next day, and what a rebuild of that day gives."""
    folder = tmp_path_factory.mktemp("carry")
    home = open_home(new_home(folder / "home"), {})
    claim_seeds(home, [f"u{index}" for index in range(6)])
    data = Nights(home, folder, 7)
    data.add(DAY - timedelta(days=1))
    score(home, DAY - timedelta(days=1))
    data.add(DAY)
    expected = score_anew(home, folder, DAY)
    home.people._database.dispose()
    return folder / "home", expected


def edit_state(home, **values):
    """Replace values of the state of the carried sums."""
    file = carry_folder(home) / "state.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def cut_file(home):
    """Cut a file of the carried sums."""
    file = next(carry_folder(home).rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-9])


@pytest.mark.parametrize(
    "damage",
    [
        lambda home: edit_state(home, version="another"),
        lambda home: edit_state(home, unknown=1),
        lambda home: (carry_folder(home) / "state.json").write_text("{"),
        lambda home: next(carry_folder(home).rglob("*.parquet")).unlink(),
        cut_file,
    ],
    ids=["version", "format", "state", "missing", "cut"],
)
def test_what_does_not_fit_is_not_carried(next_night, tmp_path, carried_days, damage):
    """Sums of another version, or of damaged files, are computed from all entries."""
    folder, expected = next_night
    home = open_home(copy_home(folder, tmp_path / "copy"), {})
    damage(home)

    published = score(home, DAY)

    assert carried_days == [False]
    assert read_sums_and_close(home, published) == expected


def test_erasure_deletes_the_carried_sums(home, tmp_path, carried_days):
    """The sums of an erased person are in no file, and the next day is summed from what remains."""
    data = Nights(home, tmp_path, 11)
    for age in (3, 2, 1):
        data.add(DAY - timedelta(days=age))
    score(home, DAY - timedelta(days=1))
    with home.reader() as engine:
        subject = scoring.resolve_subject("x:u3", engine, home.lake, home.people)
        privacy.erase_people(engine, home.personal_data, [subject])
    assert not carry_folder(home).exists()
    data.add(DAY)

    published = score(home, DAY)

    assert carried_days == [False, False]
    assert read_sums_and_close(home, published) == score_anew(home, tmp_path, DAY)


@pytest.mark.parametrize(
    "fails_at",
    ["write_durably", *(pytest.param(name, marks=pytest.mark.proof) for name in ("write", "sync_tree", "rmtree"))],
)
@pytest.mark.proof
@only_in_full
def test_killed_save_leaves_sums_that_can_be_carried(home, tmp_path, monkeypatch, fails_at):
    """Wherever saving the sums ends, the next run of the day, and the next night, give a rebuild's bits."""
    data = Nights(home, tmp_path, 13)
    data.add(DAY - timedelta(days=2))
    score(home, DAY - timedelta(days=2))
    data.add(DAY - timedelta(days=1))
    owner = {"write": DuckDB, "rmtree": carry.shutil}.get(fails_at, carry)

    def fail(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(owner, fails_at, fail)
        with pytest.raises(KeyboardInterrupt):
            score(home, DAY - timedelta(days=1))

    for day in (DAY - timedelta(days=1), DAY):
        published = score(home, day)
        assert read_sums_and_close(home, published) == score_anew(home, tmp_path, day)
        data.add(DAY)
    assert len([path for path in carry_folder(home).iterdir() if path.is_dir()]) == 1


@pytest.mark.proof
@only_in_full
def test_spark_carries_the_same_sums(home, tmp_path):
    """A night on Spark carries the sums of a night on DuckDB."""
    require_spark()
    data = Nights(home, tmp_path, 17)
    data.add(DAY - timedelta(days=1))
    score(home, DAY - timedelta(days=1), engine="spark")
    data.add(DAY)

    published = score(home, DAY, engine="spark")

    assert read_sums_and_close(home, published) == score_anew(home, tmp_path, DAY)
