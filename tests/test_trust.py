"""Trust: an operator removes verified people as seeds, and people ask for reviews of what was discounted."""

import json
import tempfile
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from conftest import DAY, NOW, copy_home, new_home, taker
from proofs import only_in_full
from renown import cli
from renown.answers import trust_reach
from renown.home import open_home
from renown.records import day_number
from renown.scoring.ledger import LEDGER_COLUMNS, open_ledger
from test_ledger import HEADER, METHOD, claim_seeds, read_entries, read_rows, rebuild, score

SELLERS = tuple(f"u{n}" for n in range(8))
"""Verified people of all eight groups; the last four sell their acts."""
FAKES = tuple(f"f{n}" for n in range(5))
IN_BETWEEN = ("m1", "m2", "m3")
"""Accounts through which a buyer vouches for fakes."""


def read_known(home):
    """Return the accounts' numbers that are known now."""
    files = open_ledger(home.lake, METHOD).files("standings")
    with home.reader() as engine:
        engine.scan(
            "standings", files, {"day_no": "integer", "account": "bigint", "known": "smallint", "trust": "bigint"}
        )
        engine.scan("accounts", home.lake.files("accounts"), {"account": "bigint", "account_id": "string"})
        rows = engine.query("""
            select a.account_id from (select *, row_number() over (partition by account order by day_no desc) as place
              from standings) s join accounts a on a.account = s.account where s.place = 1 and s.known = 1""")
    return {name for (name,) in rows}


def act(actor, target, ago):
    """Return the CSV row of a like."""
    day = DAY - timedelta(days=ago)
    return f"{actor},{target},{day}T12:00:00,like,p{target},i{actor}{target}{ago}"


@pytest.fixture(scope="module")
def sold_folder(tmp_path_factory):
    """Return the folder of a home; four verified people vouch for fakes that react to a buyer, four for a friend."""
    folder = tmp_path_factory.mktemp("trust")
    home = open_home(new_home(folder / "home"), {})
    take = taker(home, folder)
    claim_seeds(home, SELLERS)
    rows = [act(seller, fake, ago) for seller in SELLERS[4:] for fake in FAKES for ago in range(10)]
    rows += [act(honest, "friend", ago) for honest in SELLERS[:4] for ago in range(10)]
    rows += [act(fake, "buyer", ago) for fake in (*FAKES, "friend") for ago in range(10)]
    take(HEADER, *rows)
    take("account,at,followers,lists", f"buyer,{DAY - timedelta(days=20)},50,1", table="profiles")
    score(home, DAY - timedelta(days=1))
    home.people._database.dispose()
    return folder / "home"


@pytest.fixture
def sold(sold_folder, tmp_path):
    """Return a copy of the home."""
    return open_home(copy_home(sold_folder, tmp_path / "home"), {})


IN_FULL = [pytest.mark.proof, only_in_full]
"""Marks of cases that the other ones contain."""


@pytest.mark.parametrize(
    ("vouching", "hub"),
    [
        pytest.param([("buyer", "m1"), *(("m1", fake) for fake in FAKES)], None, marks=IN_FULL),
        pytest.param([("buyer", "m1"), ("m1", "m2"), *(("m2", fake) for fake in FAKES)], "hub", marks=IN_FULL),
        ([*(("buyer", name) for name in IN_BETWEEN), *((name, fake) for name in IN_BETWEEN for fake in FAKES)], "hub"),
        pytest.param(
            [("hub", "h2"), ("h2", "m3"), ("m3", "buyer"), ("buyer", "m1"), *(("m1", fake) for fake in FAKES)],
            "hub",
            marks=pytest.mark.proof,
        ),
    ],
    ids=[
        "an account in between",
        "two steps, of a buyer known through a hub",
        "three accounts, of such a buyer",
        "a buyer known through three others",
    ],
)
def test_nobody_vouches_for_their_own_fans(tmp_path, vouching, hub):
    """A buyer makes fakes known through others; the buyer may owe their own credit to somebody else."""
    home = open_home(new_home(tmp_path / "home"), {})
    claim_seeds(home, SELLERS)
    pairs = [
        *((seed, hub or "buyer") for seed in SELLERS),
        *([(hub, "buyer")] if hub and (hub, "h2") not in vouching else []),
        *vouching,
    ]
    pairs += [(fake, target) for fake in FAKES for target in ("buyer", "other")]
    pairs += [(seed, "other") for seed in SELLERS]
    for ages, day in ((range(1, 40), DAY - timedelta(days=1)), ([0], DAY)):
        taker(home, tmp_path)(HEADER, *(act(actor, target, age) for actor, target in pairs for age in ages))
        score(home, day)

    with home.reader() as engine:
        engine.scan("entries", open_ledger(home.lake, METHOD).files("entries"), LEDGER_COLUMNS["entries"])
        engine.scan("accounts", home.lake.files("accounts"), {"account": "bigint", "account_id": "string"})
        known = dict(
            engine.query(f"""
                select t.account_id, max(e.known) from entries e join accounts t on t.account = e.target
                join accounts a on a.account = e.actor where a.account_id in {FAKES} and e.day_no = {day_number(DAY)}
                group by t.account_id""")
        )
    assert set(FAKES) <= read_known(home)
    assert {"buyer": 0, "other": 1} == known


