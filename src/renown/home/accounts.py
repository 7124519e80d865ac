"""Look up accounts on networks, with the settings and credentials of a home."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from renown.connectors.base import Connector
from renown.connectors.profile_urls import normalize_name
from renown.errors import NetworkRefusedError
from renown.home.parts import Home
from renown.progress import ignore_message
from renown.records import Profile


def find_account(
    home: Home, connector: Connector, name: str, now: datetime, *, notify: Callable[[str], None] = ignore_message
) -> Profile:
    """Look up an account on a network by its name, or the URL of its page; `notify` tells of waits."""
    name = normalize_name(connector, name)
    *other_owners, last_owner = home.list_token_owners(connector)
    for owner in other_owners:
        with (
            suppress(NetworkRefusedError),
            home.client(connector, name, account_id=owner, notify=notify) as client,
        ):
            return connector.find(client, name, now=now)
    with home.client(connector, name, account_id=last_owner, notify=notify) as client:
        return connector.find(client, name, now=now)
