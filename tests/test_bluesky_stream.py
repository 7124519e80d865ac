"""Bluesky's events become our records, whichever way they are heard, and reach the lake once, in any weather."""

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

from renown import jobs
from renown.connectors.bluesky import firehose, jetstream
from renown.connectors.bluesky.events import COLLECTIONS, Heard
from renown.connectors.bluesky.follow import FEEDS, follow
from renown.connectors.bluesky.socket import Lost, Socket
from renown.engines.duckdb import DuckDB
from renown.errors import BadInput, CursorLost, HomeError
from renown.jobs.landing import Gathered
from renown.jobs.tidy import MANY
from renown.lake import Lake
from renown.records import KEPT, Interaction, Presence, Profile, Undone

CORPUS = Path(__file__).parents[2] / "shared" / "data" / "jetstream"
ADA, BOB, CLEO = "did:plc:ada", "did:plc:bob", "did:web:cleo.example"
TOLD = datetime(2026, 7, 4, 12, tzinfo=UTC)
MADE = "2026-07-04T11:59:58Z"
AT = datetime(2026, 7, 4, 11, 59, 58, tzinfo=UTC)
LIKE, REPOST, POST = "app.bsky.feed.like", "app.bsky.feed.repost", "app.bsky.feed.post"
FOLLOW, ITEM = "app.bsky.graph.follow", "app.bsky.graph.listitem"
BOBS = {"uri": f"at://{BOB}/{POST}/1", "cid": "x"}
CLEOS = {"uri": f"at://{CLEO}/{POST}/2", "cid": "x"}
MENTIONS = [
    {"features": [{"$type": "app.bsky.richtext.facet#mention", "did": did}], "index": {"byteStart": 0, "byteEnd": 4}}
    for did in (BOB, CLEO, BOB)
]
LINK = {"features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://example.org"}]}


def micros(at: datetime) -> int:
    """Return microseconds of the epoch."""
    return int(at.timestamp()) * 1_000_000


def as_jetstream(operation, collection, record, *, rkey="r", did=ADA, at=None) -> bytes:
    """Return a change as Jetstream tells it."""
    commit = {"rev": "3m", "operation": operation, "collection": collection, "rkey": rkey}
    commit |= {"record": record, "cid": "bafy"} if record is not None else {}
    return json.dumps({"did": did, "time_us": at or micros(TOLD), "kind": "commit", "commit": commit}).encode()


def varint(number: int) -> bytes:
    """Return a number, seven bits a byte."""
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def as_firehose(operation, collection, record, *, rkey="r", did=ADA, seq=7) -> bytes:
    """Return a change as a relay tells it: header, body, the record in a CAR file among other blocks."""
    cid, other = (b"\x01\x71\x12\x20" + bytes([mark]) * 32 for mark in (1, 2))
    blocks = [other + libipld.encode_dag_cbor({"e": [], "l": None}), cid + libipld.encode_dag_cbor(record or {})]
    car = b"".join(varint(len(part)) + part for part in [libipld.encode_dag_cbor({"version": 1, "roots": []}), *blocks])
    op = {"action": operation, "path": f"{collection}/{rkey}", "cid": cid if record is not None else None}
    body = {"seq": seq, "repo": did, "time": TOLD.isoformat(), "ops": [op], "blocks": car, "rev": "3m"}
    return libipld.encode_dag_cbor({"op": 1, "t": "#commit"}) + libipld.encode_dag_cbor(body)


def act(verb: str, target: str, post: str | None, *, collection: str, at: datetime = AT) -> Interaction:
    """Return what Ada did by the record `r` of a collection."""
    return Interaction("bluesky", f"at://{ADA}/{collection}/r", verb, ADA, target, post, at)


