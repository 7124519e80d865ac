"""Bluesky's event stream: events of both feeds become records and reach the lake exactly once, despite failures."""

import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import libipld
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.server import ServerProtocol
from websockets.sync.server import ServerConnection, serve

from proofs import only_in_full, scaled
from renown import ingest, progress
from renown.connectors.bluesky import firehose, jetstream
from renown.connectors.bluesky.events import COLLECTIONS, StreamEvent
from renown.connectors.bluesky.subscribe import FEEDS, ConnectionLostError, WebSocket, subscribe
from renown.engines.duckdb import DuckDB
from renown.errors import CursorExpiredError, HomeError, InvalidInputError
from renown.ingest import account_keys, event_window
from renown.ingest.compact import compact
from renown.ingest.stream_writer import StreamBatch
from renown.lake import Lake
from renown.records import LAKE_COLUMNS, Interaction, Presence, Profile, Undone

CORPUS = Path(__file__).parents[2] / "shared" / "data" / "jetstream"
ADA, BOB, CLEO = "did:plc:ada", "did:plc:bob", "did:web:cleo.example"
RECEIVED = datetime(2026, 7, 4, 12, tzinfo=UTC)
CREATED = "2026-07-04T11:59:58Z"
AT = datetime(2026, 7, 4, 11, 59, 58, tzinfo=UTC)
LIKE, REPOST, POST = "app.bsky.feed.like", "app.bsky.feed.repost", "app.bsky.feed.post"
FOLLOW, ITEM = "app.bsky.graph.follow", "app.bsky.graph.listitem"
BOBS = {"uri": f"at://{BOB}/{POST}/1", "cid": "x"}
CLEOS = {"uri": f"at://{CLEO}/{POST}/2", "cid": "x"}
MENTIONS = [
    {
        "features": [{"$type": "app.bsky.richtext.facet#mention", "did": did}],
        "index": {"byteStart": start, "byteEnd": start + 4},
    }
    for start, did in ((4, BOB), (9, CLEO), (14, BOB))
]
LINK = {
    "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://example.org"}],
    "index": {"byteStart": 0, "byteEnd": 3},
}


def micros(at: datetime) -> int:
    """Return microseconds of the epoch."""
    return int(at.timestamp()) * 1_000_000


def as_jetstream(operation, collection, record, *, rkey="r", did=ADA, at=None) -> bytes:
    """Encode a change as Jetstream sends it."""
    commit = {"rev": "3m", "operation": operation, "collection": collection, "rkey": rkey}
    commit |= {"record": record, "cid": "bafy"} if record is not None else {}
    return json.dumps({"did": did, "time_us": at or micros(RECEIVED), "kind": "commit", "commit": commit}).encode()


def varint(number: int) -> bytes:
    """Encode a number with seven bits per byte (LEB128)."""
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def as_firehose(operation, collection, record, *, rkey="r", did=ADA, seq=7) -> bytes:
    """Encode a change as a relay sends it: header, body, and the record in a CAR file among other blocks."""
    cid, other = (b"\x01\x71\x12\x20" + bytes([byte]) * 32 for byte in (1, 2))
    blocks = [other + libipld.encode_dag_cbor({"e": [], "l": None}), cid + libipld.encode_dag_cbor(record or {})]
    car = b"".join(varint(len(part)) + part for part in [libipld.encode_dag_cbor({"version": 1, "roots": []}), *blocks])
    op = {"action": operation, "path": f"{collection}/{rkey}", "cid": cid if record is not None else None}
    body = {"seq": seq, "repo": did, "time": RECEIVED.isoformat(), "ops": [op], "blocks": car, "rev": "3m"}
    return libipld.encode_dag_cbor({"op": 1, "t": "#commit"}) + libipld.encode_dag_cbor(body)


def act(verb: str, target: str, post: str | None, *, collection: str, at: datetime = AT) -> Interaction:
    """Return the interaction of Ada's record `r` in a collection."""
    return Interaction(
        network="bluesky",
        interaction_id=f"at://{ADA}/{collection}/r",
        verb=verb,
        actor_id=ADA,
        target_id=target,
        post_id=post,
        at=at,
    )


