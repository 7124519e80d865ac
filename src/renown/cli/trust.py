"""Trust: list, remove and restore the people from whom credit starts; answer requests for reviews."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from renown.cli import output
from renown.cli.home import open_home
from renown.cli.options import JsonLinesOption, JsonOption, PersonNameArgument, parse_optional_day
from renown.cli.output import console, trust
from renown.cli.progress import ProgressBar
from renown.cli.subjects import find_people
from renown.errors import PersonNotFoundError

if TYPE_CHECKING:
    from renown.answers.trust_reach import TrustInputs
    from renown.home import Home
    from renown.store import Person

trust_app = typer.Typer(
    help="See who makes accounts known, take people out who vouch for fakes, and answer requests for reviews.",
    no_args_is_help=True,
)
DayOption = Annotated[str | None, typer.Option(help="UTC day whose acts count. Default: the latest published day.")]
MethodOption = Annotated[
    str | None, typer.Option("--method", help="Version or file of the method. Default: the home's.")
]


@trust_app.command("list")
def list_(
    context: typer.Context, day: DayOption = None, method: MethodOption = None, json: JsonLinesOption = False
) -> None:
    """
    List verified people with the accounts that they make known, those first without whom most would not be known.

    Credit is passed on anew, for 64 of them at once, in a temporary folder, which takes a while in large homes.

    Example: `renown trust list`
    """
    from renown.answers.trust import list_seeds

    home = open_home(context)
    with home.reader() as engine, ProgressBar(Console(stderr=True), announces=True) as bar:
        seeds = list_seeds(engine, _build_inputs(home, day, method), progress=bar)
    (output.print_json_lines if json else trust.print_seeds)(seeds)


@trust_app.command()
def remove(
    context: typer.Context,
    name: PersonNameArgument,
    reason: Annotated[str, typer.Option(help="Why; `renown trust list` shows it.")],
) -> None:
    """
    Remove a verified person as a start of credit, from the next run on; their own score stays as it is.

    Example: `renown trust remove bix --reason "sells likes"`
    """
    from renown.answers.trust import has_seed

    home = open_home(context)
    person = _find_person(home, name)
    home.people.trust.remove_seed(person.key, reason=reason, at=datetime.now(UTC))
    console.print(
        f"no credit starts at {output.escape_text(person.name)} from the next run on; acts of earlier days keep their "
        "worth",
        soft_wrap=True,
    )
    if not has_seed(home.people):
        trust.print_no_seed()


@trust_app.command()
def restore(context: typer.Context, name: PersonNameArgument) -> None:
    """
    Restore a person as a start of credit, from the next run on.

    Example: `renown trust restore bix`
    """
    home = open_home(context)
    person = _find_person(home, name)
    was_removed = home.people.trust.restore_seed(person.key)
    text = "credit starts at {} again from the next run on" if was_removed else "{} was not removed"
    console.print(text.format(output.escape_text(person.name)))


@trust_app.command()
def preview(
    context: typer.Context,
    without: Annotated[str, typer.Option(metavar="PERSON", help="Name of the person to leave out.")],
    day: DayOption = None,
    method: MethodOption = None,
    n: Annotated[int, typer.Option("-n", min=0, help="Number of largest moves.")] = 10,
    json: JsonOption = False,
) -> None:
    """
    Show what a day would be if a person had never been a seed: accounts known, and the largest moves of scores.

    Nothing is changed: the day is scored twice in temporary folders.

    Example: `renown trust preview --without bix`
    """
    from renown.answers.trust import preview_without

    home = open_home(context)
    person = _find_person(home, without)
    with home.reader() as engine, ProgressBar(Console(stderr=True), announces=True) as bar:
        answer = preview_without(engine, _build_inputs(home, day, method), person, n=n, progress=bar)
    (output.print_json if json else trust.print_preview)(answer)


@trust_app.command()
def reviews(context: typer.Context, json: JsonLinesOption = False) -> None:
    """List what people want to have reviewed, open requests first, with your answers."""
    from renown.answers.trust import list_reviews

    answers = list_reviews(open_home(context).people)
    (output.print_json_lines if json else trust.print_reviews)(answers)


@trust_app.command()
def answer(
    context: typer.Context,
    review: Annotated[int, typer.Argument(metavar="NUMBER", help="Number from `renown trust reviews`.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Your answer; the person reads it on their page.")],
) -> None:
    """
    Answer a request for a review, which closes it.

    Example: `renown trust answer 3 "Checked: your fans are verified now."`
    """
    open_home(context).people.trust.answer_review(review, text, at=datetime.now(UTC))
    console.print(f"request {review} is answered")


def _find_person(home: Home, name: str) -> Person:
    """
    Find a person of whom credit may start.

    Raises
    ------
    PersonNotFoundError
        If there is none of this name.
    InvalidInputError
        If they opted out.
    """
    if home.people.by_name(name) is None:
        raise PersonNotFoundError(
            f"no person is named {name!r}; `renown trust list` names the verified people from whom credit starts"
        )
    [person] = find_people(home, [name])
    return person


def _build_inputs(home: Home, day_text: str | None, method_text: str | None) -> TrustInputs:
    from renown import method
    from renown.answers.trust_reach import TrustInputs
    from renown.scoring.score import find_previous_day

    scoring_method = method.load_method(Path(method_text)) if method_text else home.method
    day = parse_optional_day(day_text) or home.days.find().day
    previous_day = find_previous_day(home.days, scoring_method, day)
    return TrustInputs(lake=home.lake, people=home.people, method=scoring_method, day=day, previous_day=previous_day)
