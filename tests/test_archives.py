"""Account archives: ZIP files or folders that networks let people download, read without unpacking them."""

import json
import warnings
import zipfile
import zlib
from datetime import UTC, datetime

import duckdb
import pytest
from typer.testing import CliRunner

from conftest import copy_home
from renown import cli
from renown.connectors.base import Account
from renown.connectors.record_rows import group_rows
from renown.errors import InvalidInputError
from renown.imports import archives
from renown.imports.archives import containers, mastodon, x
from renown.records import (
    BATCH_COLUMNS,
    VERBS,
    AccountAlias,
    AccountCoverage,
    ActorName,
    Interaction,
    PostDetails,
    Presence,
    Profile,
    Tally,
    Undone,
)

NOW = datetime(2024, 3, 1, tzinfo=UTC)
GENERATED = datetime(2022, 11, 5, 4, 3, 2, tzinfo=UTC)
POSTED = datetime(2022, 11, 2, 20, 16, 1, tzinfo=UTC)
EVERYBODY = "https://www.w3.org/ns/activitystreams#Public"


def ytd(kind, lines, part=0):
    """Return the text of a file of an X archive."""
    return f"window.YTD.{kind}.part{part} = {json.dumps(lines, indent=2)}"


def tweet(number, likes="0", reposts="0", **more):
    """Return an item of tweets.js."""
    fields = {"id_str": number, "favorite_count": likes, "retweet_count": reposts, "full_text": "…", "entities": {}}
    return {"tweet": fields | {"created_at": "Wed Nov 02 20:16:01 +0000 2022"} | more}


def followers(count, first=0):
    """Return items of follower.js."""
    return [{"follower": {"accountId": str(first + n), "userLink": "https://…"}} for n in range(count)]


def x_files(**more):
    """Return the files of an X archive."""
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
    """Return an activity that created a post."""
    uri = f"https://example.social/users/Ada/statuses/{number}"
    collections = {name: {"id": f"{uri}/{name}", "type": "Collection", "totalItems": n} for name, n in counts.items()}
    fields = {
        "id": uri,
        "type": "Note",
        "published": published,
        "to": [to],
        "cc": [],
        "content": "<p>…</p>",
    } | collections
    return {"type": "Create", "published": published, "object": fields}


def mastodon_files(**more):
    """Return the files of a Mastodon archive."""
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
def pack(request, tmp_path):
    """Return a function that writes files as an archive, in three forms."""

    def pack_files(files):
        if request.param == "folder":
            for name, text in files.items():
                (tmp_path / "archive" / name).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / "archive" / name).write_text(text, encoding="utf-8")
            return tmp_path / "archive"
        return pack_zip(tmp_path, files, "archive-2022/" if "folder" in request.param else "")

    return pack_files


def pack_zip(folder, files, prefix=""):
    """Write files to a ZIP file."""
    path = folder / "archive.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in files.items():
            file.writestr(prefix + name, text)
    return path


