"""Form to choose which account's display name and picture others see, or to hide them."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from renown.errors import InvalidInputError
from renown.store import IdentityChoice, Person
from renown.web.pages.account.me import redirect_after_form
from renown.web.pages.account.session import PageVisitor
from renown.web.pages.account.sign_in import require_page_owner
from renown.web.state import get_app_state


def choose(request: Request, visitor: PageVisitor, fields: Mapping[str, str]) -> Response:
    """Store what a person chooses to show; it holds from the next page on."""
    state = get_app_state(request)
    person = require_page_owner(state, visitor, "choose a name and a picture")
    state.identities.choose(person.key, _parse_choice(person, fields))
    return redirect_after_form()


def _parse_choice(person: Person, fields: Mapping[str, str]) -> IdentityChoice:
    """
    Return the choice in the fields of the form.

    Raises
    ------
    InvalidInputError
        If the account is not the person's.
    """
    network, _, account_id = fields.get("account", "").partition(":")
    if network and (network, account_id) not in person.accounts:
        raise InvalidInputError(f"{network}:{account_id} is not one of your accounts; choose one of them")
    return IdentityChoice(
        network=network,
        account_id=account_id,
        shows_name=bool(fields.get("shows_name")),
        shows_picture=bool(fields.get("shows_picture")),
    )
