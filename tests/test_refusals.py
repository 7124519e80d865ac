"""Bad weather: what every connector does when its network refuses, fails, or answers with something else."""

import json
from pathlib import Path

import msgspec
import pytest

from http_server import RequestHandler, reply, serve
from proofs import only_in_full
from renown.connectors import CONNECTORS
from renown.connectors.base import ReadLimits
from renown.connectors.http import RequestBudget
from renown.errors import BudgetExceededError, NetworkRefusedError, NetworkUnavailableError
from test_networks import FILES, NETWORKS, Case


def largest_cases() -> dict[str, str]:
    """Return the case of each network in which reading an account takes most requests."""
    cases: dict[str, str] = {}
    sizes: dict[str, int] = {}
    for file in FILES:
        if file.endswith(".expected.json") and "pages" in json.loads((NETWORKS / file).read_text(encoding="utf-8")):
            name, network = file.removesuffix(".expected.json"), file.partition("/")[0]
            size = len(json.loads((NETWORKS / f"{name}.json").read_text(encoding="utf-8"))["answers"])
            if size > sizes.get(network, 0):
                cases[network], sizes[network] = name, size
    return cases


CASES = largest_cases()
REFUSALS = {status: reply(status, b'{"error": "no"}') for status in (400, 401, 403, 404, 410, 451)}
FAILURES = {status: reply(status, b'{"error": "busy"}') for status in (429, 500, 502, 503, 504)}
OTHERS = {
    "truncated": reply(body=b'{"items": [', length=11),
    "cut off": reply(body=b'{"items": [', length=500),
    "a web page": reply(body=b"<!doctype html>", kind="text/html"),
    "no content": reply(204, b""),
    "null": reply(body=b"null"),
    "a number": reply(body=b"7"),
    "an empty object": reply(body=b"{}"),
    "an empty list": reply(body=b"[]"),
}
WEATHER = REFUSALS | FAILURES | OTHERS
REQUESTS: dict[str, int] = {}
"""Network to the number of requests in good weather, as far as counted."""


class Stormy:
    """Reads the account of a case whose answer to one request is replaced."""

    def __init__(self, network: str, site, client) -> None:
        self.network, self.connector, self.site = network, CONNECTORS[network], site
        self.case = msgspec.json.decode(Path(NETWORKS / f"{CASES[network]}.json").read_bytes(), type=Case)
        self.client = client

    def count_requests(self) -> int:
        """Return how many requests reading takes in good weather, counted once per network."""
        if self.network not in REQUESTS:
            assert self.read()[1] is None
            REQUESTS[self.network] = len(self.site.requests)
        return REQUESTS[self.network]

    def read(self, answer: bytes | None = None, at: int = -1, pages: int = 2000) -> tuple[int, Exception | None]:
        """Read with an answer to all requests from a number on; return the number of records, and the error."""
        serve(self.site, self.case.answers)
        [respond] = self.site.script
        self.site.requests.clear()

        def stormy(request: RequestHandler) -> None:
            if answer is not None and len(self.site.requests) > at:
                request.wfile.write(answer)
            else:
                respond(request)

        self.site.script = [stormy]
        budget = RequestBudget(pages, 36_000)
        http = self.client(token=self.case.token, api=self.connector.api, budget=budget)
        case, count = self.case, 0
        try:
            for page in self.connector.read(http, case.account, case.known, ReadLimits(case.max_actors), now=case.now):
                count += len(page.records) + len(page.listings)
        except (NetworkRefusedError, NetworkUnavailableError, BudgetExceededError) as error:
            return count, error
        return count, None


@pytest.fixture(params=CASES)
def stormy(request, site, client):
    """Return a reader of each network's account."""
    return Stormy(request.param, site, client)


@pytest.mark.parametrize(
    ("stormy", "weather"),
    [
        # Connectors share the client: each network meets a quarter of the weather, and all of it in `make proofs`.
        pytest.param(network, weather, marks=[] if (row + column) % 4 == 0 else [pytest.mark.proof, only_in_full])
        for row, network in enumerate(CASES)
        for column, weather in enumerate(WEATHER)
    ],
    indirect=["stormy"],
)
def test_whatever_a_network_answers_is_an_error_of_ours_that_names_no_token(stormy, weather):
    """From the first, second, third … request on: what was read before is kept, and the message says what happened."""
    counts = [stormy.read(WEATHER[weather], at) for at in range(stormy.count_requests())]

    assert counts[0][0] == min(count for count, _ in counts)
    assert counts[-1][0]
    assert not [error for _, error in counts if stormy.case.token and stormy.case.token in str(error)]
    if weather in REFUSALS | FAILURES:
        assert counts[0][1], "the account itself cannot be read"
    if weather in FAILURES:
        assert isinstance(counts[0][1], NetworkUnavailableError)


def test_number_of_requests_is_a_bound(stormy):
    """With one request less than it needs a run ends, and says that it may go on; with one, too."""
    whole, _ = stormy.read()
    requests = len(stormy.site.requests)

    for pages in {1, requests - 1} - {0, requests}:
        count, error = stormy.read(pages=pages)
        assert isinstance(error, BudgetExceededError) or count < whole
        assert len(stormy.site.requests) <= pages


def test_cases_are_of_every_network():
    """A network without a case of a read account would not be tested here."""
    assert sorted(CONNECTORS) == sorted(CASES)
