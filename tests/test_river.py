"""The whole river: file, lake, method, published day."""

import csv
import random
from datetime import timedelta

import pytest

from conftest import DAY, NOW
from renown import answers, assembly, jobs
from renown.connectors import files
from renown.connectors.fields import MOST
from renown.errors import NotPublished
from renown.inputs import take_in
from renown.records import KEPT, VERBS, day_number
from renown.store import Published

HEADER = "actor,target,at,verb,post,id"


def acts(n: int, seed: int = 1) -> list[str]:
    """Return rows of acts among twenty accounts over 120 days."""
    draw = random.Random(seed)
    verbs = ["like", "repost", "reply", "mention"]
    return [
        f"u{draw.randrange(20)},u{int(draw.random() ** 2 * 20)},"
        f"{DAY - timedelta(days=draw.randrange(120))}T12:00:{n % 60:02},"
        f"{draw.choice(verbs)},p{draw.randrange(9)},i{n}"
        for n in range(n)
    ]


def rows(day, tmp_path, table="points"):
    """Return the exported rows of a day."""
    with Published(day) as published:
        published.export(table, tmp_path / "out.csv")
    return list(csv.reader((tmp_path / "out.csv").open()))


def test_points_sum_to_the_score_of_everybody(take, publish):
    """1 and the points of all signals are the score, for every person."""
    take(HEADER, *acts(600))
    take("account,at,followers,lists", f"u1,{DAY},500,3", f"zero,{DAY},0,0", table="profiles")

    with Published(publish()) as published:
        scores = published.leaders(100)
        sums = {row.person: 1 + sum(p.points for p in published.points(row.person)) for row in scores}

    assert len(scores) == 21
    assert {row.name: row.score for row in scores}["x:zero"] == 1
    assert {row.person: row.score for row in scores} == pytest.approx(sums, abs=1e-9)


def test_three_people_are_heard_and_two_are_not(take, publish):
    """One row of points makes the whole score, and it is none where two people's reactions may be chance."""
    take(HEADER, f"a,b,{DAY},repost,p,1", f"c,b,{DAY},repost,p,2")
    with Published(publish()) as published:
        assert [1.0] == [score.score for score in published.leaders(5)]
    take(HEADER, f"d,b,{DAY},repost,p,3")

    with Published(publish()) as published:
        [score] = published.leaders(5)
        [points] = published.points(score.person)

    assert ("x:b", "amplification") == (score.name, points.signal)
    assert score.score == pytest.approx(1 + points.points, abs=1e-9)
    assert score.score > 1


def test_nothing_of_a_day_is_held_in_memory_while_it_is_served(home, take):
    """To serve a day takes memory of its own; together they would need more than they are given."""
    take(HEADER, *acts(20))
    held = []
    publish_day = home.days.publish

    with home.engine() as session:

        def publish_and_look(*given, **told):
            held.extend(name for (name,) in session.rows("select table_name from duckdb_tables()"))
            publish_day(*given, **told)

        home.days.publish = publish_and_look
        jobs.score(session, home.lake, home.days, home.people, home.method, day=DAY, now=NOW)

    assert held
    assert not {step.name for step in home.method.steps} & set(held)


def test_the_score_ends_at_100_and_its_points_with_it(take, publish):
    """Ten thousand million followers are 100, not more."""
    take("account,at,followers,lists", f"a,{DAY},10000000000,100000000", table="profiles")

    with Published(publish()) as published:
        [score] = published.leaders(5)
        points = published.points(score.person)

    assert 100 == score.score
    assert sum(p.points for p in points) == pytest.approx(99, abs=1e-9)


def test_order_and_splitting_of_imports_change_nothing(take, publish, tmp_path):
    """The same acts again, shuffled, in three imports, add nothing and give identical rows."""
    given = acts(300)
    take(HEADER, *given)
    first = publish()
    expected = rows(first, tmp_path), rows(first, tmp_path, "scores")
    shuffled = random.Random(2).sample(given, len(given))
    assert 0 == sum(take(HEADER, *shuffled[part::3]).new for part in range(3))

    again = publish()

    assert first.inputs == again.inputs
    assert expected == (rows(again, tmp_path), rows(again, tmp_path, "scores"))


def test_an_act_with_an_id_counts_once_at_its_earliest(home, take):
    """The same id on two days, in either order, leaves the earlier one."""
    take(HEADER, f"a,b,{DAY},like,p,1")
    take(HEADER, f"a,b,{DAY - timedelta(days=5)},like,p,1")
    take(HEADER, f"a,b,{DAY - timedelta(days=2)},like,p,1")

    with home.reader() as engine:
        engine.scan("kept", home.lake.files("interactions"), {"day_no": "integer"})
        assert 1 == len(engine.rows("select day_no from kept"))
    assert {"x": {(DAY - timedelta(days=5)).toordinal() - 719163}} == home.lake.days("interactions")