REPLY = act("reply", BOB, BOBS["uri"], collection=POST)
QUOTE = act("quote", CLEO, CLEOS["uri"], collection=POST)
PAIRS = {
    "like": ("create", LIKE, {"subject": BOBS, "createdAt": MADE}, [act("like", BOB, BOBS["uri"], collection=LIKE)]),
    "repost": (
        *("create", REPOST, {"subject": CLEOS, "createdAt": MADE}),
        [act("repost", CLEO, CLEOS["uri"], collection=REPOST)],
    ),
    "follow": ("create", FOLLOW, {"subject": CLEO, "createdAt": MADE}, [act("follow", CLEO, None, collection=FOLLOW)]),
    "list": (
        *("create", ITEM, {"subject": BOB, "list": f"at://{ADA}/app.bsky.graph.list/l", "createdAt": MADE}),
        [act("list", BOB, None, collection=ITEM)],
    ),
    "a list of oneself": ("create", ITEM, {"subject": ADA, "list": f"at://{ADA}/app.bsky.graph.list/l"}, []),
    "another's list": ("create", ITEM, {"subject": BOB, "list": f"at://{CLEO}/app.bsky.graph.list/l"}, []),
    "a post to nobody": ("create", POST, {"text": "hello", "createdAt": MADE, "langs": ["en"]}, []),
    "reply": ("create", POST, {"reply": {"parent": BOBS, "root": CLEOS}, "createdAt": MADE}, [REPLY]),
    "quote": (
        *("create", POST, {"embed": {"$type": "app.bsky.embed.record", "record": CLEOS}, "createdAt": MADE}),
        [QUOTE],
    ),
    "quote with media": (
        *("create", POST),
        {"embed": {"$type": "app.bsky.embed.recordWithMedia", "record": {"record": CLEOS}, "media": {"images": []}}}
        | {"createdAt": MADE},
        [QUOTE],
    ),
    "an embedded feed": (
        *("create", POST),
        {"embed": {"record": {"uri": f"at://{BOB}/app.bsky.feed.generator/f", "cid": "x"}}, "createdAt": MADE},
        [],
    ),
    "everything at once": (
        *("create", POST),
        {"reply": {"parent": BOBS, "root": BOBS}, "embed": {"record": CLEOS}, "facets": [LINK, *MENTIONS]}
        | {"createdAt": MADE},
        [REPLY, QUOTE, *(act("mention", did, None, collection=POST) for did in (BOB, CLEO))],
    ),
    "a reply with a broken quote and mention": (
        *("create", POST),
        {"reply": {"parent": BOBS, "root": BOBS}, "embed": {"record": {"uri": f"at://bob.example/{POST}/1"}}}
        | {"facets": [{"features": [MENTIONS[0]["features"][0] | {"did": "bob.example"}]}], "createdAt": MADE},
        [REPLY],
    ),
    "a date to come": (
        *("create", LIKE, {"subject": BOBS, "createdAt": "2031-01-01T00:00:00Z"}),
        [act("like", BOB, BOBS["uri"], collection=LIKE, at=TOLD)],
    ),
    "no date": ("create", LIKE, {"subject": BOBS}, [act("like", BOB, BOBS["uri"], collection=LIKE, at=TOLD)]),
    "a date set back": (
        *("create", LIKE, {"subject": BOBS, "createdAt": "2026-06-30T23:00:00-02:00"}),
        [act("like", BOB, BOBS["uri"], collection=LIKE, at=datetime(2026, 7, 1, 1, tzinfo=UTC))],
    ),
    "a date before all": ("create", LIKE, {"subject": BOBS, "createdAt": "1970-01-01T00:00:00Z"}, []),
    "an update": ("update", POST, {"reply": {"parent": BOBS, "root": BOBS}, "createdAt": MADE}, []),
    "another collection": ("create", "app.bsky.graph.block", {"subject": BOB, "createdAt": MADE}, []),
    "a subject without account": ("create", LIKE, {"subject": {"uri": f"at://bob.example/{POST}/1"}}, []),
    "a subject of another type": ("create", LIKE, {"subject": [1, 2], "createdAt": MADE}, []),
    "a create without its record": ("create", LIKE, None, []),
} | {
    f"delete {collection}": ("delete", collection, None, [Undone("bluesky", f"at://{ADA}/{collection}/r", TOLD)])
    for collection in COLLECTIONS
}