REPLY = act("reply", BOB, BOBS["uri"], collection=POST)
QUOTE = act("quote", CLEO, CLEOS["uri"], collection=POST)
EVENTS = {
    "like": ("create", LIKE, {"subject": BOBS, "createdAt": CREATED}, [act("like", BOB, BOBS["uri"], collection=LIKE)]),
    "repost": (
        *("create", REPOST, {"subject": CLEOS, "createdAt": CREATED}),
        [act("repost", CLEO, CLEOS["uri"], collection=REPOST)],
    ),
    "follow": (
        "create",
        FOLLOW,
        {"subject": CLEO, "createdAt": CREATED},
        [act("follow", CLEO, None, collection=FOLLOW)],
    ),
    "list": (
        *("create", ITEM, {"subject": BOB, "list": f"at://{ADA}/app.bsky.graph.list/l", "createdAt": CREATED}),
        [act("list", BOB, None, collection=ITEM)],
    ),
    "oneself on a list": ("create", ITEM, {"subject": ADA, "list": f"at://{ADA}/app.bsky.graph.list/l"}, []),
    "another account's list": ("create", ITEM, {"subject": BOB, "list": f"at://{CLEO}/app.bsky.graph.list/l"}, []),
    "a post without an act": ("create", POST, {"text": "hello", "createdAt": CREATED, "langs": ["en"]}, []),
    "reply": ("create", POST, {"reply": {"parent": BOBS, "root": CLEOS}, "createdAt": CREATED}, [REPLY]),
    "quote": (
        *("create", POST, {"embed": {"$type": "app.bsky.embed.record", "record": CLEOS}, "createdAt": CREATED}),
        [QUOTE],
    ),
    "quote with media": (
        *("create", POST),
        {"embed": {"$type": "app.bsky.embed.recordWithMedia", "record": {"record": CLEOS}, "media": {"images": []}}}
        | {"createdAt": CREATED},
        [QUOTE],
    ),
    "an embedded feed": (
        *("create", POST),
        {"embed": {"record": {"uri": f"at://{BOB}/app.bsky.feed.generator/f", "cid": "x"}}, "createdAt": CREATED},
        [],
    ),
    "everything at once": (
        *("create", POST),
        {"reply": {"parent": BOBS, "root": BOBS}, "embed": {"record": CLEOS}, "facets": [LINK, *MENTIONS]}
        | {"text": "see @bob @cle @bob", "createdAt": CREATED},
        [REPLY, QUOTE, *(act("mention", did, None, collection=POST) for did in (BOB, CLEO))],
    ),
    "a reply with a broken quote and mention": (
        *("create", POST),
        {"reply": {"parent": BOBS, "root": BOBS}, "embed": {"record": {"uri": f"at://bob.example/{POST}/1"}}}
        | {"facets": [{"features": [MENTIONS[0]["features"][0] | {"did": "bob.example"}]}], "createdAt": CREATED},
        [REPLY],
    ),
    "hidden mentions": (
        *("create", POST),
        {"text": "hi", "facets": [facet | {"index": {"byteStart": 0, "byteEnd": 1}} for facet in MENTIONS]}
        | {"createdAt": CREATED},
        [act("mention", BOB, None, collection=POST)],
    ),
    "a reply with odd other fields": (
        *("create", POST),
        {"reply": {"parent": BOBS, "root": 5}, "embed": True, "facets": [7], "langs": 7, "createdAt": CREATED},
        [REPLY],
    ),
    "a date that is a number": (
        *("create", LIKE, {"subject": BOBS, "createdAt": 1_700_000_000}),
        [act("like", BOB, BOBS["uri"], collection=LIKE, at=RECEIVED)],
    ),
    "a date in the future": (
        *("create", LIKE, {"subject": BOBS, "createdAt": "2031-01-01T00:00:00Z"}),
        [act("like", BOB, BOBS["uri"], collection=LIKE, at=RECEIVED)],
    ),
    "no date": ("create", LIKE, {"subject": BOBS}, [act("like", BOB, BOBS["uri"], collection=LIKE, at=RECEIVED)]),
    "a date in the past": (
        *("create", LIKE, {"subject": BOBS, "createdAt": "2026-06-30T23:00:00-02:00"}),
        [act("like", BOB, BOBS["uri"], collection=LIKE, at=datetime(2026, 7, 1, 1, tzinfo=UTC))],
    ),
    "the epoch": ("create", LIKE, {"subject": BOBS, "createdAt": "1970-01-01T00:00:00Z"}, []),
    "an update": ("update", POST, {"reply": {"parent": BOBS, "root": BOBS}, "createdAt": CREATED}, []),
    "another collection": ("create", "app.bsky.graph.block", {"subject": BOB, "createdAt": CREATED}, []),
    "a subject without account": ("create", LIKE, {"subject": {"uri": f"at://bob.example/{POST}/1"}}, []),
    "a subject of another type": ("create", LIKE, {"subject": [1, 2], "createdAt": CREATED}, []),
    "a create without its record": ("create", LIKE, None, []),
} | {
    f"delete {collection}": ("delete", collection, None, [Undone("bluesky", f"at://{ADA}/{collection}/r", RECEIVED)])
    for collection in COLLECTIONS
}


@pytest.mark.parametrize("name", EVENTS)
def test_both_feeds_yield_the_same_records(name):
    """Jetstream and firehose, for every collection and every way to be invalid."""
    operation, collection, record, expected = EVENTS[name]
    by_jetstream = jetstream.parse_frame(as_jetstream(operation, collection, record))
    by_firehose = firehose.parse_frame(as_firehose(operation, collection, record))

    assert tuple(expected) == by_jetstream.records == by_firehose.records
    assert expected or by_jetstream.ignored == by_firehose.ignored
    assert (micros(RECEIVED), 7) == (by_jetstream.cursor, by_firehose.cursor)


def test_identity_and_account_events():
    """On both feeds; a handle that does not resolve to the account is unknown."""
    fields = {"did": ADA, "time_us": micros(RECEIVED)}
    events = [fields | {"kind": "identity", "identity": {"did": ADA, "handle": "ada.example"}}]
    events += [fields | {"kind": "account", "account": {"did": ADA, "active": active}} for active in (False, True)]
    frames = [("#identity", {"handle": "ada.example"}), ("#account", {"active": False, "status": "takendown"})]
    frames += [("#account", {"active": True})]
    events.append(fields | {"kind": "identity", "identity": {"did": ADA, "handle": "handle.invalid"}})
    frames.append(("#identity", {"handle": "handle.invalid"}))
    expected = [Profile(network="bluesky", account_id=ADA, at=RECEIVED, handle="ada.example")]
    expected += [Presence("bluesky", ADA, RECEIVED, present=active) for active in (False, True)]

    assert expected == [
        record for event in events for record in jetstream.parse_frame(json.dumps(event).encode()).records
    ]
    bodies = [
        libipld.encode_dag_cbor({"op": 1, "t": kind})
        + libipld.encode_dag_cbor({"seq": 1, "did": ADA, "time": RECEIVED.isoformat(), **body})
        for kind, body in frames
    ]
    assert expected == [record for body in bodies for record in firehose.parse_frame(body).records]


