"""Races: standings as they are, held in memory until something of them changes."""

import threading
from collections import OrderedDict

from renown.answers.groups import Standings, standings
from renown.store import Days, Groups, Served

HELD = 16
"""Standings in memory, those asked for last; one of a thousand members with ninety days is some ten megabytes."""

_State = tuple[str | None, str, int]


class Races:
    """
    The standings that pages ask for again and again, which take half a second for a thousand members.

    They change with the scores that are served, and with the group's log; who is forgotten leaves no entry in it, but
    is a member less.
    """

    def __init__(self, groups: Groups, served: Served, days: Days) -> None:
        self._groups, self._served, self._days = groups, served, days
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[str, int], tuple[_State, Standings]] = OrderedDict()

    def standings(self, name: str, challenge: int = 0) -> Standings:
        """
        Return the standings of a group or challenge, as `answers.standings` does.

        Raises
        ------
        UnknownGroup
            If there is no such group or challenge.
        """
        of = name, challenge
        with self._lock:
            state = self._served.copy(), *self._groups.state(name)
            held = self._held.pop(of, None)
            if held is None or held[0] != state:
                held = state, standings(self._groups, self._served, self._days, name=name, challenge=challenge)
            self._held[of] = held
            if len(self._held) > HELD:
                self._held.popitem(last=False)
        return held[1]
