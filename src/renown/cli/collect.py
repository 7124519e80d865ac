"""
Collect from networks: look up accounts, add people, fetch what is new.

Stream networks: follow their events live, and write them to the lake in batches.
"""

from __future__ import annotations

import dataclasses
import gc
import os
import random
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from renown.cli import output
from renown.cli.options import JsonLinesOption
from renown.cli.output import people
from renown.cli.output import runs as output_runs
from renown.cli.progress import ProgressBar
from renown.errors import InvalidInputError
from renown.records import VERBS, WHOLE_NETWORK, Profile
from renown.text import suggest_spelling

if TYPE_CHECKING:
    from renown.connectors.base import Connector
    from renown.home import Home
    from renown.store import Person

settings_app = typer.Typer(help="Show the settings of the home.", no_args_is_help=True)

NETWORK_OPTIONS: dict[str, Any] = {"allow_extra_args": True, "ignore_unknown_options": True}
"""Let `add` accept an option for each network with a connector: `--bluesky NAME`."""


class AddCommand(TyperCommand):
    """The command `add`, whose help lists the installed networks."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help; connectors are imported only for it."""
        self.epilog = f"Networks: {_network_options()}"
        super().format_help(ctx, formatter)


def _network_options() -> str:
    """Return an example of the option of each network that has a connector."""
    from renown.connectors import CONNECTORS

    return ", ".join(f"--{network} {connector.example}" for network, connector in CONNECTORS.items())


def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the person; free to choose, it is shown with the score.")],
    account: Annotated[
        list[str] | None, typer.Option(help="An account by its permanent id, as network:id. Can be repeated.")
    ] = None,
    find: Annotated[
        bool, typer.Option("--find", help="Look for accounts that link each other, and ask which of them to add.")
    ] = False,
) -> None:
    """
    Add a person and the accounts they own.

    Give an account by its handle (`--bluesky HANDLE`, looked up on the network), by the URL of its page, or by its
    permanent id (`--account`). With --find, the profiles of these accounts, and of those that the person has claimed,
    are searched for links to further ones.

    Example: `renown add ada --bluesky ada.bsky.social --mastodon @ada@example.social --account x:12345`
    """
    from renown.home import open_home
    from renown.runs.add_people import import_profiles, parse_account

    home, now = open_home(context.obj, os.environ), datetime.now(UTC)
    accounts = [parse_account(text) for text in account or []]
    profiles = [
        find_account(home, connector, handle, now) for connector, handle in _parse_network_options(context.args)
    ]
    if find:
        profiles += _choose_linked_accounts(home, name, profiles, now)
    accounts += [(profile.network, profile.account_id) for profile in profiles]
    _print_terms({profile.network for profile in profiles})
    if not accounts:
        raise InvalidInputError(f"no account given for {name!r}; add --account network:id, or {_network_options()}")
    # Before the claim: if the lake stays locked, no person is left half added.
    import_profiles(profiles, home.lake, home.reader)
    people.print_claims(home.people.add(name, accounts, at=now))


def add_people(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV file with the columns name and networks.")],
    json: JsonLinesOption = False,
) -> None:
    """
    Add many people from a CSV file with a column `name` and one for each network, or `account` with network:id.

    Cells of networks have handles or URLs of profiles, and are looked up. Whoever cannot be added is named with the
    reason; the others are added, and the command can be repeated. The exit code is 1 if somebody was not added.

    Example: `renown add-people staff.csv`, with the header `name,bluesky,mastodon,github`
    """
    from renown.home import open_home
    from renown.runs import add_people as runs_add_people

    home, now = open_home(context.obj, os.environ), datetime.now(UTC)
    rows = runs_add_people.read_people(file)
    added = runs_add_people.add_people(
        rows,
        lambda connector, handle: find_account(home, connector, handle, now),
        home.people,
        home.lake,
        home.reader,
        now=now,
    )
    _print_terms({network for row in rows for network, _ in row.handles})
    (output.print_json_lines if json else people.print_added)(added)
    if any(person.message for person in added):
        raise typer.Exit(1)


