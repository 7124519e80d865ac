"""Find the person or account that a command is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from renown.cli.output import escape_text

if TYPE_CHECKING:
    from renown.engines.base import Engine
    from renown.home import Home
    from renown.scoring import Subject


@dataclass(frozen=True, kw_only=True)
class ScoreHolder:
    """Whose served score a command reads."""

    key: int
    """Score key."""
    name: str
    networks: set[str]


def find_subject(home: Home, engine: Engine, who: str) -> Subject:
    """Resolve a person or account; say what the account is called now if it was renamed."""
    from renown import scoring

    subject = scoring.resolve_subject(who, engine, home.lake, home.people)
    if subject.current_name:
        typer.echo(f"{escape_text(who)} is {escape_text(subject.current_name)} now", err=True)
    return subject


def find_score_holder(home: Home, who: str) -> ScoreHolder:
    """Resolve a person or account; people who claimed accounts are found without reading the lake."""
    if person := home.people.by_name(who):
        return ScoreHolder(key=person.key, name=person.name, networks={network for network, _ in person.accounts})
    with home.reader() as engine:
        subject = find_subject(home, engine, who)
    return ScoreHolder(key=subject.key, name=subject.name, networks={network for network, _ in subject.accounts})
