"""Exports of Instagram, TikTok, LinkedIn, Discourse and Stack Exchange: refusals, streams, and the command."""

import json
import shutil
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from conftest import copy_home
from proofs import only_in_full
from renown import cli
from renown.errors import InvalidInputError
from renown.imports.archives import json_stream, read_archive
from renown.imports.archives.csv_rows import iterate_csv
from renown.imports.archives.mojibake import repair_text
from renown.imports.archives.xml_rows import iterate_rows
from renown.records import Profile
from test_archive_parts import pack_tar, unpack

NOW = datetime(2024, 3, 1, tzinfo=UTC)
CASES = Path(__file__).parent / "archives"
SITE = "coffee.stackexchange.com"
ENTITIES = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
BILLION_LAUGHS = f'{ENTITIES}<users><row Id="1" DisplayName="&b;"/></users>'


def read(kind, path, handle=None):
    """Return all records of an archive and of the others in it."""
    contents = read_archive(kind, path, now=NOW, handle=handle)
    return [record for part in (contents, *contents.other_networks) for record in part.records]


def copy_case(tmp_path, kind, case):
    """Copy a case to change it; return its folder."""
    return Path(shutil.copytree(CASES / kind / case, tmp_path / case))


@pytest.mark.parametrize(
    ("kind", "case", "file", "content", "message"),
    [
        (
            "instagram-export",
            "english",
            "followers_2.json",
            '[{"string_list_data": [',
            "followers_2.json'.*it ends too early",
        ),
        (
            "instagram-export",
            "english",
            "followers_2.json",
            '[{"title": 7}]',
            "an entry 1 that is not as expected.*title",
        ),
        (
            "instagram-export",
            "english",
            "posts_1.json",
            '[{"media": "x"}]',
            r"posts_1.json' has an entry 1 .*`\$.media`",
        ),
        ("instagram-export", "english", "followers_and_following/following.json", "[] x", "text after its end"),
        ("instagram-export", "english", "followers_and_following/following.json", "[" * 100_000, "nested too deep"),
        (
            "tiktok-export",
            "new",
            "user_data_tiktok.json",
            '{"ProfileMap": {"userName": "a"}, "b" 1}',
            "': ':' is missing",
        ),
        (
            "tiktok-export",
            "new",
            "user_data_tiktok.json",
            '{"Profile": {"ProfileMap": {"userName": "a"}}, "Post": {"Posts": {"VideoList": [{"Likes": "many"}]}}}',
            "an entry 1 that is not as expected",
        ),
        (
            "linkedin-export",
            "complete",
            "Connections.csv",
            "Vorname,Nachname\na,b\n",
            "no header with the columns 'first",
        ),
        ("linkedin-export", "complete", "Connections.csv", b"\xff\xfe\x00", "not UTF-8"),
        ("discourse-export", "forum", "user_archive.csv", "topic_title,url\na,b\n", "no header with .*'like_count'"),
        (
            "discourse-export",
            "forum",
            "preferences.json",
            '{"user": {"id": "x"}}',
            "preferences.json' is not as expected",
        ),
        (
            "stackexchange-dump",
            SITE,
            "Users.xml",
            BILLION_LAUGHS,
            "Users.xml' is not as expected .it declares a document",
        ),
        ("stackexchange-dump", SITE, "Posts.xml", '<posts><row Id="1"', "Posts.xml' is not as expected"),
        ("stackexchange-dump", SITE, "Votes.xml", "Id,PostId\n1,2\n", "Votes.xml' is not as expected .syntax error"),
        (
            "stackexchange-dump",
            SITE,
            "Posts.xml",
            '<posts><row Id="99999999" CreationDate="2023-01-01"/></posts>',
            "post 99,999,999 in row 1; dumps with ids above",
        ),
    ],
)
def test_invalid_file_of_an_export_is_named(tmp_path, kind, case, file, content, message):
    """What is wrong is refused with the file and the place in it."""
    folder = copy_case(tmp_path, kind, case)
    [path] = folder.rglob(file)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(InvalidInputError, match=rf"(?s){folder}.*{message}"):
        read(kind, folder)


