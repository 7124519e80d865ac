"""People: verification of claims, consent, opt-out and visibility; on both databases."""

import json
import time
from datetime import date, timedelta
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

from conftest import DAY, NOW, new_home
from http_server import serve
from renown import answers, cli, connectors, ingest, privacy, runs, scoring, settings
from renown.connectors import verification
from renown.connectors.base import Account, AccountBio, Link
from renown.connectors.bluesky.api import CONNECTOR as BLUESKY
from renown.connectors.http import Client, RequestBudget
from renown.connectors.http.urls import Server
from renown.connectors.mastodon import CONNECTOR as MASTODON
from renown.connectors.mastodon import accounts
from renown.engines.duckdb import DuckDB
from renown.errors import (
    BudgetExceededError,
    HomeError,
    InvalidInputError,
    InvalidSettingsError,
    NetworkUnavailableError,
)
from renown.home import open_home
from renown.ingest.opt_outs import drop_opted_out
from renown.records import BATCH_COLUMNS, LAKE_COLUMNS, OptOutList, opt_out_hash
from renown.store import (
    CONSENT_WITHDRAWN,
    WEBHOOK,
    PeopleStore,
    PublishedDay,
    PublishedTables,
    SubscriptionStore,
    open_database,
)
from renown.store.database import LATEST_REVISION
from renown.store.schema import people as people_table
from test_fetch import Toy
from test_pipeline import HEADER

TOKEN, PAGE = "renown-0123456789abcdef0123", "https://renown.example/people/ada"
NETWORKS = Path(__file__).parent / "networks"


@pytest.fixture
def home(store, tmp_path):
    """Return an empty home on each database."""
    return open_home(new_home(tmp_path / "home"), {} if isinstance(store, Path) else {"RENOWN_STORE": store})


@pytest.fixture
def resolve(home):
    """Return a function that resolves a name or account to a subject."""

    def resolve_subject(text):
        with home.reader() as engine:
            return scoring.resolve_subject(text, engine, home.lake, home.people)

    return resolve_subject


@pytest.fixture
def opt_out(home, resolve):
    """Return a function that opts a subject out."""

    def opt_out_subject(text):
        with home.reader() as engine:
            return privacy.opt_out_people(engine, home.personal_data, [resolve(text)], now=NOW)

    return opt_out_subject


def read_scores(day):
    """Return the scores of a published day by name."""
    with PublishedTables(day) as published:
        return {row.name: row.score for row in published.read_top_scores(99)}


FANS = [f"{fan},{target},{DAY},repost,p,{fan}{target}" for fan in "klmn" for target in "ab"]
"""Interactions of k, l, m and n with a and b."""


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
        ("", (Link(PAGE, has_rel_me=False),), ""),
        ("", (Link("http://renown.example/people/ada"),), ""),
        ("", (Link(f"{PAGE}s"), Link(f"{PAGE}?as=eve"), Link("https://renown.example/people"), Link(f"{PAGE}%2F")), ""),
        ("", (Link("https://renown.example@evil.example/people/ada"), Link("https://[oops"), Link("//x")), ""),
    ],
)
def test_proof_needs_the_exact_token_or_page(text, links, proof):
    """A word that contains the token, or a URL that resembles the page, proves nothing."""
    assert proof == verification.find_proof(AccountBio(text, links), TOKEN, PAGE)


def test_domain_proves_only_the_sites_own_host():
    """A handle is a proof only if it equals the host name of the person's page, which the site's operator controls."""
    assert "domain" == verification.find_proof(AccountBio(domain="renown.example"), TOKEN, PAGE)
    assert "" == verification.find_proof(AccountBio(domain="ada.example"), TOKEN, PAGE)
    assert "" == verification.find_proof(AccountBio(domain=""), TOKEN, "")


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
def test_token_must_be_visible_in_html(html):
    """A token in a comment, attribute or script, or as a part of a word, proves nothing."""
    assert "" == verification.find_proof(AccountBio(*verification.parse_html(html)), TOKEN, "")
    assert "token" == verification.find_proof(
        AccountBio(*verification.parse_html(f"{html}</script></style>--><p>{TOKEN}<br>")), TOKEN, ""
    )


