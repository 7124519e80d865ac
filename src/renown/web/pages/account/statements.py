"""Forms to issue and revoke signed statements of one's score."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from renown import answers
from renown.errors import InvalidInputError
from renown.store import Person
from renown.web.pages.account.me import find_signed_in_person, redirect_after_form
from renown.web.pages.account.session import PageVisitor
from renown.web.pages.account.sign_in import require_session
from renown.web.state import AppState, get_app_state
from renown.web.statements import issue_statement


def issue(request: Request, visitor: PageVisitor, fields: Mapping[str, str]) -> Response:
    """Sign a statement of the visitor's score, and show it."""
    state = get_app_state(request)
    person = _require_owner(state, visitor)
    parts = [part for part in answers.STATEMENT_PARTS if fields.get(part)]
    days = fields.get("days", "")
    issued = issue_statement(state, person, parts, int(days) if days.isdecimal() and days.isascii() else 0)
    return redirect_after_form(f"/statements/{issued.statement_id}")


def revoke(request: Request, visitor: PageVisitor, fields: Mapping[str, str]) -> Response:
    """Revoke a statement of the visitor."""
    state = get_app_state(request)
    person = _require_owner(state, visitor)
    state.actions.stores.statements.revoke(fields.get("statement", ""), key=person.key, at=state.now())
    return redirect_after_form()


def _require_owner(state: AppState, visitor: PageVisitor) -> Person:
    """Return the signed-in person with a page whose accounts are verified."""
    person = find_signed_in_person(state, require_session(visitor))
    if person is None or not person.has_consented:
        raise InvalidInputError("only people with a page can issue statements; choose a name for your page first")
    return person