def test_removed_seed_vouches_for_nobody_from_the_next_run_on(sold):
    """Without one of the four sellers the fakes are not known from the next day on; restored, they are again."""
    assert {*FAKES, "friend"} <= read_known(sold)
    seller = sold.people.by_name("person-u7")
    sold.people.trust.remove_seed(seller.key, reason="sells acts", at=NOW)

    score(sold, DAY)

    assert not set(FAKES) & read_known(sold)
    assert {"friend", *SELLERS} - {"u7"} <= read_known(sold)
    assert sold.people.trust.restore_seed(seller.key)
    taker(sold, sold.settings.home.parent)(HEADER, act("u7", "f1", -1))
    score(sold, DAY + timedelta(days=1))
    assert set(FAKES) <= read_known(sold)


def test_removal_leaves_the_entries_of_earlier_days(sold, tmp_path):
    """An act's worth stays as on its day, and a rebuild gives the same bits as the nights."""
    entries = read_entries(sold)
    before = [row for row in entries if row[0] < entries[-1][0]]
    sold.people.trust.remove_seed(sold.people.by_name("person-u7").key, reason="sells acts", at=NOW)

    published = score(sold, DAY)

    assert before
    assert set(before) <= set(read_entries(sold))
    rebuilt_home, rebuilt = rebuild(sold, tmp_path, DAY)
    assert read_entries(rebuilt_home) == read_entries(sold)
    assert read_rows(rebuilt, "scores") == read_rows(published, "scores") != []


def test_first_seeds_of_an_old_ledger_count_for_earlier_days(tmp_path):
    """Whoever verifies people later gets the ledger that a rebuild gives."""
    home = open_home(new_home(tmp_path / "home"), {})
    take = taker(home, tmp_path)
    take(HEADER, *(act(seller, "friend", ago) for seller in SELLERS for ago in range(10)))
    take(HEADER, *(act("friend", "buyer", ago) for ago in range(10)))
    score(home, DAY - timedelta(days=1))
    claim_seeds(home, SELLERS)

    score(home, DAY)

    assert {"friend", "buyer", *SELLERS} == read_known(home)
    rebuilt_home, _ = rebuild(home, tmp_path, DAY)
    assert read_entries(rebuilt_home) == read_entries(home) != []


def run(home, *arguments, code=0):
    """Run a command of `renown trust` on a home; return its output, or the message of its error."""
    result = CliRunner().invoke(cli.app, ["--home", str(home.settings.home), "trust", *arguments])
    assert code == result.exit_code, result.output
    return str(result.exception) if code else result.stdout


def list_seeds(home):
    """Return the rows of `renown trust list` by name."""
    lines = run(home, "list", "--method", "3", "--day", str(DAY - timedelta(days=1)), "--json").splitlines()
    return {row["name"]: row for row in map(json.loads, lines)}


def test_list_shows_whom_each_person_makes_known(sold):
    """The fakes would not be known without any of the four sellers, the friend without any of the others."""
    rows = list_seeds(sold)

    assert [f"person-u{n}" for n in (4, 5, 6, 7, 0, 1, 2, 3)] == list(rows)
    assert [len(FAKES)] * 4 + [1] * 4 == [row["only"] for row in rows.values()]
    assert all(row["known"] > row["only"] for row in rows.values())
    assert "person-u7" in run(sold, "list", "--method", "3", "--day", str(DAY - timedelta(days=1)))


@pytest.mark.parametrize("seeds_at_once", [3, 64])
def test_list_is_the_same_however_many_are_computed_at_once(sold, monkeypatch, seeds_at_once):
    """Ten people fit into no eight columns, and need several rounds of three."""
    claim_seeds(sold, ["idle0", "idle1"])
    monkeypatch.setattr(trust_reach, "_SEEDS_AT_ONCE", seeds_at_once)

    rows = list_seeds(sold)

    assert [len(FAKES)] * 4 + [1] * 4 == [row["only"] for name, row in rows.items() if "idle" not in name]
    assert [0, 0] == [row["only"] for name, row in rows.items() if "idle" in name]


