"""Compute the first score of one person: the days of the window until today, and the profile of the last one."""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from renown import answers
from renown.answers import PersonProfile
from renown.engines.base import Engine
from renown.errors import DayNotPublishedError
from renown.progress import Progress
from renown.records import day_number
from renown.runs.past import PastResources, retry_if_disturbed
from renown.scoring import load_subject
from renown.scoring.day_batch import DayBatch
from renown.scoring.past import PastDays, recompute_days
from renown.scoring.past_sessions import load_acts
from renown.scoring.unpublished_day import write_unpublished_day
from renown.store import FirstScorePoints, Person, PublishedTables, Recomputation

_FOLDER = "first-score"
"""Takes the place of a method's version in the path of the folder of an unpublished day."""


@dataclass(frozen=True, kw_only=True)
class FirstScoreDays:
    """The days of the window of somebody without a published score, and the points of the last one."""

    recomputation: Recomputation
    points: tuple[FirstScorePoints, ...]
    """Most points first; empty if nothing is known of them."""

    @property
    def has_score(self) -> bool:
        """Whether the last day has a score."""
        return self.recomputation.scores[-1][1] is not None


def compute_first_score(
    resources: PastResources,
    person: Person,
    *,
    now: datetime,
    progress: Progress,
    on_scored: Callable[[FirstScoreDays], None],
) -> PersonProfile | None:
    """
    Compute the days of the window that ends today, of one person who has no published score, and explain the last one.

    Only the acts on this person's accounts are entered, and nothing is stored: the next scored day enters those on
    everybody. Who is known follows the standings as they are.

    Parameters
    ----------
    resources : PastResources
        The method has a ledger.
    person : Person
    now : datetime
        Only a window that ends today has the followers, which are counted from today on.
    progress : Progress
    on_scored : callable
        Called with the days as soon as they are computed: who and what is behind the score takes longer.

    Returns
    -------
    PersonProfile or None
        None if the last day has no score.

    Raises
    ------
    DayNotPublishedError
        If the lake has no data in the window.
    """

    def compute(engine: Engine) -> PersonProfile | None:
        versions = load_acts(engine, resources.lake, resources.people, resources.method, last=now.date())
        days = _compute_days(engine, resources, person, versions, last=now.date(), progress=progress)
        on_scored(days)
        return _explain(engine, resources, person, versions, now=now) if days.has_score else None

    return retry_if_disturbed(resources, compute)


def _compute_days(
    engine: Engine,
    resources: PastResources,
    person: Person,
    versions: dict[str, int],
    *,
    last: date,
    progress: Progress,
) -> FirstScoreDays:
    points: dict[int, list[FirstScorePoints]] = {}

    def read_points(batch: DayBatch) -> None:
        points.update(batch.read_points(day_number(last)))

    first = last - timedelta(days=int(resources.method["window_days"]) - 1)
    scores = recompute_days(
        engine,
        resources.lake,
        resources.method,
        PastDays(people=[person], first=first, last=last, uses_ledger=False),
        versions=versions,
        progress=progress,
        on_scored=read_points,
    )[person.person_id]
    return FirstScoreDays(
        recomputation=Recomputation(person_id=person.person_id, scores=scores, inputs=""),
        points=tuple(points.get(person.person_id, ())),
    )


def _explain(
    engine: Engine, resources: PastResources, person: Person, versions: dict[str, int], *, now: datetime
) -> PersonProfile:
    """Compute the profile of the last day; influencers have the scores of the latest published day, if there is one."""
    with ExitStack() as opened:
        folder = opened.enter_context(resources.days.staging_folder(now.date(), _FOLDER))
        day = write_unpublished_day(
            engine, resources.lake, resources.method, folder, day=now.date(), versions=versions, now=now
        )
        tables, others = opened.enter_context(PublishedTables(day)), None
        with suppress(DayNotPublishedError):
            others = opened.enter_context(PublishedTables(resources.days.find()))
        subject = load_subject(person, engine, resources.lake)
        [profile] = answers.compute_profiles(
            [subject], resources.people.all_consenting(), tables, engine, resources.lake, others=others
        )
        return profile
