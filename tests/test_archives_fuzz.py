"""Fuzz the archive readers: whatever the bytes, only errors of `renown.errors` leave them, within memory and time."""

import io
import json
import tracemalloc
import zipfile
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proofs import scaled
from renown.connectors.record_rows import group_rows
from renown.errors import InvalidInputError
from renown.imports import archives
from renown.records import BATCH_COLUMNS, MAX_ID_BYTES
from test_archives import mastodon_files, note, x_files

NOW = datetime(2024, 3, 1, tzinfo=UTC)
CASES = {
    "discourse-export": "forum",
    "instagram-export": "english",
    "linkedin-export": "complete",
    "stackexchange-dump": "coffee.stackexchange.com",
    "tiktok-export": "new",
}


def load_case(kind: str) -> dict[str, str]:
    """Return the files of a case in `archives/`."""
    folder = Path(__file__).parent / "archives" / kind / CASES[kind]
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


FILES = {
    "x-archive": x_files(),
    "mastodon-archive": mastodon_files() | {"followers.json": '{"orderedItems": ["a"]}'},
    **{kind: load_case(kind) for kind in CASES},
}
UNREAD = (".jpg", "deleted-tweets.js", "message_1.json", "messages.csv", "/likes.csv")
READ_FILES = {
    kind: [name for name in files if not name.endswith(UNREAD) and name not in {"likes.json", "likes.csv"}]
    for kind, files in FILES.items()
}
KINDS = st.sampled_from(sorted(FILES))
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(
        [0, -1, 10**12 + 1, 2**63, 10**30, 1e308, "1e999", "9" * 5000, "", "\0", "//[", "https://[", "\u202e"]
    ),
    st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "Fri Dec 31 23:59:59 -1400 9999"]),
    st.sampled_from([[], {}, [None], [[]], {"id": None}, [{}] * 50, "x" * 5000]),
    st.text(max_size=8),
)
NAMES = [
    "",
    "/",
    "\\",
    "..",
    "data",
    "data\\",
    "ä",
    "x" * 300,
    "data/tweets-part" + "9" * 5000 + ".js",
    "data/account.js",
]


def read_or_refuse(kind: str, path: Path) -> None:
    """Read an archive: rows that a batch accepts, or an error with its path."""
    try:
        contents = archives.read_archive(kind, path, now=NOW)
        all_rows = [group_rows(part.records) for part in (contents, *contents.other_networks)]
    except InvalidInputError as error:
        assert str(path) in str(error)  # noqa: PT017 - reading it is as good
        return
    for table, rows in [item for rows_by_table in all_rows for item in rows_by_table.items()]:
        assert {len(BATCH_COLUMNS[table])} == {len(row) for row in rows}
        values = [value for row in rows for value in row]
        assert all(abs(value) < 2**63 for value in values if isinstance(value, int))
        assert all(len(value.encode()) <= MAX_ID_BYTES for value in values if isinstance(value, str))


def name_archive(kind: str) -> str:
    """Return the name of an archive's file; a dump is called as its site."""
    return f"{CASES[kind]}.zip" if kind == "stackexchange-dump" else "archive.zip"


def pack(files: dict[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return the bytes of a ZIP file."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as file:
        for name, text in files.items():
            file.writestr(zipfile.ZipInfo(name), text, compress_type=compression)
    return content.getvalue()


def mutate_bytes(data: st.DataObject, content: bytes) -> bytes:
    """Replace, insert, cut and repeat bytes at a few places."""
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(0, len(changed) - 1)))
        # The directory of a ZIP file is at its end: half of all changes go there.
        at = max(0, len(changed) - 1 - at % 400) if data.draw(st.booleans()) else at
        length = data.draw(st.sampled_from([0, 1, 2, 4, 30]))
        changed[at : at + length] = data.draw(
            st.sampled_from([b"", b"\0", b"\xff", b"\xff\xff\xff\xff", b"[" * 9, b'"'])
        )
    return bytes(changed)


def mutate_json(data: st.DataObject, value: object, depth: int = 0) -> object:
    """Replace a value somewhere in a JSON document, or drop or repeat it."""
    if depth > 6 or not isinstance(value, dict | list) or not value or data.draw(st.integers(0, 5)) == 0:
        return data.draw(VALUES)
    if isinstance(value, list):
        index = data.draw(st.integers(0, len(value) - 1))
        return [*value[:index], mutate_json(data, value[index], depth + 1), *value[index:]]
    key = data.draw(st.sampled_from(sorted(value)))
    changed = mutate_json(data, value[key], depth + 1)
    return {name: changed if name == key else other for name, other in value.items()}


