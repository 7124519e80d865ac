"""The HTTP client against a local server: retry, rate limits, budget, redirects, SSRF, secrets."""

import gzip
import itertools
import json
import logging
import re
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
import traceback
from email.utils import formatdate

import httpcore2
import httpx2
import msgspec
import pytest

from http_server import NOON, RequestHandler, Site, reply
from renown.connectors.http import Client, ClientOptions, RequestBudget, headers, ssrf, urls
from renown.connectors.http.api import ApiSpec
from renown.connectors.http.error_rules import Action, ErrorFormat, ErrorRule
from renown.connectors.http.ssrf import Transport
from renown.connectors.http.urls import Server
from renown.errors import (
    AccountGoneError,
    BudgetExceededError,
    CredentialError,
    CursorExpiredError,
    InvalidSettingsError,
    ListUnavailableError,
    NetworkRefusedError,
    NetworkUnavailableError,
    QuotaExceededError,
    RenownError,
)

TOKEN = "S3cret-t0ken/of+us=="  # noqa: S105 - not a real one


def google_error(reason: str) -> bytes:
    """Return the body of an error of Google's APIs."""
    return json.dumps({"error": {"code": 403, "message": f"Because {reason}", "errors": [{"reason": reason}]}}).encode()


NAMES = {"public.example": ["93.184.215.14"], "other.example": ["93.184.215.15"], "inner.example": ["10.0.0.1"]}


class RerouteBackend(httpcore2.SyncBackend):
    """A TCP backend that connects to the local site, whatever the address."""

    def __init__(self) -> None:
        self.addresses: list[str] = []

    def connect_tcp(self, host, *args, **kwargs):
        """Connect to the site and note the address."""
        self.addresses.append(host)
        return super().connect_tcp("127.0.0.1", *args, **kwargs)


GOOD = reply(body=b'{"ok": true}')


def public(site: Site, backend: httpcore2.NetworkBackend | None = None) -> dict[str, object]:
    """Return a client's arguments for the site under a public host name."""
    network = Transport(lambda host, _port: NAMES[host], backend or RerouteBackend())
    return {"base": f"http://public.example:{site.server_port}", "network": network}


# Responses.


def test_get_returns_json_links_and_headers(site, client):
    """The path is appended to the base URL, with its query."""
    site.script = [reply(body=b'[{"id": "1"}]', Link='</api/x?max_id=1>; rel="next"', X_Y="z")]

    answer = client(f"{site.url}/api/").get("/x", {"limit": 80, "types[]": ["a", "b"]})

    assert [{"id": "1"}] == answer.body
    assert {"next": f"{site.url}/api/x?max_id=1"} == answer.links
    assert "z" == answer.headers["x-y"]
    assert "/api/x?limit=80&types%5B%5D=a&types%5B%5D=b" == site.requests[0][0]


def test_pagination_link_is_requested_unchanged(site, client):
    """A page's `next` link is requested without the first request's parameters."""
    site.script = [reply(Link=f'<{site.url}/x?max_id=1>; rel="next"'), GOOD]
    http = client()

    http.get(http.get("x", {"limit": 1}).links["next"])

    assert ["/x?limit=1", "/x?max_id=1"] == [path for path, _ in site.requests]


def test_user_agent_names_renown_and_the_contact(site, client):
    """A network's operators can find out who sends requests."""
    site.script = [GOOD]

    client(manners=ClientOptions(contact="mailto:me@a.example")).get("x")

    assert site.requests[0][1]["User-Agent"].startswith("renown/")
    assert site.requests[0][1]["User-Agent"].endswith(" (+mailto:me@a.example)")


def test_gzip_is_decompressed(site, client):
    """A compressed page is the same page."""
    site.script = [reply(body=gzip.compress(b'{"ok": 1}'), Content_Encoding="gzip")]

    assert {"ok": 1} == client().get("x").body


# Retry and backoff.


def test_429_is_retried_after_retry_after_seconds(site, client, clock, messages):
    """The client waits for Retry-After and reports it."""
    site.script = [reply(429, Retry_After="30"), GOOD]

    assert client().get("x").body["ok"]
    assert [30.0] == clock.slept
    assert ["127.0.0.1 asks to wait 30 s (429)"] == messages


@pytest.mark.parametrize("skew", [0, -86_400 * 400, 86_400 * 400])
def test_429_is_retried_at_the_retry_after_date_by_the_servers_clock(site, client, clock, skew):
    """A Retry-After date is compared with the server's Date, not with the local clock."""
    date, until = formatdate(NOON + skew, usegmt=True), formatdate(NOON + skew + 45, usegmt=True)
    site.script = [reply(429, Date=date, Retry_After=until), GOOD]

    assert client().get("x").body["ok"]
    assert [45.0] == clock.slept