HOSTILE_HTML = {
    "unfinished tags": '<a href="',
    "unfinished attributes": '<a b="><a b=',
    "nested elements": "<div>",
    "nested formatting": "<a href=x><b><i><p>",
    "comments with a rare end": "<!--a--!>",
    "unfinished comments": "<!-- <!",
    "unfinished references": "&#x&amp&",
    "angle brackets": "<",
    "unfinished scripts": "<script></scrip",
    "unfinished end tags": '</a b="',
    "processing instructions": "<?x ",
    "sections": "<svg><![CDATA[",
    "tables": "<table><td>",
}


@pytest.mark.parametrize("unit", [*HOSTILE_HTML.values(), "many attributes"], ids=[*HOSTILE_HTML, "attributes"])
def test_html_is_parsed_in_linear_time(unit):
    """Two million characters that take other parsers minutes or hours take less than a few seconds."""
    many = "<a " + " ".join(f"a{n}" for n in range(250_000)) + ">"
    html = many if unit == "many attributes" else unit * (2_000_000 // len(unit))

    start = time.process_time()
    verification.parse_html(html)

    assert time.process_time() - start < 5


def test_bio_is_read_up_to_a_limit():
    """The note and all fields together: what is beyond the limit proves nothing, and takes no time."""
    padding, notes = "x " * (verification.MAX_BIO_CHARACTERS // 2), []

    def check_time():
        notes.append("checked")

    inside = verification.parse_html_bio([padding[:-100], TOKEN], check_time)
    outside = verification.parse_html_bio([padding, TOKEN], check_time)
    many = verification.parse_html_bio([""] * 1_000_000, lambda: None)

    assert ["token", "", ""] == [verification.find_proof(bio, TOKEN, "") for bio in (inside, outside, many)]
    assert len(many.text) == verification.MAX_BIO_CHARACTERS - 1
    assert "" == verification.find_proof(AccountBio(padding + TOKEN), TOKEN, "")
    assert () == verification.find_links(padding + "https://a.example")
    assert ["checked"] * 3 == notes


def test_bio_is_parsed_within_the_time_limit(site, client, clock, monkeypatch):
    """When parsing the note has used up the time of a lookup, the fields are not parsed any more."""
    serve(site, read_recording("mastodon")[0])

    def parse_slowly(html):
        clock.sleep(11)
        return html, ()

    monkeypatch.setattr(verification, "parse_html", parse_slowly)
    with pytest.raises(BudgetExceededError, match="took longer than 10 s; the rest was not read; continue later"):
        MASTODON.read_bio(
            client(budget=RequestBudget(8, 10)), Account("ada@example.social", "ada@example.social"), now=NOW
        )


def test_server_name_is_read_in_linear_time(site, client):
    """A server that calls itself by a hundred thousand slashes is called by its host name."""
    serve(site, {"/api/v2/instance": {"domain": "/" * 100_000 + "x"}})

    start = time.process_time()
    assert "127.0.0.1" == accounts.fetch_local_domain(client())
    assert time.process_time() - start < 1


@given(st.text(), st.text())
def test_any_html_is_parsed(before, after):
    """Arbitrary text around a link raises no error, and gives it no rel=me."""
    text, links = verification.parse_html(f'{before}<a href="{PAGE}">{after}')

    assert isinstance(text, str)
    assert not [link for link in links if link.has_rel_me and "me" not in before + after]


def read_recording(name):
    """Return a network's recorded answers with the token and page in the profile, and the expected bio."""
    recording, expected = [
        json.loads((NETWORKS / name / file).read_text(encoding="utf-8"))
        for file in ("about.json", "about.expected.json")
    ]
    return recording["answers"], recording["verification"], expected["bio"]


def test_mastodon_bio_contains_token_and_link(site, client):
    """Its text is that of the note and the fields; each link says whether it has rel=me."""
    answers_by_path, proof, expected = read_recording("mastodon")
    serve(site, answers_by_path)

    bio = MASTODON.read_bio(client(), Account("ada@example.social", "ada@example.social"), now=NOW)

    assert expected["text"].split() == bio.text.split()
    assert expected["links"] == [{"url": link.url, "has_rel_me": link.has_rel_me} for link in bio.links]
    cases = ((proof["token"], ""), ("no", proof["page"]))
    assert ["token", "link"] == [verification.find_proof(bio, *case) for case in cases]


def test_bluesky_bio_contains_token_link_and_domain(site, client):
    """It has the URLs in the description, and the handle as resolved by the network."""
    answers_by_path, proof, expected = read_recording("bluesky")
    serve(site, answers_by_path)

    bio = BLUESKY.read_bio(client(), Account("did:plc:ada", "ada.example"), now=NOW)

    urls = [link["url"] for link in expected["links"]]
    assert (urls, "ada.example") == ([link.url for link in bio.links], bio.domain)
    cases = ((proof["token"], ""), ("no", proof["page"]), ("no", "https://ada.example/people/ada"))
    assert ["token", "link", "domain"] == [verification.find_proof(bio, *case) for case in cases]


def test_claim_is_verified_once_and_stays_verified(home):
    """A token that disappears later changes nothing, and a failing network does not stop the others."""
    toy, broken = Toy(), Toy()
    person = home.people.add("ada", [("toy", "1"), ("toy", "2")], at=NOW)
    broken.read_bio = _raise_unavailable
    accounts = [(broken.connector, Account("2", "eve")), (toy.connector, Account("1", "ada"))]

    def verify():
        results = runs.verify_claims(home.people, home.people.by_name("ada"), accounts, _open_client, page="", now=NOW)
        return [(result.name, result.proof, result.message) for result in results]

    assert [("eve", "", "toy is busy"), ("ada", "", "")] == verify()
    toy.says = f"me: {person.claims[0].token}"
    assert ("ada", "token", "") == verify()[1]
    toy.says = ""
    assert ("ada", "token", "") == verify()[1]
    assert [True, False] == [claim.is_verified for claim in home.people.by_name("ada").claims]
    assert NOW == home.people.by_name("ada").claims[0].proved_at


def _raise_unavailable(_client, _account, *, now):  # noqa: ARG001 - part of the contract
    raise NetworkUnavailableError("toy is busy")


def _open_client(*_):
    return Client(Server("https://toy.example"), RequestBudget(1, 1), clock=lambda: 0.0, sleep=print, seed=1)


def test_every_claim_has_its_own_token(home):
    """The token is not in the representation of a record."""
    person = home.people.add("ada", [("x", "1"), ("x", "2")], at=NOW)

    assert 2 == len({claim.token for claim in person.claims})
    assert all(claim.token.startswith("renown-") and claim.token not in repr(person) for claim in person.claims)


def test_archive_does_not_verify_a_claim(home):
    """An archive can be forged: it never replaces a token, and a token replaces it."""
    home.people.add("ada", [("x", "1")], at=NOW)
    for proof, is_verified in (("archive", False), ("token", True), ("archive", True)):
        home.people.record_proof("x", "1", proof, at=NOW)
        [claim] = home.people.by_name("ada").claims
        assert is_verified == claim.is_verified
    assert "token" == claim.proof


def test_opt_out_removes_scores_and_opt_in_restores_them(home, take, publish, opt_out):
    """While opted out a person has no score, no history, and no weight in others' scores."""
    take(
        HEADER, *FANS, *(f"a,c,{DAY},repost,q,{n}" for n in range(2)), f"k,c,{DAY},repost,q,8", f"l,c,{DAY},repost,q,9"
    )
    home.people.add("ada", [("x", "a")], at=NOW)
    first = publish()
    before = read_scores(first)

    assert 0 < opt_out("ada")

    assert "ada" not in read_scores(first)
    assert home.served_scores.by_name("ada") is None
    assert before["x:b"] == read_scores(first)["x:b"]
    after = read_scores(publish())
    assert before.keys() - after.keys() == {"ada"}
    assert 1 == after["x:c"] < before["x:c"]
    privacy.opt_in(home.people, home.people.by_name("ada"), [("x", "a")], now=NOW)
    assert before == read_scores(publish())


def test_former_handles_find_an_account(home, take):
    """Under each name that it had, also if one file tells of several; the name shown is the latest."""

    def take_names(*names):
        rows = (f"7,{DAY - timedelta(days=ago)},{name}" for ago, name in names)
        take("account,at,handle", *rows, table="profiles")
        with home.reader() as engine:
            return {scoring.resolve_subject(f"x:{name}", engine, home.lake, home.people) for name in ("a", "b", "c")}

    key = {subject.key for subject in take_names((9, "a"), (5, "b"), (7, "c"))}
    assert 1 == len(key)
    for ago, name, latest in ((2, "a", "a"), (8, "b", "a"), (1, "c", "c"), (1, "c", "c")):
        assert {(*key, f"x:{latest}")} == {(subject.key, subject.name) for subject in take_names((ago, name))}


def test_unclaimed_account_can_opt_out(home, take, publish, opt_out):
    """By its handle, like any account in the lake."""
    take(HEADER, *FANS)
    take("account,at,handle", f"a,{DAY},aphra", table="profiles")
    publish()

    opt_out("x:aphra")

    assert {"x:b"} == set(read_scores(publish()))
    with pytest.raises(InvalidInputError, match="opt-in x:a"):
        home.people.add("ada", [("x", "a")], at=NOW)
    assert [] == home.people.all()


def test_explanation_does_not_name_opted_out_actors(home, take, publish, opt_out):
    """The points that others received from them stay, as a line for forgotten actors."""
    take(HEADER, *FANS)
    home.people.add("bob", [("x", "b")], at=NOW)
    day = publish()
    opt_out("x:k")

    with home.reader() as engine, PublishedTables(day) as published:
        explanation = answers.explain(
            scoring.resolve_subject("bob", engine, home.lake, home.people), published, engine, home.lake
        )

    lines = [(line.kind, line.name) for signal in explanation.signals for line in signal.actors]
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
def test_import_drops_rows_of_opted_out_accounts(home, take, table, header, row):
    """As actor, target or account; other rows of the same batch are imported."""
    home.people.opt_outs.add("x", "opted-out")
    lines = [row.format(account, account, day=DAY) for account in ("opted-out", "there")]

    assert (1, 1) == (take(header, *lines, table=table).records, len(home.lake.files(table)))
    with home.reader() as engine:
        engine.scan("accounts", home.lake.files("accounts"), LAKE_COLUMNS["accounts"])
        ids = {row[0] for row in engine.query("select account_id from accounts")}
    assert ids - {"b"} == {"there"}


@pytest.fixture(scope="module")
def engine():
    """Return a session of DuckDB, whose start takes longer than an example of a property."""
    with DuckDB() as session:
        yield session


@hypothesis.settings(deadline=None, max_examples=30)
@given(
    ids=st.sets(st.text(max_size=5)), opted_out=st.sets(st.text(max_size=5)), secret=st.binary(min_size=32, max_size=32)
)
def test_opt_out_hash_in_sql_equals_the_one_in_python(engine, ids, opted_out, secret):
    """For any id: SQL drops exactly the accounts whose `opt_out_hash` is in the list."""
    ids = {account_id.replace("\0", "") for account_id in ids}
    opt_outs = OptOutList(secret, frozenset(opt_out_hash(secret, "x", account_id) for account_id in opted_out))
    engine.create_table("batch", [(account_id, True, 0) for account_id in sorted(ids)], BATCH_COLUMNS["presence"])
    drop_opted_out(engine, opt_outs, "presence", "x")

    assert ids - opted_out == {row[0] for row in engine.query("select account_id from batch")}


def test_file_imported_during_an_opt_out_can_be_imported_again_after_it(home):
    """Otherwise the rows that were dropped then would be missing for ever."""
    home.people.opt_outs.add("x", "a")

    def import_file():
        batch = [("1", 1, "a", "b", "p", 1_706_700_000, None), ("2", 1, "c", "b", "p", 1_706_700_000, None)]
        with home.reader() as engine:
            return ingest.import_batch(engine, home.lake, batch, table="interactions", network="x", batch_id="file").new

    assert [1, 0] == [import_file(), import_file()]
    home.people.opt_outs.remove("x", "a")
    assert [1, 0] == [import_file(), import_file()]


def test_erasure_that_allows_return_adds_no_opt_out(home, take, resolve):
    """A later import brings the person back, to which they agreed, also if they had opted out before."""
    take(HEADER, *FANS)
    home.people.opt_outs.add("x", "a", None)
    with home.reader() as engine:
        privacy.erase_people(engine, home.personal_data, [resolve("x:a")], may_return=True)
    assert not home.people.opt_outs.load().hashes

    take(HEADER, *FANS)

    assert resolve("x:a")


def test_opt_out_hash_does_not_identify_the_account(home, take, resolve):
    """It depends on the secret of the store, and no key of an erased person remains."""
    take(HEADER, *FANS)
    with home.reader() as engine:
        privacy.erase_people(engine, home.personal_data, [resolve("x:a")])
    opt_outs = home.people.opt_outs.load()

    assert (1, ()) == (len(opt_outs.hashes), opt_outs.accounts)
    assert opt_out_hash(b"another", "x", "a") not in opt_outs.hashes
    assert opt_outs.secret.hex() not in repr(opt_outs)
    assert home.people.opt_outs.has("x", "a")


def test_departed_keys_are_of_people_and_of_accounts(home):
    """Exports and the command line leave both out, until published days are cleaned."""
    ada, bob = (home.people.add(name, [("x", name)], at=NOW) for name in ("ada", "bob"))
    home.people.opt_outs.add("x", "eve", 77)
    home.people.opt_outs.add("x", "unknown")
    assert {77} == home.people.list_departed_keys()
    home.people.set_consent(ada.key, CONSENT_WITHDRAWN, at=NOW)
    assert {ada.key, 77} == home.people.list_departed_keys()
    assert bob.key not in home.people.list_departed_keys()


def test_day_scored_before_an_opt_out_is_not_published(home, take, publish):
    """It contains the person who opted out meanwhile, and must be scored again."""
    take(HEADER, *FANS)
    day = publish()
    before = home.days.count_departures()
    home.people.opt_outs.add("x", "a")

    with home.days.staging_folder(DAY, "own") as folder:
        new = PublishedDay(
            day=DAY,
            method="own",
            method_digest="d" * 64,
            method_text="",
            inputs="i" * 64,
            engine="duckdb",
            folder=folder,
            people=1,
            lake={},
            published_at=NOW,
        )
        with pytest.raises(HomeError, match="score it again"):
            home.days.publish(new, departures=before)
    assert [day.method] == [published.method for published in home.days.all()]


def test_visibility_follows_settings_and_consent(home, take, opt_out, resolve):
    """People who consent are visible, with `everyone` also unclaimed accounts; never those who opted out."""
    take(HEADER, *FANS)
    for name, account in (("ada", "a"), ("bob", "b"), ("eve", "k")):
        home.people.add(name, [("x", account)], at=NOW)
    home.people.record_proof("x", "a", "token", at=NOW)
    home.people.record_proof("x", "b", "archive", at=NOW)
    keys = {account: resolve(f"x:{account}").key for account in "abkln"}
    opt_out("eve")
    opt_out("x:l")
    for visibility, unproven, shown in (
        ("claimed", "mark", "ab"),
        ("claimed", "hide", "a"),
        ("everyone", "mark", "abn"),
        ("everyone", "hide", "an"),
    ):
        environment = {"RENOWN_VISIBILITY": visibility, "RENOWN_UNPROVEN": unproven}
        serve_settings = settings.load_settings(home.settings.home, environment).serve

        visible = [account for account, key in keys.items() if answers.is_visible(key, home.people, serve_settings)]
        assert shown == "".join(visible), environment
        assert not answers.is_visible(-999, home.people, serve_settings)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("RENOWN_VISIBILITY", "all", "'claimed' or 'everyone'"),
        ("RENOWN_UNPROVEN", "", "'mark' or 'hide'"),
        ("RENOWN_URL", "https://u:sesame@a.example", "without a password"),
        ("RENOWN_URL", "a.example", "https://renown.example"),
    ],
)
def test_invalid_visibility_settings_are_refused(tmp_path, variable, value, message):
    """A misspelled setting must not show anybody by mistake; the error repeats no password."""
    new_home(tmp_path / "home")
    with pytest.raises(InvalidSettingsError, match=message) as refused:
        settings.load_settings(tmp_path / "home", {variable: value})
    assert "sesame" not in str(refused.value)


