"""Create the tables that entering days reads beside the acts: seeds, accounts that count as known, and constants."""

from collections.abc import Mapping

from renown.engines.base import Engine
from renown.lake import Lake
from renown.method.file import Method
from renown.method.ledger_parameters import LEDGER_INPUT_COLUMNS, build_entry_parameter_tables
from renown.scoring.presumed import PresumedInputs, create_presumed_accounts
from renown.steps import Step

VERIFIED_ACCOUNT_COLUMNS = {
    "network": "string",
    "account_id": "string",
    "seed_group": "smallint",
    "removed": "boolean",
}
"""Columns of the table `verified_accounts`: credit starts at all of them that were not removed as seeds."""


def create_seeds(engine: Engine) -> None:
    """Create the table of seeds from `verified_accounts`."""
    seeds_sql = (
        "select a.account, v.seed_group from verified_accounts v "
        "join accounts a on a.network = v.network and a.account_id = v.account_id where not v.removed"
    )
    engine.run(Step(name="seeds", sql=seeds_sql, columns=LEDGER_INPUT_COLUMNS["seeds"]))


def load_entry_inputs(engine: Engine, lake: Lake, method: Method, *, versions: Mapping[str, int]) -> None:
    """
    Create the table of seeds, see `create_seeds`, and that of accounts that count as known without credit.

    Parameters
    ----------
    engine : Engine
        Has the inputs of a day, and the table `verified_accounts`.
    lake : Lake
    method : Method
    versions : mapping of str to int
        Version of each lake table.
    """
    create_seeds(engine)
    create_presumed_accounts(engine, PresumedInputs(lake=lake, method=method, versions=versions))


def create_entry_parameter_tables(engine: Engine, method: Method) -> None:
    """Create the tables of constants that only the entry and credit steps read."""
    for table, rows in build_entry_parameter_tables(method).items():
        engine.create_table(table, rows, LEDGER_INPUT_COLUMNS[table])
