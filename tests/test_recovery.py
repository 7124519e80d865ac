"""Recovery on every network: each answer of a recorded case fails in each way, and later runs make up for it."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest

from http_server import RequestHandler, reply, serve
from renown.connectors import CONNECTORS
from renown.connectors.base import Account, KnownState, ReadLimits
from renown.errors import NetworkRefusedError, NetworkUnavailableError, RenownError
from renown.records import Interaction, Tally

FOLDER = Path(__file__).parent / "networks"


def richest_cases() -> dict[str, dict]:
    """Return the case of each network in which an account received most."""
    richest: dict[str, tuple[int, dict]] = {}
    for path in sorted(FOLDER.glob("*/*.expected.json")):
        pages = json.loads(path.read_text(encoding="utf-8")).get("pages", [])
        size = sum(len(page["records"]) + 2 * len(page["listings"]) for page in pages)
        if size > richest.get(path.parent.name, (0, {}))[0]:
            case = path.with_name(path.name.replace(".expected", ""))
            richest[path.parent.name] = (size, json.loads(case.read_text(encoding="utf-8")))
    del richest["nostr"]  # its relays are read over WebSockets
    return {network: case for network, (_, case) in richest.items()}


CASES = richest_cases()
SINCE = {"hackernews", "instagram", "stackexchange", "threads", "x"}
"""Networks whose requests tell since when, so that the recorded answers do not fit a later run."""
LATER = sorted(set(CASES) - SINCE)
BODY = b'{"id": "1", "items": [{"id": "2"}]}'
WEATHER = {
    "401": reply(401, b'{"message": "No."}'),
    "403": reply(403, b'{"message": "No."}'),
    "404": reply(404, b'{"message": "Nothing here."}'),
    "410": reply(410, b'{"message": "No longer."}'),
    "429": reply(429, b"Slow down.", kind="text/plain", Retry_After="30"),
    "429 for a day": reply(429, b"", Retry_After="86400"),
    "500": reply(500, b"<html>Oops</html>", kind="text/html"),
    "503": reply(503, b"", Retry_After="5"),
    "truncated": reply(200, BODY, length=len(BODY) + 10),
    "cut": reply(200, BODY[:-5]),
    "login page": reply(200, b"<html>Sign in</html>", kind="text/html"),
    "empty": reply(200, b""),
    "another type": reply(200, b'"no"'),
}
"""Name to a response that is no answer."""
QUICK = ("403", "500", "login page")
"""Weather that is tried in every run of the tests; the proofs try all."""
TEMPORARY = {"500", "503", "truncated", "cut"}
"""What the client retries, and then calls unavailable."""


class Weather:
    """Answers a case, except for one path."""

    def __init__(self, site, network: str) -> None:
        self.site = site
        self.case = CASES[network]
        serve(site, self.case["answers"])
        [self.respond] = site.script
        site.script = [self]
        self.path, self.failure = "", b""

    def __call__(self, request: RequestHandler) -> None:
        """Answer a request."""
        if unquote(request.key) == unquote(self.path):
            request.wfile.write(self.failure)
        elif "getProfiles" in request.path and unquote(request.path) not in self.case["answers"]:
            # Whose figures are looked up depends on who was seen.
            request.wfile.write(reply(body=b'{"profiles": []}'))
        elif "untilId" in request.key and request.key not in self.case["answers"]:
            # An interrupted run resumes below any note, and the next one reads all.
            request.wfile.write(reply(body=b"[]"))
        else:
            self.respond(request)


def read(weather, client, network, pages=()):
    """Read the account with what earlier pages left; return all pages, and the error that ended it."""
    case, connector = weather.case, CONNECTORS[network]
    now = datetime.fromisoformat(case["now"])
    counts = {tuple(key.split()): count for key, count in case.get("counts", {}).items()}
    counts |= {key: count for page in pages for key, count in page.counts.items()}
    cursor = next((page.cursor for page in reversed(pages) if page.cursor), case.get("cursor", ""))
    known = KnownState(now - timedelta(days=case.get("days", 90)), cursor, counts)
    result, limits = [], ReadLimits(case.get("max_actors", 1000))
    with client(token=case.get("token"), api=connector.api) as http:
        try:
            result.extend(connector.read(http, Account(**case["account"]), known, limits, now=now))
        except RenownError as error:
            return result, error
    return result, None


def acts(pages):
    """Return who did what to which post."""
    named = {
        (item.verb, item.post_id, item.interaction_id)
        for page in pages
        for item in page.records
        if isinstance(item, Interaction)
    }
    listed = {
        (item.verb, item.post_id, actor.account_id) for page in pages for item in page.listings for actor in item.actors
    }
    return named | listed


def counted(pages):
    """Return the verbs and posts of which there is a number."""
    return {(item.verb, item.post_id) for page in pages for item in page.records if isinstance(item, Tally)}


def complete_lists(pages):
    """Return the lists by which missing acts are undone, with their actors."""
    return {
        (item.verb, item.post_id): {actor.account_id for actor in item.actors}
        for page in pages
        for item in page.listings
        if item.complete
    }


def check_weather(network, site, client, names):
    """Check what is read while one path after the other fails, and what by later runs."""
    weather = Weather(site, network)
    whole, error = read(weather, client, network)
    assert error is None
    assert acts(whole)
    lists = complete_lists(whole)

    for path in weather.case["answers"]:
        for name in names:
            weather.path, weather.failure = path, WEATHER[name]
            part, error = read(weather, client, network)
            said = [text for page in part for text in page.skipped_lists]
            assert acts(part) <= acts(whole), (name, path)
            assert all(lists[key] == actors for key, actors in complete_lists(part).items()), (name, path)
            assert error or said or {act[:2] for act in acts(whole) - acts(part)} <= counted(part), (name, path)
            weather.path, rest = "", part
            for _ in range(2):
                # One run to its end, and another from the start.
                pages, error = read(weather, client, network, rest)
                assert error is None, (name, path)
                rest = [*rest, *pages]
            is_refused = name not in TEMPORARY and not name.startswith("429")
            assert is_refused or acts(rest) == acts(whole), (name, path)


@pytest.mark.parametrize("network", LATER)
def test_weather_on_one_path_costs_only_what_is_there(network, site, client):
    """Nobody's act is undone by it, errors are our own, and later runs read what this one could not."""
    check_weather(network, site, client, QUICK)