def test_latest_revision_is_the_newest_migration():
    """A store with this revision is opened without Alembic."""
    config = Config()
    config.set_main_option("script_location", "renown.store:migrations")

    assert LATEST_REVISION == ScriptDirectory.from_config(config).get_current_head()


def test_store_of_a_newer_version_is_not_opened(store):
    """An older version must not change a schema that it does not know."""
    database = open_database(store)
    with database.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    database.dispose()

    with pytest.raises(HomeError, match="made by a newer version of renown"):
        open_database(store)


def test_migration_0004_gives_consent_and_tokens_to_people(store):
    """People who were added before consent was stored gave it then; their claims can be verified from now on."""
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

    [ada] = PeopleStore(open_database(store)).all_consenting()

    assert ("given", date(2024, 1, 1)) == (ada.consent, ada.consent_at.date())
    assert 2 == len({claim.token for claim in ada.claims if claim.token.startswith("renown-")})


def test_migration_0024_moves_time_zones_to_people(store):
    """People have the zone of their latest subscription; whoever has none has UTC."""
    database = open_database(store)
    people, subscriptions = PeopleStore(database), SubscriptionStore(database)
    for name in ("ada", "bob"):
        people.add(name, [("x", name)], at=NOW)
    for address in ("https://a.example/", "https://b.example/"):
        subscriptions.add(people.by_name("ada").key, channel=WEBHOOK, address=address, at=NOW)
    config = Config()
    config.set_main_option("script_location", "renown.store:migrations")
    with database.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0023")
        for zone, address in (("Asia/Tokyo", "a"), ("Europe/Paris", "b")):
            update = f"update subscriptions set time_zone = '{zone}' where address = 'https://{address}.example/'"
            connection.execute(sa.text(update))
    database.dispose()

    people = PeopleStore(open_database(store))

    assert ["Europe/Paris", "UTC"] == [person.time_zone for person in people.all()]