def test_429_without_retry_after_is_retried_with_backoff(site, client, clock):
    """Each wait doubles, plus up to a second of jitter."""
    site.script = [reply(429)] * 4 + [GOOD]

    assert client().get("x").body["ok"]
    assert 4 == len(clock.slept)
    assert all(2**n <= wait <= 2**n + 1 for n, wait in enumerate(clock.slept))
    assert len({wait % 1 for wait in clock.slept}) == len(clock.slept)


@pytest.mark.parametrize("retry_after", ["-5", "soon", "0", "nan", "1e9", "²", "Mon, 99 Foo 2024 00:00:00 GMT"])
def test_invalid_retry_after_means_backoff(site, client, clock, retry_after):
    """No negative wait, no absurd wait, no immediate retry."""
    site.script = [reply(429).replace(b"\r\n\r\n", f"\r\nRetry-After: {retry_after}\r\n\r\n".encode()), GOOD]

    assert client().get("x").body["ok"]
    assert 1 == len(clock.slept)
    assert 1 <= clock.slept[0] <= 2


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_failing_server_is_retried(site, client, clock, status):
    """A series of failures costs waits, but no page of the budget."""
    site.script = [reply(status)] * 3 + [GOOD]

    assert client(budget=RequestBudget(1, 3600)).get("x").body["ok"]
    assert 3 == len(clock.slept)


def test_retries_end_after_max_attempts(site, client):
    """The error names the URL, the number of attempts and the last status."""
    site.script = [reply(500)]

    with pytest.raises(
        NetworkUnavailableError, match=r"gave up after 3 attempts: 'http://127.*/x' answered 500 Internal"
    ) as raised:
        client(manners=ClientOptions(max_attempts=3)).get("x")
    assert 500 == raised.value.status
    assert 3 == len(site.requests)


def test_timeout_is_retried(site, client, clock):
    """A request that timed out is sent again."""
    site.script = [lambda _request: time.sleep(0.4), GOOD]

    assert client(manners=ClientOptions(timeout=0.1)).get("x").body["ok"]
    assert 1 == len(clock.slept)


def test_repeated_timeout_is_network_unavailable(site, client):
    """The error tells how long the client waited for a byte."""
    site.script = [lambda _request: time.sleep(0.3)]

    with pytest.raises(NetworkUnavailableError, match=r"timed out after 0\.1 s") as raised:
        client(manners=ClientOptions(timeout=0.1, max_attempts=2)).get("x")
    assert raised.value.status is None


def test_refused_connection_is_network_unavailable(client):
    """Nothing listens on the port: the server may come back."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(NetworkUnavailableError, match=r"connection to 127\.0\.0\.1 failed.*refused"):
        client(f"http://127.0.0.1:{port}").get("x")


def reset_connection(request_handler: RequestHandler) -> None:
    """Close the connection in the middle of a body with a TCP reset, as a crash does."""
    request_handler.wfile.write(reply(body=b'{"o', length=100))
    request_handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request_handler.connection.close()


@pytest.mark.parametrize(
    "broken",
    [
        reply(body=b'{"ok": tr'),
        reply(body=b""),
        reply(body=b'{"o', length=100),
        reset_connection,
        reply(body=gzip.compress(b'{"ok": true}' * 9)[:-20], Content_Encoding="gzip"),
        reply(body=b'{"ok": 1}', Content_Encoding="gzip"),
        lambda handler: handler.connection.close(),
    ],
    ids=["json ends early", "empty", "body ends early", "reset", "gzip ends early", "no gzip", "closed"],
)
def test_truncated_response_is_retried(site, client, clock, broken):
    """An incomplete page is never taken for a complete one."""
    site.script = [broken, GOOD]

    assert {"ok": True} == client().get("x").body
    assert 1 == len(clock.slept)


# Refusals.


def test_other_content_type_is_refused_with_its_beginning(site, client, clock):
    """The error shows a captive portal's text, with escape sequences made visible."""
    site.script = [reply(body=b"<html>\x1b[2JPay for wi-fi" + b"!" * 500, kind="text/html")]

    with pytest.raises(NetworkRefusedError, match=r"'text/html', not JSON: '<html>\\x1b\[2JPay for wi-fi!{57}…'"):
        client().get("x")
    assert not clock.slept


@pytest.mark.parametrize("kind", ["application/did+ld+json", "application/activity+json; charset=utf-8"])
def test_types_that_are_written_as_json_are_read(site, client, kind):
    """By the end of their name, whatever comes before it (RFC 6839)."""
    site.script = [reply(body=b'{"ok": true}', kind=kind)]

    assert {"ok": True} == client().get("x").body


def test_invalid_json_is_refused(site, client):
    """JSON that is complete but invalid is not requested again."""
    site.script = [reply(body=b"{oops}")]

    with pytest.raises(NetworkRefusedError, match=r"invalid JSON: '\{oops\}'"):
        client().get("x")


def test_deeply_nested_json_is_refused(site, client):
    """Nesting does not break the interpreter."""
    site.script = [reply(body=b"[" * 100_000)]

    with pytest.raises(NetworkRefusedError, match="invalid JSON"):
        client().get("x")


