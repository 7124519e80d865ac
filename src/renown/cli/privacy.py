"""Privacy: opt out and in, export and erase personal data, process privacy requests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from renown.cli import output
from renown.cli.home import open_home
from renown.cli.options import JsonLinesOption, JsonOption, PeopleArgument, PersonArgument, YesOption
from renown.cli.output import console, people
from renown.cli.subjects import find_account
from renown.errors import InvalidInputError, PersonNotFoundError
from renown.text import plural

if TYPE_CHECKING:
    from renown.engines.duckdb import DuckDB
    from renown.home import Home
    from renown.scoring import Subject


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
        deleted_rows = privacy.opt_out_people(engine, home.personal_data, [subject], now=now)
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
    who: PeopleArgument,
    yes: YesOption = False,
    may_return: Annotated[
        bool,
        typer.Option(
            "--may-return", help="Do not store the hash that stops imports and streams from adding them again."
        ),
    ] = False,
) -> None:
    """
    Erase people for good: from the database, the lake, published days and exports, with all they did and received.

    Several take as long as one: each file is written again once.

    Example: `renown forget ada`
    """
    from renown import privacy

    home = open_home(context)
    with home.reader() as engine:
        # A person may be named twice: by the name, and by an account.
        subjects = list(dict.fromkeys(filter(None, [_find_subject_to_erase(home, engine, text) for text in who])))
        if not subjects:
            return
        if not yes:
            names = ", ".join(output.escape_text(subject.name) for subject in subjects)
            account_count = sum(len(subject.accounts) for subject in subjects)
            typer.confirm(f"Erase {names} and {plural(account_count, 'account')}? This cannot be undone.", abort=True)
        deleted_rows = privacy.erase_people(engine, home.personal_data, subjects, may_return=may_return)
    console.print(
        f"{plural(deleted_rows, 'row')} deleted; points that others received from them stay published, without a name"
    )
    _report_missing_exports(home)


def _find_subject_to_erase(home: Home, engine: DuckDB, text: str) -> Subject | None:
    """Find a person or account to erase; None if it is erased already, which is printed."""
    from renown import privacy, scoring

    try:
        return scoring.resolve_subject(text, engine, home.lake, home.people)
    except PersonNotFoundError as error:
        if not privacy.finish_erasure(home.personal_data, text):
            raise PersonNotFoundError(f"{error}; if it was erased before, nothing about it is left") from None
        console.print(output.escape_text(f"{text} is erased already; nothing about it is left"))
        return None


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
    from renown.runs.add_people import parse_account
    from renown.store import check_account_id

    network, name = parse_account(account_name)
    check_account_id(network, name)
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
