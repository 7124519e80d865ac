"""Find people whom visitors may see: their scores by name or key, accounts, handles and time zones."""

from collections.abc import Sequence
from contextlib import suppress

from renown import scoring
from renown.engines.duckdb import DuckDB
from renown.errors import PersonNotFoundError
from renown.scoring import Subject
from renown.store import DEFAULT_TIME_ZONE, ServedScore
from renown.text import truncate
from renown.web.state import AppState

_MAX_PEOPLE = 2**31 - 1
"""Page size that includes all people."""


def find_by_name(state: AppState, text: str) -> ServedScore:
    """
    Find a score by a person's name, ``network:handle`` or ``network:id``, in any case if only one person has it.

    Raises
    ------
    PersonNotFoundError
        If nobody has that name, they have no score, or they are hidden; the error does not reveal which.
    """
    [score] = find_by_names(state, [text])
    if score is None:
        raise person_not_found_error(text)
    return score


def find_by_names(state: AppState, texts: Sequence[str]) -> list[ServedScore | None]:
    """Find the scores of many names, as `find_by_name` does for one; None where nobody is visible."""
    scores = {text: _find_claimed(state, text) for text in texts if is_storable_text(text)}
    unclaimed = tuple(text for text, score in scores.items() if score is None and ":" in text)
    if unclaimed and state.can_show_unclaimed:
        scores |= dict(zip(unclaimed, _find_unclaimed(state, unclaimed), strict=True))
    visibility = state.visibility
    return [
        score if (score := scores.get(text)) and visibility.includes(score.key, score.name) else None for text in texts
    ]


def find_by_key(state: AppState, key: int) -> ServedScore | None:
    """Return the score of a key if it is visible, else None."""
    score = state.scores.find(key)
    return score if score and state.visibility.includes(key, score.name) else None


def require_visible(state: AppState, score: ServedScore | None, text: str) -> ServedScore:
    """
    Return a score if it is visible.

    Raises
    ------
    PersonNotFoundError
        If it is hidden, as if nobody had that name.
    """
    if score is None or not state.visibility.includes(score.key, score.name):
        raise person_not_found_error(text)
    return score


def list_visible_scores(state: AppState) -> list[ServedScore]:
    """List the scores of all visible people with claimed accounts, by rank."""
    visibility = state.visibility
    return [score for score in state.scores.list_claimed(_MAX_PEOPLE) if visibility.includes(score.key)]


def resolve_subject(state: AppState, subject: ServedScore, engine: DuckDB) -> Subject:
    """Return somebody with a score as the subject of an explanation, which reads the accounts that were scored."""
    if subject.key < 0:
        return Subject(subject.key, subject.name, ())
    return scoring.resolve_subject(subject.name, engine, state.lake, state.people, suggest=False)


def list_account_networks(state: AppState, subject: ServedScore) -> set[str]:
    """Return the networks on which a person with a score has accounts."""
    person = state.people.by_key(subject.key)
    return {network for network, _ in person.accounts} if person else {subject.name.partition(":")[0]}


def find_time_zone(state: AppState, subject: ServedScore) -> str:
    """Return the name of a person's own time zone; UTC unless they chose one."""
    person = state.people.by_key(subject.key)
    return person.time_zone if person else DEFAULT_TIME_ZONE


def is_storable_text(text: str) -> bool:
    """Return whether a database can store a text: no NUL, no lone surrogate."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def person_not_found_error(text: str) -> PersonNotFoundError:
    """Build the same error for everybody who is not visible: unknown, unclaimed or without a score."""
    return PersonNotFoundError(
        f"nobody with a page here is called {truncate(text, 100)!r}; write a person's name, network:handle or "
        "network:id"
    )


def _find_claimed(state: AppState, text: str) -> ServedScore | None:
    network, colon, name = text.partition(":")
    if not colon:
        return state.scores.by_name(text)
    key = state.profiles.find_owner(network, name)
    return state.scores.find(key) if key else None


def _find_unclaimed(state: AppState, texts: tuple[str, ...]) -> list[ServedScore | None]:
    """Return the scores of accounts that nobody claimed; None where there is none."""

    def resolve(text: str, engine: DuckDB) -> int | None:
        with suppress(PersonNotFoundError):
            return scoring.resolve_subject(text, engine, state.lake, state.people, suggest=False).key
        return None

    keys = state.computer.compute(("accounts", texts), lambda engine: [resolve(text, engine) for text in texts])
    return [None if key is None else state.scores.find(key) for key in keys]
