"""People: list them, verify or take back claims, set time zones, compute first scores."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from renown.cli import output
from renown.cli.home import open_home
from renown.cli.options import JsonLinesOption
from renown.cli.output import console, notify, people
from renown.cli.subjects import find_people
from renown.errors import InvalidInputError

if TYPE_CHECKING:
    pass


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
