"""Forms to issue and revoke signed statements of one's score."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from renown import answers
from renown.web.pages.account.me import redirect_after_form
from renown.web.pages.account.session import PageVisitor
from renown.web.pages.account.sign_in import require_page_owner
from renown.web.state import get_app_state
from renown.web.statements import issue_statement


def issue(request: Request, visitor: PageVisitor, fields: Mapping[str, str]) -> Response:
    """Sign a statement of the visitor's score, and show it."""
    state = get_app_state(request)
    person = require_page_owner(state, visitor, "issue statements")
    parts = [part for part in answers.STATEMENT_PARTS if fields.get(part)]
    days = fields.get("days", "")
    issued = issue_statement(state, person, parts, int(days) if days.isdecimal() and days.isascii() else 0)
    return redirect_after_form(f"/statements/{issued.statement_id}")


def revoke(request: Request, visitor: PageVisitor, fields: Mapping[str, str]) -> Response:
    """Revoke a statement of the visitor."""
    state = get_app_state(request)
    person = require_page_owner(state, visitor, "issue statements")
    state.actions.stores.statements.revoke(fields.get("statement", ""), key=person.key, at=state.now())
    return redirect_after_form()
