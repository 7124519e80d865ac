"""Let signed-in people ask for a review of what was discounted from their score."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from renown.web.pages.account.me import redirect_after_form
from renown.web.pages.account.session import PageVisitor
from renown.web.pages.account.sign_in import require_page_owner
from renown.web.state import get_app_state


def request_review(request: Request, visitor: PageVisitor, fields: Mapping[str, str]) -> Response:
    """Store a person's request for a review, replacing an open one."""
    state = get_app_state(request)
    person = require_page_owner(state, visitor, "ask for a review")
    state.people.trust.request_review(person.key, fields.get("message", ""), at=state.now())
    return redirect_after_form()
