"""
Claim: 3,000 requests a second for a score, 99 of 100 in 25 ms, none failed, beside a publication; receipts in 50 ms.

Serves a home by `renown serve` on two cores, loads it with wrk (Debian's package) on the same machine, and publishes
days of made-up scores beside it as `renown run --every day` would, niced. Then reads the receipt of somebody with five
thousand actors.

    python benchmarks/load.py --people 1000000 --seconds 20
"""

import argparse
import contextlib
import csv
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from serving import CLAIMED, LAST, published

from renown.assembly import make_home, open_home
from renown.cli.daily import NICE

ACTORS = 5_000
RECEIPTS = 200
RENOWN = (sys.executable, "-m", "renown")
SCRIPT = """
local ids, key = {people}, "{key}"
math.randomseed(1)
request = function()
  return wrk.format("GET", "/v2/user.json/" .. math.random(1, ids) .. "/score?key=" .. key)
end
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "failed": %d}}\\n', summary.requests,
    summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@contextlib.contextmanager
def served(home: Path) -> Iterator[str]:
    """Serve a home on a free port; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen([*RENOWN, "--home", str(home), "serve", "--port", str(port)], stdout=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                read(f"{base}/api/")
                break
            time.sleep(0.1)
        yield base
    finally:
        server.terminate()
        server.wait()


def read(url: str) -> bytes:
    """Return what an address answers."""
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own server
        body: bytes = answer.read()
    return body


def loaded(base: str, script: Path, *, seconds: int, connections: int) -> dict[str, float]:
    """Load a server; return what wrk says of it, and refuse figures of answers that failed."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), base]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(re.findall(r"^\{.*\}$", said, re.MULTILINE)[-1])
    return found


def tell(what: str, found: dict[str, float]) -> None:
    """Print one run of load."""
    rate = found["requests"] / found["seconds"]
    print(
        f"  {what}: {rate:,.0f} a second, median {found['p50']:.1f} ms, 99 % {found['p99']:.1f} ms, "
        f"{found['failed']:.0f} failed",
        flush=True,
    )


def check(base: str, home: Path, key: str) -> None:
    """Refuse figures of scores that are not the published ones."""
    opened = open_home(home, {})
    for person in range(1, 50):
        told = json.loads(read(f"{base}/v2/user.json/{person}/score?key={key}"))
        found = opened.served.find(-person)
        if found is None or told["score"] != found.score:
            sys.exit(f"person {person} is answered with {told}, published is {found}")


def publish_on(home: Path, people: int) -> None:
    """Publish days until somebody ends this process; print how long each took."""
    os.nice(NICE)
    days = open_home(home, {}).days
    for ahead in range(1, 1000):
        print(f"{published(days, LAST + timedelta(days=ahead), people):.1f}", flush=True)


def scores(folder: Path, people: int, seconds: int, connections: int) -> None:
    """Load the scores of many people, alone and beside publications."""
    home = folder / "home"
    make_home(home)
    opened = open_home(home, {})
    published(opened.days, LAST, people)
    key = opened.keys.make("load", per_second=1_000_000, per_day=1_000_000_000, at=datetime.now(UTC))
    script = folder / "load.lua"
    script.write_text(SCRIPT.format(people=people // CLAIMED - 1, key=key), encoding="utf-8")
    with served(home) as base:
        check(base, home, key)
        loaded(base, script, seconds=2, connections=connections)
        tell("alone", loaded(base, script, seconds=seconds, connections=connections))
        beside = [sys.executable, __file__, "--people", str(people), "--publish-to", str(home)]
        with (folder / "publications").open("w") as out, subprocess.Popen(beside, stdout=out) as publisher:
            found = loaded(base, script, seconds=seconds, connections=connections)
            publisher.terminate()
        took = (folder / "publications").read_text(encoding="utf-8").split()
        tell(f"beside publications of {people:,} scores ({len(took)} ended, in {', '.join(took)} s)", found)
        check(base, home, key)


def receipts(folder: Path) -> None:
    """Read the receipt of somebody with thousands of actors over and over."""
    home, acts = folder / "other", folder / "acts.csv"
    day = date(2024, 10, 4)
    with acts.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(("actor", "target", "at", "verb", "post", "id"))
        for n in range(ACTORS * 3):
            verb, post = ("like", "repost", "reply")[n % 3], f"p{n % 50}"
            rows.writerow((f"a{n % ACTORS}", "ada", f"{day - timedelta(days=n % 90)}", verb, post, f"i{n}"))
    for words in (
        ("init",),
        ("add", "ada", "--account", "x:ada"),
        ("import", "interactions", str(acts), "--network", "x"),
        ("score", "--day", str(day)),
    ):
        subprocess.run([*RENOWN, "--home", str(home), *words], check=True, stdout=subprocess.DEVNULL)
    key = open_home(home, {}).keys.make("load", per_second=1_000_000, per_day=1_000_000, at=datetime.now(UTC))
    with served(home) as base:
        took = []
        for _ in range(RECEIPTS):
            asked = urllib.request.Request(f"{base}/api/people/ada/receipt", headers={"X-API-Key": key})  # noqa: S310
            begun = time.perf_counter()
            with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310 - our own server
                told = json.loads(answer.read())
            took.append(time.perf_counter() - begun)
    receipt = told["receipt"]
    if abs(receipt["score"] - 1 - sum(row["points"] for row in receipt["points"])) > 1e-9:  # noqa: PLR2004 - rounding
        sys.exit("the receipt does not add up")
    cuts = statistics.quantiles(took, n=100)
    print(f"  a receipt of {ACTORS:,} actors: median {cuts[49] * 1e3:.1f} ms, 99 % {cuts[98] * 1e3:.1f} ms")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--publish-to", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.publish_to:
        publish_on(told.publish_to, told.people)
        return
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed; `apt-get install wrk`")
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        print(f"{told.people:,} people, {told.connections} connections", flush=True)
        scores(Path(name), told.people, told.seconds, told.connections)
        receipts(Path(name))


if __name__ == "__main__":
    main()
