"""Run the pipeline end to end: import a file into the lake, score a day, publish it."""

import csv
import random
from contextlib import contextmanager
from datetime import timedelta

import pytest

from conftest import DAY, NOW, new_home, publisher, taker, write_csv
from renown import answers, ingest, privacy, scoring
from renown.errors import DayNotPublishedError
from renown.home import open_home
from renown.imports import files, record_steps
from renown.imports.column_reader import ColumnReader
from renown.imports.field_sql import MAX_COUNT
from renown.records import LAKE_COLUMNS, VERBS, day_number
from renown.scoring.inputs import load_inputs
from renown.scoring.points import open_all_points
from renown.store import PublishedTables

HEADER = "actor,target,at,verb,post,id"


def acts(n: int, seed: int = 1) -> list[str]:
    """Return random rows of interactions between twenty accounts over 120 days."""
    rng = random.Random(seed)
    verbs = ["like", "repost", "reply", "mention"]
    return [
        f"u{rng.randrange(20)},u{int(rng.random() ** 2 * 20)},"
        f"{DAY - timedelta(days=rng.randrange(120))}T12:00:{n % 60:02},"
        f"{rng.choice(verbs)},p{rng.randrange(9)},i{n}"
        for n in range(n)
    ]


def rows(home, day, tmp_path, table="points"):
    """Return the exported rows of a published day, of everybody."""
    with open_points(home, day) as published:
        write_csv(published, table, tmp_path / "out.csv")
    return list(csv.reader((tmp_path / "out.csv").open()))


@contextmanager
def open_points(home, day):
    """Open a published day with the points of everybody, also of unclaimed accounts."""
    with home.reader() as engine, open_all_points(engine, home.lake, day, home.settings.home) as published:
        yield published


def test_points_sum_to_every_score(home, take, publish):
    """1 plus the points of all signals equals the score, for every person."""
    take(HEADER, *acts(600))
    take("account,at,followers,lists", f"u1,{DAY},500,3", f"zero,{DAY},0,0", table="profiles")

    with open_points(home, publish()) as published:
        scores = published.read_top_scores(100)
        sums = {row.person: 1 + sum(p.points for p in published.read_points(row.person)) for row in scores}

    assert len(scores) == 21
    assert {row.name: row.score for row in scores}["x:zero"] == 1
    assert {row.person: row.score for row in scores} == pytest.approx(sums, abs=1e-9)


def test_reactions_count_from_the_third_person_on(home, take, publish):
    """Reactions of two people may be chance and add no points; those of three do, in one row of points."""
    take(HEADER, f"a,b,{DAY},repost,p,1", f"c,b,{DAY},repost,p,2")
    with open_points(home, publish()) as published:
        assert [1.0] == [score.score for score in published.read_top_scores(5)]
    take(HEADER, f"d,b,{DAY},repost,p,3")

    with open_points(home, publish()) as published:
        [score] = published.read_top_scores(5)
        [points] = published.read_points(score.person)

    assert ("x:b", "amplification") == (score.name, points.signal)
    assert score.score == pytest.approx(1 + points.points, abs=1e-9)
    assert score.score > 1


def test_scoring_tables_are_dropped_before_publishing(home, take):
    """Publishing needs memory of its own; with the tables of scoring, it would exceed the memory limit."""
    take(HEADER, *acts(20))
    tables = []
    publish_day = home.days.publish

    with home.engine() as session:

        def list_tables_and_publish(*args, **kwargs):
            tables.extend(name for (name,) in session.query("select table_name from duckdb_tables()"))
            publish_day(*args, **kwargs)

        home.days.publish = list_tables_and_publish
        scoring.score(session, home.lake, home.days, home.people, home.method, day=DAY, now=NOW)

    assert tables
    assert not {step.name for step in home.method.steps} & set(tables)


def test_score_is_capped_at_100_and_points_still_sum(home, take, publish):
    """Ten billion followers score 100, not more."""
    take("account,at,followers,lists", f"a,{DAY},10000000000,100000000", table="profiles")

    with open_points(home, publish()) as published:
        [score] = published.read_top_scores(5)
        points = published.read_points(score.person)

    assert 100 == score.score
    assert sum(p.points for p in points) == pytest.approx(99, abs=1e-9)


def test_import_is_idempotent_in_any_order_and_split(home, take, publish, tmp_path):
    """Importing the same interactions again, shuffled, in three files, adds nothing and gives identical rows."""
    lines = acts(300)
    take(HEADER, *lines)
    first = publish()
    expected = rows(home, first, tmp_path), rows(home, first, tmp_path, "scores")
    shuffled = random.Random(2).sample(lines, len(lines))
    assert 0 == sum(take(HEADER, *shuffled[part::3]).new for part in range(3))

    again = publish()

    assert first.inputs == again.inputs
    assert expected == (rows(home, again, tmp_path), rows(home, again, tmp_path, "scores"))


