"""Odd answers: whatever a value becomes, a connector raises only our own errors and keeps the elements beside it."""

import copy
import dataclasses
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from http_server import serve
from proofs import scaled
from renown.connectors import CONNECTORS
from renown.connectors.base import Account, KnownState, Page, ReadLimits
from renown.connectors.profile_urls import normalize_name
from renown.connectors.record_rows import group_rows
from renown.errors import RenownError
from renown.records import MAX_ID_BYTES, Interaction, PostDetails, Profile, Tally

NETWORKS = ("discourse", "farcaster", "github", "instagram", "lemmy", "mastodon", "misskey", "threads", "x", "youtube")
"""Not those that have many ids in one path: another id in an answer changes the path of the next request."""
FOLDER = Path(__file__).parent / "networks"
CASES = {
    str(path.relative_to(FOLDER)): json.loads(path.read_text(encoding="utf-8"))
    for network in NETWORKS
    for path in sorted((FOLDER / network).glob("*.json"))
    if not path.name.endswith(".expected.json")
}
"""Recorded answers of `networks/`, whose README describes them."""
CALLS = {
    name: next(iter(json.loads((FOLDER / name).with_suffix(".expected.json").read_text(encoding="utf-8"))))
    for name in CASES
}
"""Case to the key of its expectation, which names the call."""
DROP = "DROP"
"""Stands for a key or element that is missing."""
ODD_VALUES = (
    *(DROP, None, True, False, 0, -1, 7, 3.5, 10**30, -(10**30), 10**400, float("inf"), float("nan")),
    *("", " ", "x", "7", "\x00", "\ud83d", "a@b@c", "soon", "x" * 5000, "9999-12-31T23:59:59.999Z"),
    *([], {}, [[]], [{}], [None], {"id": {}}, {"x": [1]}, ["x", 7]),
)
Location = tuple[str | int, ...]

quick = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
long = settings(quick, max_examples=scaled(6000, 100), derandomize=False)


def body_of(answer: Any) -> Any:
    """Return the JSON of an answer, which may be a response with status and link."""
    return answer["$body"] if isinstance(answer, dict) and "$body" in answer else answer


def locations(value: Any, prefix: Location = ()) -> list[Location]:
    """Return the location of each value in JSON."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [prefix] * bool(prefix) + [found for key, item in items for found in locations(item, (*prefix, key))]


LOCATIONS = [
    (name, path, location)
    for name, case in CASES.items()
    for path, answer in case["answers"].items()
    for location in locations(body_of(answer))
]
"""Case, path of the request and location in the answer's JSON of every value that can become another."""


def replace_value(answers: dict[str, Any], path: str, location: Location, value: Any) -> dict[str, Any]:
    """Return the answers with another value at a location."""
    changed = copy.deepcopy(answers)
    parent = body_of(changed[path])
    for key in location[:-1]:
        parent = parent[key]
    if value is DROP:
        del parent[location[-1]]
    else:
        parent[location[-1]] = value
    return changed


def element_location(location: Location) -> Location | None:
    """Return the location of the outermost list element that a location is in; None if it is in no list."""
    depths = [depth for depth, key in enumerate(location) if isinstance(key, int)]
    return location[: depths[0] + 1] if depths else None


def path_of(key: str) -> str:
    """Return the path of a request without its query or body."""
    return unquote(key).partition("?")[0].partition(" {")[0]


def serve_loosely(site: Any, answers: dict[str, Any]) -> None:
    """Let a site answer by the path alone where no query or body fits: another id in an answer changes the next one."""
    serve(site, answers)
    [respond] = site.script
    known, by_path = {unquote(key) for key in answers}, {path_of(key): key for key in answers}

    def respond_loosely(request: Any) -> None:
        if unquote(request.key) not in known:
            request.key = by_path.get(path_of(request.key), request.key)
        respond(request)

    site.script = [respond_loosely]


