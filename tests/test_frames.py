"""The Python API: a home as data frames of four libraries; sums add up, and errors say what to do."""

import copy
import doctest
import pickle
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import community
import frame_types
import renown
from conftest import DAY, new_home
from renown.errors import (
    DayNotPublishedError,
    HomeError,
    InvalidInputError,
    InvalidSettingsError,
    MissingDependencyError,
    PersonNotFoundError,
)
from renown.frames.parameters import parse_day
from renown.frames.views import list_queried_tables
from renown.records import VERBS

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "python.md"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return the opened home of a small community."""
    path = community.create_community(tmp_path_factory.mktemp("frames") / "home").settings.home
    with renown.open(path) as opened:
        yield opened


@pytest.mark.parametrize(
    ("as_", "kind"),
    [("polars", pl.DataFrame), ("pandas", pd.DataFrame), ("arrow", pa.Table), ("duckdb", duckdb.DuckDBPyRelation)],
)
def test_scores_are_a_frame_of_each_library(home, as_, kind):
    """The same rows and columns, with dates and real numbers."""
    table, frame = home.scores(), home.scores(as_=as_)

    assert isinstance(frame, kind)
    assert (len(table), len(table.columns)) == frame.shape
    assert table.columns == list(getattr(frame, "columns", [])) or as_ == "arrow"
    row = table.rows()[0]
    assert (date, float, 1) == (type(row["day"]), type(row["score"]), row["rank"])
    assert not [name for name in table.columns if name in {"person", "account", "key"}]


def test_results_have_the_types_that_editors_show(home):
    """As mypy checks them."""
    frame_types.check_types(home._home.settings.home, "ann", "seventy")


def test_ranks_and_flags_are_those_of_the_site(home):
    """As the served scores say."""
    served = home._home.served_scores
    for row in home.scores().rows():
        if row["claimed"]:
            score = served.by_name(row["name"])
            assert (score.rank, pytest.approx(score.percentile, abs=0.01)) == (row["rank"], row["percentile"])
            assert pytest.approx(score.score) == row["score"]
            assert pytest.approx(score.strength / 1e9) == row["strength"]
    assert {True, False} == {row["claimed"] for row in home.scores().rows()}


def test_receipt_and_changes_add_up(home):
    """To the score, and to its change."""
    scores = {row["name"]: row["score"] for row in home.scores().rows()}
    first, last = home.days()[-2:]
    before = {row["name"]: row["score"] for row in home.scores(first).rows()}

    assert pytest.approx(scores["ann"], abs=1e-9) == sum(row["points"] for row in home.receipt("ann").rows())
    move = sum(row["points"] for row in home.changes("ann", day=last, since=str(first)).rows())
    assert pytest.approx(scores["ann"] - before["ann"], abs=1e-9) == move
    assert home.history("ann").rows()[-1]["day"] == last


def test_influence_goal_and_what_if_of_a_person(home):
    """Points add up before and after a change; what is enough for a goal reaches it; people by the highest score."""
    score = next(row["score"] for row in home.scores().rows() if row["name"] == "ann")
    what_if = home.what_if("ann", "everything=x2").to_polars()
    enough = [row for row in home.goal("ann", 20).rows() if row["more"] is not None]
    people = home.influencees("x:Ann").rows()

    assert score == pytest.approx(what_if["points"].sum(), abs=1e-9)
    assert what_if["points_after"].sum() > score + 1
    assert enough
    for row in enough:
        after = (
            home.what_if("ann", f"{row['account']}/{row['signal']}=+{row['more']}").to_polars()["points_after"].sum()
        )
        assert after == pytest.approx(row["score"], abs=1e-9)
        assert after >= 20 - 1e-9
    assert [row["score"] for row in people] == sorted((row["score"] for row in people), reverse=True)
    assert {"bob", "x:dan", "x:eve"} <= {row["name"] for row in people}
    assert [("python", 2), ("open data", 1)] == [(row["topic"], row["posts"]) for row in home.topics("ann").rows()]
    assert {"bob", "x:dan"} == {row["name"] for row in home.influencers("ann").rows()}


def test_table_shows_itself_with_bars_and_escapes(home):
    """In a terminal as text, in a notebook as HTML."""
    table = home.scores()
    assert "ann" in repr(table)
    assert "width:100%" in table._repr_html_()
    assert "<script>" not in home.sql("select '<script>' as x")._repr_html_()
    assert "latest day" in repr(home)
    # A fall has a bar, too, of another colour.
    html = home._table(["points double"], [(-4.0,), (2.0,), (0.0,)], "points")._repr_html_()
    assert ["#7a8a99;height:.5em;width:100%", "#ad3410;height:.5em;width:50%", "#ad3410;height:.5em;width:0%"] == (
        re.findall(r"background:([^\"]+)", html)
    )
    assert home.sql("select count(*) as n from interactions").rows()[0]["n"] > 0


def test_table_prints_what_people_want_first(home):
    """Scores show rank, name and score; the number of all rows; of a history the latest days."""
    text = repr(home.scores())
    assert all(f" {name} " in text for name in ("rank", "name", "score"))
    assert f"{len(home.scores())} rows; more columns: percentile, verified_score" in text
    html = home.scores()._repr_html_()
    assert html.index("<th>score</th>") < html.index("<th>percentile</th>") < html.index("<th>method</th>")

    numbers = home.sql("select range as n, range / 7 as x from range(19906)")
    assert "the first 20 of 19,906 rows" in repr(numbers)
    assert "0.1429" in repr(numbers)
    assert "0 rows" == repr(home.sql("select 1 as n limit 0")).splitlines()[-1]
    assert "1 row" == repr(home.sql("select 1 as n")).splitlines()[-1]
    days = home._table(["n integer"], [(n,) for n in range(30)], latest=True)
    assert "the last 20 of 30 rows" in repr(days)
    assert ("29", False) == (repr(days).splitlines()[-3].strip("│ "), " 9 " in repr(days))


def test_home_is_imported_and_scored_from_python(tmp_path):
    """From an empty home to a frame, as in a notebook."""
    file = tmp_path / "acts.csv"
    file.write_text(f"who,target,at,verb\nx,ada,{DAY},repost\ny,ada,{DAY},repost\nz,ada,{DAY},like\n")
    with renown.open(new_home(tmp_path / "home")) as home:
        assert 3 == home.import_("interactions", file, network="office", actor="who").new
        scores = home.score(str(DAY)).rows()
    assert "office:ada" == scores[0]["name"]


def test_errors_say_what_to_do(home, tmp_path, monkeypatch):
    """A missing home, day, person, format and library."""
    with pytest.raises(HomeError, match="renown --home"):
        renown.open(tmp_path / "nothing")
    with pytest.raises(InvalidSettingsError, match="did you mean 'RENOWN_STORE'"):
        renown.open(home._home.settings.home, RENOWN_STOR="x")
    with pytest.raises(DayNotPublishedError):
        home.scores("1999-01-01")
    with pytest.raises(InvalidInputError, match="write it as 2026-11-23"):
        home.scores("yesterday")
    with pytest.raises(PersonNotFoundError):
        home.receipt("nobody")
    with pytest.raises(InvalidInputError, match="polars"):
        home.scores(as_="spark")
    for as_, package in (("polars", "polars"), ("pandas", "pandas"), ("arrow", "pyarrow")):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(MissingDependencyError, match=f"pip install {package}"):
            home.scores(as_=as_)
    with pytest.raises(AttributeError):
        renown.nothing  # noqa: B018


def test_errors_of_queries_are_those_of_the_package(home):
    """Also where a table is read only later."""
    for query in ("selec 1", "select x from interactions", "select * from nothing", ""):
        with pytest.raises(InvalidInputError, match="quer"):
            home.sql(query)
    with pytest.raises(InvalidInputError, match=r"Could not convert string 'z'.*; correct it"):
        home.sql("select cast(word as integer) from (values ('z'), ('y')) words(word)").rows()
    with pytest.raises(InvalidInputError, match=r"no constant 'window_day'; .*did you mean 'window_days'"):
        home.method["window_day"]


def test_a_closed_home_says_so(home):
    """Whatever is asked of it, and of its tables."""
    with renown.open(home._home.settings.home) as closed:
        table = closed.scores()
    for ask in (closed.scores, closed.days, lambda: closed.sql("select 1"), lambda: closed.history("ann"), table.rows):
        with pytest.raises(HomeError, match=r"closed; open it again with renown\.open"):
            ask()
    with pytest.raises(HomeError, match="closed"):
        table.to("pandas")
    with pytest.raises(HomeError, match="closed"):
        closed.__enter__()
    assert repr(closed).endswith(", closed>")


def test_home_cannot_be_pickled_or_used_by_a_forked_process(home):
    """Errors say what to do, where processes waited for each other forever."""
    for value in (home, home.scores()):
        with pytest.raises(InvalidInputError, match=r"cannot be pickled or copied; open the home in each process"):
            pickle.dumps(value)
        with pytest.raises(InvalidInputError, match="cannot be pickled or copied"):
            copy.deepcopy(value)
    table = home.scores()
    home._process += 1  # what a forked process sees
    try:
        for ask in (home.scores, home.days, table.rows, table.to_pandas, lambda: home.sql("select 1")):
            with pytest.raises(HomeError, match=r"another process opened this home; open it again"):
                ask()
    finally:
        home._process -= 1
    assert len(table)


def test_threads_take_turns(home):
    """DuckDB refuses two queries of one connection at once."""
    table = home.scores()

    def ask(number):
        rows = home.sql(f"select {number} as n, count(*) as acts from interactions").rows()
        return rows[0]["n"], len(table.rows()), len(home.receipt("ann")), home.table("points", as_="polars").height

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(12)))

    assert list(range(12)) == [number for number, *_ in answers]
    assert 1 == len({tuple(counts) for _, *counts in answers})


def test_queries_read_frames(home):
    """Of each library, and tables; a frame has no name of a table, and is gone after the query."""
    teams = pd.DataFrame({"name": ["ann", "bob", "nobody"], "team": ["red", "blue", "red"]})
    query = "select name, team, score from scores join teams using (name) order by name"
    scores = {row["name"]: row["score"] for row in home.scores()}

    for frame in (teams, teams.astype("category"), pl.from_pandas(teams), pa.Table.from_pandas(teams)):
        rows = home.sql(query, scores=home.scores(), teams=frame).rows()
        assert [("ann", "red", scores["ann"]), ("bob", "blue", scores["bob"])] == [tuple(row.values()) for row in rows]
    relation = home.sql(query, as_="duckdb", scores=home.scores(), teams=duckdb.from_df(teams))
    assert 2 == len(relation.fetchall())
    with pytest.raises(InvalidInputError, match=r"names 'crowd', which is no table; .*home.sql\(query, crowd=frame\)"):
        home.sql("from crowd")
    assert [{"n": 0}] == home.sql("select count(*) as n from crowd", crowd=teams.head(0)).rows()
    with pytest.raises(InvalidInputError, match="crowd"):
        home.sql("from crowd")
    assert 2 == len(home.sql('from "a ""b"', **{'a "b': teams.head(2)}))
    with pytest.raises(InvalidInputError, match="'posts' is a table of the home; give the frame another name"):
        home.sql("from posts", posts=teams)
    with pytest.raises(InvalidInputError, match="a dict is no frame"):
        home.sql("from crowd", crowd={"name": ["ann"]})


def test_result_of_a_query_stays_as_it_is(tmp_path):
    """Also when the tables change, and the same table is queried again."""
    acts = pd.DataFrame({"actor": ["a"], "target": "z", "at": pd.Timestamp("2024-02-01 10:00"), "verb": "like"})
    with renown.open(new_home(tmp_path / "home")) as home:
        before = home.sql("select count(*) as acts from interactions")
        home.import_("interactions", acts, network="office")
        after = home.sql("select count(*) as acts from interactions")

        assert ([{"acts": 0}], [{"acts": 1}]) == (before.rows(), after.rows())


def test_queries_see_names_and_dates(home):
    """Verbs by name, days as dates, and every table, also one without rows."""
    acts = home.sql("select distinct verb, day from interactions").rows()

    assert {"like", "repost"} <= {row["verb"] for row in acts} <= set(VERBS)
    assert {date} == {type(row["day"]) for row in acts}
    assert [] == home.sql("select verb, day, count from tallies where count < 0").rows()
    assert {"everybody's acts", "like"} <= {row["verb"] for row in home.sql("from coverage")}
    tables = re.findall(
        r"`(\w+)`", PAGE.read_text(encoding="utf-8").partition("The lake has")[2].partition("`verb`")[0]
    )
    assert sorted(list_queried_tables(home._home)) == sorted(tables)
    for table in tables:
        assert len(home.sql(f"from {table}")) >= 0
    with pytest.raises(InvalidInputError, match=r"the query names 'scores', which is no table; known: interactions, "):
        home.sql("from scores")


def test_queries_see_what_the_ledger_counted(home):
    """The same entries as the export, with names of signals; worths are millionths."""
    entries = home.sql(
        "select signal, sum(worth) as worth, sum(acts) as acts from entries group by all order by all"
    ).rows()
    exported = (
        home.table("ledger", first="1970-01-01").to_polars().group_by("signal").agg(pl.col("worth", "acts").sum())
    )

    rows = exported.sort("signal").to_dicts()
    assert [(row["signal"], row["acts"]) for row in rows] == [(row["signal"], row["acts"]) for row in entries]
    assert [pytest.approx(1e6 * row["worth"]) for row in rows] == [row["worth"] for row in entries]


@pytest.mark.parametrize(
    "day",
    [
        pd.Timestamp(DAY),
        pd.Timestamp(DAY, tz="UTC"),
        pd.Timestamp(DAY, tz="UTC").tz_convert("Asia/Tokyo"),
        datetime.combine(DAY, time(23)),
        np.datetime64(str(DAY)),
        np.datetime64(str(DAY), "ns"),
        f"{DAY} 00:00:00",
    ],
    ids=repr,
)
def test_days_of_frames_are_days(day):
    """What pandas and NumPy have in place of dates; an instant with a time zone is of its UTC day."""
    assert DAY == parse_day(day)


@pytest.mark.parametrize(
    "day", [20240201, 1.5, "", "01.02.2024", pd.NaT, np.datetime64("NaT", "D"), [str(DAY)]], ids=repr
)
def test_what_is_no_day_is_refused_with_its_value(home, day):
    """Wherever a day is a parameter."""
    for ask in (home.scores, home.score, lambda day: home.receipt("ann", day), lambda day: home.changes("ann", day)):
        with pytest.raises(InvalidInputError, match=re.escape(f"{day!r} is not a day; write it as")):
            ask(day)


def test_parameters_of_another_type_are_refused_with_their_value(home):
    """People, numbers, queries, words and files."""
    with pytest.raises(InvalidInputError, match="5 is no text; write one person's name"):
        home.receipt(5)
    for days in (0, -1, "90", 7.5, None):
        with pytest.raises(InvalidInputError, match=re.escape(f"days is {days!r}; write a whole number from 1 on")):
            home.history("ann", days=days)
    assert len(home.history("ann", days=10**9)) >= len(home.history("ann", days=np.int64(3)))
    with pytest.raises(InvalidInputError, match="challenge is '1'; write a whole number from 0 on"):
        home.standings("seventy", "1")
    for target in (0, "x", None, float("nan"), 100.5):
        with pytest.raises(InvalidInputError, match=re.escape(f"target is {target!r}; write a score of 1 to 100")):
            home.goal("ann", target)
    with pytest.raises(InvalidInputError, match="5 is not a change; write text"):
        home.what_if("ann", 5)
    with pytest.raises(InvalidInputError, match="'likes' is not a change; write"):
        home.what_if("ann", "likes")
    with pytest.raises(PersonNotFoundError, match="cat2"):
        home.influencers("cat2")
    with pytest.raises(InvalidInputError, match="the query is None; write SQL"):
        home.sql(None)
    with pytest.raises(InvalidInputError, match="verbs is 'RT=repost'; write a dictionary"):
        home.import_("interactions", "acts.csv", network="office", verbs="RT=repost")
    with pytest.raises(InvalidInputError, match="actor is 3; write it as text"):
        home.import_("interactions", "acts.csv", network="office", actor=3)
    with pytest.raises(InvalidInputError, match="network is 'Office'; write a lower-case name"):
        home.import_("interactions", "acts.csv", network="Office")
    with pytest.raises(InvalidInputError, match="the method is '3', but a history has each day's default method"):
        home.table("history", method="3")
    with pytest.raises(InvalidInputError, match="give it as the option, argument or column of its network"):
        home.add("ada", "https://bsky.app/profile/ada.example")
    with pytest.raises(InvalidInputError, match="no file of interactions was named"):
        home.import_("interactions", network="office")
    with pytest.raises(InvalidInputError, match="a list is neither a file nor a frame"):
        home.import_("interactions", [1], network="office")
    for ask in (lambda: home.score(DAY, last="2024-01-01"), lambda: home.table("scores", first=DAY, last="2024-01-01")):
        with pytest.raises(InvalidInputError, match=f"the first day, {DAY}, is after the last one, 2024-01-01"):
            ask()
    with pytest.raises(DayNotPublishedError, match="choose a method that published some: 3"):
        home.scores(method="9")


def test_frames_are_imported_as_files_are(tmp_path):
    """The same rows of each library are the same acts; numbers that lost digits are refused."""
    acts = pd.DataFrame({"who": ["a", "b"], "target": "z", "at": pd.Timestamp("2024-02-01 10:00"), "verb": "like"})
    with renown.open(new_home(tmp_path / "home")) as home:
        assert 2 == home.import_("interactions", acts, network="office", actor="who").new
        ours = home.sql("select 'c' as actor, 'z' as target, '2024-02-01' as at, 'like' as verb")
        assert 1 == home.import_("interactions", ours, network="office").new
        for same in (pl.from_pandas(acts), pa.Table.from_pandas(acts), duckdb.from_df(acts)):
            assert 0 == home.import_("interactions", same, network="office", actor="who").new
        with pytest.raises(InvalidInputError, match=r"^the frame: the column 'who' has the type DOUBLE; long ids"):
            home.import_("interactions", acts.assign(who=[1.0, 2.0]), network="office", actor="who")
        late = acts.assign(at=[pd.Timestamp("2024-02-03"), pd.NaT])
        with pytest.raises(InvalidInputError, match=r"^frame 2, row 2: at .* is empty"):
            home.import_("interactions", acts, late, network="office", actor="who")
        with pytest.raises(InvalidInputError, match="column 'present' has the type DOUBLE; write true or false"):
            home.import_("presence", acts.assign(present=[1.0, None]), network="office", account="who")
        for repeated in (acts.assign(actor="c"), pa.Table.from_pandas(acts.assign(actor="c"))):
            names = ["actor", "target", "at", "verb", "actor"]
            frame = (
                repeated.rename_columns(names) if isinstance(repeated, pa.Table) else repeated.set_axis(names, axis=1)
            )
            with pytest.raises(InvalidInputError, match=r"the frame has 2 columns named 'actor'; rename them"):
                home.import_("interactions", frame, network="office")
        with pytest.raises(InvalidInputError, match="the frame has no columns"):
            home.import_("interactions", pd.DataFrame(), network="office")
        result = home.import_("interactions", acts, network="office", actor="who")
        assert repr(result).startswith("ImportResult(table='interactions', records=0, new=0, accounts=0, days=0")
        assert "new_days" not in repr(result)
        assert 3 == home.sql("select count(*) as acts from interactions").rows()[0]["acts"]


def test_frames_of_posts_have_lists_of_tags(tmp_path):
    """A list of texts, as each library has it; a list of anything else is refused by its type."""
    posts = pl.DataFrame({"author": ["z", "z"], "post": ["p", "q"], "tags": [["How-To", "C, C++"], []]})
    with renown.open(new_home(tmp_path / "home")) as home:
        assert 1 == home.import_("posts", posts, network="office", account="author").new
        for same in (posts.to_pandas(), posts.to_arrow(), duckdb.from_arrow(posts.to_arrow())):
            assert 0 == home.import_("posts", same, network="office", account="author").new
        assert [{"post": "p", "tags": "how-to,c c++"}] == home.sql("select post, tags from posts").rows()
        with pytest.raises(InvalidInputError, match=r"column 'tags' has the type STRUCT"):
            home.import_("posts", posts.with_columns(tags=pl.struct("post")), network="office", account="author")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"unit": "h"}, "unit is 'h'; write one of s, ms, us, ns"),
        ({"verbs": {"RT": "retweet"}}, "verbs has the unknown verb 'retweet'; "),
        ({"timezone": "Berlin"}, "timezone is 'Berlin'; write a name of the IANA database"),
        ({"actr": "who"}, "interactions have no field 'actr'; .*did you mean 'actor'"),
        ({"actor": "whom"}, "no column 'whom', named for actor; the file has: who, target, at, verb"),
        ({}, "no column for actor; the file has: who, target, at, verb. Map it with actor='COLUMN'"),
        ({"actor": "who", "verbs": {"Like": "like"}}, "at '1706781600000' .* try unit='ms'"),
        ({"actor": "who", "unit": "ms"}, "did you mean 'like'\\? Map it with verbs={'Like': 'like'}"),
    ],
)
def test_errors_of_imports_name_the_arguments_of_python(tmp_path, given, message):
    """Whoever calls a function has no options of a command."""
    file = tmp_path / "acts.csv"
    file.write_text("who,target,at,verb\na,b,1706781600000,Like\n")
    with renown.open(new_home(tmp_path / "home")) as home, pytest.raises(InvalidInputError, match=message):
        home.import_("interactions", file, network="office", **given)


@pytest.mark.parametrize(
    ("table", "row", "given", "message"),
    [
        ("profiles", "a,1,2024-02-01", {"verbs": {"RT": "repost"}}, "verbs names 'RT', but profiles have no verbs"),
        ("posts", "a,p,t", {"verbs": {"RT": "repost"}}, "verbs names 'RT', but posts have no verbs"),
        ("tallies", "a,like,3,2024-02-01", {"partial": True}, "partial is about interactions, but these are tallies"),
        ("profiles", "a,1,2024-02-01", {"partial": True}, "partial is about interactions, but these are profiles"),
        ("posts", "a,p,t", {"unit": "ms"}, "unit is 'ms', but the files have no column for at; map it with at='COL"),
        ("posts", "a,p,t", {"timezone": "Europe/Berlin"}, "timezone is 'Europe/Berlin', but the files have no column"),
        ("posts", "a,p,t", {"time_format": "%d/%m/%Y"}, "time_format is '%d/%m/%Y', but the files have no column"),
    ],
)
def test_arguments_about_what_a_table_lacks_are_refused(tmp_path, table, row, given, message):
    """Without them, the same file is imported."""
    headers = {"profiles": "account,followers,at", "posts": "account,post,title", "tallies": "account,verb,count,at"}
    file = tmp_path / "rows.csv"
    file.write_text(f"{headers[table]}\n{row}\n")
    with renown.open(new_home(tmp_path / "home")) as home:
        with pytest.raises(InvalidInputError, match=message):
            home.import_(table, file, network="office", **given)
        assert 1 == home.import_(table, file, network="office").records


def test_other_libraries_make_frames_of_tables(home):
    """By iterating over the rows, or through Arrow."""
    table = home.scores()

    assert table.rows() == list(table)
    for frame in (pl.DataFrame(table), pd.DataFrame(table), pa.table(table).to_pandas()):
        assert [row["name"] for row in table] == list(frame["name"])


def test_import_of_the_package_is_light():
    """Commands do not pay for the Python API."""
    code = "import renown, sys; print([name for name in ('duckdb', 'sqlalchemy', 'pandas') if name in sys.modules])"
    assert (
        "[]" == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    )


def test_examples_of_the_page_run_as_they_stand(tmp_path, monkeypatch):
    """Every example of the reference, on the home of the community."""
    path = community.create_community(tmp_path / "home").settings.home
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    path.rename(tmp_path / ".renown")
    (tmp_path / "acts.csv").write_text("who,target,at,verb\n7,8,2024-02-02 10:00,like\n8,7,2024-02-02 11:00,repost\n")

    text = PAGE.read_text(encoding="utf-8").replace("```", "")
    examples = doctest.DocTestParser().get_doctest(text, {}, "python.md", str(PAGE), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    output = []
    runner.run(examples, out=output.append, clear_globs=False)
    examples.globs["home"].close()

    assert (0, len(examples.examples)) == tuple(runner.summarize(verbose=False)), "".join(output)
    assert len(examples.examples) > 10
