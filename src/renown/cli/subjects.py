"""Find the people and accounts that a command is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from renown.cli.output import escape_text, notify

if TYPE_CHECKING:
    from renown.connectors.base import Connector
    from renown.engines.base import Engine
    from renown.home import Home
    from renown.records import Profile
    from renown.scoring import Subject
    from renown.store import Person, ServedScore


@dataclass(frozen=True, kw_only=True)
class ScoreHolder:
    """Whose served score a command reads."""

    key: int
    """Score key."""
    name: str
    networks: set[str]

    @classmethod
    def of_person(cls, person: Person) -> ScoreHolder:
        """Return a person who claimed accounts."""
        return cls(key=person.key, name=person.name, networks={network for network, _ in person.accounts})

    @classmethod
    def of_subject(cls, subject: Subject) -> ScoreHolder:
        """Return a person or account that was found in the lake."""
        return cls(key=subject.key, name=subject.name, networks={network for network, _ in subject.accounts})


def find_subject(home: Home, engine: Engine, who: str) -> Subject:
    """Resolve a person or account; say what the account is called now if it was renamed."""
    from renown import scoring

    subject = scoring.resolve_subject(who, engine, home.lake, home.people)
    if subject.key < 0 and (person := home.people.by_key(subject.key)):
        _require_consent(person)
    if subject.current_name:
        typer.echo(f"{escape_text(who)} is {escape_text(subject.current_name)} now", err=True)
    return subject


def find_claimed_person(home: Home, who: str) -> Person | None:
    """Find a person who claimed accounts by name, without reading the lake; say if they opted out."""
    person = home.people.by_name(who)
    if person:
        _require_consent(person)
    return person


def find_score_holder(home: Home, who: str) -> ScoreHolder:
    """Resolve a person or account; people who claimed accounts are found without reading the lake."""
    if person := find_claimed_person(home, who):
        return ScoreHolder.of_person(person)
    with home.reader() as engine:
        return ScoreHolder.of_subject(find_subject(home, engine, who))


def find_served_score(home: Home, who: str) -> tuple[ScoreHolder, ServedScore]:
    """Find the served score of a person or account; say if there is none."""
    from renown.answers.standing import no_score_error

    holder = find_score_holder(home, who)
    served_score = home.served_scores.find(holder.key)
    if served_score is None:
        raise no_score_error(home.served_scores.day(), holder.name)
    return holder, served_score


def _require_consent(person: Person) -> None:
    """Say that somebody opted out: they have no score, whatever data there is."""
    from renown.errors import PersonNotFoundError

    if not person.has_consented:
        raise PersonNotFoundError(
            f"{person.name} has opted out and has no score; if they ask to come back, run `renown opt-in {person.name}`"
        )


def find_account(home: Home, connector: Connector, name: str, now: datetime) -> Profile:
    """Look up an account on a network by its name, or the URL of its page; print waits."""
    from renown.home import accounts

    return accounts.find_account(home, connector, name, now, notify=notify)


def find_people(home: Home, names: list[str]) -> list[Person]:
    """Return the people with these names, or everybody if there are none; reject people who opted out."""
    from renown import runs

    return runs.find_people(home.people, names)