class Post(msgspec.Struct):
    """The expected type of a page's items."""

    uri: str


def test_unexpected_json_schema_is_refused_with_its_path(site, client):
    """The error names the path of the first unexpected value."""
    site.script = [reply(body=b'{"uri": []}'), reply(body=b'{"items": []}')]

    with pytest.raises(NetworkRefusedError, match=r"unexpected JSON schema: '\$\.uri: a list instead of text'"):
        client().get("x", response_type=Post)
    with pytest.raises(NetworkRefusedError, match=r"unexpected JSON schema: '\$: an object instead of a list'"):
        client().get("x", response_type=list[Post])


def test_unreadable_element_is_dropped_and_named(site, client):
    """The other elements of the list are kept."""
    site.script = [reply(body=b'[{"uri": 5}, {"uri": null}, {}, 7, {"uri": "a"}]')]

    result = client().get("x", response_type=list[Post])

    assert [Post("5"), Post("a")] == result.body
    assert ("$[1].uri: null instead of text", "$[2].uri: missing", "$[3]: a number instead of an object") == (
        result.dropped
    )


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 422, 451, 300, 999])
def test_refusal_is_not_retried(site, client, clock, status):
    """The error carries the status and the network's own error code."""
    site.script = [reply(status, b'{"error": "NotThere", "message": "no\\u202esuch\\u001b[31m"}')]

    with pytest.raises(NetworkRefusedError, match=rf"answered {status}.*'NotThere: no\\u202esuch\\x1b\[31m'") as raised:
        client().get("x")
    assert (status, "NotThere") == (raised.value.status, raised.value.code)
    assert 1 == len(site.requests)
    assert not clock.slept


@pytest.mark.parametrize(
    ("answer", "error_type"),
    [
        (reply(404, b'{"error": "Record not found"}'), AccountGoneError),
        (reply(410, b"gone", kind="text/plain"), AccountGoneError),
        (reply(400, b'{"error": "AccountTakedown"}'), AccountGoneError),
        (reply(400, b'{"error": "InvalidCursor"}'), CursorExpiredError),
        (reply(400, b'{"error": "Else"}'), NetworkRefusedError),
    ],
)
def test_caller_maps_refusals_to_errors(site, client, answer, error_type):
    """Of the caller's rules the first one that applies counts."""
    site.script = [answer]
    rules = (
        ErrorRule(action=Action.GONE, codes={"AccountTakedown"}),
        ErrorRule(action=Action.RESTART, codes={"InvalidCursor"}),
        ErrorRule(action=Action.GONE, statuses={404, 410}),
    )

    with pytest.raises(NetworkRefusedError, match="answered 4") as raised:
        client().get("x", errors=rules)
    assert error_type is type(raised.value)


# What errors of networks mean.

GITHUB = ApiSpec(
    errors=(
        ErrorRule(
            action=Action.WAIT,
            statuses={403, 429},
            headers={"x-ratelimit-remaining": "0"},
            reason="the requests of this hour are used up",
        ),
        ErrorRule(action=Action.WAIT, statuses={403, 429}, text="secondary rate limit", wait=60),
    ),
    error_format=ErrorFormat(codes=(), texts=("message",)),
)
GOOGLE = ApiSpec(
    errors=(
        ErrorRule(action=Action.STOP, codes={"quotaExceeded"}, reason="the units of this day are used up"),
        ErrorRule(action=Action.SKIP, codes={"commentsDisabled"}, reason="comments are switched off"),
    ),
    error_format=ErrorFormat(codes=("error.errors.0.reason",), texts=("error.message",)),
)
META = ApiSpec(
    errors=(
        ErrorRule(action=Action.WAIT, codes={"4", "17", "32", "613"}, wait=300),
        ErrorRule(action=Action.SIGN_IN, codes={"190"}, reason="the token has expired"),
    ),
    error_format=ErrorFormat(codes=("error.code",), texts=("error.message",)),
)
X = ApiSpec(errors=(ErrorRule(action=Action.STOP, statuses={402}, reason="the credits are used up"),))


@pytest.mark.parametrize(
    ("api", "answer", "error_type", "message"),
    [
        (GOOGLE, reply(403, google_error("quotaExceeded")), QuotaExceededError, "403 Forbidden: the units of this day"),
        (GOOGLE, reply(403, google_error("commentsDisabled")), ListUnavailableError, "comments are switched off"),
        (GOOGLE, reply(403, google_error("forbidden")), NetworkRefusedError, "'Because forbidden'; check the token"),
        (META, reply(400, b'{"error": {"code": 190, "message": "Expired"}}'), CredentialError, "the token has expired"),
        (X, reply(402, b'{"title": "CreditsDepleted"}'), QuotaExceededError, "the credits are used up"),
    ],
)
def test_network_declares_what_its_errors_mean(site, client, clock, api, answer, error_type, message):
    """An error that no wait helps against is raised at once, with the reason in plain words."""
    site.script = [answer]

    with pytest.raises(error_type, match=message) as raised:
        client(api=api).get("x")
    assert error_type is type(raised.value)
    assert [1, []] == [len(site.requests), clock.slept]