def test_dedup_by_id_keeps_the_earliest(home, take):
    """Of rows with the same id on several days, in any order, the lake keeps the earliest one."""
    take(HEADER, f"a,b,{DAY},like,p,1")
    take(HEADER, f"a,b,{DAY - timedelta(days=5)},like,p,1")
    take(HEADER, f"a,b,{DAY - timedelta(days=2)},like,p,1")

    with home.reader() as engine:
        engine.scan("interactions", home.lake.files("interactions"), {"day_no": "integer"})
        assert 1 == len(engine.query("select day_no from interactions"))
    assert {"x": {(DAY - timedelta(days=5)).toordinal() - 719163}} == home.lake.days("interactions")


def test_dedup_distinguishes_interactions_with_the_id_of_one_post(home, take):
    """A reply and two mentions with the same id are three interactions, however often they are imported."""
    lines = [f"a,b,{DAY},reply,p,1", f"a,b,{DAY},mention,,1", f"a,c,{DAY},mention,,1"]
    take(HEADER, *lines, lines[0])
    take(HEADER, *lines)

    with home.reader() as engine:
        engine.scan("interactions", home.lake.files("interactions"), {"verb": "smallint"})
        assert [(3,)] == engine.query("select count(*) from interactions")


@pytest.mark.parametrize(
    "order", [("plain", "ids"), ("ids", "plain"), ("plain", "mixed"), ("ids", "mixed"), ("mixed",)]
)
def test_act_with_an_id_and_without_is_one(home, take, order):
    """The same acts of two exports, of which one has no ids: the ones with ids are kept, so that they can be undone."""
    acts_without_ids = [f"a{n % 3},b,{DAY}T10:00:0{n}Z,like,{'p' if n else ''}" for n in range(4)]
    acts_with_ids = [f"{act},i{n}" for n, act in enumerate(acts_without_ids)]
    sources = {
        "plain": (HEADER.removesuffix(",id"), [*acts_without_ids, f"other,b,{DAY},like,p"]),
        "ids": (HEADER, [*acts_with_ids, f"other,b,{DAY},like,q,i9"]),
        "mixed": (HEADER, [*acts_with_ids, *(f"{act}," for act in acts_without_ids)]),
    }
    for _ in range(2):
        for name in order:
            header, lines = sources[name]
            take(header, *lines)

    with home.reader() as engine:
        engine.scan("interactions", home.lake.files("interactions"), LAKE_COLUMNS["interactions"])
        acts = engine.query("select count(*), count(distinct interaction) from interactions")
    others = ("plain" in order) + ("ids" in order)
    assert [(4 + others, 4 + ("ids" in order))] == acts


def test_window_is_ninety_days_including_both_ends(take, publish):
    """An interaction 89 days old counts; one 90 days old does not, nor does one of tomorrow."""
    take(HEADER, f"a,first,{DAY - timedelta(days=89)},repost,,1", f"a,too_old,{DAY - timedelta(days=90)},repost,,2")
    take(HEADER, f"a,future,{DAY + timedelta(days=1)},repost,,3")

    with PublishedTables(publish()) as published:
        assert ["x:first"] == [row.name for row in published.read_top_scores(9)]


def test_interactions_with_oneself_do_not_count(take, publish):
    """An interaction whose actor is its target gives no score."""
    take(HEADER, f"a,a,{DAY},repost,,1", f"b,c,{DAY},repost,,2")

    with PublishedTables(publish()) as published:
        assert ["x:c"] == [row.name for row in published.read_top_scores(9)]


def test_undone_interaction_counts_until_the_day_it_was_undone(take, publish):
    """It counts on the days before; not on that day or later."""
    take(HEADER, f"a,b,{DAY},repost,,1", f"a,c,{DAY},repost,,2")
    take("id,at", f"1,{DAY + timedelta(days=2)}", table="undone")

    names = {}
    for offset in (1, 2):
        with PublishedTables(publish(DAY + timedelta(days=offset))) as published:
            names[offset] = sorted(row.name for row in published.read_top_scores(9))

    assert {1: ["x:b", "x:c"], 2: ["x:c"]} == names


def test_deleted_account_counts_until_that_day_and_again_from_its_return(home, take, publish):
    """While deleted, claimed or not, it neither acts nor has a score; earlier days stay the same."""
    take(HEADER, f"a,b,{DAY},repost,,1", f"c,a,{DAY},repost,,2", f"c,d,{DAY},repost,,3")
    home.people.add("ada", [("x", "d")], at=NOW)
    presence = [("a", 1, "false"), ("d", 1, "false"), ("a", 3, "true"), ("d", 3, "true")]
    lines = [f"{account},{DAY + timedelta(days=offset)},{present}" for account, offset, present in presence]
    names = []

    assert 4 == take("account,at,present", *lines, table="presence").new
    assert 0 == take("account,at,present", *lines, table="presence").new
    for offset in range(4):
        with PublishedTables(publish(DAY + timedelta(days=offset))) as published:
            names.append(sorted(row.name for row in published.read_top_scores(9)))

    all_names = ["ada", "x:a", "x:b"]
    assert [all_names, [], [], all_names] == names


