"""Recognize events that a stream sends again, by what they are and not by their cursor alone."""

WINDOW_EVENTS = 100_000
"""Events per generation of a window, which has two: a few minutes of all of Bluesky, in 15 MB."""


class EventWindow:
    """
    The keys of the latest events of a stream, in bounded memory.

    A cursor does not identify an event: a server may give all changes of one commit the same
    cursor, send events out of order, or number them anew. Keys are kept in two generations,
    of which the older one is dropped when the newer one is full.

    Parameters
    ----------
    size : int
        Keys per generation.

    Examples
    --------
    >>> window = EventWindow(2)
    >>> window.add(11, cursor=5), window.add(12, cursor=5), window.add(11, cursor=5)
    (True, True, False)
    """

    def __init__(self, size: int = WINDOW_EVENTS) -> None:
        self._size = size
        self._latest, self._previous = set[int](), set[int]()
        self._latest_max = self._previous_max = 0
        self.floor = 0
        """Greatest cursor of an event whose key was dropped: a new key with a greater cursor is a new event."""

    def add(self, key: int, *, cursor: int) -> bool:
        """Add an event; return False if the window has it already."""
        if key in self._latest or key in self._previous:
            return False
        if len(self._latest) >= self._size:
            self.floor = max(self.floor, self._previous_max)
            self._previous, self._previous_max = self._latest, self._latest_max
            self._latest, self._latest_max = set(), 0
        self._latest.add(key)
        self._latest_max = max(self._latest_max, cursor)
        return True