def check_mutated_archive(data: st.DataObject, kind: str, folder: Path) -> None:
    """Change one file of an archive, its JSON or its bytes, or the ZIP file itself, and read it."""
    files: dict[str, str | bytes] = dict(FILES[kind])
    name = data.draw(st.sampled_from(READ_FILES[kind]))
    text = str(files[name])
    head, equals, body = text.partition(" = ") if name.endswith(".js") else ("", "", text)
    change = data.draw(st.sampled_from(["json", "json", "member", "zip", "name"]))
    if change == "json" and name.endswith((".js", ".json")):
        files[name] = head + equals + json.dumps(mutate_json(data, json.loads(body)))
    elif change == "name":
        files[data.draw(st.sampled_from(NAMES))] = files.pop(name)
    elif change == "member":
        files[name] = mutate_bytes(data, text.encode())
    content = pack(files, data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])))
    path = folder / name_archive(kind)
    path.write_bytes(mutate_bytes(data, content) if change == "zip" else content)
    read_or_refuse(kind, path)


def fuzz(examples: int) -> settings:
    """Return the settings of a fuzz test."""
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=examples, deadline=None, suppress_health_check=checks)


@given(data=st.data(), kind=KINDS)
@fuzz(150)
def test_mutated_archive_is_read_or_refused(tmp_path, data, kind):
    """Only `InvalidInputError` leaves the readers."""
    check_mutated_archive(data, kind, tmp_path)


@pytest.mark.proof
@pytest.mark.timeout(1200)
@given(data=st.data(), kind=KINDS)
@fuzz(scaled(20_000, 300))
def test_mutated_archive_is_read_or_refused_for_long(tmp_path, data, kind):
    """The same for minutes."""
    check_mutated_archive(data, kind, tmp_path)


TIKTOK_FILE = "TikTok/user_data_tiktok.json"
BOMBS = {
    "spaces": ("x-archive", "data/tweets.js", b"window.a = [", b" ", 60_000_000),
    "empty followers": ("x-archive", "data/follower.js", b"window.a = [", b"{},", 10_000_000),
    "deep": ("x-archive", "data/account.js", b"window.a = ", b"[", 30_000_000),
    "lines": ("mastodon-archive", "followers.csv", b"", b"a@b\n", 10_000_000),
    "numbers": ("mastodon-archive", "outbox.json", b'{"orderedItems": ', b"9", 30_000_000),
    "accounts": ("tiktok-export", TIKTOK_FILE, b'{"Follower": {"FansList": [{}', b",{}", 20_000_000),
    "blanks": ("tiktok-export", TIKTOK_FILE, b"{", b" ", 60_000_000),
    "rows": (
        "discourse-export",
        "user_archive.csv",
        FILES["discourse-export"]["user_archive.csv"].encode(),
        b",\n",
        30_000_000,
    ),
    "tags": ("stackexchange-dump", "Users.xml", b"<users>", b"<row/>", 10_000_000),
    "attribute": ("stackexchange-dump", "Users.xml", b'<users><row Id="', b"1", 60_000_000),
}
"""Name to the kind of archive, its file, and what that begins with and repeats how often."""


@pytest.mark.parametrize(("kind", "name", "head", "part", "times"), BOMBS.values(), ids=BOMBS)
def test_zip_bomb_is_refused_within_memory(tmp_path, kind, name, head, part, times):
    """Tens of megabytes in a few kilobytes are refused before they are parsed."""
    path = tmp_path / name_archive(kind)
    path.write_bytes(pack(FILES[kind] | {name: head + part * times}))
    assert path.stat().st_size < 200_000

    tracemalloc.start()
    try:
        with pytest.raises(InvalidInputError, match=r"too large: more than [\d,]+ bytes"):
            deque(archives.read_archive(kind, path, now=NOW).records, maxlen=0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 40_000_000


def test_deep_and_long_values_below_the_limits_are_refused(tmp_path):
    """In folders, too, which are not compressed."""
    deep = json.dumps({"orderedItems": [note(1)]}).replace('"…"', "[" * 100_000 + "]" * 100_000)
    huge = json.dumps({"orderedItems": [note(1)]}).replace('"likes"', '"likes": ' + "9" * 100_000 + ', "x"')
    for text in (deep, huge):
        for name, content in (FILES["mastodon-archive"] | {"outbox.json": text}).items():
            (tmp_path / name).write_text(content)
        read_or_refuse("mastodon-archive", tmp_path)
