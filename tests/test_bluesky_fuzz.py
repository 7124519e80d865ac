"""
Mutated answers of Bluesky: repositories, records, stream frames and API responses.

Whatever is changed, only errors of `renown.errors` leave the readers, in bounded time and memory.
"""

import copy
import json
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import libipld
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proofs import scaled
from renown.connectors.base import Account, KnownState, ReadLimits
from renown.connectors.bluesky import firehose, jetstream
from renown.connectors.bluesky.api import CONNECTOR
from renown.connectors.bluesky.events import COLLECTIONS
from renown.connectors.decode import decode_json
from renown.connectors.http.response import HttpResult
from renown.connectors.record_rows import group_rows
from renown.errors import NetworkRefusedError, RenownError
from renown.imports.archives import bluesky as repository
from test_bluesky import ADA, NOW, RECORDS, WEEK, CarFile
from test_bluesky_stream import EVENTS, as_firehose, as_jetstream

MAX_SECONDS = 2
"""Seconds for one input; the largest here has a few hundred kilobytes."""
MAX_MEMORY_GROWTH = 300_000
"""Kilobytes by which the peak memory of the process may grow."""

CID = b"\x01\x71\x12\x20" + bytes(32)
HOSTILE_BYTES = [
    *(
        b"",
        b"\x00",
        b"\xff" * 9,
        b"\x7f" * 9,
        b"\xed\xa0\xbd",
        b"\xf9\x3c\x00",
        b"\xf7",
        b"\xc1\x00",
        b"\xd8\x2a\x41\x00",
    ),
    *(b"\x9b" + b"\xff" * 8, b"\xbb\x00\x00\x00\x7f\xff\xff\xff\xff", b"\x5b\x00\x00\x00\x7f\xff\xff\xff\xff"),
    *(b"\x81" * 20_000, b"[" * 20_000, b'{"a":' * 20_000, b"9" * 5_000, b"\\ud800"),
]
"""Insertions that break parsers: huge lengths, deep nesting, halves of characters, other types of numbers."""
HOSTILE_VALUES = st.sampled_from(
    [
        *(
            None,
            True,
            0,
            -1,
            1.5,
            10**18,
            2**63 - 1,
            "",
            "//[",
            "at://",
            "\x00",
            "\u202e",
            "9" * 5000,
            [],
            {},
            [[]],
            [None],
        ),
        *(
            "9999-12-31T23:59:59-14:00",
            "0001-01-01T00:00:00+14:00",
            "2026-07-01T00:00:00Z",
            "did:plc:bob",
            b"\x00",
            CID,
        ),
    ]
)
json_values = st.recursive(
    HOSTILE_VALUES.filter(lambda value: not isinstance(value, bytes)),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["uri", "did", "e", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)
cbor_values = st.recursive(HOSTILE_VALUES, lambda inner: st.lists(inner, max_size=3), max_leaves=5)


@st.composite
def damaged_bytes(draw: Callable[..., Any], contents: list[bytes]) -> bytes:
    """Return one of the contents with bytes changed, inserted and cut off."""
    content = bytearray(draw(st.sampled_from(contents)))
    for _ in range(draw(st.integers(1, 4))):
        position = draw(st.integers(0, max(len(content) - 1, 0)))
        kind = draw(st.sampled_from(["change", "insert", "cut", "repeat"]))
        if kind == "change":
            content[position : position + 1] = bytes([draw(st.integers(0, 255))])
        elif kind == "insert":
            content[position:position] = draw(st.sampled_from(HOSTILE_BYTES))
        elif kind == "repeat":
            content[position:position] = content[position : position + 200]
        else:
            del content[position:]
    return bytes(content)


@st.composite
def altered(draw: Callable[..., Any], value: Any, replacements: st.SearchStrategy[Any]) -> Any:
    """Return JSON or CBOR with some of its values replaced, removed or repeated."""
    result = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 4))):
        parents = [part for part in walk(result) if part]
        if not parents:
            break
        parent = draw(st.sampled_from(parents))
        key = draw(st.sampled_from(sorted(parent) if isinstance(parent, dict) else range(len(parent))))
        if draw(st.booleans()) and draw(st.booleans()):
            del parent[key]
        else:
            parent[key] = copy.deepcopy(draw(replacements))
    return result


def walk(value: Any) -> list[Any]:
    """Return all objects and lists within a value."""
    if not isinstance(value, dict | list):
        return []
    children = value.values() if isinstance(value, dict) else value
    return [value, *(part for child in children for part in walk(child))]


