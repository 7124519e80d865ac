"""Aliases: a name from an export and an id from an API are one account, whichever arrives first."""

import itertools
import json
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from typer.testing import CliRunner

from conftest import DAY, NOW, new_home, taker
from proofs import only_in_full
from renown import cli, ingest, privacy, scoring
from renown.cli import import_archives
from renown.connectors.record_rows import group_rows
from renown.home import open_home
from renown.records import AccountAlias
from renown.scoring.aliases import load_alias_ids, load_alias_keys, resolve_aliases
from test_archives import pack_zip, x_files

HEADER = "actor,target,at,verb,post,id"
EARLIER = DAY - timedelta(days=3)
AT = datetime(2012, 7, 1, tzinfo=UTC)


def acts(name, ada, day):
    """Return rows of acts on and by Ada, under one of her ids."""
    rows = [f"fan{number},{ada},{day},like,p{number % 3},{name}{number}" for number in range(9)]
    return [*rows, f"{ada},fan1,{day},repost,q,{name}by", f"bob,fan2,{day},like,r,{name}bob"]


def profiles(ada, day):
    """Return figures of accounts, Ada's under one of her ids."""
    return [f"{ada},{day},ada,900", *(f"fan{number},{day},fan{number},{number + 5}" for number in range(9))]


def import_alias(home, account_id="7", *, at=AT, alias_id="ada"):
    """Store an alias as a connector does."""
    rows = group_rows([AccountAlias(network="x", alias_id=alias_id, account_id=account_id, at=at)])["aliases"]
    with home.reader() as engine:
        ingest.import_directory(engine, home.lake, rows, table="aliases", network="x")


def score(home, day=DAY):
    """Publish a day."""
    now = datetime(day.year, day.month, day.day, 23, tzinfo=UTC)
    with home.engine() as engine:
        return scoring.score(engine, home.lake, home.days, home.people, home.method, day=day, now=now)


def published(day):
    """Return everything that was published of a day, and the hash of what it was computed from."""
    rows = {
        table: sorted(duckdb.sql(f"select * from read_parquet({day.files(table)})").fetchall(), key=repr)
        for table in ("scores", "strengths", "points")
    }
    return rows, day.inputs


@pytest.fixture
def open_new(tmp_path):
    """Return a function that opens a new home, with a person who claimed Ada's account by one of her ids."""
    numbers = itertools.count()

    def open_one(claimed="7"):
        folder = tmp_path / f"home{next(numbers)}"
        folder.parent.mkdir(exist_ok=True)
        home = open_home(new_home(folder), {})
        home.people.add("ada", [("x", account_id) for account_id in claimed.split()], at=NOW)
        return home

    return open_one


def feed(home, tmp_path, steps):
    """Import an export that knows the name, what an API says under the number, and the alias, in an order."""
    take = taker(home, tmp_path)
    parts = {
        "export": lambda: (
            take(HEADER, *acts("e", "ada", EARLIER)),
            take("account,at,handle,followers", *profiles("ada", EARLIER), table="profiles"),
        ),
        "api": lambda: (
            take(HEADER, *acts("a", "7", DAY)),
            take("account,at,handle,followers", *profiles("7", DAY), table="profiles"),
        ),
        "alias": lambda: import_alias(home),
    }
    for step in steps:
        parts[step]()


def test_scores_have_the_same_bits_in_any_order_and_as_if_there_were_one_id(open_new, tmp_path):
    """Export first, API first, the alias first or last; claimed by name, number or both."""
    results = []
    orders = {"ada": ("export", "api", "alias"), "ada 7": ("alias", "api", "export")}
    for claimed, steps in orders.items():
        home = open_new(claimed)
        feed(home, tmp_path, steps)
        results.append(published(score(home)))
    one_id = open_new()
    for name, day in (("e", EARLIER), ("a", DAY)):
        taker(one_id, tmp_path)(HEADER, *acts(name, "7", day))
        taker(one_id, tmp_path)("account,at,handle,followers", *profiles("7", day), table="profiles")
    results.append(published(score(one_id)))

    assert [results[0]] * len(results) == results


