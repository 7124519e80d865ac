"""The commands that reach out to networks: who somebody is there, and what is new of them."""

import dataclasses
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from renown import jobs
from renown.assembly import Home, open_home
from renown.cli import prints
from renown.cli.prints import claimants, daily, operating
from renown.cli.progress import Bar
from renown.connectors import CONNECTORS
from renown.connectors.base import Connector, rows
from renown.errors import BadInput
from renown.records import Profile
from renown.spelling import offer
from renown.store import Person

settings_app = typer.Typer(help="Read the settings.", no_args_is_help=True)

NETWORK_OPTIONS: dict[str, Any] = {"allow_extra_args": True, "ignore_unknown_options": True}
"""Every network of the registry is an option of `add`: `--bluesky NAME`."""
EPILOG = "Networks: " + ", ".join(f"--{network} {each.example}" for network, each in CONNECTORS.items())


def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The person's name.")],
    account: Annotated[
        list[str] | None, typer.Option(help="network:id of an account of theirs; may be given several times.")
    ] = None,
) -> None:
    """Add a person with their accounts, by id or, as `--bluesky NAME`, by the name they go by on a network."""
    home, now = open_home(context.obj, os.environ), datetime.now(UTC)
    accounts = [_pair(text) for text in account or []]
    profiles = [find(home, connector, typed, now) for connector, typed in _named(context.args)]
    accounts += [(profile.network, profile.account_id) for profile in profiles]
    if not accounts:
        msg = f"no account of {name!r} is given; write --account network:id, or {EPILOG.partition(': ')[2]}"
        raise BadInput(msg)
    for profile in profiles:
        # Before the claim, so that a lake that stays busy leaves nobody half added.
        _keep(home, profile)
    person = home.people.add(name, accounts, at=now)
    claimants.claims(person)


def collect(
    context: typer.Context,
    who: Annotated[list[str] | None, typer.Argument(metavar="WHO", help="People; everybody without it.")] = None,
    pages: Annotated[
        int | None, typer.Option(min=1, help="Requests of each account; the settings' without it.")
    ] = None,
    seconds: Annotated[int | None, typer.Option(min=1, help="Seconds for each account.")] = None,
    actors: Annotated[int | None, typer.Option(min=1, help="Names read of one list; the rest is counted.")] = None,
    new: Annotated[bool, typer.Option("--new", help="Only accounts that were never read.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, as docs/networks.md says.")] = False,
) -> None:
    """Read what is new of the accounts that people claimed, from their networks; goes on where it ended before."""
    home = open_home(context.obj, os.environ)
    told = home.settings
    told = dataclasses.replace(
        told, pages=pages or told.pages, seconds=seconds or told.seconds, actors=actors or told.actors
    )
    home = dataclasses.replace(home, settings=told)
    accounts = jobs.readable(home.reader, home.lake, named(home, who or []))
    if not accounts:
        msg = "nobody claimed an account on a network that can be read; add one with `renown add NAME --bluesky HANDLE`"
        raise BadInput(msg)
    if new and who:
        msg = f"--new reads whoever was never read, and {who[0]!r} is named, too; write one of both"
        raise BadInput(msg)
    with Bar() as bar:
        asked: dict[str, Any] = {"now": lambda: datetime.now(UTC), "told": tell, "progress": None if json else bar}
        visits = jobs.read_new(home, **asked) if new else jobs.read(home, accounts, **asked)
    (prints.as_json_lines if json else daily.visits)(visits)
    if visits and not any(visit.ended for visit in visits):
        raise typer.Exit(1)


@settings_app.command("show")
def settings_show(context: typer.Context) -> None:
    """Print what this home was told, by its file and the environment; tokens are not shown."""
    operating.settings(open_home(context.obj, os.environ).settings)


def tell(line: str) -> None:
    """Say what is waited for, or went wrong, beside what is printed."""
    typer.echo(line, err=True)


def _pair(text: str) -> tuple[str, str]:
    network, colon, account_id = text.partition(":")
    if not (network and colon and account_id):
        msg = f"--account is {text!r}; write network:id, as bluesky:did:plc:abc"
        raise BadInput(msg)
    return network, account_id


def _named(words: Iterable[str]) -> list[tuple[Connector, str]]:
    """Return what `--NETWORK NAME` and `--NETWORK=NAME` ask for."""
    found, rest = [], iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        connector = CONNECTORS.get(option.removeprefix("--")) if option.startswith("--") else None
        if connector is None:
            msg = f"{option!r} is no option; {offer(option, [f'--{network}' for network in CONNECTORS])}"
            raise BadInput(msg)
        name = value if equals else next(rest, "")
        if not name:
            msg = f"{option} names nobody; write {option} {connector.example}"
            raise BadInput(msg)
        found.append((connector, name))
    return found


def find(home: Home, connector: Connector, name: str, now: datetime) -> Profile:
    """Ask a network who goes by a name."""
    with home.client(connector, name, told=tell) as client:
        return connector.find(client, name, now=now)


def _keep(home: Home, profile: Profile) -> None:
    batch = rows([profile])["profiles"]
    with home.reader() as engine:
        for attempt in jobs.turns():
            with attempt:
                jobs.collect(engine, home.lake, batch, table="profiles", network=profile.network)


def named(home: Home, names: list[str]) -> list[Person]:
    """Return the people of these names, everybody without any; none who opted out."""
    found = {name: home.people.by_name(name) for name in names}
    if unknown := [name for name, person in found.items() if person is None]:
        msg = f"nobody goes by {unknown[0]!r}; add them with `renown add {unknown[0]} --bluesky HANDLE`"
        raise BadInput(msg)
    if left := [name for name, person in found.items() if person and not person.consents]:
        msg = f"{left[0]!r} opted out and is left alone; if they ask for it, let them in with `renown opt-in {left[0]}`"
        raise BadInput(msg)
    return [person for person in found.values() if person] if names else home.people.consenting()
