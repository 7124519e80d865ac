"""Archives: what networks give people of their own accounts, read where it lies."""

import json
import zipfile
import zlib
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from renown import cli
from renown.connectors import archives
from renown.connectors.archives import mastodon, members, x
from renown.connectors.base import Account, rows
from renown.errors import BadInput
from renown.records import SAID, VERBS, Interaction, Presence, Profile, Tally, Undone

NOW = datetime(2024, 3, 1, tzinfo=UTC)
MADE = datetime(2022, 11, 5, 4, 3, 2, tzinfo=UTC)
POSTED = datetime(2022, 11, 2, 20, 16, 1, tzinfo=UTC)
EVERYBODY = "https://www.w3.org/ns/activitystreams#Public"


def ytd(kind, lines, part=0):
    """Return a file as X writes it."""
    return f"window.YTD.{kind}.part{part} = {json.dumps(lines, indent=2)}"


def tweet(number, likes="0", reposts="0", **more):
    """Return a line of tweets.js."""
    said = {"id_str": number, "favorite_count": likes, "retweet_count": reposts, "full_text": "…", "entities": {}}
    return {"tweet": said | {"created_at": "Wed Nov 02 20:16:01 +0000 2022"} | more}


def followers(count, first=0):
    """Return lines of follower.js."""
    return [{"follower": {"accountId": str(first + n), "userLink": "https://…"}} for n in range(count)]


def of_x(**more):
    """Return the files of an archive of X."""
    owner = {"username": "ada", "accountId": "77", "createdAt": "2010-02-03T04:05:06.000Z", "email": "a@b.example"}
    return {
        "data/account.js": ytd("account", [{"account": owner}]),
        "data/manifest.js": 'window.__THAR_CONFIG = {"archiveInfo": {"generationDate": "2022-11-05T04:03:02.000Z"}}',
        "data/tweets.js": ytd(
            "tweets", [tweet("1", "3", "2"), tweet("2"), tweet("3", "9", "9", full_text="RT @eva: …")]
        ),
        "data/deleted-tweets.js": ytd("deleted_tweets", [tweet("9", "100")]),
        "data/follower.js": ytd("follower", followers(3)),
        "data/following.js": ytd("following", [{"following": {"accountId": "5"}}]),
        "data/tweets_media/1.jpg": "…",
    } | more


def note(number, published="2022-11-02T20:16:01Z", *, to=EVERYBODY, **counts):
    """Return an activity that made a post."""
    uri = f"https://example.social/users/Ada/statuses/{number}"
    many = {name: {"id": f"{uri}/{name}", "type": "Collection", "totalItems": n} for name, n in counts.items()}
    said = {"id": uri, "type": "Note", "published": published, "to": [to], "cc": [], "content": "<p>…</p>"} | many
    return {"type": "Create", "published": published, "object": said}


def of_mastodon(**more):
    """Return the files of an archive of Mastodon."""
    notes = [
        note(1, likes=3, shares=2, replies=1),
        note(2, likes=0) | {"cc": []},
        note(3, to="https://example.social/users/Ada/followers", likes=8),
        {"type": "Announce", "object": "https://other.example/s/4"},
    ]
    notes[1]["object"]["replies"] = "https://example.social/users/Ada/statuses/2/replies"
    owner = {"id": "https://example.social/users/Ada", "type": "Person", "preferredUsername": "Ada"}
    return {
        "actor.json": json.dumps(owner | {"published": "2017-04-01T00:00:00Z", "followers": "followers.json"}),
        "outbox.json": json.dumps({"id": "outbox.json", "totalItems": 4, "orderedItems": notes}),
        "likes.json": json.dumps({"orderedItems": ["https://other.example/s/5"]}),
        "followers.csv": "Account address\neva@other.example\nbob@example.social\n",
        "following_accounts.csv": "Account address,Show boosts\neva@other.example,true\n",
    } | more


@pytest.fixture(params=["zip", "folder", "zip of a folder"])
def packed(request, tmp_path):
    """Return a function that makes an archive of files, in each of three forms."""

    def pack(files):
        if request.param == "folder":
            for name, text in files.items():
                (tmp_path / "given" / name).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / "given" / name).write_text(text, encoding="utf-8")
            return tmp_path / "given"
        return zipped(tmp_path, files, "archive-2022/" if "folder" in request.param else "")

    return pack


