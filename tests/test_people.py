"""People: what proves a claim, who consents, who may be shown; on both databases."""

import json
from datetime import date
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from conftest import DAY, NOW
from renown import answers, assembly, cli, connectors, jobs, settings
from renown.connectors import proofs
from renown.connectors.base import About, Account, Link
from renown.connectors.bluesky.appview import CONNECTOR as BLUESKY
from renown.connectors.http import Budget, Client, Server
from renown.connectors.mastodon import CONNECTOR as MASTODON
from renown.engines.duckdb import DuckDB
from renown.errors import BadInput, BadSettings, HomeError, NetworkBusy
from renown.jobs.door import leave_out
from renown.records import KEPT, SAID, OptedOut, mark
from renown.store import Published, PublishedDay, open_database
from renown.store.database import NEWEST
from sites import serve
from test_gather import Toy
from test_river import HEADER

TOKEN, PAGE = "renown-0123456789abcdef0123", "https://renown.example/people/ada"
DATA = Path(__file__).parent / "data"


@pytest.fixture
def home(store, tmp_path):
    """Return a home on each database."""
    assembly.make_home(tmp_path / "home")
    return assembly.open_home(tmp_path / "home", {} if isinstance(store, Path) else {"RENOWN_STORE": store})


@pytest.fixture
def who(home):
    """Return a function that finds who is meant."""

    def find(text):
        with home.reader() as engine:
            return answers.who(text, engine, home.lake, home.people)

    return find


@pytest.fixture
def leave(home, who):
    """Return a function that lets somebody opt out."""

    def opt_out(text):
        with home.reader() as engine:
            return jobs.opt_out(engine, home, who(text), now=NOW)

    return opt_out


def scores(day):
    """Return name to score of a published day."""
    with Published(day) as published:
        return {row.name: row.score for row in published.leaders(99)}


CROWD = [f"{fan},{whom},{DAY},repost,p,{fan}{whom}" for fan in "klmn" for whom in "ab"]


@pytest.mark.parametrize(
    ("text", "links", "proof"),
    [
        (f"I am Ada. {TOKEN}", (), "token"),
        (f"({TOKEN})", (), "token"),
        (f"x{TOKEN}", (), ""),
        (f"{TOKEN}0", (), ""),
        (f"see-{TOKEN} https://a.example/{TOKEN}", (), ""),
        (TOKEN.upper(), (), ""),
        ("", (Link(PAGE),), "link"),
        ("", (Link("HTTPS://Renown.Example:443/people/%61da/#me"),), "link"),
        ("", (Link(PAGE, me=False),), ""),
        ("", (Link("http://renown.example/people/ada"),), ""),
        ("", (Link(f"{PAGE}s"), Link(f"{PAGE}?as=eve"), Link("https://renown.example/people"), Link(f"{PAGE}%2F")), ""),
        ("", (Link("https://renown.example@evil.example/people/ada"), Link("https://[oops"), Link("//x")), ""),
    ],
)
def test_a_proof_is_exact(text, links, proof):
    """A word that is the token, or a link that is the page; nothing that only holds or resembles it."""
    assert proof == proofs.proof(About(text, links), TOKEN, PAGE)


def test_a_domain_proves_what_is_called_by_the_home_itself():
    """Anybody can type a handle: only that of the host of the pages, whose owner takes the claims, proves anything."""
    assert "domain" == proofs.proof(About(domain="renown.example"), TOKEN, PAGE)
    assert "" == proofs.proof(About(domain="ada.example"), TOKEN, PAGE)
    assert "" == proofs.proof(About(domain=""), TOKEN, "")


@pytest.mark.parametrize(
    "html",
    [
        f"<p>Ada <!-- {TOKEN} --></p>",
        f'<a title="{TOKEN}" href="https://x.example/{TOKEN}">x</a>',
        f"<script>{TOKEN}</script><style> {TOKEN} </style>",
        f"<p>no{TOKEN}<span>x</span></p><p>x<b>{TOKEN}</b></p>",
        f"<a <b {TOKEN} >",
        f"&lt;{TOKEN}x&gt;",
    ],
)
def test_html_says_what_it_shows(html):
    """No comment, attribute, script or part of a word is a token."""
    assert "" == proofs.proof(About(*proofs.html(html)), TOKEN, "")
    assert "token" == proofs.proof(About(*proofs.html(f"{html}</script></style>--><p>{TOKEN}<br>")), TOKEN, "")


