"""Names of accounts as people type them: the error for an invalid one, and the check of its server."""

from typing import TYPE_CHECKING

from renown.errors import InvalidInputError, NetworkRefusedError
from renown.text import truncate

if TYPE_CHECKING:
    from renown.connectors.http import Client

_MAX_SHOWN_CHARACTERS = 80


def shorten_name(name: str) -> str:
    """
    Return a name for a message: in quotes, and cut if it is long.

    Examples
    --------
    >>> shorten_name("ada"), len(shorten_name("a" * 1000))
    ("'ada'", 83)
    """
    return repr(truncate(name, _MAX_SHOWN_CHARACTERS))


def invalid_name_error(network: str, name: str, expected: str) -> InvalidInputError:
    """
    Return the error for a text that is no name of an account on a network.

    `expected` says what to write instead, with an example.
    """
    return InvalidInputError(f"{shorten_name(name)} is no account of {network}; write {expected}")


def check_home_server(client: "Client", network: str, name: str, host: str) -> None:
    """
    Check that requests go to an account's own server, which alone knows all reactions to it.

    Servers in a private network are not checked: their addresses may differ from their names.

    Raises
    ------
    NetworkRefusedError
        If they go to another one.
    """
    if client.authority != host and not client.is_private:
        raise NetworkRefusedError(
            f"{client.host} is not the server of {shorten_name(name)}; set no other server for {network}"
        )