def test_damaged_frames_are_ignored():
    """Every prefix of a frame, and frames with random bytes changed, on both feeds."""
    draw, malformed = random.Random(3), 0
    change = EVENTS["everything at once"][:3]
    for feed, frame in ((jetstream, as_jetstream(*change)), (firehose, as_firehose(*change))):
        damaged = [frame[:size] for size in range(len(frame))]
        for _ in range(2000):
            changed = bytearray(frame)
            changed[draw.randrange(len(frame))] = draw.randrange(256)
            damaged.append(bytes(changed))
        parsed = [feed.parse_frame(frame_bytes) for frame_bytes in damaged]
        malformed += sum("a malformed frame" in event.ignored for event in parsed)
        assert all(record.interaction_id for event in parsed for record in event.records)
    assert malformed > 1000


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "soon", "", 7, None, [1]])
def test_event_of_the_firehose_without_an_instant_is_ignored(time):
    """It keeps its cursor, so that the stream goes on behind it."""
    head, body = libipld.decode_dag_cbor_multi(as_firehose("delete", LIKE, None))
    frame = libipld.encode_dag_cbor(head) + libipld.encode_dag_cbor(body | {"time": time})

    event = firehose.parse_frame(frame)

    assert (7, (), ("an event without a valid instant",)) == (event.cursor, event.records, event.ignored)


