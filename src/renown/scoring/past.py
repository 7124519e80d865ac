"""Recompute past days of claimed people from the ledger's entries of their accounts, all days in one pass."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from renown.engines.base import Engine
from renown.lake import Lake
from renown.method.file import Method
from renown.method.step_files import read_steps
from renown.progress import Progress
from renown.records import LAKE_COLUMNS, day_from_number, day_number
from renown.scoring.day_batch import DayBatch
from renown.scoring.day_parameters import DayParameters
from renown.scoring.inputs import END_OF_DAY
from renown.scoring.past_inputs import CONSTANT_STEPS, load_claimed_entries, load_lake_rows, load_members
from renown.steps import Step
from renown.store import Person

PastScores = dict[int, list[tuple[int, float | None]]]
"""Number of a person to (day number, score) of each day; None if nothing was known of them in the window."""

_STEPS = "past/3"
_DAYS_PER_BATCH = 90
"""Days that are scored in one pass."""
_COUNT_STEPS = ("latest_tallies", "countable", "unknown_acts", "unknown_actors")
"""Steps of the method that have no rows without counts."""


@dataclass(frozen=True, kw_only=True)
class PastDays:
    """Which days of whom to recompute."""

    people: Sequence[Person]
    first: date
    last: date
    """At most the last day that was entered into the ledger, unless that is not used."""
    uses_ledger: bool = True
    """Whether the ledger has the acts on these people; if not, all are entered for them alone, and not stored."""

    @property
    def numbers(self) -> range:
        """Numbers of the days."""
        return range(day_number(self.first), day_number(self.last) + 1)


def recompute_days(
    engine: Engine,
    lake: Lake,
    method: Method,
    past: PastDays,
    *,
    versions: Mapping[str, int],
    progress: Progress,
    on_scored: Callable[[DayBatch], None] | None = None,
) -> PastScores:
    """
    Compute the scores that people would have had on past days, by the ledger as it is now.

    The score of a day has the bits that publishing the day again would give.

    Parameters
    ----------
    engine : Engine
        The session of `refresh_ledger` or `load_acts`.
    lake : Lake
    method : Method
    past : PastDays
    versions : mapping of str to int
        As `refresh_ledger` or `load_acts` returned them.
    progress : Progress
    on_scored : callable, optional
        Called with each batch of days, once it is scored.
    """
    parameters = DayParameters(engine, lake, method)
    past_steps = read_steps(_STEPS)
    load_members(engine, lake, method, past.people, versions)
    load_claimed_entries(engine, lake, method, past.numbers, uses_ledger=past.uses_ledger)
    load_lake_rows(engine, lake, method, past.numbers, versions)
    parameters.create(past.numbers[-1])
    for step in past_steps[:-1]:
        engine.run(step)
    engine.run(Step(name="entries", sql="select * from entry_sums", columns=past_steps[0].columns, stored=False))
    scores: PastScores = {person.person_id: [] for person in past.people}
    for begin in range(0, len(past.numbers), _DAYS_PER_BATCH):
        days = past.numbers[begin : begin + _DAYS_PER_BATCH]
        batch = DayBatch(engine, method, days)
        _add_days(batch, engine, parameters, days, progress, count_reactors=past_steps[-1])
        batch_scores = batch.score()
        if on_scored:
            on_scored(batch)
        for person_id, person_scores in scores.items():
            person_scores += [(day_no, batch_scores.get(day_no, {}).get(-person_id)) for day_no in days]
    return scores


def _add_days(
    batch: DayBatch,
    engine: Engine,
    parameters: DayParameters,
    days: range,
    progress: Progress,
    *,
    count_reactors: Step,
) -> None:
    """Run the steps of each day and add the results to a batch; `count_reactors` replaces the step of its name."""
    daily_steps = [
        count_reactors if step.name == count_reactors.name else step
        for step in batch.daily_steps
        if step.name not in CONSTANT_STEPS
    ]
    unchanged_steps: set[str] = set()
    # The tables of an earlier batch have the rows of all its days.
    parameters.rows.clear()
    for day_no in days:
        progress.advance(day_from_number(day_no).isoformat())
        if parameters.create(day_no):
            for step in (*_day_inputs(day_no), *daily_steps):
                if step.name not in unchanged_steps:
                    engine.run(step)
            unchanged_steps = unchanged_steps or _list_unchanged_steps(engine)
            batch.add(day_no, parameters.rows)


def _day_inputs(day_no: int) -> list[Step]:
    """Return the steps that limit what is known of undone acts and of absent accounts to the days up to one."""
    undone_sql = f"select * from known_undone where day_no <= {day_no}"
    # As in `load_inputs`: an opt-out overrides all other rows.
    presence_sql = f"""
        select network, day_no, account, present, second from known_presence where day_no <= {day_no}
        union all
        select network, cast({day_no} as integer), account, false, cast({END_OF_DAY} as integer) from opted_out"""
    return [
        Step(name="undone", sql=undone_sql, columns=LAKE_COLUMNS["undone"]),
        Step(name="presence", sql=presence_sql, columns=LAKE_COLUMNS["presence"], stored=False),
    ]


def _list_unchanged_steps(engine: Engine) -> set[str]:
    """List the steps that need not run again for the next day: nobody claimed has rows that change with the day."""
    unchanged_steps: set[str] = set()
    if not engine.query("select 1 from known_presence limit 1"):
        unchanged_steps |= {"presence", "absent"}
    if not engine.query("select 1 from tallies limit 1"):
        unchanged_steps |= {"undone", *_COUNT_STEPS}
    return unchanged_steps