def test_x_archive_becomes_a_profile_and_tallies(pack):
    """Reposts of others' posts and deleted posts are not read."""
    archive = archives.read_archive("x-archive", pack(x_files()), now=NOW)

    assert ("x", Account("77", "ada"), ("like", "repost")) == (archive.network, archive.account, archive.covers)
    created = datetime(2010, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert archive.records == (
        Profile(
            network="x",
            account_id="77",
            at=GENERATED,
            handle="ada",
            followers=3,
            following=1,
            posts=3,
            created_at=created,
            self_reported=True,
        ),
        Tally(network="x", account_id="77", post_id="1", verb="like", count=3, at=POSTED, self_reported=True),
        Tally(network="x", account_id="77", post_id="1", verb="repost", count=2, at=POSTED, self_reported=True),
    )
    assert archive.aliases == (AccountAlias(network="x", alias_id="ada", account_id="77", at=GENERATED),)


def test_x_archive_in_parts(pack):
    """Large files are split into parts, with a variable each."""
    files = x_files() | {
        "data/tweets-part1.js": ytd("tweets", [tweet("4", "1")], 1),
        "data/follower-part1.js": ytd("follower", followers(2, 9), 1),
        "data/follower-part2.js": ytd("follower", followers(2, 19), 2),
    }

    archive = archives.read_archive("x-archive", pack(files), now=NOW)

    assert (7, 4) == (archive.records[0].followers, archive.records[0].posts)
    assert ["1", "1", "4"] == [tally.post_id for tally in archive.records[1:]]


def test_old_x_archive(pack):
    """Posts are in tweet.js; missing counts are unknown, and the last post dates the profile."""
    files = x_files()
    files = {"data/tweet.js": files.pop("data/tweets.js"), "data/account.js": files["data/account.js"]}

    profile, *tallies = archives.read_archive("x-archive", pack(files), now=NOW).records

    assert (None, None, POSTED) == (profile.followers, profile.following, profile.at)
    assert 2 == len(tallies)


def test_mastodon_archive_becomes_a_profile_and_tallies(pack):
    """Public posts with counts are read; a link instead of a count is unknown; account ids are normalized."""
    archive = archives.read_archive("mastodon-archive", pack(mastodon_files()), now=NOW)

    assert ("mastodon", Account("ada@example.social", "Ada@example.social")) == (archive.network, archive.account)
    created = datetime(2017, 4, 1, tzinfo=UTC)
    uri, ada = "https://example.social/users/Ada/statuses/1", "ada@example.social"
    assert archive.records == (
        Profile(
            network="mastodon",
            account_id=ada,
            at=POSTED,
            handle="Ada@example.social",
            followers=2,
            following=1,
            posts=4,
            created_at=created,
            self_reported=True,
        ),
        Tally(network="mastodon", account_id=ada, post_id=uri, verb="like", count=3, at=POSTED, self_reported=True),
        Tally(network="mastodon", account_id=ada, post_id=uri, verb="repost", count=2, at=POSTED, self_reported=True),
        Tally(network="mastodon", account_id=ada, post_id=uri, verb="reply", count=1, at=POSTED, self_reported=True),
    )


def test_hashtags_of_a_mastodon_archive(pack):
    """Those of public posts are read; mentions, tags of other kinds and what is no text are not."""
    tags = [
        {"type": "Hashtag", "href": "https://example.social/tags/maths", "name": "#Maths"},
        {"type": "Mention", "name": "@eva@other.example"},
        {"type": "Hashtag", "name": ["#x"]},
        {"type": "Hashtag"},
        "maths",
    ]
    notes = [note(1, likes=3), note(2), note(3, to="https://example.social/users/Ada/followers"), note(4)]
    for item, value in zip(notes, (tags, "#one", tags, [{"type": "Hashtag", "name": "🎉"}]), strict=True):
        item["object"]["tag"] = value
    files = mastodon_files() | {"outbox.json": json.dumps({"orderedItems": notes})}

    records = archives.read_archive("mastodon-archive", pack(files), now=NOW).records

    assert [
        PostDetails(
            network="mastodon",
            account_id="ada@example.social",
            post_id="https://example.social/users/Ada/statuses/1",
            title=None,
            url=None,
            at=POSTED,
            tags=("#Maths",),
        )
    ] == [record for record in records if isinstance(record, PostDetails)]


def test_tags_of_an_archive_are_imported(renown, tmp_path):
    """Read again, they add nothing."""
    notes = [note(1, likes=3)]
    notes[0]["object"]["tag"] = [{"type": "Hashtag", "name": "#Maths"}, {"type": "Hashtag", "name": "#Open_Data"}]
    path = pack_zip(tmp_path, mastodon_files() | {"outbox.json": json.dumps({"orderedItems": notes})})

    renown("import", "mastodon-archive", path)
    renown("import", "mastodon-archive", path)

    posts = str(tmp_path / "home" / "lake" / "posts" / "**" / "*.parquet")
    assert [("https://example.social/users/Ada/statuses/1", "maths,open_data")] == duckdb.sql(
        f"select post, tags from read_parquet('{posts}')"
    ).fetchall()


def test_mastodon_archive_without_csv_has_no_followers(pack):
    """Followers are a separate export; the domain of names may differ from the server's."""
    owner = {"id": "https://web.example/users/ada", "preferredUsername": "ada", "webfinger": "Ada@Example.Social"}
    files = {"actor.json": json.dumps(owner), "outbox.json": json.dumps({"orderedItems": []})}

    archive = archives.read_archive("mastodon-archive", pack(files), now=NOW)

    assert archive.records == (
        Profile(
            network="mastodon",
            account_id="ada@example.social",
            at=NOW,
            handle="Ada@Example.Social",
            posts=0,
            self_reported=True,
        ),
    )


def test_x_dates_in_the_future_become_now(pack):
    """A post dated in the future was made now."""
    late = tweet("1", "3", created_at="Wed Nov 02 20:16:01 +0000 2033")
    files = x_files() | {"data/tweets.js": ytd("tweets", [late]), "data/manifest.js": "window.x = {}"}

    assert {NOW} == {record.at for record in archives.read_archive("x-archive", pack(files), now=NOW).records}


def test_mastodon_dates_in_the_future_become_now(pack):
    """A post dated in the future was made now."""
    outbox = {"orderedItems": [note(1, "2033-01-01T00:00:00Z", likes=2)]}
    files = mastodon_files() | {"outbox.json": json.dumps(outbox)}

    assert [NOW] * 2 == [
        record.at for record in archives.read_archive("mastodon-archive", pack(files), now=NOW).records
    ]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "data/tweets.js",
            "window.YTD.tweets.part0 = [{",
            "'data/tweets.js' is not as expected .*element 1: it ends too early.*complete",
        ),
        ("data/tweets.js", ytd("tweets", [tweet("1", "many")]), r"Expected `int \| null`, got `str`.*favorite_count"),
        ("data/tweets.js", ytd("tweets", [tweet("1", "-3")]), r"Expected `int` >= 0"),
        ("data/tweets.js", ytd("tweets", [tweet("")]), r"Expected `str` of length >= 1"),
        (
            "data/tweets.js",
            ytd("tweets", [tweet("1", created_at="yesterday")]),
            "'yesterday', which is not a timestamp",
        ),
        ("data/tweets.js", "[" * 100_000, "does not begin with window.YTD, as files of X archives do"),
        ("data/tweets.js", f"window.a = {'[' * 100_000}", "is not as expected"),
        ("data/tweets.js", "", "does not begin with"),
        ("data/account.js", ytd("account", []), r"there is no data/account\.js in it"),
        ("data/account.js", ytd("account", [{"account": {}}]), "missing required field `accountId`"),
        ("data/follower.js", ytd("follower", [{}]), "missing required field `follower`"),
        ("data/follower.js", ytd("follower", [{"follower": {}}]), "missing required field `accountId`"),
        (
            "data/tweets.js",
            ytd("tweets", [tweet("1", created_at="Fri Dec 31 23:59:59 -1400 9999")]),
            "which is not a timestamp",
        ),
        ("data/follower.js", f"window.a = [{'{},' * 5_000_000}" + "{}]", r"too large: more than [\d,]+ bytes"),
    ],
)
def test_invalid_file_of_an_x_archive_is_named(tmp_path, name, text, message):
    """A truncated, changed or hostile file is refused with its name and the position."""
    with pytest.raises(InvalidInputError, match=rf"(?s)archive\.zip: .*{message}"):
        archives.read_archive("x-archive", pack_zip(tmp_path, x_files() | {name: text}), now=NOW)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("outbox.json", '{"orderedItems": [{"type"', "'outbox.json' is not as expected .*complete"),
        ("outbox.json", json.dumps({"orderedItems": [note(1, "soon")]}), "statuses/1' that is not as expected"),
        ("outbox.json", json.dumps({"orderedItems": [note(1, likes=-1)]}), "statuses/1' that is not as expected"),
        ("outbox.json", json.dumps({"orderedItems": [{"type": "Create", "object": "x"}]}), "post 'x' that is not"),
        ("actor.json", '{"id": "urn:x", "preferredUsername": "ada"}', "has no valid account: 'ada' of 'urn:x'"),
        ("actor.json", '{"id": "https://a.example/", "preferredUsername": "a\\u202e"}', "has no valid account"),
        (
            "actor.json",
            '{"id": "https://a.example/", "preferredUsername": "ada", "published": "soon"}',
            "'soon', which is not a timestamp",
        ),
        ("actor.json", '{"id": "//[", "preferredUsername": "ada"}', r"has no valid account: 'ada' of '//\['"),
        (
            "outbox.json",
            f'{{"orderedItems": [{{"type": "Create", "object": {"[" * 900}{"]" * 900}}}]}}',
            "has a post 'without an id",
        ),
        ("followers.csv", b"\xff\xfe\x00", "'followers.csv' is not a valid CSV file"),
    ],
)
def test_invalid_file_of_a_mastodon_archive_is_named(tmp_path, name, text, message):
    """A truncated, changed or hostile file is refused with its name and the position."""
    with pytest.raises(InvalidInputError, match=rf"(?s)archive\.zip: .*{message}"):
        archives.read_archive("mastodon-archive", pack_zip(tmp_path, mastodon_files() | {name: text}), now=NOW)