@pytest.mark.parametrize("created", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_record_dated_at_the_end_of_time(created):
    """An instant that no calendar has in UTC is replaced by the time of arrival."""
    record = {"subject": BOBS, "createdAt": created}
    expected = (act("like", BOB, BOBS["uri"], collection=LIKE, at=RECEIVED),)

    assert expected == jetstream.parse_frame(as_jetstream("create", LIKE, record)).records
    assert expected == firehose.parse_frame(as_firehose("create", LIKE, record)).records


def test_odd_part_of_a_commit_costs_only_itself():
    """An operation of another type, or blocks that are none, do not affect the other changes."""
    head, body = libipld.decode_dag_cbor_multi(as_firehose("delete", LIKE, None))
    ops = [7, {"action": None, "path": LIKE}, *body["ops"], {"action": "create", "path": f"{LIKE}/x", "cid": b"\x01"}]
    frame = libipld.encode_dag_cbor(head) + libipld.encode_dag_cbor(body | {"ops": ops, "blocks": 5, "handle": 5})

    event = firehose.parse_frame(frame)

    assert (Undone("bluesky", f"at://{ADA}/{LIKE}/r", RECEIVED),) == event.records
    assert ["a malformed operation", "a malformed operation", "a malformed record"] == sorted(event.ignored)


def test_key_of_an_event_does_not_depend_on_its_cursor():
    """Account, revision and path tell an event; a server may send it again under another number."""
    like = EVENTS["like"][:3]
    keys = {jetstream.parse_frame(as_jetstream(*like, at=at)).key for at in (1, 2)}
    assert len(keys | {firehose.parse_frame(as_firehose(*like, seq=seq)).key for seq in (1, 2)}) == 2
    others = [as_jetstream(*like, rkey="s"), as_jetstream(*like, did=BOB), as_jetstream("delete", LIKE, None)]
    others.append(as_jetstream(*like).replace(b'"3m"', b'"3n"'))
    assert len(keys | {jetstream.parse_frame(frame).key for frame in others}) == 5


@pytest.mark.skipif(not CORPUS.exists(), reason="needs ../shared/data/jetstream, Jetstream's own test corpus")
def test_jetstream_corpus_yields_the_same_records():
    """Relay frames and Jetstream's lines of the same period, event for event."""
    zstandard = pytest.importorskip("zstandard", reason="the corpus is compressed with zstandard")
    raw = zstandard.ZstdDecompressor().stream_reader((CORPUS / "frames.bin.zst").open("rb")).read()
    frames, offset = [], 0
    while offset < len(raw):
        [size] = struct.unpack_from("<I", raw, offset)
        frames.append(raw[offset + 4 : offset + 4 + size])
        offset += 4 + size
    lines = (CORPUS / "expected_v1.jsonl").read_bytes().splitlines()
    of_jetstream = [record for line in lines for record in jetstream.parse_frame(line).records]
    of_firehose = [record for frame in frames for record in firehose.parse_frame(frame).records]

    assert 139 == len(of_jetstream) == len(of_firehose)
    for record, relayed_record in zip(of_jetstream, of_firehose, strict=True):
        assert record == replace(relayed_record, at=record.at)
        assert isinstance(record, Undone | Presence) or record.at == relayed_record.at
        assert abs(record.at - relayed_record.at) < timedelta(seconds=3)


SMALL, LARGE = ingest.StreamLimits(50, 0.2), ingest.StreamLimits(10_000, 60)
Behaviour = Callable[[ServerConnection, list[bytes]], None]


def send_all(connection: ServerConnection, frames: list[bytes]) -> None:
    """Send all frames and keep the connection open."""
    for frame in frames:
        connection.send(frame.decode() if frame[:1] == b"{" else frame)
    wait_until_closed(connection)


def wait_until_closed(connection: ServerConnection) -> None:
    """Wait until the client closes the connection."""
    for _ in connection:
        pass


@contextmanager
def event_server(frames: list[bytes], *behaviours: Behaviour, port: int = 0) -> Iterator[str]:
    """Serve frames as Jetstream does: the nth connection by the nth behaviour, later ones by the last."""
    remaining = list(behaviours or [send_all])
    cursors = [(frame, jetstream.parse_frame(frame).cursor) for frame in frames]

    def handle(connection: ServerConnection) -> None:
        query = parse_qs(urlsplit(connection.request.path).query)
        cursor = int(query.get("cursor", ["0"])[0])
        behaviour = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        with suppress(ConnectionClosed, OSError):
            behaviour(
                connection, [frame for frame, frame_cursor in cursors if not frame_cursor or frame_cursor >= cursor]
            )

    server = serve(handle, "127.0.0.1", port, compression=None, close_timeout=1)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/subscribe"
    finally:
        server.shutdown()
        thread.join(5)


def likes(count: int, *, start: int = 0) -> list[bytes]:
    """Return likes of Bob's post, a millisecond apart, by a hundred accounts."""
    return [
        as_jetstream(
            *("create", LIKE, {"subject": BOBS, "createdAt": CREATED}),
            rkey=f"k{n}",
            did=f"did:plc:fan{n % 100}",
            at=micros(RECEIVED) + 1000 * n,
        )
        for n in range(start, start + count)
    ]


def count_rows(lake: Lake, table: str = "interactions") -> tuple[int, int]:
    """Return the number of rows of a table and of distinct interactions."""
    with DuckDB() as engine:
        engine.scan("rows", lake.files(table), LAKE_COLUMNS[table])
        return engine.query("select count(*), count(distinct interaction) from rows")[0]


@pytest.fixture
def stream(home) -> Callable[..., tuple[ingest.StreamSummary, list[str]]]:
    """Return a function that streams from a server into the lake until an event's cursor is reached."""

    def stream_until(url: str, *, until: int, feed: str = "jetstream", limits: ingest.StreamLimits = SMALL, **options):
        lines: list[str] = []
        stop, last_seen = threading.Event(), 0

        class RecordingProgress(progress.NullProgress):
            def finish(self, line: str) -> None:
                lines.append(line)

        with home.reader() as engine:
            source = FEEDS[feed].source_name("ws://somewhere/")
            writer = ingest.StreamWriter(engine, home.lake, network="bluesky", source=source, covers=[1])
            session = ingest.Stream(writer, limits=limits, clock=time.time, progress=RecordingProgress(), **options)

            def events_until() -> Iterator[list[StreamEvent]]:
                nonlocal last_seen
                deadline = time.monotonic() + 8
                batches = subscribe(
                    FEEDS[feed],
                    url,
                    cursor=lambda: session.cursor,
                    stop=stop,
                    notify=session.report,
                    rng=random.Random(1),
                )
                for events in batches:
                    yield events
                    last_seen = max([last_seen, *(event.cursor for event in events)])
                    if last_seen >= until or time.monotonic() > deadline:
                        stop.set()

            return session.run(events_until()), lines

    return stream_until


def last_cursor(count: int) -> int:
    """Return the cursor of the last of `count` likes."""
    return micros(RECEIVED) + 1000 * (count - 1)


def test_next_run_resumes_at_the_cursor(home, stream):
    """The server sends the event at the cursor again; the lake has it once."""
    frames = [*likes(199), *likes(101, start=100_000)]
    with event_server(frames[:200]) as url:
        first, _ = stream(url, until=last_cursor(100_001))
    with event_server(frames) as url:
        second, _ = stream(url, until=last_cursor(100_101))

    assert (200, 100, 1) == (first.rows, second.rows, second.duplicates)
    assert (300, 300) == count_rows(home.lake)


def disconnect_in_frame(connection: ServerConnection, frames: list[bytes]) -> None:
    """Send some frames and half of the next one, then disconnect."""
    for frame in frames[:120]:
        connection.send(frame.decode())
    connection.socket.sendall(b"\x81\x7e\x01\x00{half")
    connection.socket.shutdown(2)


def close_properly(connection: ServerConnection, frames: list[bytes]) -> None:
    """Send some frames and a close frame."""
    for frame in frames[:60]:
        connection.send(frame.decode())
    connection.close(1001, "restarting")


def test_reconnects_lose_nothing(home, stream):
    """A server that fails in the middle of a frame, then one that closes, then one that stays."""
    with event_server(likes(300), disconnect_in_frame, close_properly, send_all) as url:
        summary, lines = stream(url, until=last_cursor(300))

    assert (300, 300) == count_rows(home.lake)
    assert summary.rows == 300
    assert ["without a close frame", "restarting"] == [
        reason
        for line in lines
        for reason in ("without a close frame", "restarting")
        if "connection to 127.0.0.1" in line and reason in line
    ]


@pytest.mark.parametrize("polite", [True, False], ids=["closes", "resets"])
def test_messages_sent_with_the_handshake_are_read(polite):
    """Handshake, two messages and a close frame in one packet: the messages are returned before the end."""
    server = ServerProtocol()
    listening = socket.create_server(("127.0.0.1", 0))

    def send_at_once() -> None:
        connection, _ = listening.accept()
        with connection:
            server.receive_data(connection.recv(1 << 16))
            [request] = server.events_received()
            server.send_response(server.accept(request))
            for message in (b"one", b"two"):
                server.send_text(message)
            server.send_close(1000, "done")
            connection.sendall(b"".join(server.data_to_send()))
            if polite:
                connection.recv(1 << 16)
            else:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    thread = threading.Thread(target=send_at_once)
    thread.start()
    with listening, WebSocket(f"ws://127.0.0.1:{listening.getsockname()[1]}/") as socket_:
        messages = []
        with suppress(ConnectionLostError):
            while True:
                messages += socket_.read_messages()
    thread.join()

    assert [b"one", b"two"] == messages


def test_unreachable_server_is_retried(home, stream):
    """Nothing listens on the port at first."""
    with event_server([]) as url:
        port = urlsplit(url).port
    frames, servers = likes(50), []

    def open_late() -> None:
        time.sleep(1.5)
        context = event_server(frames, port=port)
        servers.append(context)
        context.__enter__()

    thread = threading.Thread(target=open_late)
    thread.start()
    summary, lines = stream(url, until=last_cursor(50))
    thread.join()
    servers[0].__exit__(None, None, None)

    assert 50 == summary.rows == count_rows(home.lake)[0]
    assert any("Connection refused" in line for line in lines)


def test_unknown_and_malformed_events_are_counted(home, stream):
    """Unknown kinds, other collections and malformed frames do not stop the stream."""
    unknown = [
        json.dumps({"did": ADA, "time_us": micros(RECEIVED) + 10_400, "kind": "dance"}).encode(),
        json.dumps({"did": ADA, "time_us": micros(RECEIVED) + 10_500, "kind": "sync", "sync": {"rev": "3m"}}).encode(),
        json.dumps({"time_us": micros(RECEIVED) + 10_600, "kind": "cursor"}).encode(),
        json.dumps({"did": ADA, "time_us": micros(RECEIVED) + 10_700, "kind": "account", "account": {}}).encode(),
        b'{"kind":"info","name":"OutdatedCursor"}',
        b'{"error":"ConsumerTooSlow\\u001b[2J","message":"too slow"}',
        as_jetstream("create", "fm.teal.alpha.feed.play", {"a": 1}, at=micros(RECEIVED) + 11_500),
        b'{"did":"did:plc:x","time_us":17',
        as_jetstream("create", LIKE, {"subject": 5}, at=micros(RECEIVED) + 12_500),
    ]
    frames = likes(11) + unknown + likes(9, start=20)
    with event_server(frames) as url:
        summary, _ = stream(url, until=last_cursor(29))

    assert (20, 20) == count_rows(home.lake)
    assert {
        "an unknown kind of event": 1,
        "a sync event": 1,
        "a cursor event": 1,
        "an account event without a status": 1,
        "the server says OutdatedCursor": 1,
        "the server says ConsumerTooSlow[2J": 1,
        "another collection": 1,
        "a malformed frame": 1,
        "a malformed record": 1,
    } == dict(summary.ignored)


def test_gap_is_reported(stream):
    """The server no longer has the events after the cursor."""
    with event_server(likes(10)) as url:
        stream(url, until=last_cursor(10))
    with event_server(likes(10, start=100_000)) as url:
        summary, lines = stream(url, until=last_cursor(100_010))

    assert ["gap: no events from 2026-07-04T12:00:00+00:00 to 2026-07-04T12:01:40+00:00"] == [
        gap.partition(";")[0] for gap in summary.gaps
    ]
    assert summary.gaps[0] in lines


def test_outdated_cursor_is_reported(home, stream):
    """A relay states before its first event that it has nothing as old as the cursor."""
    info = libipld.encode_dag_cbor({"op": 1, "t": "#info"}) + libipld.encode_dag_cbor({"name": "OutdatedCursor"})
    frames = [info] + [as_firehose("create", LIKE, {"subject": BOBS}, rkey=f"s{n}", seq=n) for n in range(5, 9)]
    frames.insert(2, as_firehose("create", LIKE, {"subject": BOBS}, rkey="nowhere", seq=0))

    def relay(connection: ServerConnection, _none: list[bytes]) -> None:
        send_all(connection, frames)

    with event_server([], relay) as url:
        summary, _ = stream(url, until=8, feed="firehose")

    assert ["the server says OutdatedCursor"] == summary.gaps
    assert (4, 4) == count_rows(home.lake)


def test_restarted_sequence_ends_the_stream_after_writing(home, stream):
    """A relay that was set up again would refuse the cursor for ever; `from_now` starts at its new sequence."""
    error = libipld.encode_dag_cbor({"op": -1}) + libipld.encode_dag_cbor({"error": "FutureCursor"})
    old, new = (
        [as_firehose("create", LIKE, {"subject": BOBS}, rkey=f"{n}", seq=n) for n in seqs]
        for seqs in ((98, 99), (3, 4))
    )

    def send(*frames: bytes) -> Behaviour:
        return lambda connection, _none: [connection.send(frame) for frame in frames]

    with (
        event_server([], send(*old), send(error)) as url,
        pytest.raises(CursorExpiredError, match=r"FutureCursor.*--from-now"),
    ):
        stream(url, until=100, feed="firehose")
    assert (2, 2) == count_rows(home.lake)

    with event_server([], lambda connection, _none: send_all(connection, new)) as url:
        stream(url, until=4, feed="firehose", from_now=True)
    assert (4, 4) == count_rows(home.lake)
    assert 4 == home.lake.cursor("interactions", FEEDS["firehose"].source_name("ws://somewhere/"))


def following(rkey: str, *, at: int, rev="3m") -> bytes:
    """Return a follow of Ada's, one of several of a commit."""
    frame = as_jetstream("create", FOLLOW, {"subject": f"did:plc:{rkey}", "createdAt": CREATED}, rkey=rkey, at=at)
    return frame.replace(b'"3m"', f'"{rev}"'.encode())


def test_one_commit_may_have_one_cursor(home, stream):
    """Version 2 of Jetstream gives all changes of a commit one instant: none of them is a repeat of another."""
    start = micros(RECEIVED)
    commit = [following(f"f{n}", at=start) for n in range(5)]
    with event_server([*commit, *likes(1, start=1000)]) as url:
        first, _ = stream(url, until=start + 1_000_000)
        second, _ = stream(url, until=start + 1_000_000)

    assert [(6, 0), (0, 6)] == [(summary.rows, summary.duplicates) for summary in (first, second)]
    assert (6, 6) == count_rows(home.lake)


def test_commit_cut_by_the_end_of_a_run_is_completed(home, stream):
    """The rest of a commit arrives in the next run, with the cursor that the lake has already."""
    start = micros(RECEIVED)
    commit = [following(f"f{n}", at=start) for n in range(5)]
    with event_server(commit[:2]) as url:
        first, _ = stream(url, until=start)
    with event_server([*commit, *likes(1, start=1000)]) as url:
        second, _ = stream(url, until=last_cursor(1001))

    assert first.rows in {1, 2}
    assert (6 - first.rows, first.rows) == (second.rows, second.duplicates)
    assert (6, 6) == count_rows(home.lake)


def test_events_out_of_order_are_written(home, stream):
    """A live event comes before the end of a replay; the next run resumes where events may be missing."""
    replay, early, [last, later] = likes(10), likes(1, start=60_000), likes(2, start=90_000)
    with event_server([*replay[:4], *early, *replay[4:], last]) as url:
        first, _ = stream(url, until=last_cursor(90_001), limits=LARGE)

    assert (12, 0, 6) == (first.rows, first.duplicates, first.late)
    assert last_cursor(10) == home.lake.cursor("interactions", FEEDS["jetstream"].source_name("ws://somewhere/"))

    with event_server([*replay, *early, last, later]) as url:
        second, _ = stream(url, until=last_cursor(90_002))
    assert (1, 12, 0) == (second.rows, second.duplicates, second.late)
    assert (13, 13) == count_rows(home.lake)


@pytest.mark.parametrize("rows", [LIKE, None], ids=["acts", "no acts"])
def test_replay_from_long_before_the_cursor(rows, home, stream):
    """A server may start up to an hour before the cursor: known events are dropped, and the cursor stays."""
    start = micros(RECEIVED)
    old = [as_jetstream("create", rows or POST, {"subject": BOBS}, rkey=f"o{n}", at=start + n) for n in range(20)]
    latest = likes(1, start=3_600_000)

    def send_everything(connection: ServerConnection, _none: list[bytes]) -> None:
        send_all(connection, old)

    with event_server([*old, *latest]) as url:
        stream(url, until=last_cursor(3_600_001))
    count = count_rows(home.lake)
    with event_server([], send_everything) as url:
        summary, lines = stream(url, until=start + 19)

    assert (0, 20 if rows else 0, count) == (summary.rows, summary.duplicates, count_rows(home.lake))
    assert last_cursor(3_600_001) == home.lake.cursor("interactions", FEEDS["jetstream"].source_name("ws://somewhere/"))
    assert not any("went back" in line for line in lines)


def test_clock_ahead_does_not_silence_the_stream(home, stream):
    """A server's clock was a day ahead: later events have smaller cursors, are written and reported."""
    start, ahead = micros(RECEIVED), 86_400_000
    with event_server(likes(10, start=ahead)) as url:
        stream(url, until=last_cursor(ahead + 10))

    def send_live(connection: ServerConnection, _none: list[bytes]) -> None:
        send_all(connection, likes(30, start=100))

    with event_server([], send_live) as url:
        first, lines = stream(url, until=last_cursor(130), limits=LARGE)
    with event_server(likes(40, start=100)) as url:
        second, _ = stream(url, until=last_cursor(140))

    assert [(30, 0), (10, 30)] == [(summary.rows, summary.duplicates) for summary in (first, second)]
    assert (50, 50) == count_rows(home.lake)
    assert any(
        f"the cursor went back from {start + 1000 * (ahead + 9)} to {start + 1000 * 129}" in line for line in lines
    )


def test_new_numbering_within_a_connection(home, stream):
    """A relay counts anew: the same commits are repeats under other numbers, and new ones are written."""
    old, again, new = (
        [as_firehose("create", LIKE, {"subject": BOBS}, rkey=rkey, seq=seq) for rkey, seq in frames]
        for frames in (
            [(f"a{n}", n) for n in range(100, 110)],
            [(f"a{n}", n - 99) for n in range(100, 110)],
            [(f"b{n}", n) for n in (*range(11, 21), 200)],
        )
    )

    def relay(connection: ServerConnection, _none: list[bytes]) -> None:
        send_all(connection, [*old, *again, *new])

    with event_server([], relay) as url:
        summary, _ = stream(url, until=200, feed="firehose", limits=LARGE)

    assert (21, 10, 10) == (summary.rows, summary.duplicates, summary.late)
    assert (21, 21) == count_rows(home.lake)
    assert 20 == home.lake.cursor("interactions", FEEDS["firehose"].source_name("ws://somewhere/"))


def test_replay_beyond_the_window(home, stream, monkeypatch):
    """Events of which the window has dropped the keys are looked up in the lake."""
    monkeypatch.setattr(event_window.EventWindow.__init__, "__defaults__", (10,))
    frames = likes(100)

    def send_twice(connection: ServerConnection, _none: list[bytes]) -> None:
        send_all(connection, [*frames, *frames, *likes(1, start=100)])

    with event_server([], send_twice) as url:
        summary, _ = stream(url, until=last_cursor(101), limits=ingest.StreamLimits(30, 60))

    assert (101, 100) == (summary.rows, summary.duplicates)
    assert (101, 101) == count_rows(home.lake)


def test_handles_undone_and_presence_are_replayed_once(home, stream):
    """Every table skips what it has, if the same events come again in another run."""
    start = micros(RECEIVED)
    frames = [
        as_jetstream("delete", LIKE, None, rkey="d", at=start + 1),
        json.dumps({"did": ADA, "time_us": start + 2, "kind": "account", "account": {"active": False}}).encode(),
        json.dumps(
            {"did": ADA, "time_us": start + 3, "kind": "identity", "identity": {"handle": "a.example"}}
        ).encode(),
        *likes(2),
    ]
    for run in range(3):
        with event_server(frames) as url:
            summary, _ = stream(url, until=last_cursor(2))
        assert (0, 5)[:: 1 if run else -1] == (summary.rows, summary.duplicates)

    assert [1, 1, 1, 2] == [rows_of(home.lake, table) for table in ("undone", "presence", "handles", "interactions")]


def rows_of(lake: Lake, table: str) -> int:
    """Return the number of rows of a table."""
    with DuckDB() as engine:
        engine.scan("rows", lake.files(table), LAKE_COLUMNS[table])
        return engine.query("select count(*) from rows")[0][0]


OTHER_FRAMES = {
    "frames of version 2": (
        "jetstream",
        json.dumps({"$type": "message", "payload": {"$type": "x#commit", "seq": 1, "did": ADA}}).encode(),
        "the path /subscribe",
    ),
    "a relay": ("jetstream", as_firehose("create", LIKE, {"subject": BOBS}), "the path /subscribe"),
    "Jetstream": ("firehose", likes(1)[0], "leave --source out for Jetstream"),
}


@pytest.mark.parametrize("name", OTHER_FRAMES)
def test_another_protocol_ends_the_stream(name, stream):
    """One line says which address is right, instead of thousands of malformed frames."""
    feed, frame, advice = OTHER_FRAMES[name]

    def send(connection: ServerConnection, _none: list[bytes]) -> None:
        send_all(connection, [frame] * 3)

    with event_server([], send) as url, pytest.raises(InvalidInputError, match=advice):
        stream(url, until=9, feed=feed)


def test_address_of_another_protocol_is_refused():
    """The server would refuse our parameters for ever."""
    url = "wss://jetstream.example/xrpc/network.bsky.jetstream.subscribeEvents"
    events = subscribe(
        FEEDS["jetstream"], url, cursor=lambda: None, stop=threading.Event(), notify=print, rng=random.Random(1)
    )
    with pytest.raises(InvalidInputError, match=r"subscribeEvents; write .* such as wss://host/subscribe"):
        next(events)


def test_slow_lake_pauses_reading(home, stream, monkeypatch):
    """Backpressure: at most two batches are in memory."""
    frames, sizes, commit = likes(2000), [], Lake.commit

    def slow_commit(*args, **options):
        time.sleep(0.05)
        commit(*args, **options)

    def measured_write(self, batch):
        sizes.append(batch.size)
        return write(self, batch)

    write = ingest.StreamWriter.write
    monkeypatch.setattr(Lake, "commit", slow_commit)
    monkeypatch.setattr(ingest.StreamWriter, "write", measured_write)
    with event_server(frames) as url:
        summary, _ = stream(url, until=last_cursor(2000), limits=ingest.StreamLimits(400, 60))

    assert (2000, 2000) == count_rows(home.lake)
    assert summary.commits >= 3
    assert max(sizes) < 400 + (1 << 18) // len(frames[0]) * 2


def test_full_disk_ends_the_stream_before_the_cursor(home, stream, monkeypatch):
    """Events that could not be written are read again in the next run."""
    frames, commit = likes(100), Lake.commit

    def failing_commit(self, table, *args, **options):
        if table == "interactions":
            raise HomeError("no space left on device")
        commit(self, table, *args, **options)

    monkeypatch.setattr(Lake, "commit", failing_commit)
    with event_server(frames) as url, pytest.raises(HomeError, match="no space"):
        stream(url, until=last_cursor(100))
    monkeypatch.undo()
    with event_server(frames) as url:
        stream(url, until=last_cursor(100))

    assert (100, 100) == count_rows(home.lake)


def test_only_accounts_filters_interactions(home, stream):
    """Interactions by or with these accounts are written, and all deletions."""
    frames = [*likes(200), as_jetstream("delete", LIKE, None, at=last_cursor(201))]
    with event_server(frames) as url:
        summary, _ = stream(url, until=last_cursor(201), only_accounts=frozenset({"did:plc:fan7"}))

    assert (2, 2) == count_rows(home.lake)
    assert 3 == summary.rows


def test_deleted_post_undoes_all_its_interactions(home, stream):
    """A reply, a quote and two mentions share the AT-URI of the post, and so does the deletion."""
    created = as_jetstream(*EVENTS["everything at once"][:3])
    with event_server([created, as_jetstream("delete", POST, None, at=micros(RECEIVED) + 1)]) as url:
        stream(url, until=micros(RECEIVED) + 1)

    assert (4, 1) == count_rows(home.lake)
    with home.reader() as engine:
        for table in ("interactions", "undone"):
            engine.scan(table, home.lake.files(table), LAKE_COLUMNS[table])
        assert [(0,)] == engine.query("select count(*) from interactions anti join undone using (interaction)")


def test_presence_is_written_for_every_account(home, stream):
    """Each deactivation and return once, whatever the account."""
    fields, start = {"did": ADA, "kind": "account"}, micros(RECEIVED)
    frames = [
        json.dumps(fields | {"time_us": start + 10_000_000 * n, "account": {"did": ADA, "active": active}}).encode()
        for n, active in enumerate((False, True))
    ]
    with event_server(frames) as url:
        stream(url, until=start + 10_000_000, only_accounts=frozenset({BOB}))
        summary, _ = stream(url, until=start + 10_000_000)

    assert (0, 1) == (summary.rows, summary.duplicates)
    with home.reader() as engine:
        for table in ("presence", "accounts"):
            engine.scan(table, home.lake.files(table), LAKE_COLUMNS[table])
        account = f"accounts using (account) where account_id = '{ADA}'"
        rows = engine.query(f"select present, count(*) from presence join {account} group by present order by present")
    assert [(False, 1), (True, 1)] == rows


def test_compaction_removes_duplicates_of_servers(home, monkeypatch):
    """Many small batches, half of them sent again by another server, end in one file with each interaction once."""
    max_files = 8
    monkeypatch.setitem(compact.__kwdefaults__, "max_files", max_files)
    with home.reader() as engine:
        for source in ("one", "other"):
            writer = ingest.StreamWriter(engine, home.lake, network="bluesky", source=source, covers=[1])
            for batch in range(max_files + 2):
                row = (f"at://{ADA}/{LIKE}/{batch}", 1, ADA, BOB, BOBS["uri"], micros(AT) // 1_000_000, None)
                stream_batch = StreamBatch(events=1, cursor=batch + 1, last_event_at=RECEIVED.timestamp())
                stream_batch.rows["interactions"].append(row)
                writer.write(stream_batch)
        writer.write(StreamBatch(events=1, cursor=99, last_event_at=RECEIVED.timestamp() + 86400))

    assert (max_files + 2, max_files + 2) == count_rows(home.lake)
    assert 1 == len(home.lake.files("interactions"))
    assert 99 == home.lake.cursor("interactions", "other")


def test_account_keys_agree_with_imports(home, take, stream):
    """An import names an account between two runs; the stream uses its key."""
    with event_server(likes(3)) as url:
        stream(url, until=last_cursor(3))
    take("actor,target,at,verb,id", f"did:plc:fan5,{BOB},2024-02-01,like,z", network="bluesky")
    with event_server(likes(10)) as url:
        stream(url, until=last_cursor(10))

    with home.reader() as engine:
        engine.scan("accounts", home.lake.files("accounts"), LAKE_COLUMNS["accounts"])
        assert [(11, 11, 11)] == engine.query(
            "select count(*), count(distinct account), count(distinct account_id) from accounts"
        )


def test_hash_collisions_get_distinct_keys(home, stream, monkeypatch):
    """Many accounts of one hash, in one run and in later ones: no account has two keys or the key of another."""
    monkeypatch.setattr(account_keys, "hashed_key_sql", lambda _, column: f"cast(strlen({column}) as bigint)")
    identity = {
        "did": "did:plc:fan9",
        "time_us": last_cursor(5) + 1,
        "kind": "identity",
        "identity": {"handle": "nine.example"},
    }
    for frames, until in (
        (likes(3), 3),
        (likes(5), 5),
        ([*likes(5), json.dumps(identity).encode(), *likes(8, start=5)], 13),
    ):
        with event_server(frames) as url:
            stream(url, until=last_cursor(until))

    with home.reader() as engine:
        for table in ("interactions", "accounts", "handles"):
            engine.scan(table, home.lake.files(table), LAKE_COLUMNS[table])
        by_account = "select account_id, interaction from interactions join accounts on account = actor"
        counts = dict(engine.query(f"select account_id, count(*) from ({by_account}) group by account_id"))
        handles = engine.query("select account_id, handle from handles join accounts using (account)")
        keys = engine.query("select count(*), count(distinct account), count(distinct account_id) from accounts")
    assert {f"did:plc:fan{n}": 1 for n in range(10)} == {key: counts[key] for key in counts if len(key) == 12}
    assert {("did:plc:fan9", "nine.example")} == set(handles), "an additional row is harmless"
    assert keys == [(len(counts) + 1,) * 3]


def test_invalid_url_and_refused_connection():
    """The URL is checked before a connection is opened."""
    for url in ("https://example.org", "ws://[", "//["):
        with pytest.raises(InvalidInputError, match="write ws://host:port/path"):
            WebSocket(url)
    with pytest.raises(ConnectionLostError, match="refused"):
        WebSocket("ws://127.0.0.1:9")


def start_program(home: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start renown in a process of its own."""
    command = [sys.executable, "-c", "from renown.cli import main; main()", "--home", str(home), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))


@pytest.mark.proof
@only_in_full
def test_sigterm_writes_received_events(home):
    """SIGTERM ends the stream cleanly, long before its batch is full."""
    received = threading.Event()

    def send_and_wait(connection: ServerConnection, frames: list[bytes]) -> None:
        for frame in frames:
            connection.send(frame.decode())
        if connection.ping().wait(60):
            received.set()
        wait_until_closed(connection)

    with event_server(likes(500), send_and_wait) as url:
        process = start_program(home.settings.home, "stream", "bluesky", "--url", url, "--batch-seconds", "60")
        assert received.wait(60)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=30)

    assert (0, "") == (process.returncode, errors)
    assert "500 events received, 500 rows written in 1 commit" in output
    assert (500, 500) == count_rows(home.lake)


def wait_for_commit(lake: Lake, source: str) -> None:
    """Wait until a source's cursor advances."""
    first_cursor, deadline = lake.cursor("interactions", source), time.monotonic() + 15
    while lake.cursor("interactions", source) == first_cursor and time.monotonic() < deadline:
        time.sleep(0.02)


@pytest.mark.proof
@only_in_full
def test_kills_lose_and_repeat_nothing(home):
    """SIGKILL at random instants while likes, deletions and handles arrive: the lake has each exactly once."""
    frames = []
    for n, like in enumerate(likes(4000)):
        frames.append(like)
        if n % 10 == 0:
            frames.append(as_jetstream("delete", LIKE, None, rkey=f"d{n}", at=micros(RECEIVED) + 1000 * n + 1))
        if n % 10 == 5:
            identity = {"did": f"did:plc:new{n}", "time_us": micros(RECEIVED) + 1000 * n + 2, "kind": "identity"}
            frames.append(json.dumps(identity | {"identity": {"handle": f"fan{n}.example"}}).encode())

    def send_slowly(connection: ServerConnection, all_frames: list[bytes]) -> None:
        for start in range(0, len(all_frames), 40):
            for frame in all_frames[start : start + 40]:
                connection.send(frame.decode())
            time.sleep(0.1)
        wait_until_closed(connection)

    arguments = ("stream", "bluesky", "--batch-events", "150", "--batch-seconds", "0.1")
    draw, kills = random.Random(5), scaled(6, 2)
    with event_server(frames, send_slowly) as url:
        source = FEEDS["jetstream"].source_name(url)
        for _ in range(kills):
            process = start_program(home.settings.home, *arguments, "--url", url)
            wait_for_commit(home.lake, source)
            time.sleep(draw.uniform(0, 0.5))
            process.kill()
            process.communicate(timeout=30)
            assert count_rows(home.lake)[0] == count_rows(home.lake)[1]
        cursor = home.lake.cursor("interactions", source) or 0
        assert micros(RECEIVED) < cursor < last_cursor(4000)
        process = start_program(home.settings.home, *arguments, "--url", url, "--for", "60")
        deadline = time.monotonic() + 40
        while (home.lake.cursor("interactions", source) or 0) < last_cursor(4000) and time.monotonic() < deadline:
            time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)

    assert [(4000, 4000), (400, 400)] == [count_rows(home.lake, table) for table in ("interactions", "undone")]
    with home.reader() as engine:
        engine.scan("handles", home.lake.files("handles"), LAKE_COLUMNS["handles"])
        assert [(400, 400)] == engine.query("select count(*), count(distinct handle) from handles")