def fuzz(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the settings of a fuzz test: a fixed sequence of inputs, none of which may take long."""
    return settings(
        max_examples=examples,
        deadline=timedelta(seconds=MAX_SECONDS),
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def run_fuzz(name: str, examples: int, folder: Path) -> None:
    """Run a fuzz test, and check that it took no memory."""
    inputs, read = FUZZERS[name]

    @fuzz(examples)
    @given(inputs)
    def read_mutated(value: Any) -> None:
        read(folder, value)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read_mutated()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MAX_MEMORY_GROWTH


def car_bytes(records: dict[str, Any]) -> bytes:
    """Return a repository with these records."""
    car, first = CarFile(), dict(list(records.items())[:3])
    root = car.commit(car.node(first, after=car.node(dict(list(records.items())[3:]))))
    with tempfile.TemporaryDirectory() as folder:
        return car.write(Path(folder) / "fuzz.car", root).read_bytes()


def read_repository(folder: Path, content: bytes) -> None:
    """Read a repository."""
    path = folder / "fuzz.car"
    path.write_bytes(content)
    try:
        contents = repository.read_archive(path, NOW)
    except RenownError as error:
        assert len(str(error)) < 5000  # noqa: PT017 - most inputs are valid
        return
    group_rows(contents.records)
    "".join(contents.dropped).encode()


def read_record(folder: Path, record: Any) -> None:
    """Read a record by the archive and by both streams, which agree on what cannot be read."""
    for collection in COLLECTIONS:
        frames = [as_firehose("create", collection, record)] if isinstance(record, dict) else []
        for frame in frames:
            parse(firehose.parse_frame, frame)
        read_repository(folder, car_bytes(RECORDS | {f"{collection}/3kz": record}))


def parse(parser: Callable[[bytes], Any], frame: bytes) -> None:
    """Parse a frame, and convert its records to rows."""
    event = parser(frame)
    rows = group_rows(event.records)
    assert all(isinstance(row[-1], int) for table in rows.values() for row in table)
    assert isinstance(event.cursor, int)
    assert all(reason.isprintable() and len(reason) < 100 for reason in event.ignored)


def parse_frames(_folder: Path, frame: bytes) -> None:
    """Parse a frame by both feeds."""
    parse(jetstream.parse_frame, frame)
    parse(firehose.parse_frame, frame)


class MutatedServer:
    """A client of a server whose answers were changed."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self._answers = {path.partition("?")[0].removeprefix("/"): answer for path, answer in answers.items()}
        self.requests = 0

    def get(self, path: str, _params: Any = None, *, response_type: Any, **_options: Any) -> HttpResult:
        """Return the answer of a method, decoded as a client does."""
        self.requests += 1
        try:
            decoded = decode_json(json.dumps(self._answers.get(path)).encode(), response_type)
        except msgspec.DecodeError as error:
            raise NetworkRefusedError(str(error), status=200) from error
        return HttpResult(body=decoded.value, links={}, headers={}, dropped=decoded.dropped)


def read_account(_folder: Path, answers: dict[str, Any]) -> None:
    """Read an account from mutated answers, within a bounded number of requests."""
    server = MutatedServer(answers)
    account, known = Account(ADA, "ada.example"), KnownState(NOW - timedelta(days=90))
    try:
        for page in CONNECTOR.read(server, account, known, ReadLimits(), now=NOW):
            group_rows(page.records)
            "".join([*page.dropped, *page.skipped_lists]).encode()
    except RenownError:
        pass
    assert server.requests < 300


WEEK_ANSWERS = json.loads(WEEK.read_text(encoding="utf-8"))["answers"]
FRAMES = [as_feed(*event[:3]) for event in EVENTS.values() for as_feed in (as_jetstream, as_firehose)]
FUZZERS: dict[str, tuple[st.SearchStrategy[Any], Callable[[Path, Any], None]]] = {
    "repositories": (damaged_bytes([car_bytes(RECORDS)]), read_repository),
    "records": (
        st.sampled_from(sorted(RECORDS)).flatmap(lambda key: altered(RECORDS[key], cbor_values)) | cbor_values,
        read_record,
    ),
    "frames": (damaged_bytes(FRAMES), parse_frames),
    "events": (
        st.sampled_from(sorted(EVENTS))
        .flatmap(lambda name: altered(json.loads(as_jetstream(*EVENTS[name][:3])), json_values))
        .map(lambda event: json.dumps(event).encode()),
        parse_frames,
    ),
    "commits": (
        st.sampled_from(sorted(EVENTS))
        .flatmap(lambda name: altered(list(libipld.decode_dag_cbor_multi(as_firehose(*EVENTS[name][:3]))), cbor_values))
        .map(lambda parts: b"".join(map(libipld.encode_dag_cbor, parts))),
        parse_frames,
    ),
    "answers": (altered(WEEK_ANSWERS, json_values), read_account),
}
"""What is mutated: its inputs, and how they are read."""


@pytest.mark.parametrize("name", FUZZERS)
def test_mutated_input_ends_in_our_errors(name, tmp_path):
    """A few mutations of each kind of input."""
    run_fuzz(name, 60, tmp_path)


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", FUZZERS)
def test_many_mutated_inputs_end_in_our_errors(name, tmp_path):
    """Thousands of mutations of each kind of input: ten minutes together."""
    run_fuzz(name, scaled(4_000, 100), tmp_path)


@pytest.mark.parametrize("size", [1 << 20, 8 << 20])
def test_large_hostile_frames_take_time_in_proportion(size):
    """Deep nesting, long numbers and long texts in a frame of the largest size."""
    for unit in (b"[", b'{"a":', b"\x81", b"9", b'"', b"\\u0000", b"\xff"):
        filler = unit * (size // len(unit))
        for frame in (filler, as_jetstream("create", "app.bsky.feed.like", {}).replace(b"{}", filler)):
            start = time.perf_counter()
            parse_frames(Path(), frame)
            assert time.perf_counter() - start < MAX_SECONDS