@pytest.fixture
def renown(tmp_path, monkeypatch):
    """Return a function that runs a command on an empty home with a toy network, and the network."""
    toy = Toy()
    monkeypatch.setitem(connectors.CONNECTORS, "toy", toy.connector)
    monkeypatch.setenv("RENOWN_URL", "https://renown.example")

    def run(*arguments, code=0):
        result = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "cli-home"), *arguments])
        assert code == result.exit_code, result.output
        return result.output if result.exit_code == 0 else str(result.exception)

    run("init")
    return run, toy


def test_account_of_files_alone_cannot_be_proven(renown):
    """No network shows its profile to renown, so nobody is asked to change it."""
    run, _ = renown
    run("add", "eve", "--account", "office:7")

    output = run("prove", "eve")

    assert "office:7: cannot be proven, as renown reads no profiles of office" in output
    assert "into its profile" not in output


@pytest.mark.parametrize(
    ("word", "ways"),
    [
        ("toy:7", "--account toy:7 if that is its permanent id, or --toy 7 if it is a handle"),
        ("office:7", "--account office:7 if that is its permanent id"),
        ("ada", "the network before it, such as --bluesky ada, or --account network:id"),
        ("https://x.com/ada", "the network before it, such as --bluesky https://x.com/ada, or --account network:id"),
    ],
)
def test_account_without_its_option_is_told_from_an_unknown_option(renown, word, ways):
    """Elsewhere accounts are written as network:id, so people write them so here, too."""
    run, _ = renown

    assert f"{word!r} stands without an option; write {ways}" == run("add", "eve", word, code=1)
    assert "unknown option '--tyo'" in run("add", "eve", "--tyo", "ada", code=1)