@given(st.text(), st.text())
def test_any_html_is_read(before, after):
    """Whatever stands around it, reading ends, and a link without rel=me is none of a person's own."""
    text, links = proofs.html(f'{before}<a href="{PAGE}">{after}')

    assert isinstance(text, str)
    assert not [link for link in links if link.me and "me" not in before + after]


def test_what_mastodon_says_of_an_account(site, client):
    """Text of the note and the fields; their links, each with whether it says rel=me."""
    pair = json.loads((DATA / "mastodon" / "about.json").read_text(encoding="utf-8"))
    serve(site, pair["answers"])

    about = MASTODON.about(client(), Account("ada@example.social", "ada@example.social"), now=NOW)

    assert pair["text"] == about.text.split()
    assert pair["links"] == [[link.url, link.me] for link in about.links]
    assert ["token", "link"] == [proofs.proof(about, *told) for told in ((pair["token"], ""), ("no", pair["page"]))]


def test_what_bluesky_says_of_an_account(site, client):
    """Its description, the URLs in it, and the handle that the network resolved."""
    pair = json.loads((DATA / "bluesky" / "about.json").read_text(encoding="utf-8"))
    serve(site, pair["answers"])

    about = BLUESKY.about(client(), Account("did:plc:ada", "ada.example"), now=NOW)

    assert (pair["links"], "ada.example") == ([link.url for link in about.links], about.domain)
    told = ((pair["token"], ""), ("no", pair["page"]), ("no", "https://ada.example/people/ada"))
    assert ["token", "link", "domain"] == [proofs.proof(about, *each) for each in told]


def test_a_claim_is_not_proven_until_its_account_says_so(home):
    """Then it stays so, whatever the account says later; what cannot be asked keeps nothing from being asked."""
    toy, broken = Toy(), Toy()
    person = home.people.add("ada", [("toy", "1"), ("toy", "2")], at=NOW)
    broken.about = _busy
    accounts = [(broken.connector, Account("2", "eve")), (toy.connector, Account("1", "ada"))]

    def prove():
        found = jobs.prove(home.people, home.people.by_name("ada"), accounts, _client, page="", now=NOW)
        return [(one.name, one.proof, one.said) for one in found]

    assert [("eve", "", "toy is busy"), ("ada", "", "")] == prove()
    toy.says = f"me: {person.claims[0].token}"
    assert ("ada", "token", "") == prove()[1]
    toy.says = ""
    assert ("ada", "token", "") == prove()[1]
    assert [True, False] == [claim.proven for claim in home.people.by_name("ada").claims]
    assert NOW == home.people.by_name("ada").claims[0].proved_at


def _busy(_client, _account, *, now):  # noqa: ARG001 - the contract's
    msg = "toy is busy"
    raise NetworkBusy(msg)


def _client(*_):
    return Client(Server("https://toy.example"), Budget(1, 1), clock=lambda: 0.0, sleep=print, seed=1)


def test_tokens_are_each_claims_own(home):
    """One account's token says nothing of another's; it is shown in no record's text."""
    person = home.people.add("ada", [("x", "1"), ("x", "2")], at=NOW)

    assert 2 == len({claim.token for claim in person.claims})
    assert all(claim.token.startswith("renown-") and claim.token not in repr(person) for claim in person.claims)


def test_an_archive_is_said_and_proves_nothing(home):
    """It can be forged; a better proof takes its place, and it takes no better one's."""
    home.people.add("ada", [("x", "1")], at=NOW)
    for proof, proven in (("archive", False), ("token", True), ("archive", True)):
        home.people.prove("x", "1", proof, at=NOW)
        [claim] = home.people.by_name("ada").claims
        assert proven == claim.proven
    assert "token" == claim.proof