@pytest.mark.proof
@pytest.mark.parametrize("network", LATER)
def test_all_weather_on_one_path_costs_only_what_is_there(network, site, client):
    """The same, in all ways."""
    check_weather(network, site, client, WEATHER)


@pytest.mark.parametrize("network", CASES)
def test_weather_on_the_account_itself_has_its_name(network, site, client):
    """A network that does not answer is unavailable, and may be retried; an account that is not there is refused."""
    weather = Weather(site, network)
    read(weather, client, network)
    paths = [path for path, _ in site.requests]
    weather.path = next(path for path in paths if "instance" not in path)

    for name in TEMPORARY - ({"cut"} if network == "blog" else set()):  # its home page is HTML, which has no end
        weather.failure = WEATHER[name]
        pages, error = read(weather, client, network)
        assert isinstance(error, NetworkUnavailableError), name
        assert not acts(pages)
    weather.failure = WEATHER["404"]
    _, error = read(weather, client, network)
    assert isinstance(error, NetworkRefusedError)


@pytest.mark.parametrize("network", CASES)
def test_limit_is_waited_for(network, site, client, clock):
    """429 with Retry-After ends no run whose time allows it: the clock advances, and everything is read."""
    weather = Weather(site, network)
    whole, _ = read(weather, client, network)
    weather.path, weather.failure = next(iter(weather.case["answers"])), WEATHER["429"]

    def sleep(seconds):
        clock.now += seconds
        weather.path = ""

    before, clock.sleep = clock.now, sleep
    pages, error = read(weather, client, network)

    assert error is None
    assert acts(whole) == acts(pages)
    assert clock.now >= before + 30