@pytest.mark.parametrize("name", PAIRS)
def test_an_event_means_the_same_on_both_feeds(name):
    """Theirs and ours, a pair for each collection and each way to be wrong."""
    operation, collection, record, expected = PAIRS[name]
    by_jetstream = jetstream.heard(as_jetstream(operation, collection, record))
    by_firehose = firehose.heard(as_firehose(operation, collection, record))

    assert tuple(expected) == by_jetstream.records == by_firehose.records
    assert expected or by_jetstream.ignored == by_firehose.ignored
    assert (micros(TOLD), 7) == (by_jetstream.cursor, by_firehose.cursor)


def test_accounts_come_go_and_change_handles():
    """Identity and account events, both feeds; a handle that does not lead back is none."""
    head = {"did": ADA, "time_us": micros(TOLD)}
    told = [head | {"kind": "identity", "identity": {"did": ADA, "handle": "ada.example"}}]
    told += [head | {"kind": "account", "account": {"did": ADA, "active": there}} for there in (False, True)]
    relayed = [("#identity", {"handle": "ada.example"}), ("#account", {"active": False, "status": "takendown"})]
    relayed += [("#account", {"active": True})]
    told.append(head | {"kind": "identity", "identity": {"did": ADA, "handle": "handle.invalid"}})
    relayed.append(("#identity", {"handle": "handle.invalid"}))
    expected = [Profile("bluesky", ADA, TOLD, handle="ada.example")]
    expected += [Presence("bluesky", ADA, TOLD, present=there) for there in (False, True)]

    assert expected == [record for event in told for record in jetstream.heard(json.dumps(event).encode()).records]
    bodies = [
        libipld.encode_dag_cbor({"op": 1, "t": kind})
        + libipld.encode_dag_cbor({"seq": 1, "did": ADA, "time": TOLD.isoformat(), **body})
        for kind, body in relayed
    ]
    assert expected == [record for body in bodies for record in firehose.heard(body).records]


def test_whatever_comes_nothing_raises():
    """Every prefix of a frame, and bytes changed at random, on both feeds."""
    draw, seen = random.Random(3), 0
    change = PAIRS["everything at once"][:3]
    for feed, frame in ((jetstream, as_jetstream(*change)), (firehose, as_firehose(*change))):
        spoilt = [frame[:size] for size in range(len(frame))]
        for _ in range(2000):
            changed = bytearray(frame)
            changed[draw.randrange(len(frame))] = draw.randrange(256)
            spoilt.append(bytes(changed))
        heard = [feed.heard(one) for one in spoilt]
        seen += sum("a malformed frame" in event.ignored for event in heard)
        assert all(record.interaction_id for event in heard for record in event.records)
    assert seen > 1000


@pytest.mark.skipif(not CORPUS.exists(), reason="needs ../shared/data/jetstream, Jetstream's own test corpus")
def test_jetstreams_own_corpus_means_the_same_on_both_feeds():
    """Relay frames and Jetstream's lines of the same window, event for event."""
    zstandard = pytest.importorskip("zstandard", reason="the corpus is compressed with zstandard")
    raw = zstandard.ZstdDecompressor().stream_reader((CORPUS / "frames.bin.zst").open("rb")).read()
    frames, place = [], 0
    while place < len(raw):
        [size] = struct.unpack_from("<I", raw, place)
        frames.append(raw[place + 4 : place + 4 + size])
        place += 4 + size
    lines = (CORPUS / "expected_v1.jsonl").read_bytes().splitlines()
    told = [record for line in lines for record in jetstream.heard(line).records]
    relayed = [record for frame in frames for record in firehose.heard(frame).records]

    assert 139 == len(told) == len(relayed)
    for one, other in zip(told, relayed, strict=True):
        assert one == replace(other, at=one.at)
        assert isinstance(one, Undone | Presence) or one.at == other.at
        assert abs(one.at - other.at) < timedelta(seconds=3)


SMALL = jobs.Limits(50, 0.2)
Behaviour = Callable[[ServerConnection, list[bytes]], None]


