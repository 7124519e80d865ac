"""Issue, verify and revoke signed statements of scores; the pages and the command line share this."""

import secrets
from collections.abc import Collection
from datetime import datetime

from renown import answers
from renown.answers import Statement, VerifiedStatement
from renown.errors import InvalidInputError, PersonNotFoundError
from renown.store import IssuedStatement, Person
from renown.web.profiles import load_profile
from renown.web.ranks import present_score
from renown.web.state import AppState

_ID_BYTES = 16


def issue_statement(state: AppState, person: Person, parts: Collection[str], lifetime_days: int) -> IssuedStatement:
    """
    Sign a statement of a person's latest score, and store it.

    Parameters
    ----------
    state : AppState
    person : Person
    parts : collection of str
        What to show besides name, score, day and method: keys of `STATEMENT_PARTS`.
    lifetime_days : int
        One of `LIFETIMES_DAYS`.

    Raises
    ------
    InvalidInputError
        If they have no score, do not consent to be shown, or have too many statements; or for an unknown part or
        lifetime.
    """
    if unknown := set(parts) - set(answers.STATEMENT_PARTS):
        raise InvalidInputError(
            f"a statement has no part {min(unknown)!r}; choose {', '.join(answers.STATEMENT_PARTS)}"
        )
    score = state.scores.find(person.key)
    if score is None or not state.visibility.includes(person.key):
        raise InvalidInputError(f"{person.name!r} has no score that others can see, so there is nothing to state yet")
    handles = state.profiles.handles(person.key)
    statement = answers.build_statement(
        present_score(state, score),
        state.days.find(score.day),
        statement_id=secrets.token_hex(_ID_BYTES),
        issuer=state.base_url,
        issued_at=state.now(),
        lifetime_days=lifetime_days,
        range_=load_profile(state, score).known_range if "range" in parts else None,
        accounts=answers.list_verified_accounts(person, handles) if "accounts" in parts else None,
        show_rank="rank" in parts,
    )
    issued = IssuedStatement(
        statement_id=statement.statement_id,
        key=person.key,
        token=state.statement_keys.sign(answers.to_claims(statement)),
        issued_at=datetime.fromisoformat(statement.issued_at),
        expires_at=datetime.fromisoformat(statement.expires_at),
        revoked_at=None,
    )
    state.actions.stores.statements.add(issued)
    return issued


def verify_statement(state: AppState, token: str) -> VerifiedStatement:
    """
    Verify a statement by this server's keys, and tell whether it still holds.

    Raises
    ------
    InvalidInputError
        If it is no statement, or none of this server's keys signed it.
    """
    statement = answers.from_claims(state.statement_keys.verify(token))
    return VerifiedStatement(statement, _find_status(state, statement))


def find_statement(state: AppState, statement_id: str) -> tuple[IssuedStatement, VerifiedStatement]:
    """
    Find a statement by its id, with its text.

    Raises
    ------
    PersonNotFoundError
        If there is none, its person is hidden, or it was revoked.
    """
    issued = state.actions.stores.statements.find(statement_id)
    if issued is None or not issued.token or not state.visibility.includes(issued.key):
        raise PersonNotFoundError("there is no such statement; it may have been revoked by the person who issued it")
    return issued, verify_statement(state, issued.token)


def _find_status(state: AppState, statement: Statement) -> str:
    issued = state.actions.stores.statements.find(statement.statement_id)
    if issued is None or not state.visibility.includes(issued.key):
        return answers.UNKNOWN
    return answers.find_status(issued, state.now())
