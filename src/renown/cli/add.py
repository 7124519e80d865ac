"""Add people and the accounts they own: look them up on their networks, one person or a file of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from renown.cli import output
from renown.cli.home import open_home
from renown.cli.options import JsonLinesOption
from renown.cli.output import notify, people
from renown.cli.subjects import find_account
from renown.errors import InvalidInputError
from renown.text import plural, suggest_spelling

if TYPE_CHECKING:
    from renown.connectors.base import Connector
    from renown.home import Home
    from renown.records import Profile


class AddCommand(TyperCommand):
    """The command `add`, whose help lists the installed networks."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help; connectors are imported only for it."""
        self.epilog = f"Networks: {_network_options()}"
        super().format_help(ctx, formatter)


_MAX_MISSING = 20
"""Maximum accounts without data to name."""
COMMAND_OPTIONS: dict[str, dict[str, Any]] = {
    "add": {"cls": AddCommand, "context_settings": {"allow_extra_args": True, "ignore_unknown_options": True}}
}
"""What Typer is told of a command. `add` accepts an option for each network with a connector: `--bluesky NAME`."""


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
    from renown.runs.add_people import import_profiles, parse_account

    home, now = open_home(context), datetime.now(UTC)
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
    _print_missing_accounts(home, accounts)


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
    from renown.runs import add_people as runs_add_people

    home, now = open_home(context), datetime.now(UTC)
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
    _print_missing_accounts(home, [account for row in rows for account in row.accounts])
    if any(person.message for person in added):
        raise typer.Exit(1)


def _parse_network_options(words: Iterable[str]) -> list[tuple[Connector, str]]:
    """Parse the options `--NETWORK NAME` and `--NETWORK=NAME`."""
    from renown.connectors import CONNECTORS

    named_accounts, remaining_words = [], iter(words)
    for word in remaining_words:
        option, equals, value = word.partition("=")
        connector = CONNECTORS.get(option.removeprefix("--")) if option.startswith("--") else None
        if connector is None:
            raise _unknown_word_error(word, CONNECTORS)
        name = value if equals else next(remaining_words, "")
        if not name:
            raise InvalidInputError(f"{option} needs a name; write {option} {connector.example}")
        named_accounts.append((connector, name))
    return named_accounts


def _unknown_word_error(word: str, connectors: Mapping[str, Connector]) -> InvalidInputError:
    """Return what is wrong with a word after the name: an option of no network, or an account without its option."""
    network, _, handle = word.partition(":")
    if word.startswith("-"):
        option = word.partition("=")[0]
        return InvalidInputError(
            f"unknown option {option!r}; {suggest_spelling(option, [f'--{name}' for name in connectors])}"
        )
    if not handle or handle.startswith("//"):
        ways = f"the network before it, such as --{next(iter(connectors))} {word}, or --account network:id"
    else:
        ways = f"--account {word} if that is its permanent id"
        ways += f", or --{network} {handle} if it is a handle" if network in connectors else ""
    return InvalidInputError(f"{word!r} stands without an option; write {ways}")


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
    linked_profiles = []
    for linked in linked_accounts:
        title = f"{linked.profile.network}:{linked.profile.handle or linked.profile.account_id}"
        if not linked.links_back:
            notify(output.escape_text(f"{linked.source} links {title}, which does not link back; not offered"))
        elif typer.confirm(output.escape_text(f"{linked.source} and {title} link each other. Add {title}?")):
            linked_profiles.append(linked.profile)
    if not linked_accounts:
        notify("no links to further accounts were found")
    return linked_profiles


def _print_missing_accounts(home: Home, accounts: list[tuple[str, str]]) -> None:
    """Name the accounts that nothing is known of, and that no connector reads: perhaps their ids have mistakes."""
    from renown import scoring
    from renown.connectors import CONNECTORS

    from_files = [account for account in accounts if account[0] not in CONNECTORS]
    with home.reader() as engine:
        missing = scoring.find_missing_accounts(from_files, engine, home.lake)
        for network, account_id in missing[:_MAX_MISSING]:
            suggestion = scoring.suggest_account(network, account_id, engine, home.lake)
            message = f"no file that was imported has the account {network}:{account_id} yet{suggestion}"
            if suggestion:
                message += f" `renown unclaim` takes the claim of {network}:{account_id} back"
            notify(output.escape_text(message))
    if len(missing) > _MAX_MISSING:
        notify(f"and {plural(len(missing) - _MAX_MISSING, 'more account')}")


def _print_terms(networks: set[str]) -> None:
    """Print what the networks' terms of use demand."""
    from renown.connectors import CONNECTORS

    for network in sorted(networks):
        if terms := CONNECTORS[network].terms:
            notify(f"terms of use of {network}: {terms}")