def collect(
    context: typer.Context,
    who: Annotated[list[str] | None, typer.Argument(metavar="WHO", help="Names of people. Default: everybody.")] = None,
    pages: Annotated[
        int | None, typer.Option(min=1, help="Maximum requests per account. Default: the setting collect.pages.")
    ] = None,
    seconds: Annotated[
        int | None, typer.Option(min=1, help="Maximum seconds per account. Default: the setting collect.seconds.")
    ] = None,
    actors: Annotated[
        int | None,
        typer.Option(min=1, help="Maximum names read of one list, such as who liked a post; the rest is only counted."),
    ] = None,
    new: Annotated[bool, typer.Option("--new", help="Read only accounts that were never read before.")] = False,
    webmentions: Annotated[
        bool, typer.Option("--webmentions", help="Only verify the webmentions that this server received for blogs.")
    ] = False,
    json: JsonLinesOption = False,
) -> None:
    """
    Fetch what is new about people's accounts from their networks; continue where the last run stopped.

    `renown run` does this, and publishes scores as well.

    Example: `renown collect ada --pages 200`
    """
    from renown import runs
    from renown.home import open_home

    home = open_home(context.obj, os.environ)
    settings = home.settings
    settings = dataclasses.replace(
        settings, pages=pages or settings.pages, seconds=seconds or settings.seconds, actors=actors or settings.actors
    )
    home = dataclasses.replace(home, settings=settings)
    if webmentions:
        with ProgressBar() as bar:
            summary = runs.process_webmentions(home.run_resources, now=lambda: datetime.now(UTC), progress=bar)
        (output.print_json_lines if json else output_runs.print_webmentions)([summary])
        return
    if new and who:
        raise InvalidInputError(
            f"--new reads all accounts that were never read, but {who[0]!r} is named; use only one of both"
        )
    with ProgressBar() as bar:
        progress = None if json else bar
        if new:
            summaries = runs.fetch_new_accounts(
                home.run_resources, now=lambda: datetime.now(UTC), notify=notify, progress=progress
            )
        else:
            summaries = runs.collect(
                home.run_resources, who or [], now=lambda: datetime.now(UTC), notify=notify, progress=progress
            )
    (output.print_json_lines if json else output_runs.print_fetch_summaries)(summaries)
    if summaries and not any(summary.complete for summary in summaries):
        raise typer.Exit(1)


@settings_app.command("show")
def settings_show(context: typer.Context) -> None:
    """Print the settings of the home, from its file and environment variables; secrets are redacted."""
    from renown.home import open_home

    output_runs.print_settings(open_home(context.obj, os.environ).settings)


def notify(line: str) -> None:
    """Print a message, such as a wait or a failure, to stderr."""
    typer.echo(line, err=True)


def _parse_network_options(words: Iterable[str]) -> list[tuple[Connector, str]]:
    """Parse the options `--NETWORK NAME` and `--NETWORK=NAME`."""
    from renown.connectors import CONNECTORS

    named_accounts, remaining_words = [], iter(words)
    for word in remaining_words:
        option, equals, value = word.partition("=")
        connector = CONNECTORS.get(option.removeprefix("--")) if option.startswith("--") else None
        if connector is None:
            raise InvalidInputError(
                f"unknown option {option!r}; {suggest_spelling(option, [f'--{network}' for network in CONNECTORS])}"
            )
        name = value if equals else next(remaining_words, "")
        if not name:
            raise InvalidInputError(f"{option} needs a name; write {option} {connector.example}")
        named_accounts.append((connector, name))
    return named_accounts


def find_account(home: Home, connector: Connector, name: str, now: datetime) -> Profile:
    """Look up an account on a network by its name, or the URL of its page; print waits."""
    from renown.home import accounts

    return accounts.find_account(home, connector, name, now, notify=notify)


def _choose_linked_accounts(home: Home, name: str, profiles: list[Profile], now: datetime) -> list[Profile]:
    """Find accounts that link the given and the claimed ones in both directions, and ask which of them to add."""
    from renown import runs
    from renown.connectors import CONNECTORS
    from renown.connectors.base import Account

    known = [
        (CONNECTORS[profile.network], Account(profile.account_id, profile.handle or profile.account_id))
        for profile in profiles
    ]
    if person := home.people.by_name(name):
        known += runs.list_readable_accounts(home.reader, home.lake, [person], home.can_read)
    linked_accounts = runs.find_linked_accounts(
        known, lambda connector, handle: home.client(connector, handle, notify=notify), now=now
    )
    chosen = []
    for linked in linked_accounts:
        title = f"{linked.profile.network}:{linked.profile.handle or linked.profile.account_id}"
        if not linked.links_back:
            notify(output.escape_text(f"{linked.source} links {title}, which does not link back; not offered"))
        elif typer.confirm(output.escape_text(f"{linked.source} and {title} link each other. Add {title}?")):
            chosen.append(linked.profile)
    if not linked_accounts:
        notify("no links to further accounts were found")
    return chosen


def _print_terms(networks: set[str]) -> None:
    """Print what the networks' terms of use demand."""
    from renown.connectors import CONNECTORS

    for network in sorted(networks):
        if terms := CONNECTORS[network].terms:
            notify(f"terms of use of {network}: {terms}")


def find_people(home: Home, names: list[str]) -> list[Person]:
    """Return the people with these names, or everybody if there are none; reject people who opted out."""
    from renown import runs

    return runs.find_people(home.people, names)


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
    from renown.home import open_home

    if source not in FEEDS:
        raise InvalidInputError(f"--source is {source!r}; write one of {', '.join(FEEDS)}")
    home, feed = open_home(context.obj, os.environ), FEEDS[source]
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
            f"cannot read account ids from {str(path)!r}: {error}; write a text file, or `claimed`"
        ) from error
