"""Addresses of webhooks that visitors and applications give."""

from renown.connectors.http.webhook import check_webhook_url
from renown.errors import InvalidInputError, InvalidSettingsError
from renown.web.people import is_storable_text
from renown.web.state import AppState


def check_webhook_address(state: AppState, address: str) -> str:
    """
    Check that webhooks can be sent to an address.

    Raises
    ------
    InvalidInputError
        If it is no URL, has a password, or is not encrypted, or a database cannot store it.
    """
    if not is_storable_text(address):
        raise InvalidInputError(f"webhooks cannot be sent to {address[:100]!r}: it has characters that URLs escape")
    try:
        return check_webhook_url(address, allow_private=state.settings.private_webhooks)
    except InvalidSettingsError as error:
        raise InvalidInputError(f"webhooks cannot be sent to {address[:100]!r}: {error}") from error