def send_all(connection: ServerConnection, frames: list[bytes]) -> None:
    """Send and stay."""
    for frame in frames:
        connection.send(frame.decode() if frame[:1] == b"{" else frame)
    stay(connection)


def stay(connection: ServerConnection) -> None:
    """Wait until the other side goes."""
    for _ in connection:
        pass


@contextmanager
def sky(frames: list[bytes], *behaviours: Behaviour, port: int = 0) -> Iterator[str]:
    """Serve frames as Jetstream does, the nth connection by the nth behaviour, the last one for all that follow."""
    left = list(behaviours or [send_all])
    told = [(frame, jetstream.heard(frame).cursor) for frame in frames]

    def answer(connection: ServerConnection) -> None:
        query = parse_qs(urlsplit(connection.request.path).query)
        cursor = int(query.get("cursor", ["0"])[0])
        behaviour = left.pop(0) if len(left) > 1 else left[0]
        with suppress(ConnectionClosed, OSError):
            behaviour(connection, [frame for frame, place in told if not place or place >= cursor])

    server = serve(answer, "127.0.0.1", port, compression=None, close_timeout=1)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/subscribe"
    finally:
        server.shutdown()
        thread.join(5)


def likes(count: int, *, start: int = 0) -> list[bytes]:
    """Return so many likes of Bob's post, a millisecond apart, by a hundred people."""
    return [
        as_jetstream(
            *("create", LIKE, {"subject": BOBS, "createdAt": MADE}),
            rkey=f"k{n}",
            did=f"did:plc:fan{n % 100}",
            at=micros(TOLD) + 1000 * n,
        )
        for n in range(start, start + count)
    ]


def held(lake: Lake, table: str = "interactions") -> tuple[int, int]:
    """Return the rows of a table and how many of them are distinct acts."""
    with DuckDB() as engine:
        engine.scan("kept", lake.files(table), KEPT[table])
        return engine.rows("select count(*), count(distinct interaction) from kept")[0]


@pytest.fixture
def watch(home) -> Callable[..., tuple[jobs.Streamed, list[str]]]:
    """Return a function that follows a server until so many rows are gathered."""

    def watched(url: str, *, until: int, feed: str = "jetstream", limits: jobs.Limits = SMALL, **named):
        said: list[str] = []
        stop, seen = threading.Event(), 0

        class Heeding(jobs.Silent):
            def done(self, line: str) -> None:
                said.append(line)

        with home.reader() as engine:
            source = FEEDS[feed].source("ws://somewhere/")
            landing = jobs.Landing(engine, home.lake, network="bluesky", source=source, covers=[1])
            running = jobs.Stream(landing, limits=limits, clock=time.time, progress=Heeding(), **named)

            def heard() -> Iterator[list[Heard]]:
                nonlocal seen
                deadline = time.monotonic() + 8
                found = follow(
                    FEEDS[feed], url, cursor=running.cursor, stop=stop, tell=running.note, draw=random.Random(1)
                )
                for events in found:
                    yield events
                    seen = max([seen, *(event.cursor for event in events)])
                    if seen >= until or time.monotonic() > deadline:
                        stop.set()

            return running.run(heard()), said

    return watched


def end(count: int) -> int:
    """Return the cursor of the last of so many likes."""
    return micros(TOLD) + 1000 * (count - 1)


def test_events_reach_the_lake_once_and_the_next_run_reads_on(home, watch):
    """Two runs over one feed, the second from the first one's cursor: the event at the cursor comes again."""
    frames = likes(300)
    with sky(frames[:200]) as url:
        first, _ = watch(url, until=end(200))
    with sky(frames) as url:
        second, _ = watch(url, until=end(300))

    assert (200, 100, 1) == (first.rows, second.rows, second.again)
    assert (300, 300) == held(home.lake)


def break_off(connection: ServerConnection, frames: list[bytes]) -> None:
    """Send some, half of the next frame, and go."""
    for frame in frames[:120]:
        connection.send(frame.decode())
    connection.socket.sendall(b"\x81\x7e\x01\x00{half")
    connection.socket.shutdown(2)