def zipped(folder, files, prefix=""):
    """Return a ZIP file."""
    path = folder / "given.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in files.items():
            file.writestr(prefix + name, text)
    return path


def test_an_archive_of_x_is_figures_and_counts(packed):
    """Reposts of others' posts are not one's own; nothing else is read, deleted posts least of all."""
    found = archives.read("x-archive", packed(of_x()), now=NOW)

    assert ("x", Account("77", "ada"), ("like", "repost")) == (found.network, found.account, found.covers)
    created = datetime(2010, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert found.records == (
        Profile("x", "77", MADE, handle="ada", followers=3, following=1, posts=3, created_at=created),
        Tally("x", "77", "1", "like", 3, POSTED),
        Tally("x", "77", "1", "repost", 2, POSTED),
    )


def test_an_archive_of_x_in_parts_is_one(packed):
    """Large files come in parts, each a variable of its own."""
    given = of_x() | {
        "data/tweets-part1.js": ytd("tweets", [tweet("4", "1")], 1),
        "data/follower-part1.js": ytd("follower", followers(2, 9), 1),
        "data/follower-part2.js": ytd("follower", followers(2, 19), 2),
    }

    found = archives.read("x-archive", packed(given), now=NOW)

    assert (7, 4) == (found.records[0].followers, found.records[0].posts)
    assert ["1", "1", "4"] == [tally.post_id for tally in found.records[1:]]


def test_an_old_archive_of_x_says_less(packed):
    """Posts lie in tweet.js; what is not there is unknown, and the last post is its instant."""
    given = of_x()
    given = {"data/tweet.js": given.pop("data/tweets.js"), "data/account.js": given["data/account.js"]}

    profile, *tallies = archives.read("x-archive", packed(given), now=NOW).records

    assert (None, None, POSTED) == (profile.followers, profile.following, profile.at)
    assert 2 == len(tallies)


def test_an_archive_of_mastodon_is_figures_and_counts(packed):
    """Public posts whose counts are there; a link instead of a count is none; the account's id is everybody's."""
    found = archives.read("mastodon-archive", packed(of_mastodon()), now=NOW)

    assert ("mastodon", Account("ada@example.social", "Ada@example.social")) == (found.network, found.account)
    created = datetime(2017, 4, 1, tzinfo=UTC)
    uri, ada = "https://example.social/users/Ada/statuses/1", "ada@example.social"
    assert found.records == (
        Profile("mastodon", ada, POSTED, "Ada@example.social", 2, 1, posts=4, created_at=created),
        Tally("mastodon", ada, uri, "like", 3, POSTED),
        Tally("mastodon", ada, uri, "repost", 2, POSTED),
        Tally("mastodon", ada, uri, "reply", 1, POSTED),
    )


def test_an_archive_of_mastodon_alone_knows_no_followers(packed):
    """They are exported elsewhere; the domain of names may be another than the server's."""
    owner = {"id": "https://web.example/users/ada", "preferredUsername": "ada", "webfinger": "Ada@Example.Social"}
    given = {"actor.json": json.dumps(owner), "outbox.json": json.dumps({"orderedItems": []})}

    found = archives.read("mastodon-archive", packed(given), now=NOW)

    assert found.records == (Profile("mastodon", "ada@example.social", NOW, "Ada@Example.Social", posts=0),)


def test_nothing_is_of_the_future(packed):
    """A post dated tomorrow was made now."""
    late = tweet("1", "3", created_at="Wed Nov 02 20:16:01 +0000 2033")
    given = of_x() | {"data/tweets.js": ytd("tweets", [late]), "data/manifest.js": "window.x = {}"}

    assert {NOW} == {record.at for record in archives.read("x-archive", packed(given), now=NOW).records}


def test_nothing_of_mastodon_is_of_the_future(packed):
    """Neither."""
    outbox = {"orderedItems": [note(1, "2033-01-01T00:00:00Z", likes=2)]}
    given = of_mastodon() | {"outbox.json": json.dumps(outbox)}

    assert [NOW] * 2 == [one.at for one in archives.read("mastodon-archive", packed(given), now=NOW).records]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("data/tweets.js", "window.YTD.tweets.part0 = [{", "'data/tweets.js' is not as expected .*truncated.*whole"),
        ("data/tweets.js", ytd("tweets", [tweet("1", "many")]), r"Expected `int`, got `str`.*favorite_count"),
        ("data/tweets.js", ytd("tweets", [tweet("1", "-3")]), r"Expected `int` >= 0"),
        ("data/tweets.js", ytd("tweets", [tweet("")]), r"Expected `str` of length >= 1"),
        ("data/tweets.js", ytd("tweets", [tweet("1", created_at="yesterday")]), "'yesterday', which is no instant"),
        ("data/tweets.js", "[" * 100_000, "does not begin as files of X's archives do"),
        ("data/tweets.js", f"window.a = {'[' * 100_000}", "is not as expected"),
        ("data/tweets.js", "", "does not begin as"),
        ("data/account.js", ytd("account", []), r"there is no data/account\.js in it"),
        ("data/account.js", ytd("account", [{"account": {}}]), "missing required field `accountId`"),
    ],
)
def test_a_file_of_x_that_is_none_is_named(tmp_path, name, text, said):
    """What is cut short, changed or hostile is refused by file and place."""
    with pytest.raises(BadInput, match=rf"(?s)given\.zip: .*{said}"):
        archives.read("x-archive", zipped(tmp_path, of_x() | {name: text}), now=NOW)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("outbox.json", '{"orderedItems": [{"type"', "'outbox.json' is not as expected .*whole"),
        ("outbox.json", json.dumps({"orderedItems": [note(1, "soon")]}), "statuses/1' that is not as expected"),
        ("outbox.json", json.dumps({"orderedItems": [note(1, likes=-1)]}), "statuses/1' that is not as expected"),
        ("outbox.json", json.dumps({"orderedItems": [{"type": "Create", "object": "x"}]}), "post 'x' that is not"),
        ("actor.json", '{"id": "urn:x", "preferredUsername": "ada"}', "names no account: 'ada' of 'urn:x'"),
        ("actor.json", '{"id": "https://a.example/", "preferredUsername": "a\\u202e"}', "names no account"),
        (
            "actor.json",
            '{"id": "https://a.example/", "preferredUsername": "ada", "published": "soon"}',
            "'soon', which is no instant",
        ),
        ("followers.csv", b"\xff\xfe\x00", "'followers.csv' is no CSV"),
    ],
)
def test_a_file_of_mastodon_that_is_none_is_named(tmp_path, name, text, said):
    """What is cut short, changed or hostile is refused by file and place."""
    with pytest.raises(BadInput, match=rf"(?s)given\.zip: .*{said}"):
        archives.read("mastodon-archive", zipped(tmp_path, of_mastodon() | {name: text}), now=NOW)


