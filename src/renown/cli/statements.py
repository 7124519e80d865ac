"""Statements: issue, list, revoke and verify signed statements of scores."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from renown.cli import output
from renown.cli.home import open_home
from renown.cli.options import JsonLinesOption, JsonOption, PersonNameArgument
from renown.cli.output import console
from renown.cli.output import statements as output_statements
from renown.cli.subjects import find_people
from renown.errors import InvalidInputError, describe_io_error
from renown.text import plural

if TYPE_CHECKING:
    from typing import Any

    from renown.store import Person
    from renown.web.state import AppState

statement_app = typer.Typer(
    help="Issue signed statements of a score, which anybody can verify, and revoke them.", no_args_is_help=True
)


@statement_app.command("issue")
def issue(
    context: typer.Context,
    name: PersonNameArgument,
    to: Annotated[Path, typer.Option(metavar="FILE", help="File to write, such as ada.jwt.")],
    days: Annotated[int, typer.Option(help="Days for which it is valid: 30, 90 or 365.")] = 90,
    show: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PART", help="range, rank or accounts; repeat it for several. Default: range and accounts."
        ),
    ] = None,
) -> None:
    """
    Sign a statement of a person's latest score.

    People can do this on their own page, too. The home's keys are created with the first statement.

    Example: `renown statement issue ada --to ada.jwt`
    """
    from renown.web.statements import issue_statement

    state, person = _open_person(context, name)
    parts = ["range", "accounts"] if show is None else show
    issued = issue_statement(state, person, parts, days)
    to.write_text(f"{issued.token}\n", encoding="ascii")
    console.print(
        f"wrote {to}: valid until {issued.expires_at:%Y-%m-%d}; revoke it with "
        f"`renown statement revoke {output.escape_text(person.name)} {issued.statement_id}`",
        soft_wrap=True,
    )


@statement_app.command("list")
def list_(context: typer.Context, name: PersonNameArgument, json: JsonLinesOption = False) -> None:
    """List a person's statements, newest first."""
    from renown.answers import list_statements

    state, person = _open_person(context, name)
    rows = list_statements(state.actions.stores.statements.list_of(person.key), at=state.now())
    (output.print_json_lines if json else output_statements.print_statements)(rows)


@statement_app.command()
def revoke(
    context: typer.Context,
    name: PersonNameArgument,
    statement: Annotated[str, typer.Argument(metavar="ID", help="Id from `renown statement list`.")],
) -> None:
    """
    Revoke a statement: pages say so from now on. Who has the file and the keys cannot see it without this server.

    Example: `renown statement revoke ada 5f2c…`
    """
    state, person = _open_person(context, name)
    state.actions.stores.statements.revoke(statement, key=person.key, at=state.now())
    console.print(f"statement {statement} is revoked")


@statement_app.command()
def keys(
    context: typer.Context,
    new: Annotated[
        bool, typer.Option("--new", help="Generate a key that signs from now on; older ones verify.")
    ] = False,
    remove: Annotated[
        str | None,
        typer.Option(
            metavar="KID", help="Remove a key that somebody else may have, and revoke the statements that it signed."
        ),
    ] = None,
) -> None:
    """
    Print the public keys that verify this home's statements, as a JSON Web Key Set.

    Example: `renown statement keys > keys.json`
    """
    home = open_home(context)
    statement_keys = home.statement_keys
    if new:
        statement_keys.add_key()
    if remove is not None:
        revoked = home.statements.revoke_signed_by(remove, at=datetime.now(UTC))
        statement_keys.remove_key(remove)
        output.notify(f"removed the key, and revoked {plural(revoked, 'statement')} that it signed")
    print(json.dumps(statement_keys.public_keys(), indent=2))  # noqa: T201 - verbatim


def verify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The downloaded statement.")],
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Public keys of the server that signed it, from /.well-known/jwks.json of its address. "
            "Default: the keys of this home.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """
    Verify a signed statement of a score without asking any server; fail if it is not genuine, expired or revoked.

    With the keys of this home, it is also checked that the statement was not revoked.

    Example: `renown verify ada.jwt --keys keys.json`
    """
    from renown.answers import verify_offline
    from renown.web.statements import verify_statement

    token = _read_text(file)
    verified = (
        verify_offline(token, _read_keys(keys), at=datetime.now(UTC))
        if keys
        else verify_statement(_open_state(context), token)
    )
    (output.print_json if json else output_statements.print_verified)(verified)
    if verified.status != "valid":
        raise typer.Exit(1)


def _read_keys(path: Path) -> dict[str, Any]:
    try:
        key_set = json.loads(_read_text(path))
    except ValueError:
        key_set = None
    if not isinstance(key_set, dict) or not isinstance(key_set.get("keys"), list):
        raise InvalidInputError(
            f"{str(path)!r} is not a JSON Web Key Set; save the keys from /.well-known/jwks.json of the server"
        )
    return key_set


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            f"cannot read {str(path)!r}: {describe_io_error(error)}; write a file in UTF-8"
        ) from error


def _open_person(context: typer.Context, name: str) -> tuple[AppState, Person]:
    from renown.home.app_state import build_app_state

    home = open_home(context)
    [person] = find_people(home, [name])
    return build_app_state(home), person


def _open_state(context: typer.Context) -> AppState:
    from renown.home.app_state import build_app_state

    return build_app_state(open_home(context))