def say_goodbye(connection: ServerConnection, frames: list[bytes]) -> None:
    """Send some and close as one should."""
    for frame in frames[:60]:
        connection.send(frame.decode())
    connection.close(1001, "restarting")


def test_lost_connections_lose_nothing(home, watch):
    """A server that dies in the middle of a frame, then one that closes, then one that stays."""
    with sky(likes(300), break_off, say_goodbye, send_all) as url:
        done, said = watch(url, until=end(300))

    assert (300, 300) == held(home.lake)
    assert done.rows == 300
    assert ["it broke off", "restarting"] == [
        word for line in said for word in ("it broke off", "restarting") if "lost 127.0.0.1" in line and word in line
    ]


@pytest.mark.parametrize("polite", [True, False], ids=["closes", "is gone before our answer"])
def test_what_comes_with_the_handshake_in_one_piece_is_heard(polite):
    """Two messages and a goodbye at once: the messages are returned before the end is said."""
    server = ServerProtocol()
    listening = socket.create_server(("127.0.0.1", 0))

    def say_all_at_once() -> None:
        taken, _ = listening.accept()
        with taken:
            server.receive_data(taken.recv(1 << 16))
            [request] = server.events_received()
            server.send_response(server.accept(request))
            for word in (b"one", b"two"):
                server.send_text(word)
            server.send_close(1000, "done")
            taken.sendall(b"".join(server.data_to_send()))
            if polite:
                taken.recv(1 << 16)
            else:
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    thread = threading.Thread(target=say_all_at_once)
    thread.start()
    with listening, Socket(f"ws://127.0.0.1:{listening.getsockname()[1]}/") as heard:
        told = []
        with suppress(Lost):
            while True:
                told += heard.messages()
    thread.join()

    assert [b"one", b"two"] == told


def test_a_server_that_is_away_is_waited_for(home, watch):
    """Nobody answers at first."""
    with sky([]) as url:
        port = urlsplit(url).port
    frames, late = likes(50), []

    def open_late() -> None:
        time.sleep(1.5)
        context = sky(frames, port=port)
        late.append(context)
        context.__enter__()

    thread = threading.Thread(target=open_late)
    thread.start()
    done, said = watch(url, until=end(50))
    thread.join()
    late[0].__exit__(None, None, None)

    assert 50 == done.rows == held(home.lake)[0]
    assert any("Connection refused" in line for line in said)


def test_what_is_unknown_or_broken_is_left_out_and_counted(home, watch):
    """Kinds, collections and bytes that nobody knows do not stop anything."""
    odd = [
        json.dumps({"did": ADA, "time_us": micros(TOLD) + 10_500, "kind": "sync"}).encode(),
        as_jetstream("create", "fm.teal.alpha.feed.play", {"a": 1}, at=micros(TOLD) + 11_500),
        b'{"did":"did:plc:x","time_us":17',
        as_jetstream("create", LIKE, {"subject": 5}, at=micros(TOLD) + 12_500),
    ]
    frames = likes(11) + odd + likes(9, start=20)
    with sky(frames) as url:
        done, _ = watch(url, until=end(29))

    assert (20, 20) == held(home.lake)
    assert {
        "an unknown kind of event": 1,
        "another collection": 1,
        "a malformed frame": 1,
        "a malformed record": 1,
    } == dict(done.ignored)


def test_a_gap_is_said(watch):
    """The server no longer holds what came after our cursor; a relay says so itself."""
    with sky(likes(10)) as url:
        watch(url, until=end(10))
    with sky(likes(10, start=100_000)) as url:
        done, said = watch(url, until=end(100_010))

    assert ["gap: nothing was heard from 2026-07-04T12:00:00+00:00 to 2026-07-04T12:01:40+00:00"] == [
        gap.partition(";")[0] for gap in done.gaps
    ]
    assert done.gaps[0] in said