class Reader:
    """Reads the account of a case from a site."""

    def __init__(self, site: Any, client: Any) -> None:
        self.site, self.client = site, client
        self.results: dict[tuple[str, str, Location], set[tuple[str, ...]] | None] = {}

    def read(self, name: str, answers: dict[str, Any]) -> set[tuple[str, ...]]:
        """Return what a case's call makes of answers: what each record is about, without counts and instants."""
        serve_loosely(self.site, answers)
        case, connector = CASES[name], CONNECTORS[Path(name).parts[0]]
        now, account = datetime.fromisoformat(case["now"]), Account(**case["account"])
        counts = {tuple(key.split()): count for key, count in case.get("counts", {}).items()}
        known = KnownState(now - timedelta(days=case.get("days", 90)), case.get("cursor", ""), counts)
        limits = ReadLimits(case.get("max_actors", 1000))
        with self.client(token=case.get("token"), api=connector.api) as http:
            if CALLS[name] == "profile":
                pages = [Page((connector.find(http, normalize_name(connector, account.handle), now=now),))]
            elif CALLS[name] == "bio":
                return {(link.url,) for link in connector.read_bio(http, account, now=now).links}
            else:
                pages = list(connector.read(http, account, known, limits, now=now))
        for page in pages:
            check_page(page, now)
        return {output for page in pages for output in outputs(page)}

    def read_without(self, name: str, path: str, location: Location) -> set[tuple[str, ...]] | None:
        """Return what is read where an element is missing; None if that is an error."""
        key = (name, path, location)
        if key not in self.results:
            answers = replace_value(CASES[name]["answers"], path, location, DROP)
            try:
                self.results[key] = self.read(name, answers)
            except RenownError:
                self.results[key] = None
        return self.results[key]


def check_page(page: Page, now: datetime) -> None:
    """Check that the lake can store a page: 64-bit numbers, ids of limited length, text that can be encoded."""
    # Titles are cut when they are imported.
    records = [
        dataclasses.replace(item, title=None) if isinstance(item, PostDetails) else item for item in page.records
    ]
    for rows in group_rows(records).values():
        values = [value for row in rows for value in row if value is not None]
        assert all(abs(value) < 2**63 for value in values if isinstance(value, int))
        assert all(len(value.encode()) <= MAX_ID_BYTES for value in values if isinstance(value, str))
    instants = [item.at for item in (*page.records, *page.listings)]
    assert all(at <= now for at in instants)
    assert all(f"{page.cursor}{text}".encode() for text in (*page.skipped_lists, *page.dropped, "."))


def outputs(page: Page) -> set[tuple[str, ...]]:
    """Return what the records and listings of a page are about."""
    acts = {
        (item.verb, item.post_id or "", f"{item.interaction_id} {item.actor_id}")
        for item in page.records
        if isinstance(item, Interaction)
    }
    people = {("profile", item.account_id) for item in page.records if isinstance(item, Profile)}
    tallies = {("tally", item.verb, item.post_id) for item in page.records if isinstance(item, Tally)}
    actors = {(item.verb, item.post_id, actor.account_id) for item in page.listings for actor in item.actors}
    return acts | people | tallies | actors


def check_odd_value(reader: Reader, name: str, path: str, location: Location, value: Any) -> None:
    """Check what is read where one value is odd against what is read where its element is missing."""
    answers = replace_value(CASES[name]["answers"], path, location, value)
    element = element_location(location)
    least = reader.read_without(name, path, element) if element else None
    try:
        result = reader.read(name, answers)
    except RenownError:
        # An error of the whole account: the value was in no list, or the account cannot be read without the element.
        assert least is None
        return
    if least is not None:
        missing = (least & reader.read(name, CASES[name]["answers"])) - result
        assert {output for output in missing if not is_named(output, least, result)} == set()


def is_named(output: tuple[str, ...], least: set[tuple[str, ...]], result: set[tuple[str, ...]]) -> bool:
    """Tell whether a count is missing because more of its acts are known by name."""
    is_tally, act = output[0] == "tally", output[1:]
    return is_tally and sum(item[:2] == act for item in result) > sum(item[:2] == act for item in least)


odd_answers = given(location=st.sampled_from(LOCATIONS), value=st.sampled_from(ODD_VALUES))


@quick
@odd_answers
def test_odd_value_costs_only_its_element(site, client, location, value):
    """A few hundred of all combinations of a value in the recorded answers and an odd one."""
    check_odd_value(Reader(site, client), *location, value)


@pytest.mark.proof
@pytest.mark.timeout(1800)
@long
@odd_answers
def test_odd_values_cost_only_their_elements(site, client, location, value):
    """Many of them."""
    check_odd_value(Reader(site, client), *location, value)


@pytest.mark.parametrize("name", CASES)
def test_recorded_answers_have_something_to_keep(site, client, name):
    """Every case is read without an error and has values to replace."""
    assert Reader(site, client).read(name, CASES[name]["answers"])
    assert [location for case, _, location in LOCATIONS if case == name]


@pytest.mark.parametrize("network", ["instagram", "threads"])
def test_ids_that_the_lake_cannot_store_are_not_passed_on(site, client, network):
    """An id of two thousand digits counts as a missing one, wherever it stands."""
    reader = Reader(site, client)
    locations = [row for row in LOCATIONS if row[0].startswith(f"{network}/") and row[2][-1] in {"id", "user_id"}]

    assert len(locations) > 5
    for name, path, location in locations:
        check_odd_value(reader, name, path, location, "9" * 2_000)
