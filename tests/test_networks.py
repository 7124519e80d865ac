"""Every registered connector against a local server: the cases of `networks/`, whose README tells how to add one."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from http_server import serve
from renown.connectors import CONNECTORS
from renown.connectors.base import Account, Connector, KnownState, Page, ReadLimits
from renown.connectors.http.client import Client
from renown.connectors.profile_urls import normalize_name
from renown.errors import RenownError

NETWORKS = Path(__file__).parent / "networks"
FILES = sorted(str(path.relative_to(NETWORKS)) for path in NETWORKS.glob("*/*.json"))
CASES = [file.removesuffix(".json") for file in FILES if not file.endswith(".expected.json")]


class Case(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One `CASE.json`: the call, the settings and state it starts from, and the server's answers."""

    account: Account
    now: datetime
    answers: dict[str, Any]
    """Request path and query to the answer: JSON, or an object with `$status`, `$next` and `$body`."""
    token: str | None = None
    """The API token in the settings."""
    cursor: str = ""
    """Cursor of the previous run."""
    counts: dict[str, int] = {}
    """"POST VERB" to the count that the previous run read."""
    max_actors: int = ReadLimits.max_actors
    days: int = ReadLimits.days
    actors: list[str] = []
    """Accounts to look up."""
    verification: dict[str, str] = {}
    """What `test_account` looks for in the profile."""

    @property
    def known(self) -> KnownState:
        """The state of the previous run."""
        counts = {(post, verb): count for key, count in self.counts.items() for post, verb in [key.split()]}
        return KnownState(self.now - timedelta(days=self.days), self.cursor, counts)


def find(connector: Connector, client: Client, case: Case) -> Any:
    """Look the account up by its handle, or the URL of its page."""
    return to_json(connector.find(client, normalize_name(connector, case.account.handle), now=case.now))


def read_bio(connector: Connector, client: Client, case: Case) -> Any:
    """Read the account's description and links."""
    return to_json(connector.read_bio(client, case.account, now=case.now))


def read(connector: Connector, client: Client, case: Case) -> Any:
    """Read all pages of the account: records by type, listings, the cursor, and what is rarely there, if any."""
    limits = ReadLimits(case.max_actors, case.days)
    return to_page_rows(connector.read(client, case.account, case.known, limits, now=case.now))


def look_up(connector: Connector, client: Client, case: Case) -> Any:
    """Look up those who acted, as pages."""
    return to_page_rows(connector.look_up(client, case.actors, now=case.now))


def to_page_rows(pages: Iterable[Page]) -> list[dict[str, Any]]:
    """Return pages as JSON."""
    return [
        {
            "records": [{"type": type(record).__name__} | to_json(record) for record in page.records],
            "listings": to_json(page.listings),
            "cursor": json.loads(page.cursor) if page.cursor.startswith("{") else page.cursor,
        }
        | ({"identity": identity} if (identity := to_json(page.identity)) else {})
        | ({"counts": {" ".join(key): count for key, count in page.counts.items()}} if page.counts else {})
        | ({"validators": dict(page.validators)} if any(page.validators.values()) else {})
        | ({"skipped_lists": list(page.skipped_lists)} if page.skipped_lists else {})
        | ({"dropped": list(page.dropped)} if page.dropped else {})
        for page in pages
    ]


CALLS: Mapping[str, Callable[[Connector, Client, Case], Any]] = {
    "profile": find,
    "bio": read_bio,
    "pages": read,
    "lookups": look_up,
}
"""Key of `CASE.expected.json` to the call whose result it is."""


MARKS = ("unverified", "self_reported")
"""Fields of records that are left out of the expected files when they are false."""


def to_json(value: Any) -> Any:
    """Return a record as JSON, without fields that are None, marks that are not set, and tags if there are none."""

    def without_defaults(part: Any) -> Any:
        if isinstance(part, dict):
            return {
                key: without_defaults(field)
                for key, field in part.items()
                if field is not None and not (key in MARKS and field is False) and not (key == "tags" and not field)
            }
        return [without_defaults(item) for item in part] if isinstance(part, (list, tuple)) else part

    return without_defaults(msgspec.to_builtins(value))


@pytest.mark.parametrize("case_name", CASES)
def test_connector_case(case_name, site, client):
    """A connector's result is the expected one, and each answer of the case was requested exactly once."""
    case = msgspec.json.decode((NETWORKS / f"{case_name}.json").read_bytes(), type=Case)
    expected = json.loads((NETWORKS / f"{case_name}.expected.json").read_text(encoding="utf-8"))
    serve(site, case.answers)
    [call] = expected

    connector = CONNECTORS[case_name.partition("/")[0]]
    try:
        result = CALLS[call](connector, client(token=case.token, api=connector.api), case)
    except RenownError as error:
        error.add_note(f"requests so far, the last one first: {[unquote(path) for path, _ in reversed(site.requests)]}")
        raise

    assert sorted(map(unquote, case.answers)) == sorted(unquote(path) for path, _ in site.requests)
    # Messages name the address that was requested, whose port is another one each time.
    assert expected == json.loads(json.dumps({call: result}).replace(site.url, "http://server"))


def test_every_connector_has_cases_for_each_call():
    """A network joins the registry together with its cases; no expectation is without its case."""
    expected = {file.removesuffix(".expected.json") for file in FILES if file.endswith(".expected.json")}
    calls = {
        (name.partition("/")[0], call)
        for name in expected
        for call in json.loads((NETWORKS / f"{name}.expected.json").read_text(encoding="utf-8"))
    }

    assert set(CASES) == expected
    can_look_up = {network for network, connector in CONNECTORS.items() if connector.look_up}
    assert calls == {
        (network, call) for network in CONNECTORS for call in CALLS if call != "lookups" or network in can_look_up
    }