def test_an_outdated_cursor_is_said(home, watch):
    """A relay tells before its first event that it holds nothing as old as our cursor."""
    info = libipld.encode_dag_cbor({"op": 1, "t": "#info"}) + libipld.encode_dag_cbor({"name": "OutdatedCursor"})
    frames = [info] + [as_firehose("create", LIKE, {"subject": BOBS}, rkey=f"s{n}", seq=n) for n in range(5, 9)]
    frames.insert(2, as_firehose("create", LIKE, {"subject": BOBS}, rkey="nowhere", seq=0))

    def relay(connection: ServerConnection, _none: list[bytes]) -> None:
        send_all(connection, frames)

    with sky([], relay) as url:
        done, _ = watch(url, until=8, feed="firehose")

    assert ["the server says OutdatedCursor"] == done.gaps
    assert (4, 4) == held(home.lake)


def test_a_server_that_counts_anew_ends_it_after_what_was_heard_has_landed(home, watch):
    """It was set up again: it would refuse the cursor for ever. From now, its new count is gone by."""
    error = libipld.encode_dag_cbor({"op": -1}) + libipld.encode_dag_cbor({"error": "FutureCursor"})
    old, new = (
        [as_firehose("create", LIKE, {"subject": BOBS}, rkey=f"{n}", seq=n) for n in seqs]
        for seqs in ((98, 99), (3, 4))
    )

    def told(*frames: bytes) -> Behaviour:
        return lambda connection, _none: [connection.send(frame) for frame in frames]

    with sky([], told(*old), told(error)) as url, pytest.raises(CursorLost, match=r"FutureCursor.*--from-now"):
        watch(url, until=100, feed="firehose")
    assert (2, 2) == held(home.lake)

    with sky([], lambda connection, _none: send_all(connection, new)) as url:
        watch(url, until=4, feed="firehose", from_now=True)
    assert (4, 4) == held(home.lake)
    assert 4 == home.lake.cursor("interactions", FEEDS["firehose"].source("ws://somewhere/"))


def test_a_slow_lake_holds_the_network_back(home, watch, monkeypatch):
    """While nothing lands nothing is read: no more than two batches are ever in memory."""
    frames, sizes, quick = likes(2000), [], Lake.commit

    def slow(*given, **named):
        time.sleep(0.05)
        quick(*given, **named)

    def weighed(self, gathered):
        sizes.append(gathered.size)
        return take(self, gathered)

    take = jobs.Landing.take
    monkeypatch.setattr(Lake, "commit", slow)
    monkeypatch.setattr(jobs.Landing, "take", weighed)
    with sky(frames) as url:
        done, _ = watch(url, until=end(2000), limits=jobs.Limits(400, 60))

    assert (2000, 2000) == held(home.lake)
    assert done.commits >= 3
    assert max(sizes) < 400 + (1 << 18) // len(frames[0]) * 2


def test_a_full_disk_ends_it_and_the_cursor_stays_behind(home, watch, monkeypatch):
    """What could not be written is read again the next time."""
    frames, quick = likes(100), Lake.commit

    def full(self, table, *given, **named):
        if table == "interactions":
            raise HomeError("no space left on device")
        quick(self, table, *given, **named)

    monkeypatch.setattr(Lake, "commit", full)
    with sky(frames) as url, pytest.raises(HomeError, match="no space"):
        watch(url, until=end(100))
    monkeypatch.undo()
    with sky(frames) as url:
        watch(url, until=end(100))

    assert (100, 100) == held(home.lake)


def test_only_what_concerns_somebody_is_kept(home, watch):
    """Acts by or on the accounts that were asked for; deletions whosever."""
    frames = [*likes(200), as_jetstream("delete", LIKE, None, at=end(201))]
    with sky(frames) as url:
        done, _ = watch(url, until=end(201), only=frozenset({"did:plc:fan7"}))

    assert (2, 2) == held(home.lake)
    assert 3 == done.rows