@pytest.mark.parametrize(
    ("kind", "files", "message"),
    [
        (
            "instagram-export",
            {"connections/followers_and_following/followers_1.html": "<html>"},
            "in HTML, which is not read; open Accounts Center .* choose the format JSON",
        ),
        ("instagram-export", {"a.json": "{}"}, "there is no connections/followers_and_following/followers_1.json"),
        ("instagram-export", {"liked_posts.json": "[]"}, "no personal_information.json .*--handle"),
        ("tiktok-export", {"TikTok/Posts.txt": "Date: …"}, "not in JSON; in the app, open Profile"),
        ("tiktok-export", {"photo.jpg": ""}, "there is no user_data_tiktok.json"),
        ("tiktok-export", {"user_data.json": "{}"}, "no profile that says whose it is; name the account with --handle"),
        ("linkedin-export", {"Profile.csv": "First Name\nAda\n"}, "there is no Connections.csv"),
        (
            "linkedin-export",
            {"Connections.csv": "First Name,Last Name,Connected On\n"},
            "no Invitations.csv .*--handle",
        ),
        ("discourse-export", {"likes.csv": "id\n"}, "there is no user_archive.csv"),
        (
            "discourse-export",
            {"user_archive.csv": "like_count,reply_count,url,created_at\n1,2,/t/3/4,2024-01-01\n"},
            "no post with an address",
        ),
        ("stackexchange-dump", {"Posts.xml": "<posts/>"}, "'files' is no site; call the file or folder as the site"),
    ],
)
def test_export_without_what_is_needed_is_refused(tmp_path, kind, files, message):
    """The message says what to request, and where to click."""
    with pytest.raises(InvalidInputError, match=message):
        read(kind, unpack(tmp_path / "files", files))


@pytest.mark.parametrize("files", [{"Posts.xml": "<posts/>"}, {f"{SITE}-Posts.7z": "7z"}])
def test_incomplete_or_packed_dump_is_refused(tmp_path, files):
    """A dump is downloaded as one or several 7z files."""
    with pytest.raises(InvalidInputError, match=r"there is no Comments\.xml in it|unpack it with 7z x"):
        read("stackexchange-dump", unpack(tmp_path / SITE, files))


@pytest.mark.parametrize(
    ("kind", "case", "owner_file", "handle", "owner"),
    [
        ("instagram-export", "german", "personal_information.json", "@Eva.X", "eva.x"),
        ("tiktok-export", "old", None, "ada.l", "ada.l"),
        ("linkedin-export", "complete", "Invitations.csv", "https://www.linkedin.com/in/Eva-X/", "eva-x"),
        ("discourse-export", "forum", "preferences.json", "Eva", "eva@forum.example"),
    ],
)
def test_handle_names_the_owner(tmp_path, kind, case, owner_file, handle, owner):
    """Where the export does not; another one than that of the export is refused, and so is one that is no name."""
    folder = copy_case(tmp_path, kind, case)
    if owner_file:
        [path] = folder.rglob(owner_file)
        path.unlink()
    profiles = [record for record in read(kind, folder, handle) if isinstance(record, Profile)]

    assert [owner] == [profile.account_id for profile in profiles]
    with pytest.raises(InvalidInputError, match="--handle is 'not a name'"):
        read(kind, folder, "not a name")
    if kind != "discourse-export":
        with pytest.raises(InvalidInputError, match="--handle is 'other', but the export is of 'ada"):
            read(kind, CASES / kind / case, "other")


@pytest.mark.parametrize(("kind", "case"), [("instagram-export", "english"), ("linkedin-export", "complete")])
def test_parts_of_an_export_are_read_together(tmp_path, kind, case):
    """Each part has other files of the same folders; so have tar.gz files, and deeper folders."""
    folder, expected = CASES / kind / case, read(kind, CASES / kind / case)
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    (tmp_path / "parts").mkdir()
    for number, (name, content) in enumerate(files.items()):
        pack_tar(tmp_path / "parts" / f"part-{number}.tar.gz", {name: content})

    assert expected == read(kind, tmp_path / "parts")
    assert expected == read(kind, pack_tar(tmp_path / "one.tgz", {f"a/b/c/{name}": files[name] for name in files}))


def test_file_of_an_export_without_its_archive(tmp_path):
    """TikTok's ZIP file has one file, which is often sent without it."""
    path = shutil.copy(CASES / "tiktok-export" / "old" / "user_data.json", tmp_path / "data of mine.JSON")

    assert read("tiktok-export", CASES / "tiktok-export" / "old") == read("tiktok-export", Path(path))


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text(max_size=3), values, max_size=4),
    max_leaves=20,
)


def collect(value, keys=()):
    """Return what `iterate_json` yields of a value."""
    if isinstance(value, dict):
        return [item for key, part in value.items() for item in collect(part, (*keys, key))]
    return [(keys, part) for part in value] if isinstance(value, list) and value else [(keys, value)]