@pytest.mark.parametrize(
    ("kind", "files", "said"),
    [
        ("x-archive", of_mastodon(), r"there is no data/tweets\.js in it; is it the archive of an account on X"),
        ("mastodon-archive", of_x(), r"there is no actor\.json in it; is it the archive of an account on Mastodon"),
        ("mastodon-archive", {"actor.json": "{}"}, r"there is no outbox\.json in it"),
        ("y-archive", {}, "no archive called 'y-archive'; known: bluesky-repo, mastodon-archive, x-archive"),
    ],
)
def test_another_archive_is_none(packed, kind, files, said):
    """The archive of another network, or of none, is refused."""
    with pytest.raises(BadInput, match=said):
        archives.read(kind, packed(files), now=NOW)


def test_what_is_no_archive_at_all_is_refused(tmp_path):
    """Neither there, nor a ZIP file, nor whole."""
    with pytest.raises(BadInput, match="there is no file"):
        archives.read("x-archive", tmp_path / "none.zip", now=NOW)
    path = zipped(tmp_path, of_x())
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(BadInput, match="not a whole ZIP file"):
        archives.read("x-archive", path, now=NOW)


def test_a_file_broken_inside_a_zip_is_refused(tmp_path):
    """Bytes changed on the way do not become counts."""
    path = zipped(tmp_path, of_x() | {"data/account.js": "x" * 1000})
    whole = bytearray(path.read_bytes())
    packed = zlib.compress(b"x" * 1000)[2:-4]
    at = whole.index(packed)
    whole[at : at + len(packed)] = bytes(len(packed))
    path.write_bytes(whole)

    with pytest.raises(BadInput, match="fetch the archive again"):
        archives.read("x-archive", path, now=NOW)