@pytest.mark.parametrize(
    ("kind", "files", "message"),
    [
        (
            "x-archive",
            mastodon_files(),
            r"there is no data/tweets\.js in it; is it a complete archive of an account on X",
        ),
        (
            "mastodon-archive",
            x_files(),
            r"there is no actor\.json in it; is it a complete archive of an account on Mastodon",
        ),
        ("mastodon-archive", {"actor.json": "{}"}, r"there is no outbox\.json in it"),
        ("y-archive", {}, "no archive called 'y-archive'; known: bluesky-repo, .*mastodon-archive, .*x-archive"),
    ],
)
def test_archive_of_another_network_is_refused(pack, kind, files, message):
    """Neither another network's archive nor an unknown kind is read."""
    with pytest.raises(InvalidInputError, match=message):
        archives.read_archive(kind, pack(files), now=NOW)


def test_x_archive_before_2020(pack):
    """Its files are at the top, and its posts are not wrapped."""
    files = {name.removeprefix("data/"): text for name, text in x_files().items() if "manifest" not in name}
    del files["tweets.js"]
    files["tweet.js"] = ytd("tweet", [tweet("1", "3", "2")["tweet"], tweet("3", "9", full_text="RT @eva: …")["tweet"]])

    profile, *tallies = archives.read_archive("x-archive", pack(files), now=NOW).records

    assert (3, 1, 2, POSTED) == (profile.followers, profile.following, profile.posts, profile.at)
    assert [("like", 3), ("repost", 2)] == [(tally.verb, tally.count) for tally in tallies]