@pytest.mark.parametrize(
    ("api", "answer", "wait"),
    [
        (GITHUB, reply(403, X_RateLimit_Remaining="0", X_RateLimit_Reset=f"{NOON + 90:.0f}"), 90.0),
        (GITHUB, reply(403, b'{"message": "You have exceeded a secondary rate limit."}', Retry_After="30"), 30.0),
        (GITHUB, reply(429, b'{"message": "You have exceeded a secondary rate limit."}'), 60.0),
        (META, reply(400, b'{"error": {"code": 17, "message": "User request limit reached"}}'), 300.0),
    ],
)
def test_other_statuses_than_429_can_mean_a_rate_limit(site, client, clock, api, answer, wait):
    """The client waits as long as the network asks, or else as long as its connector says, and retries."""
    site.script = [answer, GOOD]

    assert client(api=api).get("x").body["ok"]
    assert [wait] == clock.slept


def test_wait_names_the_reason(site, client, messages):
    """The line about the wait says why in plain words."""
    site.script = [reply(403, X_RateLimit_Remaining="0", Retry_After="90"), GOOD]

    client(api=GITHUB).get("x")

    assert ["127.0.0.1 asks to wait 90 s (the requests of this hour are used up)"] == messages


def test_backoff_of_a_successful_response_is_waited_for(site, client, clock):
    """Stack Exchange asks to wait in a field of a response that is otherwise good."""
    site.script = [reply(body=b'{"items": [], "backoff": 12}'), GOOD]
    http = client(api=ApiSpec(backoff="backoff"))

    http.get("x")
    assert [] == clock.slept
    http.get("x")
    assert [12.0] == clock.slept


# Headers, conditional requests and POST.


def test_headers_of_the_api_and_of_a_request_are_sent(site, client):
    """A request's own headers take precedence; the token is sent as the network wants it."""
    site.script = [GOOD]
    api = ApiSpec(headers={"X-Version": "3", "Accept": "application/a+json"}, auth_header="X-Key", auth_prefix="")

    client(api=api, token=TOKEN).get("x", headers={"Accept": "application/b+json"})

    [(_, sent)] = site.requests
    assert ["3", "application/b+json", TOKEN] == [sent[name] for name in ("X-Version", "Accept", "X-Key")]
    assert "Authorization" not in sent


def test_token_in_the_query_is_in_no_message(site, client):
    """Where a network takes its key in the query only, no error shows it."""
    key = "k3y"
    site.script = [reply(404, b'{"error": "no"}')]

    with pytest.raises(NetworkRefusedError) as raised:
        client(api=ApiSpec(auth_header="", auth_param="key"), token=key).get("x", {"page": 1})
    assert f"/x?page=1&key={key}" == site.requests[0][0]
    assert key not in str(raised.value)


@pytest.mark.parametrize(
    ("validator", "sent_header"),
    [
        ({"ETag": 'W/"a1"'}, ("If-None-Match", 'W/"a1"')),
        ({"Last_Modified": "Tue, 14 Nov 2023 22:13:20 GMT"}, ("If-Modified-Since", "Tue, 14 Nov 2023 22:13:20 GMT")),
    ],
)
def test_unchanged_response_is_not_modified(site, client, validator, sent_header):
    """The validator of a response is sent back; 304 means that nothing changed."""
    site.script = [reply(body=b'{"ok": true}', **validator), reply(304, b"")]
    http = client()

    first = http.get("x")
    second = http.get("x", validator=first.validator)

    name, value = sent_header
    assert value == site.requests[1][1][name]
    assert [False, True, None] == [first.not_modified, second.not_modified, second.body]


@pytest.mark.parametrize("etag", ["a1", '"a"b"', '"' + "x" * 600 + '"', '"\xe9"'])
def test_invalid_etag_is_not_sent_back(site, client, etag):
    """A validator that is none, or absurdly long, is ignored."""
    site.script = [reply(body=b"{}", ETag=etag)]

    assert "" == client().get("x").validator


def test_304_without_a_condition_is_refused(site, client):
    """A server that says "not modified" to an unconditional request has nothing to give."""
    site.script = [reply(304, b"")]

    with pytest.raises(NetworkRefusedError, match="304"):
        client().get("x")


def test_post_sends_json_or_a_form(site, client):
    """The body has the type that its header names."""
    site.script = [GOOD]
    http = client()

    http.post("graphql", json={"query": "{a}"})
    http.post("token", form={"grant_type": "refresh_token", "x": "ä b"})

    kinds = [sent["Content-Type"] for _, sent in site.requests]
    assert ["application/json", "application/x-www-form-urlencoded"] == kinds
    assert [b'{"query":"{a}"}', b"grant_type=refresh_token&x=%C3%A4+b"] == site.bodies


