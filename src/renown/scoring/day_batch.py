"""Score many days in one pass: the method's steps from the balances on run once, over an account key for each day."""

from collections.abc import Mapping, Sequence

from renown.engines.base import Engine, Row
from renown.method.file import Method
from renown.method.parameters import MILLION
from renown.scoring.inputs import input_columns
from renown.steps import Step
from renown.store import FirstScorePoints, ScoreSources

_FIRST_STEP, _LAST_STEP, _POINTS_STEP = "reactions", "scores", "points"
"""From the balances on, steps read only rows of the account itself, and parameters of its network."""
_OWNER_COLUMNS = {
    "accounts": {"network": "string", "account": "bigint", "account_id": "string"},
    "members": {"account": "bigint", "person": "bigint", "name": "string"},
}
"""Tables that are the same on each day, with their columns."""


class DayBatch:
    """
    What accounts received on many days, to be scored in one pass.

    Every day gets account and person keys of its own. Days whose parameters differ get networks of their own, since
    parameters are by network.

    Parameters
    ----------
    engine : Engine
        Has the tables `accounts` and `members` of the accounts to score.
    method : Method
        A method with a ledger.
    days : sequence of int
        Day numbers.
    """

    def __init__(self, engine: Engine, method: Method, days: Sequence[int]) -> None:
        self._engine = engine
        self._days = days
        self._method = method
        steps = method.steps_until(_LAST_STEP)
        first = [step.name for step in steps].index(_FIRST_STEP)
        self.daily_steps, self._common_steps = steps[:first], steps[first:]
        tables = {table for step in self._common_steps for table in step.reads}
        self._state_columns = {
            step.name: step.columns
            for step in self.daily_steps
            if step.name in tables and step.name not in _OWNER_COLUMNS
        }
        self._network_columns = {
            table: columns
            for table, columns in input_columns(method).items()
            if table in tables and "network" in columns
        }
        self._network_rows: list[Mapping[str, Sequence[Row]]] = []
        """Rows of each of `_network_columns`, for each distinct set of parameters."""
        self._parameters: dict[int, int] = {}
        """Index of each added day to its set of parameters."""
        rows = engine.query("select distinct account from members order by account")
        numbers = [(account, number) for number, (account,) in enumerate(rows, 1)]
        engine.create_table("numbered_accounts", numbers, {"account": "bigint", "number": "bigint"})
        for table, columns in _OWNER_COLUMNS.items():
            self._run(f"single_{table}", f"select {', '.join(columns)} from {table}", columns)

    def add(self, day_no: int, parameters: Mapping[str, Sequence[Row]]) -> None:
        """
        Add a day of which the engine has the results of `daily_steps`.

        Parameters
        ----------
        day_no : int
        parameters : mapping of str to sequence of tuple
            Rows of the parameter tables of the day.
        """
        index, network_rows = self._days.index(day_no), {table: parameters[table] for table in self._network_columns}
        if not self._network_rows or self._network_rows[-1] != network_rows:
            self._network_rows.append(network_rows)
        self._parameters[index] = len(self._network_rows) - 1
        for table, columns in self._state_columns.items():
            network_sql = f"concat(t.network, ' {self._parameters[index]}')"
            keys = {"account": self._account_sql(str(index)), "network": network_sql}
            columns_sql = ", ".join(f"{keys.get(name, f't.{name}')} as {name}" for name in columns)
            sql = f"select {columns_sql} from {table} t join numbered_accounts n on n.account = t.account"
            self._run(f"{table}_{index}", sql, columns)

    def score(self) -> dict[int, dict[int, float]]:
        """Return the scores of the people of whom anything is known in the window, by key, for each added day."""
        if not self._parameters:
            return {}
        self._create_tables()
        for step in self._common_steps:
            self._engine.run(step)
        rows = self._engine.query("""
            select s.person, s.score from scores s
            join (select person, sum(weights) as weights from strengths group by person) t on t.person = s.person
            where s.person < 0 and t.weights > 0""")
        scores: dict[int, dict[int, float]] = {self._days[index]: {} for index in self._parameters}
        for key, score in rows:
            number, index = divmod(-key, len(self._days))
            scores[self._days[index]][-number] = score
        self._restore_owners()
        return scores

    def read_sources(self) -> dict[int, dict[int, ScoreSources]]:
        """Return what these scores were computed from, by key, for each added day; after `score`."""
        if not self._parameters:
            return {}
        rows = self._engine.query("""
            select person, cast(sum(weights) as bigint), min(case when weights > 0 then days end), max(self_reported)
            from strengths where person < 0 group by person having sum(weights) > 0""")
        sources: dict[int, dict[int, ScoreSources]] = {self._days[index]: {} for index in self._parameters}
        for key, weights, days, self_reported in rows:
            number, index = divmod(-key, len(self._days))
            sources[self._days[index]][-number] = ScoreSources(weights, days, bool(self_reported))
        return sources

    def read_points(self, day_no: int) -> dict[int, list[FirstScorePoints]]:
        """Return the points of people on one of the scored days, by their number, most points first; after `score`."""
        self._create_owners()
        later_steps = self._method.steps_until(_POINTS_STEP)[len(self._method.steps_until(_LAST_STEP)) :]
        for step in later_steps:
            self._engine.run(step)
        index = self._days.index(day_no)
        rows = self._engine.query(f"""
            select p.person, s.network, s.account_id, p.signal, p.received, p.points, p.self_reported
            from {_POINTS_STEP} p
            join numbered_accounts n on p.account = {self._account_sql(str(index))}
            join single_accounts s on s.account = n.account
            where p.person < 0 order by p.points desc, s.network, s.account_id, p.signal""")
        self._restore_owners()
        names = {signal.number: signal.name for signal in self._method.signals}
        points: dict[int, list[FirstScorePoints]] = {}
        for person, network, account_id, signal, received, signal_points, self_reported in rows:
            row = FirstScorePoints(
                network=network,
                account_id=account_id,
                signal=names[signal],
                received=received / MILLION,
                points=signal_points,
                self_reported=self_reported / MILLION,
            )
            points.setdefault(-person // len(self._days), []).append(row)
        return points

    def _restore_owners(self) -> None:
        for table, columns in _OWNER_COLUMNS.items():
            self._run(table, f"select * from single_{table}", columns)

    def _create_tables(self) -> None:
        """Create the tables that the steps read, with the rows of all days."""
        for table, columns in self._state_columns.items():
            parts = [f"{table}_{index}" for index in self._parameters]
            self._run(table, " union all ".join(f"select * from {part}" for part in parts), columns)
            for part in parts:
                self._engine.drop(part)
        for table, network_columns in self._network_columns.items():
            position = list(network_columns).index("network")
            rows = [
                (*row[:position], f"{row[position]} {number}", *row[position + 1 :])
                for number, tables in enumerate(self._network_rows)
                for row in tables[table]
            ]
            self._engine.create_table(table, rows, network_columns)
        self._create_owners()

    def _create_owners(self) -> None:
        """Create the tables of accounts and their owners, with a row for each day."""
        suffixes = [(index, f" {number}") for index, number in self._parameters.items()]
        self._engine.create_table("batch_days", suffixes, {"day_index": "bigint", "suffix": "string"})
        account_sql = self._account_sql("d.day_index")
        person_sql = f"cast(t.person * {len(self._days)} - d.day_index as bigint)"
        selects = {
            "accounts": f"concat(t.network, d.suffix) as network, {account_sql} as account, t.account_id",
            "members": f"{account_sql} as account, {person_sql} as person, t.name",
        }
        for table, select in selects.items():
            rows_sql = (
                f"from single_{table} t join numbered_accounts n on n.account = t.account cross join batch_days d"
            )
            self._run(table, f"select {select} {rows_sql}", _OWNER_COLUMNS[table])

    def _account_sql(self, index_sql: str) -> str:
        """Return the SQL of an account's key on a day."""
        return f"cast(n.number * {len(self._days)} + {index_sql} as bigint)"

    def _run(self, table: str, sql: str, columns: Mapping[str, str]) -> None:
        self._engine.run(Step(name=table, sql=sql, columns=dict(columns)))
