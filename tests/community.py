"""A small community behind a server: three claimed people on three networks, and others who did not ask for a page."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import uvicorn

from conftest import DAY, NOW, publisher, taker
from renown import assembly, jobs
from renown.assembly import Home
from renown.web import make_app
from renown.web.limits import Allowance

HEADER = "actor,target,at,verb,post,id"
PLENTY = Allowance(100_000, 10_000_000)
CLAIMED = {
    "ann": [("x", "101"), ("bluesky", "did:plc:ann")],
    "bob": [("x", "102")],
    "cat": [("mastodon", "https://m.example/users/cat")],
}
HANDLES = {
    "x": {"101": "Ann", "102": "bob_b", "103": "dan", "104": "eve"},
    "bluesky": {"did:plc:ann": "ann.sky.example", "did:plc:dan": "dan.sky.example"},
    "mastodon": {"https://m.example/users/cat": "cat@m.example"},
}


def settled(folder: Path, *, days=(7, 1, 0), settings=None) -> Home:
    """Make a home with claims, handles and acts; publish some days before `DAY`, portray the last."""
    assembly.make_home(folder)
    home = assembly.open_home(folder, settings or {})
    take, publish = taker(home, folder.parent), publisher(home)
    for name, accounts in CLAIMED.items():
        home.people.add(name, accounts, at=NOW)
    for network, handles in HANDLES.items():
        rows = [
            f"{account},{handle},{DAY - timedelta(days=30)},{100 + 50 * n}"
            for n, (account, handle) in enumerate(handles.items())
        ]
        take("account,handle,at,followers", *rows, table="profiles", network=network)
    others = [
        f"{actor},{target},{DAY - timedelta(days=ago)},{verb},p{target}{ago},x{actor}{target}{ago}{verb}"
        for actor in ("103", "104", "105", "106")
        for target in ("101", "102")
        for ago, verb in ((1, "repost"), (3, "like"), (9, "reply"))
    ]
    take(
        HEADER,
        *others,
        f"102,101,{DAY},reply,p1,r1",
        f"101,102,{DAY - timedelta(days=2)},like,p2,r2",
        f"101,103,{DAY},repost,p3,r3",
        network="x",
    )
    fans = [f"did:plc:f{n},did:plc:ann,{DAY - timedelta(days=n)},like,at://{n},b{n}" for n in range(6)]
    take(HEADER, *fans, network="bluesky")
    toots = [f"https://m.example/users/f{n},https://m.example/users/cat,{DAY},boost,t{n % 2},m{n}" for n in range(4)]
    take(HEADER, *[row.replace("boost", "repost") for row in toots], network="mastodon")
    home.groups.create("seventy", goal=70, at=NOW - timedelta(days=40))
    for name in ("ann", "bob"):
        home.groups.join("seventy", home.people.by_name(name), at=NOW - timedelta(days=40))
    home.groups.start(
        "seventy",
        first=DAY - timedelta(days=1),
        last=DAY,
        by=publish(DAY - timedelta(days=8)),
        at=NOW - timedelta(days=40),
    )
    for ago in days:
        made = publish(DAY - timedelta(days=ago))
        jobs.challenges.record(home.days, home.groups, made.day, now=NOW)
    jobs.portray.portray(home.reader, home.lake, home.people, home.portraits, made)
    return home


def app_of(home: Home, anybody: Allowance = PLENTY, clock=time.time):
    """Return the application of a home."""
    return make_app(home.site(), anybody, clock=clock)


@contextlib.contextmanager
def serving(app) -> Iterator[str]:
    """Serve an application on a free port of this machine; yield host and port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