def test_x_archive_before_2019_is_refused_by_name(pack):
    """It has no counts."""
    files = {"data/js/user_details.js": "var user_details = {}", "tweets.csv": "", "data/js/tweets/2016_05.js": ""}

    with pytest.raises(InvalidInputError, match=r"format of 2012 to 2018, which has no likes.*download a new archive"):
        archives.read_archive("x-archive", pack(files), now=NOW)


def test_hashtags_of_an_x_archive(pack):
    """Those of own posts are read, whatever else is in their place; a repost has those of another's post."""
    hashtags = {"hashtags": [{"text": "Maths", "indices": ["0", "6"]}, {"text": 7}, None], "urls": []}
    posts = [
        tweet("1", entities=hashtags),
        tweet("2", full_text="RT @eva: #Maths", entities=hashtags),
        tweet("3", entities=None),
        tweet("4", entities={"hashtags": "Maths"}),
    ]
    archive = archives.read_archive("x-archive", pack(x_files() | {"data/tweets.js": ytd("tweets", posts)}), now=NOW)

    assert [("77", "1", GENERATED, ("Maths",))] == [
        (record.account_id, record.post_id, record.at, record.tags)
        for record in archive.records
        if isinstance(record, PostDetails)
    ]


def test_posts_to_communities_are_read(pack):
    """They are in a file of their own."""
    files = x_files() | {"data/community-tweet.js": ytd("community_tweet", [tweet("7", "40")])}

    profile, *tallies = archives.read_archive("x-archive", pack(files), now=NOW).records

    assert 4 == profile.posts
    assert ("7", 40) == (tallies[-1].post_id, tallies[-1].count)