def test_who_opts_out_is_gone_and_can_come_back(home, take, publish, leave):
    """No score, no past, no act that counts; after opting in, all of it from the next day on."""
    take(
        HEADER, *CROWD, *(f"a,c,{DAY},repost,q,{n}" for n in range(2)), f"k,c,{DAY},repost,q,8", f"l,c,{DAY},repost,q,9"
    )
    home.people.add("ada", [("x", "a")], at=NOW)
    first = publish()
    before = scores(first)

    assert 0 < leave("ada")

    assert "ada" not in scores(first)
    assert home.served.by_name("ada") is None
    assert before["x:b"] == scores(first)["x:b"]
    after = scores(publish())
    assert before.keys() - after.keys() == {"ada"}
    assert 1 == after["x:c"] < before["x:c"]
    jobs.opt_in(home.people, home.people.by_name("ada"), [("x", "a")], now=NOW)
    assert before == scores(publish())


def test_who_never_claimed_can_opt_out(home, take, publish, leave):
    """By handle, as any account of the lake."""
    take(HEADER, *CROWD)
    take("account,at,handle", f"a,{DAY},aphra", table="profiles")
    publish()

    leave("x:aphra")

    assert {"x:b"} == set(scores(publish()))
    with pytest.raises(BadInput, match="opt-in x:a"):
        home.people.add("ada", [("x", "a")], at=NOW)
    assert [] == home.people.all()


def test_an_explanation_names_nobody_who_opted_out(home, take, publish, leave):
    """What others received from them stays in their points, as what the lake forgot."""
    take(HEADER, *CROWD)
    day = publish()
    leave("x:k")

    with home.reader() as engine, Published(day) as published:
        told = answers.explain(answers.who("x:b", engine, home.lake, home.people), published, engine, home.lake)

    lines = [(line.kind, line.name) for signal in told.signals for line in signal.actors]
    assert {"x:l", "x:m", "x:n"} == {name for kind, name in lines if kind == "actor"}
    assert "forgotten" in {kind for kind, _ in lines}


@pytest.mark.parametrize(
    ("table", "header", "row"),
    [
        ("interactions", HEADER, "{},b,{day},like,p,{}1"),
        ("interactions", HEADER, "b,{},{day},like,p,{}2"),
        ("profiles", "account,at,handle,followers", "{},{day},h{},7"),
        ("tallies", "account,at,verb,count", "{},{day},view,3"),
        ("presence", "account,at,present", "{},{day},false"),
    ],
)
def test_the_door_is_shut_to_who_opted_out(home, take, table, header, row):
    """As actor, target or account; others named in the same batch come in."""
    home.people.opt_outs.add("x", "gone")
    lines = [row.format(one, one, day=DAY) for one in ("gone", "there")]

    assert (1, 1) == (take(header, *lines, table=table).read, len(home.lake.files(table)))
    with home.reader() as engine:
        engine.scan("accounts", home.lake.files("accounts"), KEPT["accounts"])
        ids = {row[0] for row in engine.rows("select account_id from accounts")}
    assert ids - {"b"} == {"there"}


@hypothesis.settings(deadline=None, max_examples=30)
@given(st.sets(st.text(max_size=5)), st.sets(st.text(max_size=5)), st.binary(min_size=32, max_size=32))
def test_what_is_left_out_is_what_the_marks_say(named, left, secret):
    """The hash in SQL is that of `records.mark`, whatever an id looks like."""
    named = {name.replace("\0", "") for name in named}
    opted_out = OptedOut(secret, frozenset(mark(secret, "x", name) for name in left))
    with DuckDB() as engine:
        engine.table("batch", [(name, True, 0) for name in sorted(named)], SAID["presence"])
        leave_out(engine, opted_out, "presence", "x")

        assert named - left == {row[0] for row in engine.rows("select account_id from batch")}


def test_a_file_that_was_taken_in_without_somebody_is_taken_in_again_when_they_are_back(home):
    """Else they would be there only from the next file on."""
    home.people.opt_outs.add("x", "a")

    def take():
        batch = [("1", 1, "a", "b", "p", 1_706_700_000), ("2", 1, "c", "b", "p", 1_706_700_000)]
        with home.reader() as engine:
            return jobs.collect(engine, home.lake, batch, table="interactions", network="x", batch_id="file").new

    assert [1, 0] == [take(), take()]
    home.people.opt_outs.remove("x", "a")
    assert [1, 0] == [take(), take()]


