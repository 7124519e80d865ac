"""Asking: who has a name on a network, and what their account says, for a visitor who waits."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from renown.connectors import CONNECTORS, proofs
from renown.connectors.base import About, Account, Connector
from renown.connectors.http import Client
from renown.errors import BadInput
from renown.records import Profile
from renown.spelling import offer

PAGES = 8
"""Most requests to a network for one question of a visitor's: Mastodon needs four."""
SECONDS = 10.0
"""Most that a visitor waits for one."""
LONGEST = 300
"""Characters of a name that is asked for."""


@dataclass(frozen=True)
class Asking:
    """Asks networks for visitors."""

    client: Callable[[Connector, str], Client]
    """Opens a client of the server that knows a name, with a small budget."""
    at: Callable[[Connector, str], str]
    """Returns the address of that server."""
    now: Callable[[], datetime]

    def server(self, network: str, name: str) -> str:
        """
        Return the address of the server that is asked of a name, however the name is spelled.

        Raises
        ------
        BadInput
            If it is no network that can be asked, or no name of its accounts.
        """
        connector = _connector(network)
        _check_name(connector, name)
        return self.at(connector, name)

    def find(self, network: str, name: str) -> Profile:
        """
        Ask a network who goes by a name.

        Raises
        ------
        BadInput
            If it is no network that can be asked, or no name of its accounts.
        NetworkRefused, NetworkBusy, BudgetSpent
            If the network does not say.
        """
        connector = _connector(network)
        _check_name(connector, name)
        with self.client(connector, name) as asked:
            return connector.find(asked, name, now=self.now())

    def look(self, network: str, account_id: str, handle: str, token: str, page: str) -> str:
        """
        Ask a network whether an account says a token, or links to a page; return the proof, empty where it does not.

        Links count where they can say that they lead to the same person. That an account is called like the host of
        these pages proves it for whoever runs them, who is not the one who asks here.

        Raises
        ------
        NetworkRefused, NetworkBusy, BudgetSpent
            If the network does not say.
        """
        connector = _connector(network)
        with self.client(connector, handle) as asked:
            said = connector.about(asked, Account(account_id, handle), now=self.now())
        return proofs.proof(About(said.text, said.links if connector.says_me else ()), token, page)


def _connector(network: str) -> Connector:
    connector = CONNECTORS.get(network)
    if connector is None:
        shown = network[:40]
        end = offer(shown, CONNECTORS)
        msg = f"accounts on {shown!r} cannot be proven here, for it cannot be asked what they say; {end}"
        raise BadInput(msg)
    return connector


def _check_name(connector: Connector, name: str) -> None:
    """Refuse what is no name, and a server's port: whoever types is not to knock at any door that they like."""
    if not name.strip() or len(name) > LONGEST or not name.isprintable():
        msg = f"{name[:40]!r} is no name on {connector.network}; write one such as {connector.example}"
        raise BadInput(msg)
    try:
        port = urlsplit(connector.server(name)).port
    except ValueError:
        port = 0
    if port is not None:
        msg = f"{name!r} names a port of a server; write a name such as {connector.example}"
        raise BadInput(msg)