def test_commands_remove_and_restore_a_seed(sold):
    """The list names the reason; without the seller nobody is known only with the others."""
    run(sold, "remove", "person-u7", "--reason", "sells [acts]")

    rows = list_seeds(sold)
    assert ("sells [acts]", 0, 0) == tuple(rows["person-u7"][name] for name in ("reason", "known", "only"))
    assert "person-u7" == list(rows)[-1]
    assert "sells [acts]" in run(sold, "list", "--method", "3", "--day", str(DAY - timedelta(days=1)))
    run(sold, "restore", "person-u7")
    assert "" == list_seeds(sold)["person-u7"]["reason"]
    assert "was not removed" in run(sold, "restore", "person-u7")


def test_preview_changes_nothing(sold):
    """Without the seller neither they nor the fakes are known, and the buyer falls; ledger and published days stay."""
    before = read_known(sold), read_entries(sold), len(sold.days.all())
    day = str(DAY - timedelta(days=1))

    answer = json.loads(run(sold, "preview", "--without", "person-u7", "--method", "3", "--day", day, "--json"))

    assert len({*FAKES, "u7"}) == answer["known_before"] - answer["known_after"]
    [buyer] = [move for move in answer["moves"] if move["name"] == "x:buyer"]
    assert buyer["after"] < buyer["before"]
    assert "known accounts instead of" in run(sold, "preview", "--without", "person-u7", "--method", "3", "--day", day)
    assert before == (read_known(sold), read_entries(sold), len(sold.days.all()))


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("list",), "passing on the credit of 8 verified people"),
        (("preview", "--without", "person-u7"), f"scoring {DAY - timedelta(days=1)} twice"),
    ],
)
def test_long_commands_say_what_they_do_and_write_to_the_spill_folder_only(sold, monkeypatch, arguments, line):
    """The line goes to stderr, as the answer goes to stdout; what a kill leaves there, the next run removes."""
    folders, make_folder = [], tempfile.mkdtemp
    monkeypatch.setattr(
        tempfile, "mkdtemp", lambda *args, **kw: folders.append(kw.get("dir")) or make_folder(*args, **kw)
    )

    result = CliRunner().invoke(
        cli.app,
        [
            "--home",
            str(sold.settings.home),
            "trust",
            *arguments,
            "--method",
            "3",
            "--day",
            str(DAY - timedelta(days=1)),
        ],
    )

    assert line in result.stderr
    assert line not in result.stdout
    spill = sold.settings.home / "spill"
    assert len(folders) > 1
    assert {spill} == set(folders)
    assert [] == list(spill.iterdir())


def test_trust_commands_refuse_what_makes_no_sense(sold):
    """No reason, nobody of that name, somebody removed already, a method without credit."""
    day = ("--day", str(DAY - timedelta(days=1)))
    assert "write 1 to 300" in run(sold, "remove", "person-u7", "--reason", " ", code=1)
    for arguments in (
        ("remove", "nobody", "--reason", "none"),
        ("restore", "nobody"),
        ("preview", "--without", "nobody"),
    ):
        assert "`renown trust list` names the verified people" in run(sold, *arguments, code=1)
    assert "takes trust from scores alone" in run(sold, "list", "--method", "2.1", *day, code=1)
    run(sold, "remove", "person-u7", "--reason", "sells acts")
    assert "no credit starts at" in run(sold, "preview", "--without", "person-u7", "--method", "3", *day, code=1)


def test_removal_of_the_last_seed_says_that_nobody_can_be_told_apart(sold):
    """While credit starts at others, it does not."""
    seeds = [
        person.name for person in sold.people.all_consenting() if any(claim.is_verified for claim in person.claims)
    ]

    outputs = [run(sold, "remove", name, "--reason", "sells acts") for name in seeds]

    assert len(seeds) > 1
    assert [False] * (len(seeds) - 1) + [True] == ["nobody can be told apart" in output for output in outputs]


def test_reviews_are_listed_and_answered(sold):
    """A second request replaces an open one; an answered one stays, and its person can ask again."""
    person = sold.people.by_name("person-u1")
    sold.people.trust.request_review(person.key, "my fans", at=NOW)
    sold.people.trust.request_review(person.key, "my fans are real", at=NOW)

    [review] = map(json.loads, run(sold, "reviews", "--json").splitlines())

    assert ("person-u1", "my fans are real", "") == (review["name"], review["message"], review["answer"])
    run(sold, "answer", str(review["number"]), "they are verified now")
    assert "they are verified now" in run(sold, "reviews")
    assert "no open request" in run(sold, "answer", str(review["number"]), "again", code=1)
    sold.people.trust.request_review(person.key, "and now?", at=NOW)
    assert ["and now?", "my fans are real"] == [
        json.loads(line)["message"] for line in run(sold, "reviews", "--json").splitlines()
    ]
