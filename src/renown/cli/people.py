"""People: verify claims, opt out and in, export and erase personal data, process privacy requests."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from renown.cli import output
from renown.cli.home import open_home
from renown.cli.options import JsonLinesOption, JsonOption, PersonArgument, YesOption
from renown.cli.output import console, notify, people
from renown.cli.subjects import find_account, find_people
from renown.errors import InvalidInputError, PersonNotFoundError
from renown.text import plural

if TYPE_CHECKING:
    from renown.engines.duckdb import DuckDB
    from renown.home import Home
    from renown.scoring import Subject


def list_people(
    context: typer.Context,
    json: JsonLinesOption = False,
) -> None:
    """List people with the accounts that they claimed, what proves each claim, and whether they consent."""
    from renown import answers

    home = open_home(context)
    with home.reader() as engine:
        visible_people = answers.list_people(engine, home.lake, home.people)
    (output.print_json_lines if json else people.print_people)(visible_people)


def unclaim(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the person.")],
    account: Annotated[str, typer.Argument(help="The account, as network:handle or network:id.")],
) -> None:
    """
    Take back a claim that was made by mistake; the person keeps their other accounts.

    Example: `renown unclaim ada x:12345`
    """
    from renown import scoring

    home = open_home(context)
    [person] = find_people(home, [name])
    with home.reader() as engine:
        handles = scoring.load_handles(engine, home.lake, person.accounts)
    names = {f"{network}:{account_id}": (network, account_id) for network, account_id in person.accounts}
    names |= {f"{network}:{handle}": (network, account_id) for (network, account_id), handle in handles.items()}
    claimed = {scoring.fold_account(claim): key for claim, key in names.items()}.get(scoring.fold_account(account))
    if claimed is None:
        raise InvalidInputError(
            f"{name!r} has not claimed {account!r}; their accounts are {', '.join(names) or 'none'}"
        )
    people.print_claims(home.people.remove_claim(person, *claimed))
    if published_days := home.days.all():
        day = published_days[-1].day
        console.print(
            f"scores count this from the next day on; `renown score --day {day}` scores {day} again", soft_wrap=True
        )


def time_zone(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the person.")],
    zone: Annotated[str | None, typer.Argument(help="Time zone to set, such as Europe/Berlin.")] = None,
) -> None:
    """
    Print or set a person's time zone: that of their best hours and of the quiet hours of their mails.

    It is UTC until it is set; people can choose it themselves on the page /me. Others see it on the person's page.

    Example: `renown time-zone ada Europe/Berlin`
    """
    from renown import answers

    home = open_home(context)
    [person] = find_people(home, [name])
    if zone is not None:
        home.people.set_time_zone(person.key, answers.find_time_zone(zone).key)
        [person] = find_people(home, [name])
    console.print(output.escape_text(f"the time zone of {person.name} is {person.time_zone}"))


def prove(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the person.")],
    json: JsonLinesOption = False,
) -> None:
    """
    Verify that a person owns the accounts that they claimed.

    It prints a token to put into the profile of each account, then asks the networks whether the profiles show it.
    Run it again after changing the profiles.

    Example: `renown prove ada`
    """
    from renown import runs
    from renown.connectors import CONNECTORS

    home, now = open_home(context), datetime.now(UTC)
    [person] = find_people(home, [name])
    page = runs.person_page_url(home.settings.serve.url, person.name)
    if not json:
        people.print_proof_instructions(person, page, CONNECTORS)
    results = runs.verify_claims(
        home.people,
        person,
        runs.list_readable_accounts(home.reader, home.lake, [person], home.can_read),
        lambda connector, account: home.account_client(connector, account, notify=notify),
        page=page,
        now=now,
    )
    (output.print_json_lines if json else people.print_proof_results)(results)


def opt_out(context: typer.Context, who: PersonArgument, yes: YesOption = False) -> None:
    """
    Stop collecting, scoring and showing a person or account, and remove them from published days.

    Data collected before stays in the lake, unread; `renown forget` erases it. Unknown accounts can opt out, too.

    Example: `renown opt-out bluesky:ada.bsky.social`
    """
    from renown import privacy

    home, now = open_home(context), datetime.now(UTC)
    with home.reader() as engine:
        subject = _find_subject(home, engine, who)
        if subject is None:
            account = _find_account_id(home, who, now)
            home.people.opt_outs.add(*account)
            console.print(
                output.escape_text(
                    f"{':'.join(account)} is unknown here, and from now on nothing is collected about it"
                )
            )
            return
        if not yes:
            typer.confirm(
                f"Opt {output.escape_text(subject.name)} out and remove them from published days?", abort=True
            )
        deleted_rows = privacy.opt_out(engine, home.personal_data, subject, now=now)
    console.print(
        f"{deleted_rows:,} published rows deleted; their data in the lake stays, unread: `renown forget` erases it",
        soft_wrap=True,
    )
    _report_missing_exports(home)


def opt_in(context: typer.Context, who: PersonArgument) -> None:
    """Collect, score and show a person or account again who opted out, or was erased, and asks to return."""
    from renown import privacy, scoring

    home, now = open_home(context), datetime.now(UTC)
    with home.reader() as engine:
        subject = _find_subject(home, engine, who)
        if subject is None:
            person, accounts = None, [_find_account_id(home, who, now)]
        else:
            person = home.people.by_name(subject.name) if subject.key < 0 else None
            accounts = list(scoring.load_account_ids(subject, engine, home.lake, home.people))
    returned_accounts = privacy.opt_in(home.people, person, accounts, now=now)
    console.print(
        f"{returned_accounts:,} of {plural(len(accounts), 'account')} had opted out; from now on they are included",
        soft_wrap=True,
    )


def forget(
    context: typer.Context,
    who: PersonArgument,
    yes: YesOption = False,
    may_return: Annotated[
        bool,
        typer.Option(
            "--may-return", help="Do not store the hash that stops imports and streams from adding them again."
        ),
    ] = False,
) -> None:
    """
    Erase a person for good: from the database, the lake, published days and exports, with all they did and received.

    Example: `renown forget ada`
    """
    from renown import privacy, scoring

    home = open_home(context)
    with home.reader() as engine:
        try:
            subject = scoring.resolve_subject(who, engine, home.lake, home.people)
        except PersonNotFoundError as error:
            if not privacy.finish_erasure(home.personal_data, who):
                raise PersonNotFoundError(f"{error}; if it was erased before, nothing about it is left") from None
            console.print(output.escape_text(f"{who} is erased already; nothing about it is left"))
            return
        if not yes:
            typer.confirm(
                f"Erase {output.escape_text(subject.name)} and {plural(len(subject.accounts), 'account')}? "
                "This cannot be undone.",
                abort=True,
            )
        erase = privacy.erase_allowing_return if may_return else privacy.erase_person
        deleted_rows = erase(engine, home.personal_data, subject)
    console.print(
        f"{plural(deleted_rows, 'row')} deleted; points that others received from them stay published, without a name"
    )
    _report_missing_exports(home)


def data(
    context: typer.Context,
    who: PersonArgument,
    to: Annotated[
        Path | None, typer.Option(help="ZIP file to write all of it to, with one JSON Lines file per table.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """
    Print how many rows about a person each table has; with --to, export all of them to a ZIP file for that person.

    Example: `renown data ada --to ada.zip`
    """
    from renown import privacy, scoring

    if to is not None and to.suffix != ".zip":
        raise InvalidInputError(f"--to is {str(to)!r}; write a file name that ends in .zip")
    home, now = open_home(context), datetime.now(UTC)
    with home.reader() as engine:
        subject = scoring.resolve_subject(who, engine, home.lake, home.people)
        accounts = scoring.load_account_ids(subject, engine, home.lake, home.people)
        if to is not None:
            with to.open("wb") as file:
                for chunk in privacy.write_export(
                    subject.name, privacy.iter_export_parts(subject, accounts, home.personal_data, engine), at=now
                ):
                    file.write(chunk)
        personal_data = privacy.collect_personal_data(subject, accounts, home.personal_data, engine)
    (output.print_json if json else people.print_personal_data)(personal_data)
    if to is not None and not json:
        console.print(
            output.escape_text(f"all rows are written to {to}; delete it once the person has it"), soft_wrap=True
        )


def requests(
    context: typer.Context,
    json: JsonLinesOption = False,
) -> None:
    """Process the privacy requests that people made on their pages: opt out, erase. `renown run` does this, too."""
    from renown import runs

    home = open_home(context)
    results = runs.process_requests(home.reader, home.personal_data, home.settings.home, now=lambda: datetime.now(UTC))
    (output.print_json_lines if json else people.print_request_results)(results)


def first_scores(
    context: typer.Context,
    json: JsonLinesOption = False,
) -> None:
    """
    Read the accounts of people who claimed them on the web, and compute their first scores. `renown serve` starts it.

    One process at a time works in a home. What is not done when it is killed, the next one does.
    """
    from renown import runs
    from renown.runs.first_scores import MAX_READ_SECONDS

    home = open_home(context)
    settings = home.settings.replace_limits(seconds=min(home.settings.collect.seconds, MAX_READ_SECONDS))
    resources = dataclasses.replace(home, settings=settings).run_resources
    results = runs.process_first_scores(resources, now=lambda: datetime.now(UTC))
    (output.print_json_lines if json else people.print_first_scores)(results)


def _find_subject(home: Home, engine: DuckDB, name: str) -> Subject | None:
    """Resolve a person or account; None for an account that is unknown here."""
    from renown import scoring

    try:
        return scoring.resolve_subject(name, engine, home.lake, home.people)
    except PersonNotFoundError:
        if ":" not in name:
            raise
        return None


def _find_account_id(home: Home, account_name: str, now: datetime) -> tuple[str, str]:
    """Ask its network, if it can be asked, for the permanent id of an account that is unknown here."""
    from renown.connectors import CONNECTORS

    network, _, name = account_name.partition(":")
    connector = None if home.people.opt_outs.has(network, name) else CONNECTORS.get(network)
    if connector is None or not home.can_read(connector, name):
        return network, name
    return network, find_account(home, connector, name, now).account_id


def _report_missing_exports(home: Home) -> None:
    for path in home.days.exports.find_missing():
        console.print(
            f"the export {output.escape_text(str(path))} is missing, so it was not cleaned; if you moved it, delete it",
            soft_wrap=True,
        )