@pytest.mark.proof
@only_in_full
def test_nights_enter_the_days_again_that_an_alias_changes(open_new, tmp_path):
    """What a night enters after an alias arrives, or is taken back, is what a new home enters."""
    night, fresh = open_new(), open_new()
    feed(night, tmp_path, ("export", "api"))
    apart = published(score(night))
    import_alias(night)
    together = published(score(night))
    feed(fresh, tmp_path, ("alias", "export", "api"))

    assert together == published(score(fresh))
    assert together != apart
    import_alias(night, "ada", at=AT + timedelta(days=1))
    assert apart[0] == published(score(night))[0]


def test_latest_alias_counts_in_any_order(open_new):
    """A name that went to somebody else is theirs; a chain leads to its end; rows that tell nothing are not stored."""
    rows = [(1, 7, 10), (1, 8, 30), (1, 7, 20), (8, 9, 5), (2, 8, 10)]
    assert {str({1: 9, 2: 9, 8: 9})} == {
        str(dict(sorted(resolve_aliases(order).items()))) for order in itertools.permutations(rows)
    }
    keys = []
    for hours in ((0, 2, 1), (2, 1, 0)):
        home = open_new()
        for hour in hours:
            import_alias(home, str(hour), at=AT + timedelta(hours=hour))
        with home.reader() as engine:
            keys.append(load_alias_keys(engine, home.lake))
    assert 1 == len(keys[0])
    assert keys[0] == keys[1]
    import_alias(home, "1", at=AT + timedelta(hours=1))
    version = home.lake.versions()["aliases"]
    import_alias(home, "2", at=AT + timedelta(hours=2))
    assert version == home.lake.versions()["aliases"]


def test_alias_is_set_listed_and_taken_back(open_new):
    """The commands store what a connector would."""
    home = open_new()

    def run(*words):
        result = CliRunner().invoke(cli.app, ["--home", str(home.settings.home), "alias", *words])
        return result.output + str(result.exception)

    assert "x:ada is the account x:7" in run("set", "x", "ada", "7")
    assert "x:ada = x:7" in run("list")
    assert "x:ada is an account of its own" in run("remove", "x", "ada")
    assert "x:" not in run("list")
    assert "is no alias" in run("remove", "x", "ada")
    assert "is given twice" in run("set", "x", "7", "7")


def test_alias_is_looked_up_exported_and_erased(open_new, tmp_path):
    """Every id leads to the person; an export and an erasure have the rows of all."""
    home = open_new()
    feed(home, tmp_path, ("export", "api", "alias"))
    score(home)
    home.people.record_proof("x", "7", "profile", at=NOW)
    with home.reader() as engine:
        subjects = [scoring.resolve_subject(f"x:{text}", engine, home.lake, home.people) for text in ("ada", "7")]
        assert ["ada"] * 2 == [subject.name for subject in subjects]
        assert 1 == len(subjects[0].accounts)
        person, accounts = privacy.resolve_verified_accounts(home.people.by_name("ada"), engine, home.personal_data)
        assert {("x", "ada"), ("x", "7")} == set(accounts)
        counts = {
            part.name: part.count() for part in privacy.iter_export_parts(person, accounts, home.personal_data, engine)
        }
        assert (1, 18, 2) == tuple(
            counts[f"lake/{name}"]
            for name in ("aliases/x as alias", "interactions/x as target", "interactions/x as actor")
        )

        privacy.erase_people(engine, home.personal_data, [subjects[0]])

    with home.reader() as engine:
        assert {} == load_alias_keys(engine, home.lake)
        ids = engine.query(f"select account_id from read_parquet({json.dumps(home.lake.files('accounts'))})")
    assert not {("ada",), ("7",)} & set(ids)
    import_alias(home)
    with home.reader() as engine:
        assert {} == load_alias_keys(engine, home.lake)


def test_archive_makes_the_name_of_its_owner_an_alias(open_new, tmp_path):
    """An X archive knows the number and the name: a file that has only names is about the same account."""
    home = open_new("77")
    path = pack_zip(tmp_path, x_files())
    import_archives.import_archives(home, "x-archive", [path], handle=None, claim=None, now=NOW)

    with home.reader() as engine:
        assert {("x", "ada"): "77"} == load_alias_ids(engine, home.lake, load_alias_keys(engine, home.lake))