@given(value=JSON_VALUES, size=st.integers(1, 7), indent=st.sampled_from([None, 0, 2]), is_ascii=st.booleans())
@settings(max_examples=150, deadline=None)
def test_json_in_pieces_is_the_whole(value, size, indent, is_ascii):
    """However the bytes are cut, within characters and numbers too; cut off, it is an error."""
    content = json.dumps(value, indent=indent, ensure_ascii=is_ascii).encode("utf-8", "replace")
    pieces = [content[start : start + size] for start in range(0, len(content), size)]

    assert collect(json.loads(content)) == list(json_stream.iterate_json(iter(pieces)))
    if isinstance(value, dict | list | str):
        with pytest.raises(ValueError, match="at "):
            list(json_stream.iterate_json(iter([content[:-1]])))


@given(text=st.text())
@settings(max_examples=100, deadline=None)
def test_mojibake_is_repaired_once(text):
    """Text that is no mojibake stays, apart from the rare text that reads as such."""
    assert (
        text == repair_text(text.encode("utf-8", "surrogatepass").decode("latin-1"))
        or "\ud800" <= max(text) <= "\udfff"
    )


def test_long_list_takes_little_memory(tmp_path):
    """Each entry is forgotten when its record is made."""
    entry = {"Date": "2024-01-01 10:00:00", "Link": "https://www.tiktokv.com/share/video/1/" + "x" * 300}
    data = {
        "Your Activity": {"Watch History": {"VideoList": [entry] * 40_000}},
        "Profile": {"ProfileMap": {"userName": "a"}},
    }
    path = tmp_path / "user_data_tiktok.json"
    path.write_text(json.dumps(data))
    assert path.stat().st_size > 15_000_000

    tracemalloc.start()
    try:
        assert 1 == len(read("tiktok-export", path))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 12_000_000


def test_long_fields_are_read_or_refused():
    """A post may be longer than the library's default limit; no line without an end fills the memory."""
    rows = list(iterate_csv(iter([b"a,b\n", b"x" * 300_000, b",y\n"]), ["a"]))

    assert [300_000] == [len(fields["a"]) for _, fields in rows]
    with pytest.raises(ValueError, match="more than 4,000,000 characters"):
        list(iterate_csv((b"x" * 1_000_000 for _ in range(100)), ["a"]))
    with pytest.raises(ValueError, match=r"no row in 1[67],"):
        list(iterate_rows(iter([b"<a><row b='", *[b"x" * 1_000_000] * 100])))


@pytest.fixture
def renown(tmp_path, empty_home):
    """Return a function that runs a command on a new home and returns its output, or the error's text."""

    def run(*arguments, code=0):
        result = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), *map(str, arguments)])
        assert code == result.exit_code, result.output
        return str(result.exception) if code else result.output

    copy_home(empty_home, tmp_path / "home")
    return run


@pytest.mark.proof
@only_in_full
def test_imported_export_claims_all_its_accounts(renown):
    """Instagram and Threads of one export; figures are marked, and a second import adds nothing."""
    path = CASES / "instagram-export" / "english"

    output = renown("import", "instagram-export", path, "--claim", "Ada")

    assert "Ada owns instagram:ada.l (not proven), threads:ada.l (not proven)" in output
    assert "8 interactions read, 8 new" in output
    assert "6 tallies read, 6 new" in output
    assert "4 interactions read, 4 new" in output
    assert 5 == renown("import", "instagram-export", path).count("was imported before")
    renown("score", "--day", "2023-12-31")
    assert "points come from the person's own archive" in renown("show", "Ada")


def test_broken_part_of_an_export_imports_nothing(renown, tmp_path):
    """Of neither network, and nobody is claimed."""
    folder = copy_case(tmp_path, "instagram-export", "english")
    [path] = folder.rglob("threads_and_replies.json")
    path.write_text("[{")

    renown("import", "instagram-export", folder, "--claim", "Ada", code=1)

    assert not list((tmp_path / "home" / "lake").glob("*/**/*.parquet"))
    assert not list((tmp_path / "home" / "spill").iterdir())


def test_dump_of_a_site_is_scored(renown):
    """Answers, comments, accepted answers and votes count; nobody can claim with it."""
    path = CASES / "stackexchange-dump" / SITE

    assert "is of a whole site; claim with" in renown("import", "stackexchange-dump", path, "--claim", "Ada", code=1)
    assert "3 interactions read, 3 new" in renown("import", "stackexchange-dump", path)
    renown("score", "--day", "2023-12-31")
    assert "Bo" in renown("top")


def test_handle_is_for_archives_only(renown, tmp_path):
    """An option that would be ignored is an error."""
    (tmp_path / "a.csv").write_text("actor,target,at,verb\n")
    message = renown("import", "interactions", tmp_path / "a.csv", "--network", "x", "--handle", "ada", code=1)

    assert "have accounts of their own" in message
    assert "says itself whose it is" in renown("import", "x-archive", tmp_path, "--handle", "ada", code=1)