def test_new_account_in_several_rows_is_one_account(home, take):
    """Several rows of an import may name the same new account."""
    take("account,at,post,verb,count", *(f"new,{DAY},{post},like,5" for post in "pqr"), table="tallies")
    take("account,at,present", *(f"deleted,{DAY - timedelta(days=n)},false" for n in range(3)), table="presence")

    with home.reader() as engine:
        engine.scan("accounts", home.lake.files("accounts"), LAKE_COLUMNS["accounts"])
        assert [("deleted",), ("new",)] == engine.query("select account_id from accounts order by account_id")


def test_inputs_of_a_day_before_a_table_existed_lack_the_table(home, take):
    """A day whose lake versions lack the table `presence` is loaded without rows that were added later."""
    take(HEADER, f"a,b,{DAY},repost,,1")
    versions = home.lake.versions()
    del versions["presence"]
    take("account,at,present", f"a,{DAY},false", table="presence")

    with home.engine() as session:
        load_inputs(session, home.lake, home.method, day_number(DAY), versions)
        assert [(0,)] == session.query("select count(*) from presence")
        load_inputs(session, home.lake, home.method, day_number(DAY), home.lake.versions())
        assert [(1,)] == session.query("select count(*) from presence")


def test_two_verbs_of_one_actor_count_less_than_two_actors(home, take, publish):
    """A reply and a mention by the same actor are one signal; two people who reply give more."""
    take(
        HEADER,
        f"a,both,{DAY},reply,p,1",
        f"a,both,{DAY},mention,p,2",
        f"a,two,{DAY},reply,p,3",
        f"c,two,{DAY},reply,p,4",
    )

    with open_points(home, publish()) as published:
        received = {row.name: published.read_points(row.person)[0].received for row in published.read_top_scores(9)}

    assert received["x:both"] < received["x:two"]


def test_erasure_reaches_every_file_of_the_home(home, take, publish):
    """No file of lake, store or published days contains an id, handle or name of an erased person."""
    take(
        HEADER,
        f"hiddenid,b,{DAY},repost,p,1",
        f"c,b,{DAY},repost,p,2",
        f"b,hiddenid,{DAY},reply,q,3",
        f"d,other,{DAY},like,r,4",
    )
    take("account,at,handle,followers", f"hiddenid,{DAY},hiddenhandle,5", table="profiles")
    for offset, present in ((0, "false"), (1, "true")):
        take("account,at,present", f"hiddenid,{DAY - timedelta(days=9 - offset)},{present}", table="presence")
    home.people.add("hiddenname", [("x", "hiddenid"), ("x", "other")], at=NOW)
    publish()
    publish(DAY + timedelta(days=1))
    with home.reader() as engine:
        subject = scoring.resolve_subject("x:hiddenhandle", engine, home.lake, home.people)
        assert ("hiddenname", 2) == (subject.name, len(subject.accounts))

        assert 22 < privacy.erase_people(engine, home.personal_data, [subject])

        engine.scan("interactions", home.lake.files("interactions"), {"actor": "bigint"})
        assert 1 == len(engine.query("select * from interactions"))
        keys = [key.to_bytes(8, "little") for _, key in subject.accounts]
    home_files = [file for file in home.settings.home.glob("**/*") if file.is_file()]
    assert len(home_files) > 20
    assert not [file for file in home_files for word in (b"hidden", *keys) if word in file.read_bytes()]
    with PublishedTables(home.days.find()) as published:
        assert ["x:b"] == [score.name for score in published.read_top_scores(9)]
        assert 1 == published.day.people


def test_scoring_an_empty_lake_is_refused(publish):
    """The error says what to do: import data."""
    with pytest.raises(DayNotPublishedError, match="renown import"):
        publish()


def test_claimed_accounts_share_one_score_without_acts_between_them(home, take, publish, tmp_path):
    """A person's accounts on two networks are summed to one score; interactions between them do not count."""
    take(HEADER, f"a,b,{DAY},repost,,1", f"fan,b,{DAY},repost,,2")
    take(HEADER, f"fan,c,{DAY},reply,,1", network="y")
    before = {row["person"]: row for row in map(_record, rows(home, publish(), tmp_path, "scores")[1:])}
    home.people.add("ada", [("x", "a"), ("x", "b"), ("y", "c")], at=NOW)

    with PublishedTables(publish()) as published:
        [ada] = [row for row in published.read_top_scores(9) if row.name == "ada"]
        points = published.read_points(ada.person)

    assert len(before) == 2
    assert (3, 2, 2) == (ada.accounts, ada.networks, ada.people)
    assert {"x", "y"} == {row.network for row in points}
    assert ada.score == pytest.approx(1 + sum(row.points for row in points), abs=1e-9)


