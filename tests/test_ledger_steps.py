"""The SQL steps of the method with a ledger return the expected rows of their cases on every engine."""

import dataclasses

import pytest

from ledger_step_cases import CREDIT_CASES, ENTRY_CASES, EXPLANATION_CASES, PRESUMED_CASES, STEP_CASES
from renown import method
from renown.engines import open_engine
from renown.method.ledger_parameters import LEDGER_INPUT_COLUMNS
from renown.method.step_files import SEED_GROUPS
from renown.records import LAKE_COLUMNS
from renown.scoring.ledger import LEDGER_COLUMNS
from test_engines import INTERPRETED_CONF, require_spark
from test_steps import normalize, run_case

METHOD = method.load_method(method.find_version("3"))
CASES = [
    *((METHOD.presumed_steps, case) for case in PRESUMED_CASES),
    *((METHOD.entry_steps, case) for case in ENTRY_CASES),
    *((METHOD.credit_steps, case) for case in CREDIT_CASES),
    *((METHOD.steps, case) for case in STEP_CASES),
    *((METHOD.explanation_steps, case) for case in EXPLANATION_CASES),
]
DAY_ACTS = {"actor": "bigint", "target": "bigint", "signal": "smallint"}
ZERO_COLUMNS = ("self_reported", "self_reported_people", *(f"credit_{group}" for group in range(SEED_GROUPS)))
FAULTS = [
    ("latest_tallies", "r.since < ", "0 < "),
    ("latest_tallies", "and k.verb = t.verb", ""),
    ("latest_tallies", "t.count > 0 and ", ""),
    ("unknown_actors", "min(observed)", "max(observed)"),
    ("reactions", "min(observed)", "max(observed)"),
    ("values", "when observed = 1 then reactions_value", "when observed >= 0 then reactions_value"),
    ("values", "case when observed = 1 then coalesce(reactions", "case when observed >= 0 then coalesce(reactions"),
    ("values", "most_presumed_lists, reactions_bound)", "most_presumed_lists)"),
    ("latest_tallies", "and w.network is not null", ""),
    ("values", "e.presumed_lists_part + e.presumed_reactions_part", "e.presumed_lists_part"),
    ("reactions", "cast(sum(case when known = 0", "cast(sum(case when known >= 0"),
    ("entries", "m.unverified = 0 and m.is_friend = 0 and", "m.is_friend = 0 and"),
    ("reciprocal_days", "r.day_no > d.day_no", "r.day_no >= d.day_no"),
    ("attentions", "> c.attention_accounts", ">= c.attention_accounts"),
    ("entries", "and j.first_day <= d.day_no", ""),
    ("established_accounts", "p.created_day + c.established_days", "p.created_day"),
    ("established_accounts", "case when p.day_no > f.day_no then p.day_no else 0 end", "0"),
    ("established_accounts", "having max(verb) = -1", ""),
    ("established_accounts", "p.self_reported is null and", ""),
    ("presumed_accounts", "verb in (-1, 0)", "verb = 0"),
    ("vouchers", "where 2 * s.credit > c.credit", "where 2 * s.credit >= c.credit"),
    ("vouchers", "order by s.credit desc, s.source", "order by s.source"),
    ("vouchers", "case when count(*) = 2 then max(source) else 0 end", "max(source)"),
    ("credit_sources", "where second_voucher <> 0", ""),
    ("passed_sources", "where second_voucher <> 0", ""),
    ("received_credits", "having sum(", "having 1 + sum("),
    ("entries", "and v.actor is null", ""),
    ("vouched_pairs", "v.second_voucher = s.second_voucher", "true"),
    ("vouched_pairs", "v.voucher = s.voucher", "true"),
    ("vouched_pairs", "d.day_no - 2 * c.credit_days < v.until_day", "d.day_no - 2 * c.credit_days <= v.until_day"),
    ("vouched_pairs", "d.day_no - 2 * c.credit_days < v.until_day", "d.day_no < v.until_day"),
    ("vouched_pairs", "and v.first_day <= d.day_no", ""),
    ("vouched_pairs", "or s.second_voucher = d.target", ""),
    ("vouched_pairs", "and v.second_voucher <> 0", ""),
    ("passed_credits", "coalesce(v.voucher, p.actor)", "p.actor"),
    ("passed_credits", "and v.voucher <> p.actor", ""),
    ("new_flows", "coalesce(v.voucher, 0)", "v.voucher"),
    ("unknown_acts", "greatest(x.decay - i.decay, 0)", "0"),
    ("scores", "case when max(audience) is not null then", "case when true then"),
    ("new_standings", "least(k.vouching_groups, g.half)", "1e0"),
    *(("act_worths", text, "true") for text in ("i.actor <> i.target", "u.interaction is null", "g.account is null")),
    ("act_worths", "where o.actor is null", ""),
    ("act_worths", "cast(s.weight as double) / cast(d.weight as double)", "1e0 / cast(d.acts as double)"),
    ("post_shares", "case when a.age = 0 then w.fresh_worth else w.worth end", "w.worth"),
    ("post_shares", "case when s.known = 1 then 1e0", "case when s.known >= 0 then 1e0"),
    ("new_standings", "greatest(1e0, least(k.vouching_groups, g.half))", "least(k.vouching_groups, g.half)"),
]
"""Step, text of its SQL, and a wrong one."""


@pytest.fixture(scope="module", params=["duckdb", pytest.param("spark", marks=pytest.mark.proof)])
def engine(request):
    """Return a session of each engine."""
    if request.param == "spark":
        require_spark()
    with open_engine(request.param, conf={"spark.sql.shuffle.partitions": "2"} | INTERPRETED_CONF) as session:
        yield session


@pytest.fixture(scope="module")
def duckdb():
    """Return a DuckDB session."""
    with open_engine("duckdb") as session:
        yield session


def find_step(steps, name):
    """Return the step of a name."""
    return next(step for step in steps if step.name == name)


def run(engine, case, step):
    """Run a step on the input rows of a case; return its rows."""
    results = {each.name: each.columns for each in (*METHOD.all_steps(), *METHOD.explanation_steps)}
    columns_by_table = results | {"day_acts": DAY_ACTS} | LAKE_COLUMNS | LEDGER_COLUMNS | LEDGER_INPUT_COLUMNS
    columns_by_table["earlier_interactions"] = LAKE_COLUMNS["interactions"]
    columns_by_table["all_profiles"] = LAKE_COLUMNS["profiles"]
    return run_case(engine, case, step, columns_by_table, ZERO_COLUMNS)


@pytest.mark.parametrize(("steps", "case"), CASES, ids=lambda value: getattr(value, "rule", "")[:60])
def test_step_returns_the_expected_rows(engine, steps, case):
    """The rows of each case are equal to 1e-9."""
    assert normalize(case.expected) == normalize(run(engine, case, find_step(steps, case.step)))


@pytest.mark.parametrize(("name", "text", "broken"), FAULTS)
def test_cases_detect_a_broken_step(duckdb, name, text, broken):
    """Mutation testing: a wrong boundary, limit or rule makes a case fail."""
    step = find_step([step for steps, case in CASES for step in steps if case.step == name], name)
    assert text in step.sql
    broken_step = dataclasses.replace(step, sql=step.sql.replace(text, broken))
    cases = [case for _, case in CASES if case.step == name]

    assert [case for case in cases if normalize(case.expected) != normalize(run(duckdb, case, broken_step))]