def test_redirect_of_a_post_is_refused(site, client):
    """What was posted goes to no other address."""
    site.script = [redirect("/other")]

    with pytest.raises(NetworkRefusedError, match="redirects a POST"):
        client().post("x", json={})


# Size limits.


def test_too_large_body_is_refused(site, client):
    """Neither a large body nor a large Content-Length fills the memory."""
    for answer in (reply(body=b" " * 2000), reply(body=b" " * 2000, length=10**12)):
        site.script = [answer]
        with pytest.raises(NetworkRefusedError, match="larger than 1,000 bytes"):
            client(manners=ClientOptions(max_bytes=1000)).get("x")


@pytest.mark.parametrize("layers", [1, 2])
def test_gzip_bomb_is_refused(site, client, layers):
    """The size limit holds for the decompressed body, which is never decompressed as a whole."""
    body = b" " * 60_000_000
    for _ in range(layers):
        body = gzip.compress(body, 1)
    site.script = [reply(body=body, Content_Encoding=", ".join(["gzip"] * layers))]

    with pytest.raises(NetworkRefusedError, match="larger than 10,000,000 bytes"):
        client().get("x")


def test_endless_empty_gzip_stream_is_refused(site, client):
    """The size limit holds for the bytes sent, too: empty blocks decompress to nothing."""
    body = gzip.compress(b"")[:10] + b"\x00\x00\x00\xff\xff" * 1000
    site.script = [reply(body=body, length=10**12, Content_Encoding="gzip")]

    with pytest.raises(NetworkRefusedError, match="larger than 1,000 bytes"):
        client(manners=ClientOptions(max_bytes=1000)).get("x")


# Redirects and SSRF.


def redirect(to: str) -> bytes:
    """Return a redirect."""
    return reply(302, Location=to)


def test_redirect_on_the_same_server_keeps_the_token(site, client):
    """A redirect on the same server is followed with the Authorization header."""
    site.script = [redirect("/y"), GOOD]

    assert client(token=TOKEN).get("x").body["ok"]
    assert [f"Bearer {TOKEN}"] * 2 == [headers["Authorization"] for _, headers in site.requests]


@pytest.mark.parametrize("host", ["other.example", "inner.example", "10.0.0.1", "[::1]"])
def test_redirect_to_another_host_is_refused(host, site, client):
    """A public or private host is refused before any DNS lookup."""
    site.script = [redirect(f"http://{host}:{site.server_port}/")]

    with pytest.raises(
        NetworkRefusedError, match=rf"redirects or links to '{re.escape(host.strip('[]'))}', which is not followed"
    ):
        client(**public(site)).get("x")
    assert 1 == len(site.requests)


def test_redirect_to_another_port_drops_the_token(site, client):
    """The token is sent to its own server only."""
    with Site() as neighbour:
        threading.Thread(target=neighbour.serve_forever, args=(0.01,), daemon=True).start()
        site.script, neighbour.script = [redirect(f"http://public.example:{neighbour.server_port}/y")], [GOOD]

        assert client(**public(site), token=TOKEN).get("x").body["ok"]
        neighbour.shutdown()
    assert f"Bearer {TOKEN}" == site.requests[0][1]["Authorization"]
    assert "Authorization" not in neighbour.requests[0][1]


def test_redirect_from_a_private_server_to_another_is_refused(site, client):
    """`private = true` permits one host and port."""
    with Site() as neighbour:
        site.script = [redirect(f"{neighbour.url}/admin")]
        with pytest.raises(
            NetworkRefusedError, match=r"'127\.0\.0\.1' resolves to 127\.0\.0\.1, which is not a public .*not followed"
        ):
            client().get("x")


def test_private_address_needs_permission(site, client):
    """By default nothing on this machine is requested."""
    with pytest.raises(
        NetworkRefusedError, match=r"resolves to 127\.0\.0\.1, which is not a public .*private = true under"
    ):
        client(private_ok=False).get("x")
    assert not site.requests


def test_redirect_loop_is_refused(site, client):
    """At most five redirects are followed."""
    site.script = [redirect("/x")]

    with pytest.raises(NetworkRefusedError, match="more than 5 redirects"):
        client().get("x")
    assert 6 == len(site.requests)


@pytest.mark.parametrize(
    "to",
    [
        "ftp://public.example/",
        "file:///etc/passwd",
        "http://u:p@public.example/",
        "http://x:y:z",
        "http://public.example:65559/",
    ],
)
def test_redirect_to_an_invalid_url_is_refused(site, client, to):
    """Only http and https URLs without passwords are followed."""
    site.script = [redirect(to)]

    with pytest.raises(
        NetworkRefusedError, match=r"public\.example redirects or links to something that is not an http or https URL"
    ):
        client(**public(site)).get("x")