@pytest.mark.parametrize(("most", "in_all"), [(1_000_000, 10_000_000), (10_000_000, 1_000_000)])
def test_a_zip_bomb_is_refused_before_it_goes_off(tmp_path, most, in_all):
    """What a file unpacks to is counted as it is unpacked, whatever it says; so are all of them together."""
    parts = {f"data/follower-part{n}.js": "window.a = [" + " " * 400_000 + "]" for n in range(9)}
    bomb = {"data/follower.js": "window.a = [" + " " * 5_000_000} if most < in_all else parts
    path = zipped(tmp_path, of_x() | bomb)
    assert path.stat().st_size < 20_000

    with (
        pytest.raises(BadInput, match=r"too large: more than [\d,]+ bytes"),
        members.opened(path, most=most, most_in_all=in_all) as found,
    ):
        x.read(found, NOW)


def test_names_that_lead_out_of_the_archive_lead_nowhere(tmp_path):
    """Nothing is ever written to disk, so a name is a name."""
    before = set(tmp_path.rglob("*"))
    path = zipped(tmp_path, of_x(), "../../../")

    assert "77" == archives.read("x-archive", path, now=NOW).account.account_id
    assert before | {path} == set(tmp_path.rglob("*"))


def test_the_file_that_lies_least_deep_is_the_one(tmp_path):
    """Another account's archive inside an archive is not read."""
    inner = {f"media/{name}": text for name, text in of_mastodon(**{"followers.csv": "a@b\n"}).items()}
    others = {"abactor.json": "{}", "my-followers.csv": "a@b\n"}
    with members.opened(zipped(tmp_path, inner | others | of_mastodon())) as found:
        assert 2 == mastodon.read(found, NOW).records[0].followers


def test_records_are_rows_of_their_tables():
    """In the columns of a batch, instants as seconds, verbs as numbers, what is unknown as nothing."""
    at = datetime(1970, 1, 2, tzinfo=UTC)
    said = [
        Interaction("x", None, "reply", "a", "b", "p", at),
        Tally("x", "a", None, "like", 3, at),
        Profile("x", "a", at, verified=True, created_at=at),
        Undone("x", "i", at),
        Presence("x", "a", at, present=False),
    ]

    found = rows(said)

    assert found == {
        "interactions": [(None, VERBS["reply"], "a", "b", "p", 86_400)],
        "tallies": [("a", None, VERBS["like"], 3, 86_400)],
        "profiles": [("a", None, None, None, None, None, True, 86_400, 86_400)],
        "undone": [("i", 86_400)],
        "presence": [("a", False, 86_400)],
    }
    assert {table: len(row) for table, [row] in found.items()} == {
        table: len(columns) for table, columns in SAID.items()
    }
    assert {} == rows([])


@pytest.fixture
def renown(tmp_path):
    """Return a function that runs a command on a home and returns what it printed, or why it failed."""

    def run(*words, code=0):
        done = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), *map(str, words)])
        assert code == done.exit_code, done.output
        return str(done.exception) if code else done.output

    run("init")
    return run


def test_an_archive_is_imported_and_proves_whose_it_is(renown, tmp_path):
    """Import twice, claim, score: the archive counts once, as the person's."""
    path = zipped(tmp_path, of_x())

    assert "2 tallies read, 2 new" in renown("import", "x-archive", path)
    again = renown("import", "x-archive", path, "--claim", "Ada")

    assert "Ada owns x:77" in again
    assert "taken in before" in again
    renown("score", "--day", "2022-11-06")
    assert "Ada" in renown("top")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["x-archive", "--network", "x"], "leave out --network"),
        (["profiles", "--network", "x", "--claim", "Ada"], "do not prove whose account"),
        (["profiles"], "--network is missing"),
        (
            ["photos"],
            "known: interactions, tallies, profiles, undone, presence, bluesky-repo, mastodon-archive, x-archive",
        ),
    ],
)
def test_options_that_do_not_go_together_are_refused(renown, tmp_path, words, said):
    """What would be passed over in silence is said."""
    assert said in renown("import", *words[:1], zipped(tmp_path, of_x()), *words[1:], code=1)


def test_a_claim_of_somebody_elses_account_takes_nothing_in(renown, tmp_path):
    """An account belongs to one person; the archive is not half imported."""
    renown("add", "Eva", "--account", "x:77")

    assert "claimed by 'Eva'" in renown("import", "x-archive", zipped(tmp_path, of_x()), "--claim", "Ada", code=1)
    assert not list((tmp_path / "home" / "lake" / "tallies").glob("**/*.parquet"))
