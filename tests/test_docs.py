"""The documentation says what the code does."""

import dataclasses
import re
import runpy
from pathlib import Path

import pytest

from renown import answers, jobs
from renown.answers.changes import Part
from renown.answers.history import PastDay
from renown.answers.leaders import BoardPlace, Leader
from renown.answers.moves import SignalMove
from renown.answers.receipt import Coverage, Line, SignalPoints, SignalReceipt
from renown.answers.shares import Share
from renown.answers.standing import Streak
from renown.answers.status import AccountStatus, NetworkStatus
from renown.answers.timeline import Switch, Unseen
from renown.answers.twin import SideBySide
from renown.connectors.fields import FIELDS
from renown.jobs.daily import DayRun, NetworkRun
from renown.records import VERBS
from renown.web import api, klout, pages, refusals

ROOT = Path(__file__).parents[1]
TABLES = runpy.run_path(str(ROOT / "docs" / "tables.py"))


@pytest.mark.parametrize("page", sorted({page for page, _ in TABLES["PRINTED"].values()}))
def test_tables_are_those_of_the_code(page):
    """Run `make docs` where this fails."""
    assert TABLES["printed"](page) == (ROOT / "docs" / page).read_text(encoding="utf-8")


def test_every_field_of_an_answer_is_documented():
    """JSON is a contract: no field without a word, no kind of part or line either."""
    text = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    records = [
        *(answers.Changes, Part, SignalMove, answers.Receipt, answers.Explanation, answers.Leaders, Leader),
        *(Line, SignalPoints, SignalReceipt, Coverage),
    ]
    names = {field.name for record in records for field in dataclasses.fields(record)} | set(answers.PARTS)

    assert not [name for name in sorted(names) if f"`{name}`" not in text]


def test_every_field_of_daily_life_is_documented():
    """The same for runs, standings and histories."""
    text = (ROOT / "docs" / "daily.md").read_text(encoding="utf-8")
    records = [*(jobs.Run, NetworkRun, DayRun), *(answers.Status, NetworkStatus, AccountStatus)]
    records += [*(answers.Standing, Streak), *(answers.Timeline, PastDay, Switch, Unseen)]
    names = {field.name for record in records for field in dataclasses.fields(record)}

    assert not [name for name in sorted(names) if f"`{name}`" not in text]


def test_every_field_of_the_way_is_documented():
    """The same for what would be, twins and leaders."""
    text = (ROOT / "docs" / "way.md").read_text(encoding="utf-8")
    records = [*(answers.Way, answers.WayStep, answers.Even, answers.Outlook, answers.Fading, answers.Lever)]
    records += [*(answers.WhatIf, answers.SignalThen, answers.Twin, SideBySide), *(answers.BoardPage, BoardPlace)]
    names = {field.name for record in records for field in dataclasses.fields(record)}

    assert not [name for name in sorted(names) if f"`{name}`" not in text]


def test_every_field_and_verb_of_an_import_is_documented():
    """A newcomer finds what a column may be called."""
    text = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    for table, fields in FIELDS.items():
        [line] = [line for line in text.splitlines() if line.startswith(f"| `{table}` |")]
        assert {name.removesuffix("_id").replace("interaction", "id") for name in fields} == {
            name for name in re.findall(r"`(\w+)`", line) if name != table
        }
    assert not [verb for verb in VERBS if f"`{verb}`" not in text]


def test_links_between_pages_lead_somewhere():
    """No page points at a file that is not there."""
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("**/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), (page, target)


def test_every_route_and_code_is_documented():
    """Who reads docs/api.md knows all that is answered."""
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    ours = [f"/api{route.path.replace(':path', '')}" for router in api.ROUTERS for route in router.routes]
    klouts = [f"{base}{route.path}" for base, routes in klout.ROUTES.items() for route in routes]
    words = {
        *refusals._CODES.values(),
        *(code for _, code in refusals._STATUS.values()),
        *refusals.KLOUT_CODES.values(),
    }

    assert len(ours) > 10 < len(klouts)
    assert not [path for path in ours if f"`{path}`" not in text]
    assert not [path for path in klouts if _stem(path) not in text]
    assert not [word for word in sorted(words) if f"`{word}`" not in text]


def test_every_field_of_what_the_api_alone_tells_is_documented():
    """Other weights, shares, posts and ranges."""
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    trials = [answers.Trial, answers.TriedWeight, answers.TriedScore]
    records = [*trials, answers.Shares, Share, answers.Post, answers.Range]
    names = {field.name for record in records for field in dataclasses.fields(record)}

    assert not [name for name in sorted(names) if f"`{name}`" not in text]


def _stem(path):
    """Return what of a route of Klout's stands in the documentation word for word."""
    return re.split(r"\.\{|/\{|/$", path)[0]


def test_every_address_of_a_visitors_page_is_documented():
    """Who reads docs/people.md knows what can be done there, and what programs print of it."""
    text = (ROOT / "docs" / "people.md").read_text(encoding="utf-8")
    paths = {route.path for route in pages.visitors([])}
    records = [answers.Held, answers.Holding, jobs.Granted]

    assert len(paths) > 10
    assert not [path for path in sorted(paths) if f"`{path}`" not in text]
    assert not [
        field.name for record in records for field in dataclasses.fields(record) if f"`{field.name}`" not in text
    ]
