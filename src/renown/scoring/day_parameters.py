"""Create the parameter tables of one day after another in one session of the engine."""

from typing import TYPE_CHECKING

from renown.engines.base import Engine, Row
from renown.lake import Lake
from renown.method.file import Method
from renown.method.ledger_parameters import build_ledger_parameter_tables
from renown.scoring.inputs import find_observed_days, input_columns

if TYPE_CHECKING:
    from collections.abc import Sequence


class DayParameters:
    """The parameter tables of one day after another; tables that stay the same are created once."""

    def __init__(self, engine: Engine, lake: Lake, method: Method) -> None:
        self._engine = engine
        self._method = method
        self._coverage = [(row[0], row[1]) for row in engine.query("select distinct network, verb from coverage")]
        networks = sorted({row[0] for row in engine.query("select distinct network from accounts")})
        self._observed_days = find_observed_days(lake, networks)
        self.rows: dict[str, Sequence[Row]] = {}
        """Rows of each table."""

    def create(self, day_no: int) -> bool:
        """Create the tables of a day; return False, without any, if there is no data in the window."""
        window = range(day_no - int(self._method["window_days"]) + 1, day_no + 1)
        days = {
            network: len(observed_days.intersection(window))
            for network, observed_days in self._observed_days.items()
            if any(day <= day_no for day in observed_days)
        }
        if not any(days.values()):
            return False
        tables = build_ledger_parameter_tables(self._method, day_no, coverage=self._coverage, days=days)
        for table, rows in tables.items():
            if rows != self.rows.get(table):
                self._engine.create_table(table, rows, input_columns(self._method)[table])
        self.rows = dict(tables)
        return True