def test_acts_of_one_post_share_its_id(home, take):
    """A reply and two mentions under one id are three acts, however often they come."""
    acts = [f"a,b,{DAY},reply,p,1", f"a,b,{DAY},mention,,1", f"a,c,{DAY},mention,,1"]
    take(HEADER, *acts, acts[0])
    take(HEADER, *acts)

    with home.reader() as engine:
        engine.scan("kept", home.lake.files("interactions"), {"verb": "smallint"})
        assert [(3,)] == engine.rows("select count(*) from kept")


def test_the_window_is_ninety_days_with_both_ends(take, publish):
    """An act 89 days old counts, one 90 days old does not, one of tomorrow neither."""
    take(HEADER, f"a,first,{DAY - timedelta(days=89)},repost,,1", f"a,gone,{DAY - timedelta(days=90)},repost,,2")
    take(HEADER, f"a,ahead,{DAY + timedelta(days=1)},repost,,3")

    with Published(publish()) as published:
        assert ["x:first"] == [row.name for row in published.leaders(9)]


def test_one_does_not_count_for_oneself(take, publish):
    """An act on one's own account is none."""
    take(HEADER, f"a,a,{DAY},repost,,1", f"b,c,{DAY},repost,,2")

    with Published(publish()) as published:
        assert ["x:c"] == [row.name for row in published.leaders(9)]


def test_an_undone_act_counts_until_the_day_it_was_undone(take, publish):
    """Days before the undoing keep the act; that day and later ones do not."""
    take(HEADER, f"a,b,{DAY},repost,,1", f"a,c,{DAY},repost,,2")
    take("id,at", f"1,{DAY + timedelta(days=2)}", table="undone")

    names = {}
    for offset in (1, 2):
        with Published(publish(DAY + timedelta(days=offset))) as published:
            names[offset] = sorted(row.name for row in published.leaders(9))

    assert {1: ["x:b", "x:c"], 2: ["x:c"]} == names


def test_who_went_counts_until_that_day_and_again_from_their_return(home, take, publish):
    """Neither acts nor is scored while gone, claimed or not; days before it stay as they were."""
    take(HEADER, f"a,b,{DAY},repost,,1", f"c,a,{DAY},repost,,2", f"c,d,{DAY},repost,,3")
    home.people.add("ada", [("x", "d")], at=NOW)
    moves = [("a", 1, "false"), ("d", 1, "false"), ("a", 3, "true"), ("d", 3, "true")]
    told = [f"{who},{DAY + timedelta(days=after)},{there}" for who, after, there in moves]
    names = []

    assert 4 == take("account,at,present", *told, table="presence").new
    assert 0 == take("account,at,present", *told, table="presence").new
    for offset in range(4):
        with Published(publish(DAY + timedelta(days=offset))) as published:
            names.append(sorted(row.name for row in published.leaders(9)))

    everybody = ["ada", "x:a", "x:b"]
    assert [everybody, [], [], everybody] == names


def test_an_account_named_first_by_several_rows_is_one_account(home, take):
    """Tables that name one account a row name it as often as they like."""
    take("account,at,post,verb,count", *(f"new,{DAY},{post},like,5" for post in "pqr"), table="tallies")
    take("account,at,present", *(f"gone,{DAY - timedelta(days=n)},false" for n in range(3)), table="presence")

    with home.reader() as engine:
        engine.scan("accounts", home.lake.files("accounts"), KEPT["accounts"])
        assert [("gone",), ("new",)] == engine.rows("select account_id from accounts order by account_id")


def test_a_day_of_a_lake_that_did_not_know_of_presence_is_explained_without(home, take):
    """Its versions lack the table: what came into it later did not count."""
    take(HEADER, f"a,b,{DAY},repost,,1")
    versions = home.lake.versions()
    del versions["presence"]
    take("account,at,present", f"a,{DAY},false", table="presence")

    with home.engine() as session:
        take_in(session, home.lake, home.method, day_number(DAY), versions)
        assert [(0,)] == session.rows("select count(*) from presence")
        take_in(session, home.lake, home.method, day_number(DAY), home.lake.versions())
        assert [(1,)] == session.rows("select count(*) from presence")


def test_a_reply_that_is_a_mention_too_is_one_conversation(take, publish):
    """Two verbs of one signal in one act give less than two people would."""
    take(
        HEADER,
        f"a,both,{DAY},reply,p,1",
        f"a,both,{DAY},mention,p,2",
        f"a,two,{DAY},reply,p,3",
        f"c,two,{DAY},reply,p,4",
    )

    with Published(publish()) as published:
        received = {row.name: published.points(row.person)[0].received for row in published.leaders(9)}

    assert received["x:both"] < received["x:two"]