def test_null_counts_are_unknown(pack):
    """Other tools write null, and counts as numbers."""
    x_posts = [tweet("1", 5, None), {"tweet": {"id_str": "2", "created_at": tweet("1")["tweet"]["created_at"]}}]
    mastodon_notes = [note(1, likes=None, shares=2), note(2) | {"type": None}]
    mastodon_notes[0]["object"] |= {"cc": None, "replies": None}

    x_archive = archives.read_archive(
        "x-archive", pack(x_files() | {"data/tweets.js": ytd("tweets", x_posts)}), now=NOW
    )
    mastodon_archive = archives.read_archive(
        "mastodon-archive",
        pack(mastodon_files() | {"outbox.json": json.dumps({"orderedItems": mastodon_notes})}),
        now=NOW,
    )

    assert [("like", 5)] == [(tally.verb, tally.count) for tally in x_archive.records[1:]]
    assert [("repost", 2)] == [(tally.verb, tally.count) for tally in mastodon_archive.records[1:]]


def test_byte_order_marks_are_skipped(pack):
    """Editors on Windows add them."""
    for kind, files in (("x-archive", x_files()), ("mastodon-archive", mastodon_files())):
        marked = {name: f"\ufeff{text}" for name, text in files.items()}
        plain = archives.read_archive(kind, pack(files), now=NOW).records
        assert plain == archives.read_archive(kind, pack(marked), now=NOW).records


def test_accounts_are_counted_once_each(pack):
    """A follower in two parts, or on two lines, is one."""
    x_more = {"data/follower-part1.js": ytd("follower", followers(3), 1)}
    mastodon_more = {"followers.csv": "Account address\neva@other.example\nEva@other.example\n"}

    assert 3 == archives.read_archive("x-archive", pack(x_files() | x_more), now=NOW).records[0].followers
    assert (
        1
        == archives.read_archive("mastodon-archive", pack(mastodon_files() | mastodon_more), now=NOW)
        .records[0]
        .followers
    )


def test_pleroma_backup_has_its_followers(pack):
    """In JSON, as the ids of the accounts."""
    files = {name: text for name, text in mastodon_files().items() if not name.endswith(".csv")}
    accounts = ["https://a.example/u/1", {"id": "https://a.example/u/2"}, {}, "", "https://a.example/u/1"]
    files |= {"followers.json": json.dumps({"orderedItems": accounts, "totalItems": 10**9}), "following.json": "{}"}

    profile = archives.read_archive("mastodon-archive", pack(files), now=NOW).records[0]

    assert (2, 0) == (profile.followers, profile.following)