def test_cli_life_of_a_claim(renown):
    """Add, verify, list, opt out, opt in, erase: each command says what happened."""
    run, toy = renown
    assert "ada owns toy:1 (not proven)" in run("add", "ada", "--toy", "ada")
    instructions = run("prove", "ada")
    assert "into its profile, or a link to https://renown.example/people/ada" in instructions
    assert "shows neither" in instructions
    toy.says = next(word for word in instructions.split() if word.startswith("renown-"))
    assert "proven, the account's profile contains the claim's token" in run("prove", "ada")
    listed = json.loads(run("people", "--json"))
    assert [("ada", "token", True)] == [
        (account["handle"], account["proof"], account["proven"]) for account in listed["accounts"]
    ]
    assert "given" in run("people")
    run("opt-out", "ada", code=1)
    assert "stays, unread" in run("opt-out", "ada", "--yes")
    assert "withdrawn" == json.loads(run("people", "--json"))["consent"]
    assert "opted out, so nothing is collected" in run("collect", "ada", code=1)
    assert "nobody claimed an account" in run("collect", code=1)
    assert "'ada' has opted out" in run("add", "ada", "--account", "x:7", code=1)
    assert "1 of 1 account had opted out" in run("opt-in", "ada")
    assert "rows deleted" in run("forget", "ada", "--yes")
    assert "has opted out" in run("add", "ada", "--toy", "ada", code=1)
    assert "1 of 1 account had opted out" in run("opt-in", "toy:1")
    assert "ada owns" in run("add", "ada", "--toy", "ada")