def test_who_may_return_leaves_no_mark(home, take, who):
    """What comes in later brings them back, where they agreed to that."""
    take(HEADER, *CROWD)
    with home.reader() as engine:
        jobs.erase(engine, home, who("x:a"))
    assert not home.people.opt_outs.now().marks

    take(HEADER, *CROWD)

    assert who("x:a")


def test_a_mark_does_not_say_whose_it_is(home, take, who):
    """Two stores make other marks of one account, and of who was forgotten no key is kept."""
    take(HEADER, *CROWD)
    with home.reader() as engine:
        jobs.forget(engine, home, who("x:a"))
    left = home.people.opt_outs.now()

    assert (1, ()) == (len(left.marks), left.accounts)
    assert mark(b"another", "x", "a") not in left.marks
    assert left.secret.hex() not in repr(left)
    assert home.people.opt_outs.has("x", "a")


def test_a_day_that_was_begun_before_somebody_left_is_not_published(home, take, publish):
    """They are in it: it has to be scored again."""
    take(HEADER, *CROWD)
    day = publish()
    before = home.days.departures()
    home.people.opt_outs.add("x", "a")

    with home.days.staging(DAY, "3") as folder:
        new = PublishedDay(DAY, "3", "d" * 64, "", "i" * 64, "duckdb", folder, 1, {}, NOW)
        with pytest.raises(HomeError, match="score it again"):
            home.days.publish(new, departures=before)
    assert [day.method] == [known.method for known in home.days.all()]


@pytest.mark.parametrize(
    ("visibility", "unproven", "shown"),
    [("claimed", "mark", "ab"), ("claimed", "hide", "a"), ("everyone", "mark", "abn"), ("everyone", "hide", "an")],
)
def test_who_may_be_shown(home, take, leave, who, visibility, unproven, shown):
    """Claimed people who consent, with `everyone` accounts that nobody claimed; never who opted out."""
    take(HEADER, *CROWD)
    for name, account in (("ada", "a"), ("bob", "b"), ("eve", "k")):
        home.people.add(name, [("x", account)], at=NOW)
    home.people.prove("x", "a", "token", at=NOW)
    home.people.prove("x", "b", "archive", at=NOW)
    asked = {key: who(f"x:{key}").key for key in "abkln"}
    leave("eve")
    leave("x:l")
    told = settings.read(home.settings.home, {"RENOWN_VISIBILITY": visibility, "RENOWN_UNPROVEN": unproven}).serve

    assert shown == "".join(name for name, key in asked.items() if answers.may_show(key, home.people, told))
    assert not answers.may_show(-999, home.people, told)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("RENOWN_VISIBILITY", "all", "'claimed' or 'everyone'"),
        ("RENOWN_UNPROVEN", "", "'mark' or 'hide'"),
        ("RENOWN_URL", "https://u:sesame@a.example", "without a password"),
        ("RENOWN_URL", "a.example", "https://renown.example"),
    ],
)
def test_settings_of_what_others_are_shown_are_checked(tmp_path, variable, value, said):
    """A word that means nothing would show somebody by mistake."""
    assembly.make_home(tmp_path / "home")
    with pytest.raises(BadSettings, match=said) as refused:
        settings.read(tmp_path / "home", {variable: value})
    assert "sesame" not in str(refused.value)


def test_the_tables_are_those_of_the_newest_migration():
    """A store that has them is opened without a look at the migrations."""
    config = Config()
    config.set_main_option("script_location", "renown.store:migrations")

    assert NEWEST == ScriptDirectory.from_config(config).get_current_head()


def test_a_store_of_a_newer_version_is_left_alone(store):
    """What this version does not know, it does not touch."""
    database = open_database(store)
    with database.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    database.dispose()

    with pytest.raises(HomeError, match="made by a newer version of renown"):
        open_database(store)