def test_names_in_a_zip_file_of_windows(tmp_path):
    """PowerShell writes backslashes between folders; folders may be called anything; of two members the last counts."""
    path = tmp_path / "archive.zip"
    with zipfile.ZipFile(path, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of the second member with one name
        for name, text in [("data/tweets.js", "broken"), *x_files().items()]:
            file.writestr(f"Größe 😀\\{name}".replace("/", "\\"), text)

    profile, *tallies = archives.read_archive("x-archive", path, now=NOW).records

    assert (3, 2) == (profile.followers, len(tallies))


def test_member_of_a_zip_file_without_a_name_is_skipped(tmp_path):
    """Some tools write it."""
    path = pack_zip(tmp_path, x_files() | {"media1": "…"})
    path.write_bytes(path.read_bytes().replace(b"media1", bytes(6)))

    assert "77" == archives.read_archive("x-archive", path, now=NOW).account.account_id


def test_name_that_cannot_be_decoded_is_refused(tmp_path):
    """The ZIP file says that its names are UTF-8, and they are not."""
    path = pack_zip(tmp_path, x_files() | {"médi1": "…"})
    path.write_bytes(path.read_bytes().replace("médi1".encode(), b"\xff\xfe\xfd\xfc11"))

    with pytest.raises(InvalidInputError, match="unpack it and give the folder"):
        archives.read_archive("x-archive", path, now=NOW)


def test_missing_or_truncated_archive_is_refused(tmp_path):
    """The file is missing, or not a complete ZIP file."""
    with pytest.raises(InvalidInputError, match="there is no file"):
        archives.read_archive("x-archive", tmp_path / "none.zip", now=NOW)
    path = pack_zip(tmp_path, x_files())
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InvalidInputError, match="not a complete ZIP file"):
        archives.read_archive("x-archive", path, now=NOW)


def test_damaged_file_in_a_zip_is_refused(tmp_path):
    """Damaged bytes do not become counts."""
    path = pack_zip(tmp_path, x_files() | {"data/account.js": "x" * 1000})
    content = bytearray(path.read_bytes())
    compressed = zlib.compress(b"x" * 1000)[2:-4]
    offset = content.index(compressed)
    content[offset : offset + len(compressed)] = bytes(len(compressed))
    path.write_bytes(content)

    with pytest.raises(InvalidInputError, match="download the archive again"):
        archives.read_archive("x-archive", path, now=NOW)


@pytest.mark.parametrize(("max_file_bytes", "max_archive_bytes"), [(1_000_000, 10_000_000), (10_000_000, 1_000_000)])
def test_zip_bomb_is_refused(tmp_path, max_file_bytes, max_archive_bytes):
    """The limits per file and per archive hold for the decompressed bytes, whatever the ZIP file states."""
    parts = {f"data/follower-part{n}.js": "window.a = [" + " " * 400_000 + "]" for n in range(9)}
    bomb = {"data/follower.js": "window.a = [" + " " * 5_000_000} if max_file_bytes < max_archive_bytes else parts
    path = pack_zip(tmp_path, x_files() | bomb)
    assert path.stat().st_size < 20_000

    with (
        pytest.raises(InvalidInputError, match=r"too large: more than [\d,]+ bytes"),
        containers.open_archive(path, max_file_bytes=max_file_bytes, max_archive_bytes=max_archive_bytes) as archive,
    ):
        x.read_archive(archive, NOW)


def test_paths_out_of_the_archive_are_harmless(tmp_path):
    """Path traversal has no effect, as nothing is written to disk."""
    before = set(tmp_path.rglob("*"))
    path = pack_zip(tmp_path, x_files(), "../../../")

    assert "77" == archives.read_archive("x-archive", path, now=NOW).account.account_id
    assert before | {path} == set(tmp_path.rglob("*"))


def test_outermost_file_of_a_name_is_read(tmp_path):
    """Another account's archive inside the archive is not read."""
    inner = {f"media/{name}": text for name, text in mastodon_files(**{"followers.csv": "a@b\n"}).items()}
    similar_names = {"abactor.json": "{}", "my-followers.csv": "a@b\n"}
    with containers.open_archive(pack_zip(tmp_path, inner | similar_names | mastodon_files())) as archive:
        assert 2 == mastodon.read_archive(archive, NOW).records[0].followers