def test_cli_wrong_claim_is_taken_back(renown):
    """`unclaim` takes one account off, by id or handle; then it can be given to somebody else."""
    run, _ = renown
    run("add", "ada", "--toy", "ada", "--account", "x:88", "--account", "x:9")
    refusal = run("add", "bob d", "--account", "x:88", code=1)
    assert "x:88 is claimed by 'ada'" in refusal
    assert "run `renown unclaim ada x:88` first" in refusal
    assert "has not claimed 'x:77'; their accounts are toy:1, x:88, x:9" in run("unclaim", "ada", "x:77", code=1)
    assert "ada owns toy:1 (not proven), x:9 (not proven)" in run("unclaim", "ada", "x:@88")
    assert "bob d owns x:88" in run("add", "bob d", "--account", "x:88")
    assert "renown unclaim 'bob d' x:88" in run("add", "eve", "--account", "x:88", code=1)
    assert "ada owns x:9 (not proven)" in run("unclaim", "ada", "toy:ada")
    assert "ada owns no account" in run("unclaim", "ada", "x:9")


def test_ids_are_limited_in_bytes(home, renown, tmp_path):
    """By the limit of the lake: whoever is added, by whatever way, can be collected."""
    run, _ = renown
    longest, too_long = "ß" * 512, "ß" * 513
    assert ("x", longest) in home.people.add("ada", [("x", longest)], at=NOW).accounts
    for account_id in (too_long, "", "a\udcff"):
        with pytest.raises(InvalidInputError, match="ids that can be stored have 1 to 1,024"):
            home.people.add("eve", [("x", account_id)], at=NOW)
    assert home.people.by_name("eve") is None

    file = tmp_path / "people.csv"
    file.write_text(f"name,account\nada,x:{longest}\neve,x:{too_long}\n", encoding="utf-8")
    for words in (["add", "eve", "--account"], ["opt-out"], ["opt-in"]):
        assert "has 1,026 bytes in UTF-8" in run(*words, f"x:{too_long}", code=1)
    run("add-people", str(file), code=1)
    assert ["ada"] == [json.loads(line)["name"] for line in run("people", "--json").splitlines()]
    assert "is not network:id" in run("opt-out", "x:", code=1)