def test_redirect_from_https_to_http_is_refused():
    """A downgrade is refused even on the same host."""
    server = Server("https://public.example")

    with pytest.raises(NetworkRefusedError, match=r"from https to http at 'public\.example'"):
        urls.resolve_link(server, server.url(), "http://public.example/x")


@pytest.mark.parametrize("host", ["127.1", "0x7f000001", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "localhost"])
def test_every_spelling_of_loopback_is_refused(client, host):
    """The SSRF check looks at the address connected to, not at its spelling."""
    with pytest.raises(NetworkRefusedError, match="which is not a public address"):
        client(f"http://{host}:9/", private_ok=False).get("x")


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1"),  # noqa: S104
        *("192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%1"),
        *("fc00::1", "fec0::1", "ff02::1", "2001:db8::1", "::ffff:10.0.0.1", "::7f00:1", "64:ff9b::a00:1"),
        *("2002:7f00:1::", "2001:0:7f00:1::"),
    ],
)
def test_special_addresses_are_not_public(address):
    """Private, loopback, link-local, multicast, reserved and unspecified addresses, and those that embed one."""
    assert not ssrf.is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "64:ff9b::101:101"])
def test_internet_addresses_are_public(address):
    """All other addresses are public."""
    assert ssrf.is_public(address)


def test_one_private_address_among_public_ones_is_refused(site, client):
    """All addresses of a host are checked, not only the first."""
    network = Transport(lambda _host, _port: ["93.184.215.14", "192.168.0.1"], RerouteBackend())

    with pytest.raises(NetworkRefusedError, match=r"resolves to 192\.168\.0\.1"):
        client(f"http://public.example:{site.server_port}", network=network, private_ok=False).get("x")


def test_dns_rebinding_connects_to_the_checked_address(site, client):
    """Each connection makes one DNS lookup and connects to its result."""
    dns_results = itertools.chain([["93.184.215.14"]], itertools.repeat(["127.0.0.1"]))
    backend = RerouteBackend()
    http = client(
        f"http://public.example:{site.server_port}",
        network=Transport(lambda *_: next(dns_results), backend),
        private_ok=False,
    )
    site.script = [GOOD]

    assert http.get("x").body["ok"]
    assert ["93.184.215.14"] == backend.addresses
    with pytest.raises(NetworkRefusedError, match=r"resolves to 127\.0\.0\.1"):
        http.get("x")
    assert ["93.184.215.14"] == backend.addresses


def failing_dns(errno: int) -> Transport:
    """Return a transport whose DNS lookups fail."""

    def resolve(_host, _port):
        raise socket.gaierror(errno, "no name")

    return Transport(resolve, RerouteBackend())


