"""
Claim: streaming writes at least 30,000 events per second from a socket to the lake, on two cores, in bounded memory.

    python benchmarks/streaming.py --events 600000 --accounts 500000

Serves synthetic Jetstream frames over a WebSocket from a second process, follows them with
`renown stream bluesky` into a new lake, and checks the rows of the lake.
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
from measure import run_renown
from websockets.frames import Frame, Opcode
from websockets.sync.server import ServerConnection, serve

from renown.connectors.bluesky.subscribe import FEEDS
from renown.lake import Lake

START = 1_783_175_888_000_000
"""Timestamp of the first event, in microseconds since the epoch."""
SHARES = {"like": 0.58, "post": 0.14, "repost": 0.10, "follow": 0.10, "delete": 0.06, "identity": 0.01, "other": 0.01}
COLLECTIONS = {"like": "app.bsky.feed.like", "repost": "app.bsky.feed.repost", "follow": "app.bsky.graph.follow"}
CID = "bafyreiftot7eltsc3f6g4qktykmbv6jcmdmhcx5osscan6jpdxkpqcmcza"
PIECE = 1 << 18
SLOW = (
    "import time; from renown.lake import Lake; quick = Lake.commit\n"
    "def slow(*args, **kwargs): time.sleep({seconds}); return quick(*args, **kwargs)\n"
    "Lake.commit = slow\n"
)
PROGRAM = "from renown.cli import main; main()"


@dataclass(frozen=True)
class FollowerUsage:
    """Resource usage of the follower."""

    wall: float
    """Seconds from sending the first event until the last one is in the lake."""
    cpu: float
    """CPU seconds, including its start."""
    peak: float
    """Peak resident memory in gigabytes."""


def generate_frames(events: int, accounts: int) -> tuple[list[bytes], int, int]:
    """Generate frames; return them with the numbers of interactions and deletions in them."""
    rng = np.random.default_rng(1)
    kinds = rng.choice(list(SHARES), events, p=list(SHARES.values()))
    actors, targets = (np.minimum(accounts * rng.random(events) ** power, accounts - 1).astype(int) for power in (2, 4))
    acts = np.isin(kinds, ["like", "repost", "follow"]).sum() + np.sum((kinds == "post") & (targets % 2 == 0))
    frames = [
        encode_event(
            number, str(kind), f"did:plc:{int(actor):024x}", f"did:plc:{int(target):024x}", bool(target % 2 == 0)
        )
        for number, (kind, actor, target) in enumerate(zip(kinds, actors, targets, strict=True))
    ]
    return frames, int(acts), int((kinds == "delete").sum())


def encode_event(number: int, kind: str, actor: str, target: str, replies: bool) -> bytes:  # noqa: FBT001 - a flag of a synthetic post
    """Return one event in the JSON format of Jetstream."""
    event: dict[str, object] = {"did": actor, "time_us": START + 1000 * number, "kind": "commit"}
    if kind == "identity":
        event |= {"kind": kind, kind: {"did": actor, "handle": f"h{number}.example", "seq": number}}
        return json.dumps(event, separators=(",", ":")).encode()
    post = {"cid": CID, "uri": f"at://{target}/app.bsky.feed.post/3mps{number % 9973:09d}"}
    record_fields: dict[str, object] = {"subject": target if kind == "follow" else post}
    if kind == "post":
        record_fields = {"langs": ["en"], "text": "so many words " * 9} | (
            {"reply": {"parent": post, "root": post}} if replies else {}
        )
    collection = COLLECTIONS.get(kind, "app.bsky.feed.post" if kind == "post" else "app.bsky.feed.like")
    collection = "app.bsky.graph.block" if kind == "other" else collection
    commit = {"rev": "3mptbypluud2a", "operation": "create", "collection": collection, "rkey": f"3mpt{number:09d}"}
    if kind == "delete":
        commit["operation"] = kind
    else:
        record = {"$type": collection, "createdAt": "2026-07-04T14:38:07.999Z"} | record_fields
        commit |= {"record": record, "cid": CID}  # type: ignore[dict-item]
    return json.dumps(event | {"commit": commit}, separators=(",", ":")).encode()


def serve_frames(events: int, accounts: int) -> None:
    """Serve frames at full speed; first print a line with the port and the expected numbers."""
    frames, acts, deletions = generate_frames(events, accounts)
    blob = b"".join(Frame(Opcode.TEXT, payload).serialize(mask=False) for payload in frames)

    def send(connection: ServerConnection) -> None:
        print(time.time(), flush=True)
        for offset in range(0, len(blob), PIECE):
            connection.socket.sendall(blob[offset : offset + PIECE])
        time.sleep(3600)

    with serve(send, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        print(json.dumps([server.socket.getsockname()[1], acts, deletions, len(blob) / events]), flush=True)
        server.serve_forever()


def run_follower(
    home: Path, url: str, *, last_cursor: int, server: subprocess.Popen[str], commit_seconds: float = 0
) -> FollowerUsage:
    """Run the follower until its last event is in the lake; measure it."""
    program = (SLOW.format(seconds=commit_seconds) if commit_seconds else "") + PROGRAM
    arguments = ["--home", str(home), "stream", "bluesky", "--url", url, "--batch-seconds", "2"]
    command = [sys.executable, "-c", program, *arguments]
    process = os.posix_spawn(command[0], command, os.environ)
    lake, source = Lake(home / "lake"), FEEDS["jetstream"].source_name(url)
    while (lake.cursor("interactions", source) or 0) < last_cursor:
        time.sleep(0.1)
        if os.waitpid(process, os.WNOHANG)[0]:
            server.kill()
            sys.exit("the follower stopped early")
    assert server.stdout is not None  # noqa: S101 - it was opened with a pipe
    wall = time.time() - float(server.stdout.readline())
    os.kill(process, signal.SIGTERM)
    usage = os.wait4(process, 0)[2]
    return FollowerUsage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6)


def check_lake(home: Path, acts: int, deletions: int) -> None:
    """Exit with an error unless the lake has each event exactly once."""
    for table, expected in (("interactions", acts), ("undone", deletions)):
        files = Lake(home / "lake").files(table)
        distinct = "count(distinct interaction)" if table == "undone" else "count(distinct (actor, interaction))"
        sql = f"select count(*), {distinct} from read_parquet({files}, hive_partitioning=true)"
        counts = duckdb.execute(sql).fetchall()[0]
        if counts != (expected, expected):
            sys.exit(f"{expected:,} {table} were sent, but the lake has {counts[0]:,} rows, {counts[1]:,} distinct")


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=600_000)
    parser.add_argument("--accounts", type=int, default=500_000)
    parser.add_argument("--slow", type=float, default=0, help="simulate a slow disk: seconds that each commit waits")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        serve_frames(args.events, args.accounts)
        return
    arguments = ["--serve", "--events", str(args.events), "--accounts", str(args.accounts)]
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        home, last_cursor = Path(folder) / "home", START + 1000 * (args.events - 1)
        run_renown(home, "init")
        with subprocess.Popen([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None  # noqa: S101 - it was opened with a pipe
            port, acts, deletions, size = json.loads(server.stdout.readline())
            usage = run_follower(
                home, f"ws://127.0.0.1:{port}", last_cursor=last_cursor, server=server, commit_seconds=args.slow
            )
            server.kill()
        check_lake(home, acts, deletions)
    print(
        f"{args.events:,} events of {size:.0f} bytes: {acts:,} interactions, {deletions:,} deletions in the lake once"
    )
    rate, cpu_per_event = args.events / usage.wall, usage.cpu / args.events * 1e6
    print(
        f"{rate:,.0f} events/s  {usage.wall:.1f} s  {usage.cpu:.1f} CPU s ({cpu_per_event:.0f} µs per event)  "
        f"{usage.peak:.2f} GB"
    )


if __name__ == "__main__":
    main()
