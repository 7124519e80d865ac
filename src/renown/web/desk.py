"""The desk: what visitors of the web can have done, beside what they can read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from renown.answers.held import Home
from renown.records import Profile
from renown.store import Person, Settling


@dataclass(frozen=True)
class Desk:
    """What is done for visitors; whoever opens a home says how."""

    home: Home
    """What holds people."""
    settling: Settling
    networks: Mapping[str, str]
    """Networks whose accounts can be proven, each with a name as people type it."""
    linking: frozenset[str]
    """Those where a link to a person's page proves an account, too."""
    server: Callable[[str, str], str]
    """Returns the address of the server that a network's name is asked of."""
    find: Callable[[str, str], Profile]
    """Asks a network who goes by a name."""
    look: Callable[[str, str, str, str, str], str]
    """Asks a network, of an account's id and handle, for a token or a link to a page; returns the proof, or nothing."""
    hide: Callable[[Person], None]
    """Shows nothing of a person from here on."""
    opt_in: Callable[[Person], None]
    """Shows a person again who opted out."""
    hasten: Callable[[], None]
    """Lets wishes be granted now, in a process of its own, without waiting for it."""
    welcome: Callable[[], None]
    """Lets accounts that were never read be read now, in a process of its own, too."""