def test_unknown_host_is_refused_and_dns_failure_is_unavailable(client):
    """A host that does not exist is final; a resolver that does not answer may come back."""
    with pytest.raises(NetworkRefusedError, match=r"host not found: 'public\.example'; .* no connection"):
        client("https://public.example", network=failing_dns(socket.EAI_NONAME)).get("x")
    with pytest.raises(NetworkUnavailableError, match=r"connection to public\.example failed"):
        client("https://public.example", network=failing_dns(socket.EAI_AGAIN)).get("x")


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl to make a certificate")
def test_certificate_must_match_the_host_name(site, client, tmp_path, monkeypatch):
    """TLS checks the host name, although the connection is to an address."""
    key, cert = str(tmp_path / "key.pem"), str(tmp_path / "cert.pem")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=public.example"
    options = ["-addext", "subjectAltName=DNS:public.example", "-keyout", key, "-out", cert]
    subprocess.run([*command.split(), *options], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    site.socket = context.wrap_socket(site.socket, server_side=True, do_handshake_on_connect=False)
    monkeypatch.setenv("SSL_CERT_FILE", cert)
    site.script = [GOOD]
    network = public(site)["network"]

    assert client(f"https://public.example:{site.server_port}", network=network, token=TOKEN).get("x").body["ok"]
    with pytest.raises(NetworkRefusedError, match=r"other\.example has no valid TLS certificate"):
        client(f"https://other.example:{site.server_port}", network=network, token=TOKEN).get("x")


# Rate limits and budgets.


@pytest.mark.parametrize("skew", [0, -7200, 7200])
def test_mastodon_rate_limit_is_waited_for(site, client, clock, messages, skew):
    """With no requests left, the next one waits for the reset, by the server's clock."""
    until = time.strftime("%Y-%m-%dT%H:%M:%S.5Z", time.gmtime(NOON + skew + 90))
    date = formatdate(NOON + skew, usegmt=True)
    site.script = [reply(Date=date, X_RateLimit_Remaining="0", X_RateLimit_Reset=until), GOOD]
    http = client()

    http.get("x")
    assert not clock.slept
    http.get("x")
    assert [91.0] == clock.slept
    assert ["127.0.0.1 asks to wait 91 s (rate limit reached)"] == messages


def test_bluesky_rate_limit_is_waited_for(site, client, clock):
    """Bluesky's reset is in epoch seconds."""
    site.script = [reply(RateLimit_Remaining="0", RateLimit_Reset=f"{NOON + 60:.0f}"), GOOD]
    http = client()

    http.get("x")
    clock.now += 20
    http.get("x")

    assert [40.0] == clock.slept


def test_429_without_retry_after_waits_for_the_rate_limit_reset(site, client, clock):
    """The rate limit headers tell the wait that Retry-After does not; the error carries it, too."""
    site.script = [reply(429, RateLimit_Remaining="0", RateLimit_Reset=f"{NOON + 60:.0f}"), GOOD]

    with pytest.raises(NetworkUnavailableError, match="429 Too Many Requests") as raised:
        client(manners=ClientOptions(max_attempts=1)).get("x")
    assert 60.0 == raised.value.wait
    assert not clock.slept


def test_longer_of_retry_after_and_rate_limit_reset_wins(site, client, clock):
    """A short Retry-After does not end a rate limit."""
    site.script = [reply(429, Retry_After="5", RateLimit_Remaining="0", RateLimit_Reset=f"{NOON + 60:.0f}"), GOOD]

    assert client().get("x").body["ok"]
    assert [60.0] == clock.slept


@pytest.mark.parametrize(
    ("remaining", "until"),
    [("1", NOON + 60), ("0", NOON - 60), ("0", "soon"), ("0", ""), ("many", NOON + 60), ("-1", "99999-01-01")],
)
def test_rate_limit_without_information_means_no_wait(site, client, clock, remaining, until):
    """Requests are left, the reset has passed, or the headers are invalid."""
    site.script = [reply(RateLimit_Remaining=remaining, RateLimit_Reset=until), GOOD]
    http = client()

    http.get("x")
    http.get("x")

    assert not clock.slept


@pytest.mark.parametrize("until", ["9" * 18, "9999-12-31T23:59:59Z", f"{NOON * 1000:.0f}"])
def test_waits_are_cut_to_a_day(until):
    """A server with a broken clock does not stop a run for years."""
    assert headers.MAX_WAIT_SECONDS == headers.parse_rate_limit_reset(
        {"ratelimit-remaining": "0", "ratelimit-reset": until}, NOON
    )


def test_no_wait_is_negative():
    """A reset or Retry-After in the past means no wait."""
    assert 0 == headers.parse_rate_limit_reset(
        {"ratelimit-remaining": "0", "ratelimit-reset": f"{NOON - 60:.0f}"}, NOON
    )
    assert 0 == headers.parse_retry_after({"retry-after": formatdate(NOON - 60, usegmt=True)}, NOON)


def test_small_rate_limit_reset_is_relative_to_now():
    """Drafts of the standard count seconds from the response."""
    assert 30 == headers.parse_rate_limit_reset({"ratelimit-remaining": "0", "ratelimit-reset": "30"}, NOON)


def test_page_budget_ends_requests(site, client):
    """The error tells the pages used and the URL that was not fetched."""
    site.script = [GOOD]
    http = client(budget=RequestBudget(2, 60))
    http.get("x")
    http.get("x")

    with pytest.raises(
        BudgetExceededError, match=r"2 of 2 pages and 0 of 60 s are used; .*/y' was not fetched: no page"
    ):
        http.get("y")
    assert 2 == len(site.requests)


def test_wait_beyond_the_time_budget_is_not_started(site, client, clock):
    """The budget ends before a sleep that it cannot pay for."""
    site.script = [reply(503, Retry_After="120")]

    with pytest.raises(BudgetExceededError, match=r"1 of 100 pages and 0 of 60 s.*asks to wait 120 s \(503\)"):
        client(budget=RequestBudget(100, 60)).get("x")
    assert not clock.slept
    assert 1 == len(site.requests)


def test_time_budget_ends_requests(site, client, clock):
    """No request is sent after the end of the budget."""
    site.script = [GOOD]
    http = client(budget=RequestBudget(100, 60))
    clock.now += 61

    with pytest.raises(BudgetExceededError, match=r"61 of 60 s are used.*no time is left"):
        http.get("x")
    assert not site.requests


def drip_headers(request_handler: RequestHandler) -> None:
    """Send headers without end, a byte at a time."""
    for byte in itertools.cycle(b"a"):
        request_handler.wfile.write(bytes([byte]))
        time.sleep(0.02)


def test_dripping_server_is_cut_off_by_the_time_budget(site):
    """Each byte arrives within the timeout, but all together exceed the budget."""
    site.script = [drip_headers]
    started = time.time()
    server = Server(site.url, private_ok=True)

    with (
        Client(server, RequestBudget(1, 0.4), clock=time.time, sleep=time.sleep, seed=1) as http,
        pytest.raises(BudgetExceededError, match="1 of 1 pages and 0 of 0 s"),
    ):
        http.get("x")
    assert time.time() - started < 3


# Secrets and settings.


@pytest.mark.parametrize(
    "answer",
    [
        reply(401, json.dumps({"error": TOKEN, "message": f"bad token {TOKEN}"}).encode()),
        reply(404, b"x" * 70 + TOKEN.encode(), kind="text/plain"),
        reply(403, TOKEN.replace("/", "\\/").encode(), kind="text/plain"),
        reply(body=TOKEN.encode(), kind=TOKEN),
        reply(body=b"{" + TOKEN.encode()),
        reply(body=json.dumps({"uri": [TOKEN], TOKEN: TOKEN}).encode()),
        reply(429, TOKEN.encode(), Retry_After=TOKEN),
        f"HTTP/9 {TOKEN}\r\n\r\n".encode(),
        f"HTTP/1.1 200 OK\r\n{TOKEN} {TOKEN}\r\n\r\n".encode(),
        reply(body=b"{}", Content_Encoding="gzip", X=TOKEN),
        redirect(f"http://other.example/?x={TOKEN}"),
        redirect(f"ftp://{TOKEN}"),
    ],
)
def test_token_is_redacted_everywhere(site, client, caplog, messages, answer):
    """No error, cause, traceback, log or progress line shows the token, though the server repeats it."""
    site.script = [answer]
    http = client(token=TOKEN, manners=ClientOptions(max_attempts=2))
    with caplog.at_level(logging.DEBUG), pytest.raises(RenownError, match=r"127\.0\.0\.1") as raised:
        http.get("x", {"access_token": TOKEN, "q": TOKEN}, response_type=Post)

    assert f"Bearer {TOKEN}" == site.requests[0][1]["Authorization"]
    texts = [
        repr(http),
        repr(vars(http)),
        *messages,
        caplog.text,
        *map(repr, (record.__dict__ for record in caplog.records)),
    ]
    error: BaseException | None = raised.value
    texts += traceback.format_exception(error)
    while error:
        texts += [str(error), repr(error), repr(vars(error))]
        error = error.__cause__ or error.__context__
    assert not [text for text in texts if TOKEN[:12].lower() in text.lower()]


def test_secrets_in_a_query_are_redacted(site, client):
    """Parameters whose names mean tokens, keys or passwords are redacted."""
    site.script = [reply(404)]

    with pytest.raises(NetworkRefusedError, match=r"x\?access_token=…&api_key=…&limit=5'"):
        client().get("x", {"access_token": "abc", "api_key": "def", "limit": 5})


@pytest.mark.parametrize(
    ("server", "message"),
    [
        (Server("ftp://a.example"), "not an http or https URL"),
        (Server("a.example"), "not an http or https URL"),
        (Server("https://a.example:65536"), "not an http or https URL"),
        (Server("https://a.example:0"), "not an http or https URL"),
        (Server("https://me:pass@a.example"), "without a password"),
        (Server("http://x:y:z"), "not an http or https URL"),
        (Server("https://a.example/?limit=1"), "or query"),
        (Server("https://a.example", token="two words"), "blanks"),  # noqa: S106
        (Server("https://a.example", token="x\r\nEvil: 1"), "blanks"),  # noqa: S106
        (Server("http://a.example", token=TOKEN), "unencrypted over http"),
    ],
)
def test_invalid_server_settings_are_refused(server, message):
    """Settings are checked before anything is sent, and the error does not show the secret."""
    with pytest.raises(InvalidSettingsError, match=message) as raised:
        server.url()
    assert "pass@" not in str(raised.value)
    assert "token=" not in repr(server)


def test_contact_with_a_line_break_is_refused(client):
    """The contact cannot inject a header."""
    with pytest.raises(InvalidSettingsError, match="plain ASCII"):
        client(manners=ClientOptions(contact="x\r\nEvil: 1"))


# Pagination links.


@pytest.mark.parametrize(
    ("header", "links"),
    [
        ("", {}),
        ('<https://a.example/2>; rel="next"', {"next": "https://a.example/2"}),
        ("</2>;rel=next,</0>; REL=prev", {"next": "https://a.example/2", "prev": "https://a.example/0"}),
        ('</2>; rel="next last"', {"next": "https://a.example/2", "last": "https://a.example/2"}),
        ('</2>; title="a, <b>; rel=x \\" c"; rel="next"', {"next": "https://a.example/2"}),
        ("</2>; rel=next, </3>; rel=next", {"next": "https://a.example/2"}),
        ("</2>; rel=next; rel=prev", {"next": "https://a.example/2"}),
        ("</2>; rel=next; anchor=x", {}),
        ("</2>", {}),
        ("no link at all; rel=next", {}),
        ("<http://x:y:z>; rel=next", {}),
    ],
)
def test_parse_links_follows_rfc_8288(header, links):
    """Relative, quoted, several, with an anchor, or invalid."""
    assert links == headers.parse_links(header, httpx2.URL("https://a.example/1"))
