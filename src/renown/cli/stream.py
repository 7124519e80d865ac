"""Stream networks: follow their events live, and write them to the lake in batches."""

from __future__ import annotations

import gc
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from renown.cli.home import open_home
from renown.cli.progress import ProgressBar
from renown.errors import InvalidInputError, describe_io_error
from renown.records import VERBS, WHOLE_NETWORK

if TYPE_CHECKING:
    from renown.home import Home

stream_app = typer.Typer(help="Follow a network live.", no_args_is_help=True)

_CLAIMED_PEOPLE = "claimed"


@stream_app.callback()
def stream() -> None:
    """Follow a network live."""


@stream_app.command("bluesky")
def stream_bluesky(
    context: typer.Context,
    source: Annotated[str, typer.Option(help="jetstream (JSON) or firehose (binary, from a relay or data server).")] = (
        "jetstream"
    ),
    url: Annotated[str | None, typer.Option(help="WebSocket URL (ws:// or wss://). Default: a public server.")] = None,
    only: Annotated[
        str | None,
        typer.Option(
            help="Keep only events of these accounts, on either side: a file with one id per line, or `claimed`."
        ),
    ] = None,
    for_: Annotated[float | None, typer.Option("--for", min=0, help="Seconds until it stops. Default: never.")] = None,
    batch_events: Annotated[
        int, typer.Option(min=1, help="Events per write to the lake; up to twice as many are in memory.")
    ] = 100_000,
    batch_seconds: Annotated[float, typer.Option(min=0, help="Seconds after which a smaller batch is written.")] = 60.0,
    from_now: Annotated[
        bool, typer.Option("--from-now", help="Start with new events, not at the saved cursor.")
    ] = False,
) -> None:
    """
    Follow Bluesky live and write its events to the lake, until interrupted (Ctrl-C).

    It reconnects by itself. When started again, it continues from the saved cursor.

    Example: `renown stream bluesky --only claimed`
    """
    from renown import ingest
    from renown.connectors.bluesky.events import STREAM_VERBS
    from renown.connectors.bluesky.ids import NETWORK
    from renown.connectors.bluesky.subscribe import FEEDS, subscribe

    if source not in FEEDS:
        raise InvalidInputError(f"--source is {source!r}; write one of {', '.join(FEEDS)}")
    home, feed = open_home(context), FEEDS[source]
    server_url = url or feed.url
    _tune_garbage_collector()
    with home.reader() as engine, ProgressBar() as bar, _stop_event(for_) as stop:
        covered_verbs = [VERBS[verb] for verb in STREAM_VERBS] + ([] if only else [WHOLE_NETWORK])
        writer = ingest.StreamWriter(
            engine, home.lake, network=NETWORK, source=feed.source_name(server_url), covers=covered_verbs
        )
        live_stream = ingest.Stream(
            writer,
            limits=ingest.StreamLimits(batch_events, batch_seconds),
            only_accounts=_load_account_ids(only, home),
            clock=time.time,
            progress=bar,
            from_now=from_now,
        )
        events = subscribe(
            feed,
            server_url,
            cursor=lambda: live_stream.cursor,
            stop=stop,
            notify=live_stream.report,
            rng=random.Random(),  # noqa: S311 - jitter between reconnects, no secret
        )
        live_stream.run(events)


def _tune_garbage_collector() -> None:
    """Exempt imported modules from garbage collection and run it rarely: it took a fifth of the time for nothing."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


@contextmanager
def _stop_event(seconds: float | None) -> Iterator[threading.Event]:
    """Yield an event that SIGINT, SIGTERM or the timeout sets; a second signal ends the process at once."""
    stop = threading.Event()

    def on_signal(signal_number: int, _frame: object) -> None:
        stop.set()
        signal.signal(signal_number, old_handlers[signal_number])

    old_handlers: dict[int, Any] = {
        signal_number: signal.signal(signal_number, on_signal) for signal_number in (signal.SIGINT, signal.SIGTERM)
    }
    timer = threading.Timer(seconds or 0, stop.set)
    timer.daemon = True
    if seconds is not None:
        timer.start()
    try:
        yield stop
    finally:
        timer.cancel()
        for signal_number, handler in old_handlers.items():
            signal.signal(signal_number, handler)


def _load_account_ids(only: str | None, home: Home) -> frozenset[str] | None:
    """Return the ids of the accounts whose events are kept; None keeps all."""
    from renown.connectors.bluesky.ids import NETWORK

    if only is None:
        return None
    if only == _CLAIMED_PEOPLE:
        people = home.people.all_consenting()
        account_ids = {account_id for person in people for network, account_id in person.accounts if network == NETWORK}
        hint = "nobody claimed an account on bluesky; add one with `renown add`"
    else:
        account_ids = {line.strip().removeprefix(f"{NETWORK}:") for line in _read_lines(Path(only))} - {""}
        hint = "the file has no account ids; write one per line, such as did:plc:abc"
    if not account_ids:
        raise InvalidInputError(f"--only {only}: {hint}, or leave --only out")
    return frozenset(account_ids)


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            f"cannot read account ids from {str(path)!r}: {describe_io_error(error)}; write a text file, or `claimed`"
        ) from error
