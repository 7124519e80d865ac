"""What follows from the served snapshot of the scores, computed once as long as it is served."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from functools import cached_property, lru_cache

from renown import answers
from renown.answers import HiddenRanks, MethodSwitch, Riser, SwitchDays, TopScore, Visibility
from renown.errors import DayNotPublishedError, HomeError
from renown.lake import Lake
from renown.store import PublishedDayStore, ServedScoreStore
from renown.web.concurrency import ConcurrencyLimiter

_MAX_EXPLAINED_SWITCHES = 4096
"""Explanations of a switch of the method in the cache, one per person; each takes about a kilobyte."""


class SnapshotCache:
    """
    Answers about a whole snapshot, cached until another one is served or the visibility changes.

    Parameters
    ----------
    lake : Lake
    days : PublishedDayStore
    scores : ServedScoreStore
    limiter : ConcurrencyLimiter
        Limit of concurrent computations.
    """

    def __init__(
        self, lake: Lake, days: PublishedDayStore, scores: ServedScoreStore, limiter: ConcurrencyLimiter
    ) -> None:
        self._lake, self._days, self._scores, self._limiter = lake, days, scores, limiter

    @cached_property
    def find_hidden_ranks(self) -> Callable[[Visibility, str], HiddenRanks]:
        """Function that finds the ranks of hidden people in a snapshot, cached until either changes."""
        return lru_cache(maxsize=2)(lambda visibility, _: answers.find_hidden_ranks(visibility, self._scores))

    def list_risers(self) -> list[Riser]:
        """List the claimed people whose score rose most in the week before the served day, hidden ones among them."""
        snapshot_id, day = self._scores.snapshot_id(), self._scores.day()
        # The start page is shown even if the files of the day are damaged.
        with suppress(HomeError, DayNotPublishedError):
            return self._find_risers(snapshot_id, day) if snapshot_id and day else []
        return []

    @cached_property
    def _find_risers(self) -> Callable[[str, date], list[Riser]]:
        """Function that finds the risers of a served day, cached until another snapshot is served."""
        return lru_cache(maxsize=2)(lambda _, day: answers.find_risers(self._days, self._scores.recomputed, day))

    @cached_property
    def find_top_scores(self) -> Callable[[Visibility, str, date], tuple[TopScore, ...]]:
        """Function that finds the top scores of a served day, cached until it or the visibility changes."""
        return lru_cache(maxsize=2)(
            lambda visibility, snapshot_id, day: answers.find_top_scores(
                self._days, day, self.find_hidden_ranks(visibility, snapshot_id)
            )
        )

    @cached_property
    def find_minimums(self) -> Callable[[str, date], tuple[float, float]]:
        """Function that returns how much data is enough by the method of a served day, cached."""
        return lru_cache(maxsize=2)(lambda _, day: answers.find_minimums(self._days.find(day)))

    @property
    def collected_kinds(self) -> Mapping[str, frozenset[str]]:
        """Networks with data in the lake, each with the tables that have it; as of the served day."""
        return self._find_collected_kinds(self._scores.snapshot_id())

    @cached_property
    def _find_collected_kinds(self) -> Callable[[str | None], Mapping[str, frozenset[str]]]:
        """Function that lists the data of the lake, cached until another snapshot is served."""

        def find_collected_kinds(_: str | None) -> Mapping[str, frozenset[str]]:
            tables = ("interactions", "tallies", "profiles")
            networks_by_table = {table: set(self._lake.days(table)) for table in tables}
            networks = set().union(*networks_by_table.values())
            return {
                network: frozenset(table for table, names in networks_by_table.items() if network in names)
                for network in networks
            }

        return lru_cache(maxsize=1)(find_collected_kinds)

    @cached_property
    def explain_switch(self) -> Callable[[SwitchDays, int], MethodSwitch | None]:
        """Function that explains a switch to a person, cached: pages of stored profiles rarely wait for it."""

        def explain_switch(switch: SwitchDays, key: int) -> MethodSwitch | None:
            return self._limiter.compute(("switch", switch, key), lambda: answers.explain_method_switch(switch, key))

        return lru_cache(maxsize=_MAX_EXPLAINED_SWITCHES)(explain_switch)
