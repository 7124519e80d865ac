"""Form with which a person chooses the time zone of their hours."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from renown import answers
from renown.web.pages.account.me import redirect_after_form
from renown.web.pages.account.session import PageVisitor
from renown.web.pages.account.sign_in import require_page_owner
from renown.web.state import get_app_state


def change_time_zone(request: Request, visitor: PageVisitor, fields: Mapping[str, str]) -> Response:
    """Change the time zone of the visitor."""
    state = get_app_state(request)
    person = require_page_owner(state, visitor, "choose a time zone")
    zone = answers.find_time_zone(fields.get("time_zone", "").strip())
    state.people.set_time_zone(person.key, zone.key)
    return redirect_after_form("/me#time-zone-title")