def test_names_that_differ_only_in_case_are_refused_unless_they_exist(home):
    """Whoever adds them or claims an account chooses another; people from before, who have such names, go on."""
    home.people.add("ada", [("x", "1")], at=NOW)

    with pytest.raises(InvalidInputError, match="'Ada' differs only in case from 'ada'"):
        home.people.add("Ada", [("x", "2")], at=NOW)
    with pytest.raises(InvalidInputError, match="the name 'ADA' is taken"):
        home.claims.create_person("ADA", "x", "3", "sign-in", at=NOW)

    row = {"name": "Ada", "added_at": NOW, "consent": "given", "consent_at": NOW}
    with home.database.begin() as connection:
        connection.execute(sa.insert(people_table).values(**row))
    for name in ("ada", "Ada"):
        assert ("x", name) in home.people.add(name, [("x", name)], at=NOW).accounts
    assert ["ada", "Ada"] == [person.name for person in home.people.all()]


def test_taken_back_claim_is_not_found_any_more(home, take, publish):
    """Neither by search nor by the account's name; others and the person's other accounts stay."""
    take(HEADER, *FANS)
    ada = home.people.add("ada", [("x", "a"), ("x", "b")], at=NOW)
    day = publish(DAY)
    runs.profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, day)
    assert ada.key == home.profiles.find_owner("x", "b")

    remaining = home.people.remove_claim(ada, "x", "b")

    assert (("x", "a"),) == remaining.accounts == home.people.by_name("ada").accounts
    assert [ada.key, None] == [home.profiles.find_owner("x", account) for account in "ab"]


