"""Documentation matches the code: tables, JSON fields, routes, error codes and links."""

import dataclasses
import re
import runpy
from pathlib import Path

import pytest

from renown import answers, privacy, runs
from renown.answers.explain.attribution import SignalMove
from renown.answers.explain.causes import ChangeCause
from renown.answers.explain.change_summary import PostGain
from renown.answers.explain.people_change import Reactor
from renown.answers.explain.receipt import Coverage, SignalPoints
from renown.answers.explain.receipt_lines import ReceiptLine, SignalReceipt
from renown.answers.explain.shares import Share
from renown.answers.history import CoverageGap, MethodChange, PastDay
from renown.answers.leaderboard import Leader, LeaderboardEntry
from renown.answers.person_changes import ChangeEntry
from renown.answers.score_moves import SignalPointsChange
from renown.answers.similar import SignalComparison
from renown.answers.simulate.way import ExpiryWeek, LadderStep, Recipe
from renown.answers.standing import Streak
from renown.answers.status import AccountStatus, NetworkStatus
from renown.answers.week_review import DayMove
from renown.checks import Finding
from renown.connectors import CONNECTORS
from renown.imports.fields import FIELDS
from renown.records import VERBS
from renown.research.coverage import BandShift, CoverageEvaluation, CoverageShift
from renown.research.klout import KloutEvaluation
from renown.research.spread import SpreadCut, SpreadEvaluation
from renown.runs.daily import DayRun, NetworkRun
from renown.web import errors, klout, pages
from renown.web.api import identities, lists, models, person_routes, routes

ROOT = Path(__file__).parents[1]
TABLES = runpy.run_path(str(ROOT / "docs" / "tables.py"))


@pytest.mark.parametrize("page", sorted({page for page, _ in TABLES["PRINTED"].values()}))
def test_generated_tables_are_up_to_date(page):
    """Tables match the code; `make docs` generates them again."""
    assert TABLES["render_page"](page) == (ROOT / "docs" / page).read_text(encoding="utf-8")