def test_forgetting_reaches_every_file_of_the_home(home, take, publish):
    """No file of lake, store or published days holds an id, handle or name of who was forgotten."""
    take(
        HEADER,
        f"secretid,b,{DAY},repost,p,1",
        f"c,b,{DAY},repost,p,2",
        f"b,secretid,{DAY},reply,q,3",
        f"d,other,{DAY},like,r,4",
    )
    take("account,at,handle,followers", f"secretid,{DAY},secrethandle,5", table="profiles")
    for after, there in ((0, "false"), (1, "true")):
        take("account,at,present", f"secretid,{DAY - timedelta(days=9 - after)},{there}", table="presence")
    home.people.add("secretname", [("x", "secretid"), ("x", "other")], at=NOW)
    publish()
    publish(DAY + timedelta(days=1))
    with home.reader() as engine:
        asked = answers.who("x:secrethandle", engine, home.lake, home.people)
        assert ("secretname", 2) == (asked.name, len(asked.accounts))

        assert 22 < jobs.forget(engine, home, asked)

        engine.scan("kept", home.lake.files("interactions"), {"actor": "bigint"})
        assert 1 == len(engine.rows("select * from kept"))
        keys = [key.to_bytes(8, "little") for _, key in asked.accounts]
    everything = [file for file in home.settings.home.glob("**/*") if file.is_file()]
    assert len(everything) > 20
    assert not [file for file in everything for word in (b"secret", *keys) if word in file.read_bytes()]
    with Published(home.days.find()) as published:
        assert ["x:b"] == [score.name for score in published.leaders(9)]
        assert 1 == published.of.people


def test_a_day_without_data_says_so(publish):
    """Scoring an empty lake is refused with what to do."""
    with pytest.raises(NotPublished, match="renown import"):
        publish()


def test_a_person_is_the_sum_of_their_accounts_without_what_they_did_themselves(home, take, publish, tmp_path):
    """Claimed accounts on two networks make one score; acts between own accounts are none."""
    take(HEADER, f"a,b,{DAY},repost,,1", f"fan,b,{DAY},repost,,2")
    take(HEADER, f"fan,c,{DAY},reply,,1", network="y")
    before = {row["person"]: row for row in map(_record, rows(publish(), tmp_path, "scores")[1:])}
    home.people.add("ada", [("x", "a"), ("x", "b"), ("y", "c")], at=NOW)

    with Published(publish()) as published:
        [ada] = [row for row in published.leaders(9) if row.name == "ada"]
        points = published.points(ada.person)

    assert len(before) == 2
    assert (3, 2, 2) == (ada.accounts, ada.networks, ada.people)
    assert {"x", "y"} == {row.network for row in points}
    assert ada.score == pytest.approx(1 + sum(row.points for row in points), abs=1e-9)


def _record(row):
    return {"person": row[1], "score": row[3]}


def test_another_home_fed_in_other_pieces_publishes_the_same_rows(take, publish, tmp_path):
    """Ten imports of shuffled parts into a home of their own give the rows of one import."""
    given = acts(400)
    take(HEADER, *given)
    one = publish()
    expected = rows(one, tmp_path), rows(one, tmp_path, "scores")
    assembly.make_home(tmp_path / "other")
    other = assembly.open_home(tmp_path / "other", {})
    shuffled, file = random.Random(3).sample(given, len(given)), tmp_path / "part.csv"
    for part in range(10):
        file.write_text("\n".join([HEADER, *shuffled[part::10]]) + "\n")
        found = files.sources([file], "interactions", columns={}, verbs={}, unit=None, now=NOW)
        with other.reader() as engine:
            said = files.batch("interactions", found)
            jobs.collect(engine, other.lake, said, table="interactions", network="x", covers=VERBS.values())

    with other.engine() as session:
        ten = jobs.score(session, other.lake, other.days, other.people, other.method, day=DAY, now=NOW)

    assert len(expected[0]) > 10
    assert one.inputs == ten.inputs
    assert expected == (rows(ten, tmp_path), rows(ten, tmp_path, "scores"))


def test_acts_with_ids_are_not_taken_for_one_act_without(home, take):
    """Two acts told apart by id alone both stay when the same content comes without an id."""
    take(HEADER, f"a,b,{DAY},like,p,1", f"a,b,{DAY},like,p,2")
    for _ in range(2):
        take("actor,target,at,verb,post", f"a,b,{DAY},like,p")

    with home.reader() as engine:
        engine.scan("kept", home.lake.files("interactions"), {"interaction": "bigint"})
        assert [(3, 2)] == engine.rows("select count(*), count(interaction) from kept")


def test_acts_of_one_second_on_two_posts_are_two(take):
    """Acts without ids are told apart by all that is known of them, however alike they are."""
    header, act = "actor,target,at,verb,post", f"a,b,{DAY}T12:00:00,repost"

    assert 2 == take(header, f"{act},p", f"{act},q").new
    assert 0 == take(header, f"{act},q", f"{act},p").new
    assert 1 == take(header, f"{act},q", f"{act},r", f"{act},r").new
    assert 1 == take(header, f"{act},").new
    assert 0 == take(header, f"{act},").new


def test_the_largest_counts_still_add_up(take, publish):
    """What an import takes, a score can hold."""
    take("account,post,verb,count,at", *(f"a,p{n},like,{MOST},{DAY}" for n in range(100)), table="tallies")
    take("account,at,followers,lists", f"a,{DAY},{MOST},{MOST}", table="profiles")

    assert publish()
