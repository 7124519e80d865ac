"""Aliases: say that two ids are one account, or take that back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from renown.cli.credentials import NetworkArgument
from renown.cli.home import open_home
from renown.cli.output import console, escape_text
from renown.errors import InvalidInputError

if TYPE_CHECKING:
    from renown.home import Home

alias_app = typer.Typer(help="Say which ids are one account, such as a name and a number.", no_args_is_help=True)

AliasArgument = Annotated[str, typer.Argument(metavar="ALIAS", help="The other id, such as the name in an export.")]


@alias_app.command("set")
def alias_set(
    context: typer.Context,
    network: NetworkArgument,
    alias: AliasArgument,
    account: Annotated[str, typer.Argument(metavar="ID", help="Permanent id of the account.")],
) -> None:
    """
    Store another id of an account as its alias; from the next scored day on, acts under both are those of one account.

    Example: `renown alias set x ada 12345`
    """
    home = open_home(context)
    if alias == account:
        raise InvalidInputError(f"{alias!r} is given twice; write the other id, then the permanent one")
    _store_alias(home, network, alias, account)
    console.print(escape_text(f"{network}:{alias} is the account {network}:{account}"))


@alias_app.command("remove")
def alias_remove(context: typer.Context, network: NetworkArgument, alias: AliasArgument) -> None:
    """Take an alias back: from the next scored day on, both ids are accounts of their own again."""
    home = open_home(context)
    if (network, alias) not in _load_aliases(home):
        raise InvalidInputError(f"{network}:{alias} is no alias; `renown alias list` lists all")
    _store_alias(home, network, alias, alias)
    console.print(escape_text(f"{network}:{alias} is an account of its own"))


@alias_app.command("list")
def alias_list(context: typer.Context) -> None:
    """List the aliases, with the accounts that they are."""
    aliases = _load_aliases(open_home(context))
    if not aliases:
        console.print("no aliases; `renown alias set` says which ids are one account")
    for (network, alias), account in sorted(aliases.items()):
        console.print(escape_text(f"{network}:{alias} = {network}:{account}"))


def _load_aliases(home: Home) -> dict[tuple[str, str], str]:
    from renown.scoring.aliases import load_alias_ids, load_alias_keys

    with home.reader() as engine:
        return load_alias_ids(engine, home.lake, load_alias_keys(engine, home.lake))


def _store_alias(home: Home, network: str, alias: str, account: str) -> None:
    from renown import ingest
    from renown.connectors.record_rows import group_rows
    from renown.records import AccountAlias

    record = AccountAlias(network=network, alias_id=alias, account_id=account, at=datetime.now(UTC))
    rows = group_rows([record])["aliases"]
    with home.reader() as engine:
        for attempt in ingest.retry_while_locked():
            with attempt:
                ingest.import_directory(engine, home.lake, rows, table="aliases", network=network)