def test_fields_of_receipts_changes_and_leaderboards_are_documented():
    """Every JSON field, and every kind of cause of a change, is documented."""
    text = (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8")
    records = [
        *(
            answers.Changes,
            ChangeCause,
            SignalMove,
            answers.Receipt,
            answers.Explanation,
            answers.LeaderboardResult,
            Leader,
        ),
        *(ReceiptLine, SignalPoints, SignalReceipt, Coverage, answers.Discount),
        *(answers.ChangeSummary, PostGain, answers.PeopleChange, Reactor, answers.TrustRemark),
    ]
    names = {field.name for record in records for field in dataclasses.fields(record)}
    names |= {*answers.CAUSES, *answers.DISCOUNT_REASONS}

    assert not [name for name in sorted(names) if f"`{name}`" not in text]


def test_fields_of_runs_standings_and_histories_are_documented():
    """Every JSON field is documented."""
    text = (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8")
    records = [*(runs.DailyRun, NetworkRun, DayRun), *(answers.Status, NetworkStatus, AccountStatus)]
    records += [*(answers.Standing, Streak), *(answers.Timeline, PastDay, MethodChange, CoverageGap), Finding]
    records += [
        answers.ScoreBounds,
        answers.WeekReview,
        DayMove,
        answers.RacePosition,
        answers.YearReview,
        answers.MonthReview,
    ]
    names = {field.name for record in records for field in dataclasses.fields(record)}

    assert not [name for name in sorted(names) if f"`{name}`" not in text]


def test_fields_of_goals_simulations_and_similar_people_are_documented():
    """Every JSON field is documented."""
    text = (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8")
    records = [
        *(
            answers.GoalPlan,
            answers.GoalStep,
            answers.UniformIncrease,
            answers.GoalForecast,
            answers.DecayForecast,
            answers.Lever,
            answers.Way,
            LadderStep,
            Recipe,
            ExpiryWeek,
            answers.BestTimes,
            answers.WeekSlot,
        )
    ]
    records += [
        *(answers.WhatIfResult, answers.SimulatedSignal, answers.SimilarPerson, SignalComparison),
        *(answers.Comparison, answers.ComparedPerson, answers.Influence, answers.Influencer),
        *(answers.TopicList, answers.Topic, answers.PostSummary),
        *(answers.LeaderboardPage, LeaderboardEntry, identities.SimilarPersonResponse, identities.LandmarkResponse),
    ]
    names = {field.name for record in records for field in dataclasses.fields(record)}

    assert not [name for name in sorted(names) if f"`{name}`" not in text]


def test_fields_and_verbs_of_imports_are_documented():
    """Every column that a file may have, and every verb, is documented."""
    text = (ROOT / "docs" / "how-to" / "own-files.md").read_text(encoding="utf-8")
    for table, fields in FIELDS.items():
        [line] = [line for line in text.splitlines() if line.startswith(f"| `{table}` |")]
        assert {name.removesuffix("_id").replace("interaction", "id") for name in fields} == {
            name for name in re.findall(r"`(\w+)`", line) if name != table
        }
    assert not [verb for verb in VERBS if f"`{verb}`" not in text]


def test_reasons_for_the_curves_of_all_networks_are_stated():
    """Every network that is read, live or from an archive, has values of its own, or a reason for the general ones."""
    text = (ROOT / "docs" / "reference" / "method.md").read_text(encoding="utf-8")
    section = text.partition("## Networks whose signals differ")[2].partition("\n## ")[0]
    own = set(re.findall(r"^\| (\w+) \|", section, re.MULTILINE)) - {"network"}
    general = [
        name for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for name in re.findall("`(\\w+)`", row)
    ]

    assert len(general) == len(set(general))
    assert not own & set(general)
    assert {*CONNECTORS, "tiktok", "linkedin"} == own | set(general)


def test_relative_links_lead_to_files():
    """Every relative link of the documentation points to an existing file."""
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("**/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), (page, target)


def test_routes_and_error_codes_are_documented():
    """Every route of the API and of Klout's API, and every error code, is in docs/reference/api.md."""
    text = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    api_paths = [
        f"/api{route.path.replace(':path', '')}"
        for route in (*lists.router.routes, *person_routes.router.routes, *routes.router.routes)
    ]
    klout_paths = [f"{base}{route.path}" for base, routes in klout.ROUTES.items() for route in routes]
    codes = {
        *errors._CODE_BY_STATUS.values(),
        *(code for _, code in errors._ERROR_STATUS.values()),
        *errors.KLOUT_CODES.values(),
    }
    # The page of the API lists the same.
    assert codes - {*errors.KLOUT_CODES.values()} | {"unavailable", "internal_error"} == {
        kind.code for kind in errors.ERROR_KINDS
    }

    assert len(api_paths) > 10 < len(klout_paths)
    assert not [path for path in api_paths if f"`{path}`" not in text]
    assert not [path for path in klout_paths if _path_prefix(path) not in text]
    assert not [code for code in sorted(codes) if f"`{code}`" not in text]


def test_fields_of_custom_weights_shares_posts_and_ranges_are_documented():
    """Every JSON field is documented."""
    text = (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8")
    custom_weights = [answers.CustomWeightsResult, answers.CustomWeight, answers.CustomScore]
    custom_weights += [answers.Ruler, answers.TopScore, answers.Landmark]
    records = [*custom_weights, answers.Shares, Share, answers.PostSummary, answers.ConfidenceRange]
    names = {field.name for record in records for field in dataclasses.fields(record)}

    assert not [name for name in sorted(names) if f"`{name}`" not in text]


def test_fields_of_lists_of_the_api_are_documented():
    """Every JSON field of scores, changes, groups and days."""
    text = (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8")
    records = [models.ScoreResponse, models.PeopleResponse, models.ChangesResponse, ChangeEntry]
    records += [models.GroupsResponse, models.DaysResponse, models.PublishedDayResponse]
    names = {field.name for record in records for field in dataclasses.fields(record)}

    assert not [name for name in sorted(names) if f"`{name}`" not in text]


def _path_prefix(path):
    """Return a route's path up to its first parameter or extension, as the documentation writes it."""
    return re.split(r"\.\{|/\{|/$", path)[0]


def test_routes_of_account_pages_are_documented():
    """Every route is in docs/reference/pages.md, and every field of the commands' JSON in docs/reference/json.md."""
    routes = (ROOT / "docs" / "reference" / "pages.md").read_text(encoding="utf-8")
    text = (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8")
    paths = {route.path for route in (*pages.account_routes([]), *pages.admin_routes([]))}
    records = [privacy.PersonalData, privacy.PersonalDataTable, runs.RequestResult]
    records += [answers.MethodComparison, answers.MethodShift, answers.ScoreMove, SignalPointsChange]
    records += [CoverageEvaluation, CoverageShift, BandShift, SpreadEvaluation, SpreadCut, KloutEvaluation]

    assert len(paths) > 10
    assert not [path for path in sorted(paths) if f"`{path}`" not in routes]
    assert not [
        field.name for record in records for field in dataclasses.fields(record) if f"`{field.name}`" not in text
    ]
