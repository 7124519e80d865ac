"""Forms to join and leave groups."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from renown.errors import InvalidInputError
from renown.store import Person
from renown.web.pages.account.me import find_signed_in_person, redirect_after_form
from renown.web.pages.account.session import PageVisitor
from renown.web.state import AppState, get_app_state


def join(request: Request, visitor: PageVisitor, fields: Mapping[str, str]) -> Response:
    """Add a signed-in person to a group, with an invitation if it needs one; their current score is their start."""
    state = get_app_state(request)
    person = _require_person(state, visitor)
    if not person.has_consented:
        raise InvalidInputError("you have opted out, and a group shows your score; opt in again first")
    state.groups.join(
        fields.get("group", ""),
        person,
        at=state.now(),
        invitation=fields.get("invitation", "").strip() or None,
        latest_score=state.scores.find(person.key),
    )
    return redirect_after_form()


def leave(request: Request, visitor: PageVisitor, fields: Mapping[str, str]) -> Response:
    """Remove a signed-in person from a group."""
    state = get_app_state(request)
    state.groups.leave(fields.get("group", ""), _require_person(state, visitor), at=state.now())
    return redirect_after_form()


def _require_person(state: AppState, visitor: PageVisitor) -> Person:
    person = find_signed_in_person(state, visitor.session)
    if person is None:
        raise InvalidInputError("you are not signed in; enter your account first")
    return person
