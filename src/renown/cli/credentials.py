"""Credentials: set, list and remove the tokens with which networks are read."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from renown.cli.home import open_home
from renown.cli.output import console
from renown.errors import InvalidInputError
from renown.text import plural, suggest_spelling

if TYPE_CHECKING:
    from renown.store import Credential

credentials_app = typer.Typer(help="Set the tokens with which networks are read.", no_args_is_help=True)

NetworkArgument = Annotated[str, typer.Argument(metavar="NETWORK", help="Name of the network, such as github.")]
ServerOption = Annotated[str, typer.Option(help="Host of the server that the token is for, such as example.social.")]
AccountOption = Annotated[str, typer.Option(help="Permanent id of the account that alone is read with it.")]


@credentials_app.command("set")
def credentials_set(
    context: typer.Context, network: NetworkArgument, server: ServerOption = "", account: AccountOption = ""
) -> None:
    """
    Set the token of a network, or of one server or account; it is read from the terminal or from standard input.

    Instead of a token, standard input may have the JSON of an OAuth 2 access: access_token, expires_at, refresh_token,
    token_url, client_id and client_secret. The access token is then renewed before it expires.

    Example: `renown credentials set github`
    """
    home = open_home(context)
    text = typer.prompt("Token", hide_input=True) if sys.stdin.isatty() else sys.stdin.read()
    credential = _parse_credential(text.strip(), network, server, account)
    home.check_credential(credential)
    home.credentials.save(credential)
    console.print(f"set the credential {credential.name}", markup=False)


@credentials_app.command("list")
def credentials_list(context: typer.Context) -> None:
    """List which tokens are set; the tokens themselves are never shown."""
    credentials = open_home(context).credentials.all()
    if not credentials:
        console.print("no token is set; `renown credentials set NETWORK` asks for one", markup=False)
    for credential in credentials:
        kind = "renewed before it expires" if credential.refresh_token else "not renewed"
        console.print(f"{credential.name}: {kind}", markup=False)


@credentials_app.command("remove")
def credentials_remove(
    context: typer.Context, network: NetworkArgument, server: ServerOption = "", account: AccountOption = ""
) -> None:
    """Remove a token."""
    if not open_home(context).credentials.remove(network, server, account):
        raise InvalidInputError(
            f"no credential of {network} is set for these options; `renown credentials list` lists all"
        )
    console.print("removed the credential", markup=False)


@credentials_app.command("generate-key")
def credentials_generate_key() -> None:
    """
    Print a new key to encrypt credentials with; keep it outside the home, in RENOWN_CREDENTIALS_KEY.

    Example: `export RENOWN_CREDENTIALS_KEY=$(renown credentials generate-key)`
    """
    from renown.store import generate_key

    print(generate_key())  # noqa: T201 - verbatim, for programs


@credentials_app.command("encrypt")
def credentials_encrypt(context: typer.Context) -> None:
    """Encrypt credentials and the keys of statements with the first key in RENOWN_CREDENTIALS_KEY; others decrypt."""
    home = open_home(context)
    count = home.credentials.encrypt_all()
    keys = " and the keys of statements" if home.statement_keys.encrypt() else ""
    console.print(f"encrypted {plural(count, 'credential')}{keys}")


def _parse_credential(text: str, network: str, server: str, account_id: str) -> Credential:
    import msgspec

    from renown.connectors import CONNECTORS
    from renown.store import Credential

    if network not in CONNECTORS:
        raise InvalidInputError(f"renown cannot read {network!r}; {suggest_spelling(network, CONNECTORS)}")
    fields = {"access_token": text}
    if text.startswith("{"):
        try:
            fields = msgspec.json.decode(text, type=dict)
        except msgspec.MsgspecError:
            fields = {}
    try:
        return msgspec.convert(
            fields | {"network": network, "server": server, "account_id": account_id}, Credential, strict=False
        )
    except msgspec.ValidationError:
        # The error is not quoted: it may repeat a part of the secret.
        raise InvalidInputError(
            "the JSON of the access is not as expected; it needs access_token as text, and may have expires_at "
            "(seconds since 1970), refresh_token, token_url, client_id and client_secret"
        ) from None