def test_people_of_an_older_store_keep_their_consent_and_get_tokens(store):
    """Who was added before there was consent gave it then; their claims can be proven from now on."""
    database = open_database(store)
    config = Config()
    config.set_main_option("script_location", "renown.store:migrations")
    with database.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")
        connection.execute(
            sa.text("insert into people (person_id, name, added_at) values (1, 'ada', '2024-01-01 00:00:00')")
        )
        for account in "12":
            row = f"(1, 'x', '{account}', '2024-01-01 00:00:00')"
            connection.execute(sa.text(f"insert into claims (person_id, network, account_id, claimed_at) values {row}"))
    database.dispose()

    [ada] = assembly.People(open_database(store)).consenting()

    assert ("given", date(2024, 1, 1)) == (ada.consent, ada.consent_at.date())
    assert 2 == len({claim.token for claim in ada.claims if claim.token.startswith("renown-")})


@pytest.fixture
def renown(tmp_path, monkeypatch):
    """Return a function that runs a command on a home with a toy network, and the network."""
    toy = Toy()
    monkeypatch.setitem(connectors.CONNECTORS, "toy", toy.connector)
    monkeypatch.setenv("RENOWN_URL", "https://renown.example")

    def run(*words, code=0):
        done = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "told"), *words])
        assert code == done.exit_code, done.output
        return done.output if done.exit_code == 0 else str(done.exception)

    run("init")
    return run, toy


def test_the_story_of_a_claim(renown):
    """Added, told what to do, proven, listed, out, in, forgotten; each says what happened."""
    run, toy = renown
    assert "ada owns toy:1 (not proven)" in run("add", "ada", "--toy", "ada")
    asked = run("prove", "ada")
    assert "into its profile, or a link to https://renown.example/people/ada" in asked
    assert "shows neither" in asked
    toy.says = next(word for word in asked.split() if word.startswith("renown-"))
    assert "proven, the account says the claim's token" in run("prove", "ada")
    listed = json.loads(run("people", "--json"))
    assert [("ada", "token", True)] == [(one["handle"], one["proof"], one["proven"]) for one in listed["accounts"]]
    assert "given" in run("people")
    run("opt-out", "ada", code=1)
    assert "stays unread" in run("opt-out", "ada", "--yes")
    assert "withdrawn" == json.loads(run("people", "--json"))["consent"]
    assert "opted out and is left alone" in run("collect", "ada", code=1)
    assert "nobody claimed an account" in run("collect", code=1)
    assert "'ada' is to be left alone" in run("add", "ada", "--account", "x:7", code=1)
    assert "1 of 1 accounts" in run("opt-in", "ada")
    assert "rows are gone" in run("forget", "ada", "--yes")
    assert "is to be left alone" in run("add", "ada", "--toy", "ada", code=1)
    assert "1 of 1 accounts" in run("opt-in", "toy:1")
    assert "ada owns" in run("add", "ada", "--toy", "ada")


def test_somebody_unknown_can_opt_out_before_they_come(renown):
    """Of a network that can be asked, the name leads to the id; of others, what is typed is the id."""
    run, _ = renown
    assert "nothing is known of toy:1" in run("opt-out", "toy:ada")
    assert "nothing is known of x:7" in run("opt-out", "x:7")
    assert "left alone" in run("add", "ada", "--toy", "ada", code=1)
    assert "nobody goes by 'eve' on toy" in run("opt-out", "toy:eve", code=1)
    assert "nobody goes by 'eve'" in run("opt-out", "eve", code=1)


def test_exports_that_were_moved_are_said(renown, tmp_path):
    """What cannot be reached cannot be erased, and is not passed over in silence."""
    run, _ = renown
    (tmp_path / "acts.csv").write_text("\n".join([HEADER, *CROWD]) + "\n", encoding="utf-8")
    run("import", "interactions", str(tmp_path / "acts.csv"), "--network", "x")
    run("score", "--day", f"{DAY}")
    for name in ("here.csv", "moved.csv"):
        run("export", "scores", "--to", str(tmp_path / name))
    (tmp_path / "moved.csv").unlink()

    told = run("forget", "x:a", "--yes")

    assert "moved.csv" in told
    assert "here.csv" not in told
    assert "x:a" not in (tmp_path / "here.csv").read_text(encoding="utf-8")
    assert "x:b" in (tmp_path / "here.csv").read_text(encoding="utf-8")