def test_group_rows_by_table():
    """In the columns of a batch: instants as seconds, verbs as numbers, unknown values as None."""
    at = datetime(1970, 1, 2, tzinfo=UTC)
    records = [
        Interaction(network="x", interaction_id=None, verb="reply", actor_id="a", target_id="b", post_id="p", at=at),
        Tally(network="x", account_id="a", post_id=None, verb="like", count=3, at=at),
        Profile(network="x", account_id="a", at=at, verified=True, created_at=at),
        Undone("x", "i", at),
        Presence("x", "a", at, present=False),
        ActorName("x", "a", "ada", at),
        PostDetails(network="x", account_id="a", post_id="p", title="t", url=None, at=at, tags=("#A", "b")),
        AccountAlias(network="x", alias_id="ada", account_id="a", at=at),
        AccountCoverage("x", "a", "like", at),
    ]

    rows = group_rows(records)

    assert rows == {
        "interactions": [(None, VERBS["reply"], "a", "b", "p", 86_400, False)],
        "tallies": [("a", None, VERBS["like"], 3, 86_400, False)],
        "profiles": [("a", None, None, None, None, None, True, 86_400, 86_400, False)],
        "undone": [("i", 86_400)],
        "presence": [("a", False, 86_400)],
        "names": [("a", "ada", 86_400)],
        "posts": [("a", "p", "t", None, "a,b", 86_400)],
        "aliases": [("ada", "a", 86_400)],
        "account_coverage": [("a", VERBS["like"], 86_400)],
    }
    assert {table: len(row) for table, [row] in rows.items()} == {
        table: len(columns) for table, columns in BATCH_COLUMNS.items()
    }
    assert {} == group_rows([])


@pytest.fixture
def renown(tmp_path, empty_home):
    """Return a function that runs a command on a new home and returns its output, or the error's text."""

    def run(*arguments, code=0):
        result = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), *map(str, arguments)])
        assert code == result.exit_code, result.output
        return str(result.exception) if code else result.output

    copy_home(empty_home, tmp_path / "home")
    return run


def test_imported_archive_claims_its_account(renown, tmp_path):
    """Imported twice, an archive counts once; with a claim it verifies the account."""
    path = pack_zip(tmp_path, x_files())

    assert "2 tallies read, 2 new" in renown("import", "x-archive", path)
    output = renown("import", "x-archive", path, "--claim", "Ada")

    assert "Ada owns x:77" in output
    assert "was imported before" in output
    renown("score", "--day", "2022-11-06")
    assert "points come from the person's own archive" in renown("show", "Ada")
    assert "Ada" not in renown("top")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x-archive", "--network", "x"], "leave out --network"),
        (["profiles", "--network", "x", "--claim", "Ada"], "do not prove who owns an account"),
        (["profiles", "--network", "x", "--verbs", "RT=repost"], "--verbs names 'RT', but profiles have no verbs"),
        (["presence", "--network", "x", "--partial"], "--partial is about interactions, but these are presence"),
        (["profiles"], "--network is missing"),
        (
            ["photos"],
            "bluesky-repo, discourse-export, instagram-export, linkedin-export, mastodon-archive, stackexchange-dump",
        ),
    ],
)
def test_conflicting_options_are_refused(renown, tmp_path, arguments, message):
    """An option that would be ignored is an error."""
    assert message in renown("import", *arguments[:1], pack_zip(tmp_path, x_files()), *arguments[1:], code=1)


def test_claim_of_another_persons_account_imports_nothing(renown, tmp_path):
    """An account belongs to one person; the import is atomic."""
    renown("add", "Eva", "--account", "x:77")

    assert "claimed by 'Eva'" in renown("import", "x-archive", pack_zip(tmp_path, x_files()), "--claim", "Ada", code=1)
    assert not list((tmp_path / "home" / "lake" / "tallies").glob("**/*.parquet"))


def test_archives_of_one_account_are_imported_together(renown, tmp_path):
    """Two archives are one batch: their account gets one key, and what both have counts once."""
    later = x_files() | {"data/tweets.js": ytd("tweets", [tweet("1", "3", "2"), tweet("4", "7")])}
    paths = []
    for number, files in enumerate((x_files(), later)):
        (tmp_path / str(number)).mkdir()
        paths.append(pack_zip(tmp_path / str(number), files))

    output = renown("import", "x-archive", *paths, "--claim", "Ada")

    assert "2 profiles read, 2 new on 1 day, 1 new account" in output
    assert "5 tallies read, 3 new on 1 day, 0 new accounts" in output
