"""Let signed-in people ask for a review of what was discounted from their score."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from renown.errors import InvalidInputError
from renown.web.pages.account.me import find_signed_in_person, redirect_after_form
from renown.web.pages.account.session import PageVisitor
from renown.web.pages.account.sign_in import require_session
from renown.web.state import get_app_state


def request_review(request: Request, visitor: PageVisitor, fields: Mapping[str, str]) -> Response:
    """Store a person's request for a review, replacing an open one."""
    state = get_app_state(request)
    person = find_signed_in_person(state, require_session(visitor))
    if person is None or not person.has_consented:
        raise InvalidInputError("only people with a page can ask for a review; choose a name for your page first")
    state.people.trust.request_review(person.key, fields.get("message", ""), at=state.now())
    return redirect_after_form()
