"""
Claim: at least thirty thousand events a second go from the socket to the lake on two cores, in bounded memory.

    python benchmarks/streaming.py --events 600000 --accounts 500000

Serves made-up Jetstream frames over a real WebSocket from a second process, follows
them with `renown stream bluesky` into a fresh lake, and counts what the lake holds.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
from measure import renown
from websockets.frames import Frame, Opcode
from websockets.sync.server import ServerConnection, serve

from renown.connectors.bluesky.follow import FEEDS
from renown.lake import Lake

START = 1_783_175_888_000_000
"""Microseconds of the epoch of the first event."""
SHARES = {"like": 0.58, "post": 0.14, "repost": 0.10, "follow": 0.10, "delete": 0.06, "identity": 0.01, "other": 0.01}
COLLECTIONS = {"like": "app.bsky.feed.like", "repost": "app.bsky.feed.repost", "follow": "app.bsky.graph.follow"}
CID = "bafyreiftot7eltsc3f6g4qktykmbv6jcmdmhcx5osscan6jpdxkpqcmcza"
PIECE = 1 << 18
SLOW = (
    "import time; from renown.lake import Lake; quick = Lake.commit\n"
    "def slow(*given, **named): time.sleep({seconds}); return quick(*given, **named)\n"
    "Lake.commit = slow\n"
)
PROGRAM = "from renown.cli import main; main()"


@dataclass(frozen=True)
class Followed:
    """What following took."""

    wall: float
    """Seconds from the first event sent to the last one in the lake."""
    cpu: float
    """Seconds of the follower, its start included."""
    peak: float
    """Gigabytes resident at the most."""


def made(events: int, accounts: int) -> tuple[list[bytes], int, int]:
    """Return frames, and how many acts and deletions are in them."""
    draw = np.random.default_rng(1)
    kinds = draw.choice(list(SHARES), events, p=list(SHARES.values()))
    actors, targets = (
        np.minimum(accounts * draw.random(events) ** power, accounts - 1).astype(int) for power in (2, 4)
    )
    acts = np.isin(kinds, ["like", "repost", "follow"]).sum() + np.sum((kinds == "post") & (targets % 2 == 0))
    frames = [
        frame(number, str(kind), f"did:plc:{int(actor):024x}", f"did:plc:{int(target):024x}", bool(target % 2 == 0))
        for number, (kind, actor, target) in enumerate(zip(kinds, actors, targets, strict=True))
    ]
    return frames, int(acts), int((kinds == "delete").sum())


def frame(number: int, kind: str, actor: str, target: str, replies: bool) -> bytes:  # noqa: FBT001 - one flag of a made-up post
    """Return one event as Jetstream tells it."""
    event: dict[str, object] = {"did": actor, "time_us": START + 1000 * number, "kind": "commit"}
    if kind == "identity":
        event |= {"kind": kind, kind: {"did": actor, "handle": f"h{number}.example", "seq": number}}
        return json.dumps(event, separators=(",", ":")).encode()
    post = {"cid": CID, "uri": f"at://{target}/app.bsky.feed.post/3mps{number % 9973:09d}"}
    said: dict[str, object] = {"subject": target if kind == "follow" else post}
    if kind == "post":
        said = {"langs": ["en"], "text": "so many words " * 9} | (
            {"reply": {"parent": post, "root": post}} if replies else {}
        )
    collection = COLLECTIONS.get(kind, "app.bsky.feed.post" if kind == "post" else "app.bsky.feed.like")
    collection = "app.bsky.graph.block" if kind == "other" else collection
    commit = {"rev": "3mptbypluud2a", "operation": "create", "collection": collection, "rkey": f"3mpt{number:09d}"}
    if kind == "delete":
        commit["operation"] = kind
    else:
        record = {"$type": collection, "createdAt": "2026-07-04T14:38:07.999Z"} | said
        commit |= {"record": record, "cid": CID}  # type: ignore[dict-item]
    return json.dumps(event | {"commit": commit}, separators=(",", ":")).encode()


def served(events: int, accounts: int) -> None:
    """Send frames to whoever comes, as fast as they are taken; say the port and the truth on one line first."""
    frames, acts, deletions = made(events, accounts)
    blob = b"".join(Frame(Opcode.TEXT, told).serialize(mask=False) for told in frames)

    def send(connection: ServerConnection) -> None:
        print(time.time(), flush=True)
        for place in range(0, len(blob), PIECE):
            connection.socket.sendall(blob[place : place + PIECE])
        time.sleep(3600)

    with serve(send, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        print(json.dumps([server.socket.getsockname()[1], acts, deletions, len(blob) / events]), flush=True)
        server.serve_forever()


def follow(home: Path, url: str, *, last: int, begun: subprocess.Popen[str], slow: float = 0) -> Followed:
    """Follow a server until the lake holds its last event."""
    program = (SLOW.format(seconds=slow) if slow else "") + PROGRAM
    words = ["--home", str(home), "stream", "bluesky", "--url", url, "--batch-seconds", "2"]
    command = [sys.executable, "-c", program, *words]
    process = os.posix_spawn(command[0], command, os.environ)
    lake, source = Lake(home / "lake"), FEEDS["jetstream"].source(url)
    while (lake.cursor("interactions", source) or 0) < last:
        time.sleep(0.1)
        if os.waitpid(process, os.WNOHANG)[0]:
            begun.kill()
            sys.exit("the follower ended before its time")
    assert begun.stdout is not None  # noqa: S101 - it was opened with a pipe
    wall = time.time() - float(begun.stdout.readline())
    os.kill(process, signal.SIGTERM)
    usage = os.wait4(process, 0)[2]
    return Followed(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6)


def check(home: Path, acts: int, deletions: int) -> None:
    """Refuse figures of a lake that does not hold every event once."""
    for table, expected in (("interactions", acts), ("undone", deletions)):
        files = Lake(home / "lake").files(table)
        distinct = "count(distinct interaction)" if table == "undone" else "count(distinct (actor, interaction))"
        sql = f"select count(*), {distinct} from read_parquet({files}, hive_partitioning=true)"
        held = duckdb.execute(sql).fetchall()[0]
        if held != (expected, expected):
            sys.exit(f"{expected:,} {table} were sent, the lake holds {held[0]:,} rows, {held[1]:,} of them distinct")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=600_000)
    parser.add_argument("--accounts", type=int, default=500_000)
    parser.add_argument("--slow", type=float, default=0, help="seconds that each commit waits for the disk")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.serve:
        served(told.events, told.accounts)
        return
    words = ["--serve", "--events", str(told.events), "--accounts", str(told.accounts)]
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        home, last = Path(folder) / "home", START + 1000 * (told.events - 1)
        renown(home, "init")
        with subprocess.Popen([sys.executable, __file__, *words], stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None  # noqa: S101 - it was opened with a pipe
            port, acts, deletions, size = json.loads(server.stdout.readline())
            took = follow(home, f"ws://127.0.0.1:{port}", last=last, begun=server, slow=told.slow)
            server.kill()
        check(home, acts, deletions)
    print(
        f"{told.events:,} events of {size:.0f} bytes: {acts:,} acts and {deletions:,} deletions in the lake, none twice"
    )
    rate, each = told.events / took.wall, took.cpu / told.events * 1e6
    print(f"{rate:,.0f} events/s  {took.wall:.1f} s  {took.cpu:.1f} CPU s ({each:.0f} µs an event)  {took.peak:.2f} GB")


if __name__ == "__main__":
    main()
