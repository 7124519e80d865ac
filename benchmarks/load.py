"""
Claim: 3,000 requests per second for scores, 99% within 25 ms, none failed, during a publication; receipts in 50 ms.

Also 300 pages of a person a second, and causes within 50 ms for 20 readers at once.

Serves a home with `renown serve` on two cores, sends load with wrk (a Debian package) from the same machine, and
publishes days of synthetic scores at the same time with low priority, as `renown run --every day` does. Then requests
the receipt of a person with five thousand actors.

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

from serving import CLAIMED_EVERY, LAST, publish_day

from renown.cli.run import NICE
from renown.home import Home, create_home, open_home

ACTORS = 5_000
RECEIPTS = 200
RENOWN = (sys.executable, "-m", "renown")
SCRIPT = """
local ids, key = {people}, "{key}"
math.randomseed(1)
request = function()
  return wrk.format("GET", "/v2/user.json/" .. math.random(1, ids) .. "/score?key=" .. key)
end
"""
PAGE_SCRIPT = """
request = function()
  return wrk.format("GET", "{path}")
end
"""
DONE = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "failed": %d}\\n', summary.requests,
    summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@contextlib.contextmanager
def serve_home(home: Path) -> Iterator[str]:
    """Serve a home on a free port; yield its base URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    unlimited = {"RENOWN_PER_SECOND": "1000000", "RENOWN_PER_DAY": "1000000000"}
    command = [*RENOWN, "--home", str(home), "serve", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | unlimited)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                fetch(f"{base}/api/")
                break
            time.sleep(0.1)
        yield base
    finally:
        server.terminate()
        server.wait()


def fetch(url: str) -> bytes:
    """Fetch the body of a URL."""
    with urllib.request.urlopen(url, timeout=30) as response:  # noqa: S310 - our own server
        body: bytes = response.read()
    return body


def run_wrk(base: str, script: Path, *, seconds: int, connections: int) -> dict[str, float]:
    """Send load to a server with wrk; return its results, failed requests included."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), base]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result: dict[str, float] = json.loads(re.findall(r"^\{.*\}$", output, re.MULTILINE)[-1])
    return result


def print_result(label: str, result: dict[str, float]) -> None:
    """Print the results of one load test."""
    rate = result["requests"] / result["seconds"]
    print(
        f"  {label}: {rate:,.0f} requests/s, median {result['p50']:.1f} ms, 99% {result['p99']:.1f} ms, "
        f"{result['failed']:.0f} failed",
        flush=True,
    )


def check_scores(base: str, path: Path, key: str) -> None:
    """Exit with an error if the API returns other scores than the published ones."""
    home = open_home(path, {})
    for person in range(1, 50):
        payload = json.loads(fetch(f"{base}/v2/user.json/{person}/score?key={key}"))
        served_score = home.served_scores.find(-person)
        if served_score is None or payload["score"] != served_score.score:
            sys.exit(f"the API returns {payload} for person {person}, but {served_score} is published")


def claim_accounts(home: Home, people: int) -> None:
    """Let the people whose scores are published as claimed claim an account each, so that their scores are visible."""
    for number in range(people // CLAIMED_EVERY):
        home.people.add(f"person{number * CLAIMED_EVERY}", [("x", str(number))], at=datetime(2024, 1, 1, tzinfo=UTC))


def publish_days(home: Path, people: int) -> None:
    """Publish days until this process is terminated; print the seconds of each."""
    os.nice(NICE)
    days = open_home(home, {}).days
    for offset in range(1, 1000):
        print(f"{publish_day(days, LAST + timedelta(days=offset), people)[0]:.1f}", flush=True)


def load_test_scores(folder: Path, people: int, seconds: int, connections: int) -> None:
    """Load-test scores of many people, without and during publications."""
    path = folder / "home"
    create_home(path)
    home = open_home(path, {})
    claim_accounts(home, people)
    publish_day(home.days, LAST, people)
    key = home.api_keys.create("load", per_second=1_000_000, per_day=1_000_000_000, at=datetime.now(UTC))
    script = folder / "load.lua"
    script.write_text(SCRIPT.format(people=people // CLAIMED_EVERY - 1, key=key) + DONE, encoding="utf-8")
    with serve_home(path) as base:
        check_scores(base, path, key)
        run_wrk(base, script, seconds=2, connections=connections)
        print_result("no publication", run_wrk(base, script, seconds=seconds, connections=connections))
        publisher_command = [sys.executable, __file__, "--people", str(people), "--publish-to", str(path)]
        with (folder / "publications").open("w") as file, subprocess.Popen(publisher_command, stdout=file) as publisher:
            result = run_wrk(base, script, seconds=seconds, connections=connections)
            publisher.terminate()
        durations = (folder / "publications").read_text(encoding="utf-8").split()
        print_result(
            f"while publishing {people:,} scores ({len(durations)} days published, in {', '.join(durations)} s)", result
        )
        check_scores(base, path, key)


def measure_pages(folder: Path, base: str) -> None:
    """Load-test the pages of that person, as visitors who are not signed in open them."""
    for label, path, connections in (
        ("page of a person", "/people/ada", 8),
        ("causes, 20 readers at once", "/people/ada/why", 20),
    ):
        script = folder / "page.lua"
        script.write_text(PAGE_SCRIPT.format(path=path) + DONE, encoding="utf-8")
        print_result(label, run_wrk(base, script, seconds=5, connections=connections))


def measure_receipts(folder: Path) -> None:
    """Measure requests of the receipt of a person with thousands of actors."""
    home, acts = folder / "other", folder / "acts.csv"
    day = date(2024, 10, 4)
    with acts.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("actor", "target", "at", "verb", "post", "id"))
        for n in range(ACTORS * 3):
            verb, post = ("like", "repost", "reply")[n % 3], f"p{n % 50}"
            writer.writerow((f"a{n % ACTORS}", "ada", f"{day - timedelta(days=n % 90)}", verb, post, f"i{n}"))
    for arguments in (
        ("init",),
        ("add", "ada", "--account", "x:ada"),
        ("import", "interactions", str(acts), "--network", "x"),
        ("score", "--from", str(day - timedelta(days=1)), "--to", str(day)),
    ):
        subprocess.run([*RENOWN, "--home", str(home), *arguments], check=True, stdout=subprocess.DEVNULL)
    key = open_home(home, {}).api_keys.create("load", per_second=1_000_000, per_day=1_000_000, at=datetime.now(UTC))
    with serve_home(home) as base:
        durations = []
        for _ in range(RECEIPTS):
            request = urllib.request.Request(f"{base}/api/people/ada/receipt", headers={"X-API-Key": key})  # noqa: S310
            start = time.perf_counter()
            with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - our own server
                payload = json.loads(response.read())
            durations.append(time.perf_counter() - start)
        measure_pages(folder, base)
    receipt = payload["receipt"]
    if abs(receipt["score"] - 1 - sum(row["points"] for row in receipt["points"])) > 1e-9:  # noqa: PLR2004 - rounding
        sys.exit("the points of the receipt do not add up to the score")
    quantiles = statistics.quantiles(durations, n=100)
    print(f"  receipt with {ACTORS:,} actors: median {quantiles[49] * 1e3:.1f} ms, 99% {quantiles[98] * 1e3:.1f} ms")


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--publish-to", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.publish_to:
        publish_days(args.publish_to, args.people)
        return
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed; install it with `apt-get install wrk`")
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        print(f"{args.people:,} people, {args.connections} connections", flush=True)
        load_test_scores(Path(folder), args.people, args.seconds, args.connections)
        measure_receipts(Path(folder))


if __name__ == "__main__":
    main()