def _record(row):
    return {"person": row[1], "score": row[3]}


@pytest.mark.proof
def test_another_home_with_the_same_data_publishes_the_same_rows(home, take, publish, tmp_path):
    """Ten imports of shuffled parts into another home give the same rows as one import."""
    lines = acts(400)
    take(HEADER, *lines)
    first = publish()
    expected = rows(home, first, tmp_path), rows(home, first, tmp_path, "scores")
    other = open_home(new_home(tmp_path / "other"), {})
    shuffled, file = random.Random(3).sample(lines, len(lines)), tmp_path / "part.csv"
    for part in range(10):
        file.write_text("\n".join([HEADER, *shuffled[part::10]]) + "\n")
        source = files.inspect_files([file], "interactions", ColumnReader(now=NOW))
        with other.reader() as engine:
            batch = record_steps.batch_step("interactions", source)
            ingest.import_batch(engine, other.lake, batch, table="interactions", network="x", covers=VERBS.values())

    with other.engine() as session:
        second = scoring.score(session, other.lake, other.days, other.people, other.method, day=DAY, now=NOW)

    assert len(expected[0]) > 10
    assert first.inputs == second.inputs
    assert expected == (rows(other, second, tmp_path), rows(other, second, tmp_path, "scores"))


def test_dedup_keeps_rows_that_differ_only_in_id(home, take):
    """Both stay when a row with the same content and no id is imported, which is one of them."""
    take(HEADER, f"a,b,{DAY},like,p,1", f"a,b,{DAY},like,p,2")
    for _ in range(2):
        take("actor,target,at,verb,post", f"a,b,{DAY},like,p")

    with home.reader() as engine:
        engine.scan("interactions", home.lake.files("interactions"), {"interaction": "bigint"})
        assert [(2, 2)] == engine.query("select count(*), count(interaction) from interactions")


def test_dedup_without_ids_compares_all_columns(take):
    """Interactions within one second on two posts are two, also if they have no ids."""
    header, act = "actor,target,at,verb,post", f"a,b,{DAY}T12:00:00,repost"

    assert 2 == take(header, f"{act},p", f"{act},q").new
    assert 0 == take(header, f"{act},q", f"{act},p").new
    assert 1 == take(header, f"{act},q", f"{act},r", f"{act},r").new
    assert 1 == take(header, f"{act},").new
    assert 0 == take(header, f"{act},").new


def test_dedup_without_ids_writes_only_days_with_new_rows(home, take):
    """Rows without ids that come again, in a file or later, are stored once; a day without new ones gets no file."""
    lines = [f"a{number},b,{DAY - timedelta(days=number % 3)},like" for number in range(30)]
    stored = []
    for more in (lines, [], [f"new,b,{DAY},like"]):
        take("actor,target,at,verb", *lines, *more)
        files = home.lake.files("interactions")
        with home.reader() as engine:
            engine.scan("interactions", files, LAKE_COLUMNS["interactions"])
            days = "select day_no, count(*), count(distinct actor) from interactions group by day_no order by day_no"
            stored.append((len(files), [(count, people) for _, count, people in engine.query(days)]))

    assert [(3, [(10, 10)] * 3), (3, [(10, 10)] * 3), (4, [(10, 10), (10, 10), (11, 11)])] == stored


def test_largest_importable_counts_do_not_overflow(take, publish):
    """A day with the maximum of every count can be scored."""
    take("account,post,verb,count,at", *(f"a,p{n},like,{MAX_COUNT},{DAY}" for n in range(100)), table="tallies")
    take("account,at,followers,lists", f"a,{DAY},{MAX_COUNT},{MAX_COUNT}", table="profiles")

    assert publish()


@pytest.mark.parametrize("name", ["my home", "größe (neu)"])
def test_home_in_a_folder_with_special_characters(tmp_path, name):
    """Days are scored and explained whatever the folder of the home is called."""
    home = open_home(new_home(tmp_path / name), {})
    taker(home, tmp_path)(HEADER, *(f"{actor},b,{DAY},repost,p,{actor}" for actor in "klmn"))

    publisher(home)()

    with home.reader() as engine, PublishedTables(home.days.find()) as published:
        subject = scoring.resolve_subject("x:b", engine, home.lake, home.people)
        explanation = answers.explain(subject, published, engine, home.lake)
    assert 4 == len(explanation.signals[0].actors)
