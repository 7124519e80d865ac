"""The commands that follow networks as things happen."""

import gc
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from renown import jobs
from renown.assembly import Home, open_home
from renown.cli.progress import Bar
from renown.connectors.bluesky.events import VERBS_SHOWN
from renown.connectors.bluesky.follow import FEEDS, follow
from renown.connectors.bluesky.names import NETWORK
from renown.errors import BadInput
from renown.records import VERBS

stream_app = typer.Typer(help="Follow a network as things happen.", no_args_is_help=True)

_CLAIMED = "claimed"


@stream_app.callback()
def stream() -> None:
    """Follow a network as things happen."""


@stream_app.command("bluesky")
def stream_bluesky(
    context: typer.Context,
    source: Annotated[str, typer.Option(help="jetstream (JSON) or firehose (a relay's or data server's own).")] = (
        "jetstream"
    ),
    url: Annotated[str | None, typer.Option(help="ws:// or wss:// address; a public server without it.")] = None,
    only: Annotated[
        str | None, typer.Option(help="A file of account ids, one a line, or `claimed`: leave out acts between others.")
    ] = None,
    for_: Annotated[
        float | None, typer.Option("--for", min=0, help="Seconds until it ends; without it, never.")
    ] = None,
    batch_events: Annotated[
        int, typer.Option(min=1, help="Events that go into the lake together; twice as many are in memory.")
    ] = jobs.Limits.events,
    batch_seconds: Annotated[float, typer.Option(min=0, help="Seconds after which fewer do.")] = jobs.Limits.seconds,
    from_now: Annotated[bool, typer.Option("--from-now", help="Do not read on from where it ended last.")] = False,
) -> None:
    """Follow Bluesky into the lake until it is interrupted; start it again and it reads on from there."""
    if source not in FEEDS:
        msg = f"--source is {source!r}; write one of {', '.join(FEEDS)}"
        raise BadInput(msg)
    home, feed = open_home(context.obj, os.environ), FEEDS[source]
    where = url or feed.url
    _collect_seldom()
    with home.reader() as engine, Bar() as bar, _stopping(for_) as stop:
        covers = [VERBS[verb] for verb in VERBS_SHOWN]
        landing = jobs.Landing(engine, home.lake, network=NETWORK, source=feed.source(where), covers=covers)
        running = jobs.Stream(
            landing,
            limits=jobs.Limits(batch_events, batch_seconds),
            only=_accounts(only, home),
            clock=time.time,
            progress=bar,
            from_now=from_now,
        )
        heard = follow(feed, where, cursor=running.cursor, stop=stop, tell=running.note, draw=random.Random())  # noqa: S311 - spreads attempts
        running.run(heard)


def _collect_seldom() -> None:
    """Let the garbage collector alone with what was imported: it found nothing there in a fifth of the time."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


@contextmanager
def _stopping(seconds: float | None) -> Iterator[threading.Event]:
    """Yield what an interrupt, SIGTERM or so many seconds set; a second interrupt ends it at once."""
    stop = threading.Event()

    def end(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, before[number])

    before: dict[int, Any] = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    timer = threading.Timer(seconds or 0, stop.set)
    timer.daemon = True
    if seconds is not None:
        timer.start()
    try:
        yield stop
    finally:
        timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)


def _accounts(only: str | None, home: Home) -> frozenset[str] | None:
    """Return the accounts whose acts are wanted."""
    if only is None:
        return None
    if only == _CLAIMED:
        people = home.people.consenting()
        found = {account_id for person in people for network, account_id in person.accounts if network == NETWORK}
        where = "nobody has claimed an account on bluesky; claim one with `renown add`"
    else:
        found = {line.strip().removeprefix(f"{NETWORK}:") for line in _lines(Path(only))} - {""}
        where = f"{only!r} names no account; write one id a line, as did:plc:abc"
    if not found:
        msg = f"--only {only}: {where}, or leave --only out"
        raise BadInput(msg)
    return frozenset(found)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read the accounts in {str(path)!r}: {error}; name a text file, or `claimed`"
        raise BadInput(msg) from error
