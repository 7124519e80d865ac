"""Tryouts: what trials of other weights start from, held ready as long as its day is served."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from renown.answers import Tryout
from renown.store import PublishedDay
from renown.web.places import Places


@dataclass
class Tryouts:
    """The tryout of one server: of the day that is served and the people who are shown."""

    places: Places = field(default_factory=lambda: Places(1))
    """A trial has the engine for itself; who waits for it are not all who ask for pages."""
    _lock: Lock = field(default_factory=Lock)
    _held: tuple[tuple[PublishedDay, frozenset[int]], Tryout] | None = None

    @contextmanager
    def use(self, day: PublishedDay, people: frozenset[int], opens: Callable[[], Tryout]) -> Iterator[Tryout]:
        """
        Lend the tryout of a day and people to one at a time; of another day, or other people, what was held ends.

        Parameters
        ----------
        day : PublishedDay
        people : frozenset of int
            Keys of everybody; who left is no longer in what is held.
        opens : callable
            Makes it.

        Raises
        ------
        Busy
            If too many have trials.
        """
        with self.places.one(), self._lock:
            if self._held is None or self._held[0] != (day, people):
                fresh = opens()
                if self._held:
                    self._held[1].close()
                self._held = ((day, people), fresh)
            yield self._held[1]

    def close(self) -> None:
        """End what is held, when no trial is going on."""
        with self._lock:
            if self._held:
                self._held[1].close()
            self._held = None
