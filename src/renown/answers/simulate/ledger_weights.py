"""Score people of a day with a ledger with custom weights: followers, lists and reactions have one each."""

from collections.abc import Iterable
from dataclasses import replace

from renown.answers.simulate.custom_weights import WEIGHTED_STEPS, WeightSandbox
from renown.engines.base import Engine
from renown.lake import Lake
from renown.method.file import Method
from renown.method.step_files import read_steps
from renown.records import LAKE_COLUMNS
from renown.scoring.inputs import create_parameter_tables
from renown.scoring.replay import load_published_method
from renown.steps import Step
from renown.store import PublishedTables

_PROFILE_ESTIMATES = "profile_estimates"
"""Table of what step `estimates` computes from the published followers and lists alone."""
_ESTIMATES = "estimates"
_COUNT_STEPS = ("latest_profiles", "latest_tallies")
"""Steps that tell of which accounts there are counts without names."""


def open_weight_sandbox(engine: Engine, lake: Lake, published: PublishedTables, people: Iterable[int]) -> WeightSandbox:
    """
    Open a sandbox for a published day, with or without a ledger.

    Raises
    ------
    InvalidMethodError
        As `WeightSandbox`.
    """
    has_ledger = load_published_method(published).has_ledger
    sandbox_class = LedgerWeightSandbox if has_ledger else WeightSandbox
    return sandbox_class(engine, lake, published, people)


class LedgerWeightSandbox(WeightSandbox):
    """
    Published data of some people on one day with a ledger.

    Its points say what followers and lists received, and the value of the reactions, whatever their weights.
    """

    tolerance = 1e-8

    def compute_scores(self, method: Method) -> dict[int, float]:
        """Compute the scores of all people with the weights of a method, by key."""
        self._set_weights(method)
        steps = {step.name: step for step in method.steps}
        trial_steps = {step.name: step for step in read_steps("trials/3")}
        self._engine.run(replace(steps[_ESTIMATES], name=_PROFILE_ESTIMATES))
        self._engine.run(trial_steps[_ESTIMATES])
        for name in WEIGHTED_STEPS:
            self._engine.run(steps[name])
        return self._read_scores()

    def _load_points(self) -> None:
        # What is counted without names is not published; the steps find it again, of these people only.
        for table in ("tallies", "profiles"):
            columns = dict(LAKE_COLUMNS[table])
            own_sql = f"select t.* from {table} t join members m on m.account = t.account"
            self._engine.run(Step(name=f"own_{table}", sql=own_sql, columns=columns))
            self._engine.run(Step(name=table, sql=f"select * from own_{table}", columns=columns, stored=False))
        for step in self.method.steps:
            if step.name in _COUNT_STEPS:
                self._engine.run(step)
        for step in read_steps("trials/3"):
            if step.name != _ESTIMATES:
                self._engine.run(step)
        reactions = next(step for step in self.method.steps if step.name == "reactions")
        self._engine.create_table("reactions", [], reactions.columns)

    def _set_weights(self, method: Method) -> None:
        create_parameter_tables(self._engine, method, self._day_no, coverage=self._coverage, days=self._observed_days)