def test_a_deleted_post_takes_all_its_acts_back(home, watch):
    """A reply, a quote and two mentions share the post's AT-URI, in the lake and in its undoing."""
    made = as_jetstream(*PAIRS["everything at once"][:3])
    with sky([made, as_jetstream("delete", POST, None, at=micros(TOLD) + 1)]) as url:
        watch(url, until=micros(TOLD) + 1)

    assert (4, 1) == held(home.lake)
    with home.reader() as engine:
        for table in ("interactions", "undone"):
            engine.scan(table, home.lake.files(table), KEPT[table])
        assert [(0,)] == engine.rows("select count(*) from interactions anti join undone using (interaction)")


def test_who_went_and_came_back_reaches_the_lake(home, watch):
    """Each coming and going once, whosever it was."""
    head, start = {"did": ADA, "kind": "account"}, micros(TOLD)
    told = [
        json.dumps(head | {"time_us": start + 1000 * n, "account": {"did": ADA, "active": there}}).encode()
        for n, there in enumerate((False, True))
    ]
    with sky(told) as url:
        watch(url, until=start + 1000, only=frozenset({BOB}))
        done, _ = watch(url, until=start + 1000)

    assert (0, 1) == (done.rows, done.again)
    with home.reader() as engine:
        for table in ("presence", "accounts"):
            engine.scan(table, home.lake.files(table), KEPT[table])
        same = f"accounts using (account) where account_id = '{ADA}'"
        found = engine.rows(f"select present, count(*) from presence join {same} group by present order by present")
    assert [(False, 1), (True, 1)] == found


def test_crowded_days_are_tidied_and_doubles_go(home):
    """Many small batches, half of them told twice by another server, end in few files, each act once."""
    with home.reader() as engine:
        for source in ("one", "other"):
            landing = jobs.Landing(engine, home.lake, network="bluesky", source=source, covers=[1])
            for batch in range(MANY + 2):
                row = (f"at://{ADA}/{LIKE}/{batch}", 1, ADA, BOB, BOBS["uri"], micros(AT) // 1_000_000)
                gathered = Gathered(events=1, cursor=batch + 1, at=TOLD.timestamp())
                gathered.rows["interactions"].append(row)
                landing.take(gathered)
        landing.take(Gathered(events=1, cursor=99, at=TOLD.timestamp() + 86400))

    assert (MANY + 2, MANY + 2) == held(home.lake)
    assert 1 == len(home.lake.files("interactions"))
    assert 99 == home.lake.cursor("interactions", "other")


def test_an_account_keeps_its_key_however_it_comes(home, take, watch):
    """An import names an account first, between two runs; the stream learns it."""
    with sky(likes(3)) as url:
        watch(url, until=end(3))
    take("actor,target,at,verb,id", f"did:plc:fan5,{BOB},2024-02-01,like,z", network="bluesky")
    with sky(likes(10)) as url:
        watch(url, until=end(10))

    with home.reader() as engine:
        engine.scan("accounts", home.lake.files("accounts"), KEPT["accounts"])
        assert [(11, 11, 11)] == engine.rows(
            "select count(*), count(distinct account), count(distinct account_id) from accounts"
        )


def test_accounts_with_one_hash_have_keys_of_their_own(home, watch, monkeypatch):
    """Many of one hash, named together and in a later run: nobody gets another's key, nobody two."""
    # The package's functions hide its modules of the same names.
    for module in ("renown.ingest.keys", "renown.ingest.rows"):
        monkeypatch.setattr(sys.modules[module], "first_key", lambda _, each: f"cast(strlen({each}) as bigint)")
    new = {"did": "did:plc:fan9", "time_us": end(5) + 1, "kind": "identity", "identity": {"handle": "nine.example"}}
    for told, until in ((likes(3), 3), (likes(5), 5), ([*likes(5), json.dumps(new).encode(), *likes(8, start=5)], 13)):
        with sky(told) as url:
            watch(url, until=end(until))

    with home.reader() as engine:
        for table in ("interactions", "accounts", "handles"):
            engine.scan(table, home.lake.files(table), KEPT[table])
        acted = "select account_id, interaction from interactions join accounts on account = actor"
        acts = engine.rows(f"select account_id, count(*) from ({acted}) group by account_id order by account_id")
        named = engine.rows("select account_id, handle from handles join accounts using (account)")
        keys = engine.rows("select count(*), count(distinct account), count(distinct account_id) from accounts")
    assert [(f"did:plc:fan{n}", 1) for n in range(10)] == [(who, done) for who, done in acts if len(who) == 12]
    assert {("did:plc:fan9", "nine.example")} == set(named), "a row more is no harm"
    assert keys == [(len(acts) + 1,) * 3]


def test_no_address_is_refused_and_silence_is_no_websocket():
    """An address is checked before anything is opened."""
    with pytest.raises(BadInput, match="write ws://host:port/path"):
        Socket("https://example.org")
    with pytest.raises(Lost, match="refused"):
        Socket("ws://127.0.0.1:9")


def program(home: Path, *words: str) -> subprocess.Popen[str]:
    """Start renown as a process of its own."""
    command = [sys.executable, "-c", "from renown.cli import main; main()", "--home", str(home), *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))


