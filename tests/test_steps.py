"""Every SQL step returns the expected rows of its cases on every engine."""

import dataclasses

import pytest

from conftest import METHOD_2
from renown import method
from renown.engines import ENGINES, open_engine
from renown.records import LAKE_COLUMNS
from step_cases import CASES, FAULTS
from test_engines import INTERPRETED_CONF, require_spark

STEPS = {step.name: step for step in (*METHOD_2.steps, *METHOD_2.explanation_steps)}


ZERO_COLUMNS = ("unverified", "self_reported", "self_reported_people", "stated")
"""Columns of steps that are 0, not null, where a case does not give them."""


@pytest.fixture(scope="module", params=["duckdb", pytest.param("spark", marks=pytest.mark.proof)])
def engine(request):
    """Return a session of each engine."""
    if request.param == "spark":
        require_spark()
    with open_engine(request.param, conf={"spark.sql.shuffle.partitions": "2"} | INTERPRETED_CONF) as session:
        yield session


def run(engine, case, step):
    """Run a step of the method without a ledger on the input rows of a case; return its rows."""
    columns_by_table = {name: each.columns for name, each in STEPS.items()} | method.INPUT_COLUMNS | LAKE_COLUMNS
    return run_case(engine, case, step, columns_by_table, ZERO_COLUMNS)


def run_case(engine, case, step, columns_by_table, zero_columns):
    """Run a step on the input rows of a case; return its rows. Columns that are not given are null, or 0."""
    for table, (header, rows) in case.inputs.items():
        columns, names = columns_by_table[table], header.split()
        assert set(names) <= set(columns), table
        defaults = {} if table in LAKE_COLUMNS else dict.fromkeys(zero_columns, 0)
        full_rows = [
            tuple((defaults | dict(zip(names, row, strict=True))).get(name) for name in columns) for row in rows
        ]
        engine.create_table(table, full_rows, columns)
    assert set(step.reads) == set(case.inputs)
    engine.run(step)
    result = engine.query(f"select {', '.join(step.columns)} from {step.name}")
    engine.drop(step.name)
    return result


def normalize(rows):
    """Sort rows, and round floating-point numbers to 1e-9."""
    return sorted(
        (tuple(round(value, 9) if isinstance(value, float) else value for value in row) for row in rows), key=repr
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.step}: {case.rule}")
def test_step_returns_the_expected_rows(engine, case):
    """The rows of each case are equal to 1e-9."""
    assert normalize(case.expected) == normalize(run(engine, case, STEPS[case.step]))


def test_every_engine_is_tested():
    """A new engine has to be added to the fixture."""
    assert {"duckdb", "spark"} == set(ENGINES)


def test_every_step_has_a_case():
    """A new step needs a case."""
    assert set(STEPS) == {case.step for case in CASES}


@pytest.fixture(scope="module")
def duckdb():
    """Return a DuckDB session."""
    with open_engine("duckdb") as session:
        yield session


@pytest.mark.parametrize(("name", "text", "broken"), FAULTS)
def test_contract_detects_a_broken_step(duckdb, name, text, broken):
    """Mutation testing: a wrong day boundary, decay or distinct makes a case fail."""
    step = STEPS[name]
    assert text in step.sql
    broken_step = dataclasses.replace(step, sql=step.sql.replace(text, broken))
    cases = [case for case in CASES if case.step == name]

    assert [case for case in cases if normalize(case.expected) != normalize(run(duckdb, case, broken_step))]
