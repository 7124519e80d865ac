"""Form to take an account off one's own page that was claimed by mistake, or is not one's own any more."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from renown.errors import InvalidInputError
from renown.web.pages.account.me import redirect_after_form
from renown.web.pages.account.session import PageVisitor
from renown.web.pages.account.sign_in import require_page_owner
from renown.web.state import get_app_state


def remove(request: Request, visitor: PageVisitor, fields: Mapping[str, str]) -> Response:
    """
    Take an account off the signed-in person; pages show it no longer, and scores count it until the next day.

    Raises
    ------
    InvalidInputError
        If it is not theirs, or no verified account would be left.
    """
    state = get_app_state(request)
    person = require_page_owner(state, visitor, "remove an account")
    account = (fields.get("network", ""), fields.get("account", ""))
    if account not in person.accounts:
        raise InvalidInputError("this is not one of your accounts any more; the list below has those that are")
    if not person.has_verified_besides(*account):
        raise InvalidInputError(
            "this is your only verified account, by which you sign in; verify another one before you remove it, "
            "or opt out, or delete your data"
        )
    state.people.remove_claim(person, *account)
    return redirect_after_form()
