"""Trust: an operator removes verified people as seeds, and people ask for reviews of what was discounted."""

from datetime import timedelta

import pytest

from conftest import DAY, NOW, new_home, taker
from renown.home import open_home
from renown.scoring.ledger import open_ledger
from test_ledger import HEADER, METHOD, claim_seeds, read_entries, read_rows, rebuild, score

SELLERS = tuple(f"u{n}" for n in range(8))
"""Verified people of all eight groups; the last four sell their acts."""
FAKES = tuple(f"f{n}" for n in range(5))


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


@pytest.fixture
def sold(tmp_path):
    """Return a home in which four verified people vouch for fakes that react to a buyer, and four for somebody else."""
    home = open_home(new_home(tmp_path / "home"), {})
    take = taker(home, tmp_path)
    claim_seeds(home, SELLERS)
    rows = [act(seller, fake, ago) for seller in SELLERS[4:] for fake in FAKES for ago in range(10)]
    rows += [act(honest, "friend", ago) for honest in SELLERS[:4] for ago in range(10)]
    rows += [act(fake, "buyer", ago) for fake in (*FAKES, "friend") for ago in range(10)]
    take(HEADER, *rows)
    take("account,at,followers,lists", f"buyer,{DAY - timedelta(days=20)},50,1", table="profiles")
    score(home, DAY - timedelta(days=1))
    return home


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
    before = [row for row in read_entries(sold) if row[0] < max(row[0] for row in read_entries(sold))]
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
