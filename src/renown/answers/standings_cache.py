"""Cache the standings of groups until scores, visibility or the group's log change."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from renown.answers.group_standings import Standings, compute_standings
from renown.answers.visibility import Visibility
from renown.store import GroupStore, PublishedDayStore, ServedScoreStore

CACHE_SIZE = 16
"""Maximum standings in the cache, least recently used ones dropped; 1,000 members with 90 days take about 10 MB."""
_NO_VISIBILITY = -1
"""Version in the cache of standings that show everybody."""
_CacheVersion = tuple[str | None, str, int, int]


class StandingsCache:
    """
    LRU cache of standings: computing them takes half a second for a thousand members.

    An entry is stale once another snapshot of scores is served, the group's log grows, the number of members changes
    (erasing a person's data removes a member without a log entry), or somebody becomes visible or hidden.
    """

    def __init__(self, groups: GroupStore, score_store: ServedScoreStore, days: PublishedDayStore) -> None:
        self._groups, self._score_store, self._days = groups, score_store, days
        self._lock = threading.Lock()
        self._cache: OrderedDict[tuple[str, int], tuple[_CacheVersion, Standings]] = OrderedDict()

    def get_standings(self, name: str, challenge: int = 0, visibility: Visibility | None = None) -> Standings:
        """
        Return the standings of a group or challenge, computed if they are not cached.

        Parameters
        ----------
        name : str
        challenge : int
            0 for the group itself.
        visibility : Visibility, optional
            Who is shown; everybody without it.

        Raises
        ------
        GroupNotFoundError
            If there is no such group or challenge.
        """
        key, visibility_version = (name, challenge), visibility.version if visibility else _NO_VISIBILITY
        with self._lock:
            version = self._score_store.snapshot_id(), *self._groups.head_and_member_count(name), visibility_version
            entry = self._cache.pop(key, None)
            if entry is None or entry[0] != version:
                entry = (version, self._compute_standings(name, challenge, visibility.includes if visibility else None))
            self._cache[key] = entry
            if len(self._cache) > CACHE_SIZE:
                self._cache.popitem(last=False)
        return entry[1]

    def get_standings_for(self, member: int, name: str, visibility: Visibility) -> Standings:
        """Return the standings of a group as a member sees them: with their own row, even if others do not see it."""
        if visibility.includes(member):
            return self.get_standings(name, 0, visibility)
        return self._compute_standings(name, 0, lambda key: key == member or visibility.includes(key))

    def _compute_standings(self, name: str, challenge: int, is_shown: Callable[[int], bool] | None) -> Standings:
        return compute_standings(
            self._groups, self._score_store, self._days, name=name, challenge=challenge, is_shown=is_shown
        )
