"""A small community and its server: three claimed people on three networks, and accounts that nobody claimed."""

import atexit
import contextlib
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import uvicorn

from conftest import DAY, NOW, copy_home, new_home, publisher, taker
from renown import ingest
from renown.home import Home, create_home, open_home
from renown.home.app_state import build_app_state
from renown.records import epoch_seconds
from renown.runs import group_scores, profiles
from renown.web.app import make_app
from renown.web.middleware.rate_limit import Allowance

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


def create_community(folder: Path, *, days=(7, 1, 0), settings=None, version=None) -> Home:
    """
    Create a home with claims, handles, reactions, a group and its challenge.

    Parameters
    ----------
    folder : Path
        Of the new home.
    days : tuple of int
        Published days, in days before `DAY`; the last one gets profiles.
    settings : dict of str to str
        Environment, such as the address of another store; without it the home is copied from a template, since
        creating one takes seconds.
    version : str, optional
        Of the method; the default one if it is not named.
    """
    if settings:
        create_home(folder)
        return _fill(open_home(folder, settings), days)
    copy_home(_template_community(tuple(days), version), folder)
    return open_home(folder, _method_settings(version))


def _method_settings(version):
    """Return the environment that names a method."""
    return {"RENOWN_METHOD": version} if version else {}


@cache
def _template_community(days: tuple[int, ...], version: str | None) -> Path:
    """Create a community once per process, choice of published days and method."""
    folder = Path(tempfile.mkdtemp(prefix="renown-community-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _fill(open_home(new_home(folder / "home"), _method_settings(version)), days)
    return folder / "home"


def _fill(home: Home, days: tuple[int, ...]) -> Home:
    """Import the community into an empty home and publish its days."""
    take, publish = taker(home, home.settings.home.parent), publisher(home)
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
    boosts = [f"https://m.example/users/f{n},https://m.example/users/cat,{DAY},repost,t{n % 2},m{n}" for n in range(4)]
    take(HEADER, *boosts, network="mastodon")
    at = epoch_seconds(NOW)
    tags = [("101", "p1011", "python,open data"), ("101", "p1013", "python"), ("102", "p1021", "music")]
    with home.reader() as engine:
        rows = [(account, post, None, None, text, at) for account, post, text in tags]
        ingest.import_directory(engine, home.lake, rows, table="posts", network="x")
    home.groups.create("seventy", goal=70, at=NOW - timedelta(days=40))
    for name in ("ann", "bob"):
        home.groups.join("seventy", home.people.by_name(name), at=NOW - timedelta(days=40))
    home.groups.challenges.start(
        "seventy",
        first=DAY - timedelta(days=1),
        last=DAY,
        method_day=publish(DAY - timedelta(days=8)),
        at=NOW - timedelta(days=40),
    )
    for ago in days:
        published_day = publish(DAY - timedelta(days=ago))
        group_scores.publish_group_scores(home.days, home.groups, published_day.day, now=NOW)
    profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, published_day)
    return home


def app_of(home: Home, allowance: Allowance = PLENTY, clock=time.time):
    """Return the application of a home."""
    return make_app(build_app_state(home), allowance, clock=clock)


@contextlib.contextmanager
def serving(app) -> Iterator[str]:
    """Serve an application on a free port of this machine; yield host and port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
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