@pytest.mark.whole
def test_an_interrupt_lands_what_was_heard(home):
    """SIGTERM ends it cleanly, long before its batch is full."""
    with sky(likes(500)) as url:
        process = program(home.settings.home, "stream", "bluesky", "--url", url, "--batch-seconds", "60")
        time.sleep(4)
        process.send_signal(signal.SIGTERM)
        said, wrong = process.communicate(timeout=30)

    assert (0, "") == (process.returncode, wrong)
    assert "500 events heard, 500 rows in the lake by 1 commits" in said
    assert (500, 500) == held(home.lake)


def moved_on(lake: Lake, source: str) -> None:
    """Wait until a source's cursor moves."""
    before, deadline = lake.cursor("interactions", source), time.monotonic() + 15
    while lake.cursor("interactions", source) == before and time.monotonic() < deadline:
        time.sleep(0.02)


@pytest.mark.whole
def test_kills_at_any_instant_lose_nothing_and_repeat_nothing(home):
    """Killed six times while a server streams likes, deletions and handles; in the end the lake holds each once."""
    frames = []
    for n, like in enumerate(likes(4000)):
        frames.append(like)
        if n % 10 == 0:
            frames.append(as_jetstream("delete", LIKE, None, rkey=f"d{n}", at=micros(TOLD) + 1000 * n + 1))
        if n % 10 == 5:
            identity = {"did": f"did:plc:new{n}", "time_us": micros(TOLD) + 1000 * n + 2, "kind": "identity"}
            frames.append(json.dumps(identity | {"identity": {"handle": f"fan{n}.example"}}).encode())

    def slowly(connection: ServerConnection, told: list[bytes]) -> None:
        for place in range(0, len(told), 40):
            for frame in told[place : place + 40]:
                connection.send(frame.decode())
            time.sleep(0.1)
        stay(connection)

    words = ("stream", "bluesky", "--batch-events", "150", "--batch-seconds", "0.1")
    draw, kills = random.Random(5), 6
    with sky(frames, slowly) as url:
        source = FEEDS["jetstream"].source(url)
        for _ in range(kills):
            process = program(home.settings.home, *words, "--url", url)
            moved_on(home.lake, source)
            time.sleep(draw.uniform(0, 0.5))
            process.kill()
            process.communicate(timeout=30)
            assert held(home.lake)[0] == held(home.lake)[1]
        reached = home.lake.cursor("interactions", source) or 0
        assert micros(TOLD) < reached < end(4000)
        process = program(home.settings.home, *words, "--url", url, "--for", "60")
        deadline = time.monotonic() + 40
        while (home.lake.cursor("interactions", source) or 0) < end(4000) and time.monotonic() < deadline:
            time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)

    assert [(4000, 4000), (400, 400)] == [held(home.lake, table) for table in ("interactions", "undone")]
    with home.reader() as engine:
        engine.scan("handles", home.lake.files("handles"), KEPT["handles"])
        assert [(400, 400)] == engine.rows("select count(*), count(distinct handle) from handles")
