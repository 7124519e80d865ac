"""The commands about people: what proves their claims, whether they consent, and that they are forgotten."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from renown import answers, jobs
from renown.answers import Who
from renown.assembly import Home, open_home
from renown.cli import prints
from renown.cli.networks import find, named, tell
from renown.cli.options import WhoText
from renown.cli.prints import claimants, console
from renown.connectors import CONNECTORS
from renown.engines.duckdb import DuckDB
from renown.errors import BadInput, UnknownWho

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def people(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, a line a person, as docs/people.md says.")] = False,
) -> None:
    """Print who claimed which accounts, what proves it, and whether they consent."""
    home = open_home(context.obj, os.environ)
    with home.reader() as engine:
        listed = answers.roster(engine, home.lake, home.people)
    (prints.as_json_lines if json else claimants.roster)(listed)


def prove(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The person's name.")],
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON, a line an account, as docs/people.md says.")
    ] = False,
) -> None:
    """Say what a person's accounts have to show to be theirs, then ask the networks whether they do."""
    home, now = open_home(context.obj, os.environ), datetime.now(UTC)
    [person] = named(home, [name])
    page = jobs.page_of(home.settings.serve.url, person.name)
    if not json:
        claimants.to_prove(person, page)
    found = jobs.prove(
        home.people,
        person,
        jobs.readable(home.reader, home.lake, [person]),
        lambda connector, of: home.client(connector, of.handle, told=tell),
        page=page,
        now=now,
    )
    (prints.as_json_lines if json else claimants.findings)(found)


def opt_out(context: typer.Context, who: WhoText, yes: Yes = False) -> None:
    """From now on, collect, score and show nothing of somebody, and take them out of what was published."""
    home, now = open_home(context.obj, os.environ), datetime.now(UTC)
    with home.reader() as engine:
        asked = _known(home, engine, who)
        if asked is None:
            account = _unknown(home, who, now)
            home.people.opt_outs.add(*account)
            console.print(prints.plain(f"nothing is known of {':'.join(account)}, and nothing will be"))
            return
        if not yes:
            typer.confirm(f"Leave {prints.plain(asked.name)} alone and take them out of published days?", abort=True)
        gone = jobs.opt_out(engine, home, asked, now=now)
    console.print(
        f"{gone:,} published rows are gone; what the lake holds of them stays unread, `renown forget` erases it",
        soft_wrap=True,
    )
    _say_lost(home)


def opt_in(context: typer.Context, who: WhoText) -> None:
    """Collect, score and show somebody again who opted out, or was forgotten, and asks to come back."""
    home, now = open_home(context.obj, os.environ), datetime.now(UTC)
    with home.reader() as engine:
        asked = _known(home, engine, who)
        if asked is None:
            person, accounts = None, [_unknown(home, who, now)]
        else:
            person = home.people.by_name(asked.name) if asked.key < 0 else None
            accounts = list(answers.account_ids(asked, engine, home.lake, home.people))
    back = jobs.opt_in(home.people, person, accounts, now=now)
    console.print(f"{back} of {len(accounts)} accounts had been left out and are read from here on", soft_wrap=True)


def forget(
    context: typer.Context,
    who: WhoText,
    yes: Yes = False,
    may_return: Annotated[
        bool, typer.Option("--may-return", help="Keep no mark that stops imports and streams from bringing them back.")
    ] = False,
) -> None:
    """Erase somebody: store, lake, published days and their exports, all that they did and received; for good."""
    home = open_home(context.obj, os.environ)
    with home.reader() as engine:
        asked = answers.who(who, engine, home.lake, home.people)
        if not yes:
            typer.confirm(f"Erase {prints.plain(asked.name)} and {len(asked.accounts)} accounts for good?", abort=True)
        erase = jobs.erase if may_return else jobs.forget
        gone = erase(engine, home, asked)
    console.print(f"{gone:,} rows are gone; what others received from them stays in published points, without a name")
    _say_lost(home)


def data(
    context: typer.Context,
    who: WhoText,
    to: Annotated[
        Path | None, typer.Option(help="A .zip file to write it all to, a file of JSON lines a table.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, as docs/people.md says.")] = False,
) -> None:
    """Print how much each table holds of somebody; with --to write all of it to a file, for them."""
    if to is not None and to.suffix != ".zip":
        msg = f"--to is {str(to)!r}; write a file that ends in .zip"
        raise BadInput(msg)
    home, now = open_home(context.obj, os.environ), datetime.now(UTC)
    with home.reader() as engine:
        asked = answers.who(who, engine, home.lake, home.people)
        accounts = answers.account_ids(asked, engine, home.lake, home.people)
        if to is not None:
            with to.open("wb") as file:
                for piece in answers.bundle(asked.name, answers.parts(asked, accounts, home, engine), at=now):
                    file.write(piece)
        told = answers.held(asked, accounts, home, engine)
    (prints.as_json if json else claimants.held)(told)
    if to is not None and not json:
        console.print(prints.plain(f"all of it is in {to}; it is theirs: erase it once they have it"), soft_wrap=True)


def wishes(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, a line a wish, as docs/people.md says.")] = False,
) -> None:
    """Do what people asked for on their pages: leave them alone, erase them; `renown run` does it, too."""
    home = open_home(context.obj, os.environ)
    granted = jobs.grant(home.reader, home, now=lambda: datetime.now(UTC))
    (prints.as_json_lines if json else claimants.granted)(granted)


def _known(home: Home, engine: DuckDB, who: str) -> Who | None:
    """Return who is meant; None for an account of which nothing is known."""
    try:
        return answers.who(who, engine, home.lake, home.people)
    except UnknownWho:
        if ":" not in who:
            raise
        return None


def _unknown(home: Home, who: str, now: datetime) -> tuple[str, str]:
    """Return the permanent id behind a name of which nothing is known here; its network knows."""
    network, _, name = who.partition(":")
    connector = None if home.people.opt_outs.has(network, name) else CONNECTORS.get(network)
    return (network, find(home, connector, name, now).account_id) if connector else (network, name)


def _say_lost(home: Home) -> None:
    for path in home.days.exports.lost():
        console.print(
            f"not there any more, so not cleared: the export {prints.plain(str(path))}; if you moved it, erase it",
            soft_wrap=True,
        )