def test_cli_unknown_account_can_opt_out_in_advance(renown):
    """On a network with a connector the handle is looked up; on others the argument is the id."""
    run, _ = renown
    assert "toy:1 is unknown here" in run("opt-out", "toy:ada")
    assert "x:7 is unknown here" in run("opt-out", "x:7")
    assert "has opted out" in run("add", "ada", "--toy", "ada", code=1)
    assert "nobody goes by 'eve' on toy" in run("opt-out", "toy:eve", code=1)
    assert "there is no person 'eve'" in run("opt-out", "eve", code=1)


def test_cli_forget_lists_exports_that_are_missing(renown, tmp_path):
    """An exported file that was moved away cannot be erased; the others are rewritten."""
    run, _ = renown
    (tmp_path / "acts.csv").write_text("\n".join([HEADER, *FANS]) + "\n", encoding="utf-8")
    run("import", "interactions", str(tmp_path / "acts.csv"), "--network", "x")
    run("score", "--day", f"{DAY}")
    for name in ("here.csv", "moved.csv"):
        run("export", "scores", str(tmp_path / name))
    (tmp_path / "moved.csv").unlink()

    output = run("forget", "x:a", "--yes")

    assert "moved.csv" in output
    assert "here.csv" not in output
    assert "x:a" not in (tmp_path / "here.csv").read_text(encoding="utf-8")
    assert "x:b" in (tmp_path / "here.csv").read_text(encoding="utf-8")
