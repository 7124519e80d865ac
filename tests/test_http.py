"""The polite client: asked of a real server, under a clock of our own."""

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

from renown.connectors.http import Budget, Client, Manners, Server, addresses, headers, servers
from renown.connectors.http.addresses import Network
from renown.errors import (
    AccountGone,
    BadSettings,
    BudgetSpent,
    CursorLost,
    NetworkBusy,
    NetworkRefused,
    RenownError,
)
from sites import NOON, Line, Site, reply

TOKEN = "S3cret-t0ken/of+us=="  # noqa: S105 - a test's
NAMES = {"public.example": ["93.184.215.14"], "other.example": ["93.184.215.15"], "inner.example": ["10.0.0.1"]}


class Rerouted(httpcore2.SyncBackend):
    """A wire on which every address is the site's."""

    def __init__(self) -> None:
        self.dialled: list[str] = []

    def connect_tcp(self, host, *args, **kwargs):
        """Connect to the site and note the address."""
        self.dialled.append(host)
        return super().connect_tcp("127.0.0.1", *args, **kwargs)


GOOD = reply(body=b'{"ok": true}')


def public(site: Site, wire: httpcore2.NetworkBackend | None = None) -> dict[str, object]:
    """Return a client's arguments for the site under a public name."""
    network = Network(lambda host, _port: NAMES[host], wire or Rerouted())
    return {"base": f"http://public.example:{site.server_port}", "network": network}


# What is answered.


def test_a_page_is_json_with_links_and_headers(site, client):
    """The path goes below the base, with its query."""
    site.script = [reply(body=b'[{"id": "1"}]', Link='</api/x?max_id=1>; rel="next"', X_Y="z")]

    answer = client(f"{site.url}/api/").get("/x", {"limit": 80, "types[]": ["a", "b"]})

    assert [{"id": "1"}] == answer.body
    assert {"next": f"{site.url}/api/x?max_id=1"} == answer.links
    assert "z" == answer.headers["x-y"]
    assert "/api/x?limit=80&types%5B%5D=a&types%5B%5D=b" == site.asked[0][0]


def test_a_next_link_is_asked_as_it_is(site, client):
    """Pages are read on by the network's own links."""
    site.script = [reply(Link=f'<{site.url}/x?max_id=1>; rel="next"'), GOOD]
    one = client()

    one.get(one.get("x", {"limit": 1}).links["next"])

    assert ["/x?limit=1", "/x?max_id=1"] == [path for path, _ in site.asked]


def test_the_user_agent_says_who_asks_and_whom_to_ask(site, client):
    """A network's people find us."""
    site.script = [GOOD]

    client(manners=Manners(contact="mailto:me@a.example")).get("x")

    assert site.asked[0][1]["User-Agent"].startswith("renown/")
    assert site.asked[0][1]["User-Agent"].endswith(" (+mailto:me@a.example)")


def test_gzip_is_unpacked(site, client):
    """What is packed is the same page."""
    site.script = [reply(body=gzip.compress(b'{"ok": 1}'), Content_Encoding="gzip")]

    assert {"ok": 1} == client().get("x").body


# What is answered later.


def test_a_429_is_asked_again_after_as_many_seconds_as_it_says(site, client, hours, told):
    """Retry-After is kept to, and told."""
    site.script = [reply(429, Retry_After="30"), GOOD]

    assert client().get("x").body["ok"]
    assert [30.0] == hours.slept
    assert ["127.0.0.1 asks to wait 30 s (429)"] == told


@pytest.mark.parametrize("skew", [0, -86_400 * 400, 86_400 * 400])
def test_a_429_is_asked_again_at_the_date_it_says_by_its_own_clock(site, client, hours, skew):
    """A server's dates are compared with the server's Date, whatever our clock says."""
    date, until = formatdate(NOON + skew, usegmt=True), formatdate(NOON + skew + 45, usegmt=True)
    site.script = [reply(429, Date=date, Retry_After=until), GOOD]

    assert client().get("x").body["ok"]
    assert [45.0] == hours.slept


def test_a_429_that_says_nothing_is_asked_again_after_a_back_off(site, client, hours):
    """Twice as long each time, and up to a second of chance."""
    site.script = [reply(429)] * 4 + [GOOD]

    assert client().get("x").body["ok"]
    assert 4 == len(hours.slept)
    assert all(2**n <= wait <= 2**n + 1 for n, wait in enumerate(hours.slept))
    assert len({wait % 1 for wait in hours.slept}) == len(hours.slept)


@pytest.mark.parametrize("said", ["-5", "soon", "0", "nan", "1e9", "²", "Mon, 99 Foo 2024 00:00:00 GMT"])
def test_a_retry_after_that_is_none_is_a_back_off(site, client, hours, said):
    """No negative waits, no absurd ones, no hammering."""
    site.script = [reply(429).replace(b"\r\n\r\n", f"\r\nRetry-After: {said}\r\n\r\n".encode()), GOOD]

    assert client().get("x").body["ok"]
    assert 1 == len(hours.slept)
    assert 1 <= hours.slept[0] <= 2


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_that_fails_for_a_while_is_asked_until_it_does_not(site, client, hours, status):
    """A burst of failures costs waits, no page."""
    site.script = [reply(status)] * 3 + [GOOD]

    assert client(budget=Budget(1, 3600)).get("x").body["ok"]
    assert 3 == len(hours.slept)


def test_a_server_that_always_fails_is_left_alone(site, client):
    """After all tries the caller is told what was asked, how often, and what came."""
    site.script = [reply(500)]

    with pytest.raises(NetworkBusy, match=r"asked 3 times: 'http://127.*/x' was answered 500 Internal") as caught:
        client(manners=Manners(tries=3)).get("x")
    assert 500 == caught.value.status
    assert 3 == len(site.asked)


def test_a_server_that_is_silent_is_asked_again(site, client, hours):
    """A timeout is no answer."""
    site.script = [lambda _line: time.sleep(0.4), GOOD]

    assert client(manners=Manners(timeout=0.1)).get("x").body["ok"]
    assert 1 == len(hours.slept)


def test_a_server_that_is_always_silent_is_busy(site, client):
    """The caller is told how long was waited for a byte."""
    site.script = [lambda _line: time.sleep(0.3)]

    with pytest.raises(NetworkBusy, match=r"took more than 0\.1 s to answer") as caught:
        client(manners=Manners(timeout=0.1, tries=2)).get("x")
    assert caught.value.status is None


def test_a_server_that_is_not_there_is_busy(client):
    """Nobody listens: it may come back."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(NetworkBusy, match=r"no connection to 127\.0\.0\.1.*refused"):
        client(f"http://127.0.0.1:{port}").get("x")


def reset(line: Line) -> None:
    """Hang up in the middle of a body, as a crash does."""
    line.wfile.write(reply(body=b'{"o', length=100))
    line.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.connection.close()


@pytest.mark.parametrize(
    "broken",
    [
        reply(body=b'{"ok": tr'),
        reply(body=b""),
        reply(body=b'{"o', length=100),
        reset,
        reply(body=gzip.compress(b'{"ok": true}' * 9)[:-20], Content_Encoding="gzip"),
        reply(body=b'{"ok": 1}', Content_Encoding="gzip"),
        lambda line: line.connection.close(),
    ],
    ids=["json ends early", "empty", "body ends early", "reset", "gzip ends early", "no gzip", "closed"],
)
def test_an_answer_cut_short_is_asked_for_again(site, client, hours, broken):
    """Half a page is no page, and never a whole one."""
    site.script = [broken, GOOD]

    assert {"ok": True} == client().get("x").body
    assert 1 == len(hours.slept)


# What is refused.


def test_a_page_of_another_kind_is_refused_with_its_first_words(site, client, hours):
    """A captive portal is recognised; its escape sequences are not played."""
    site.script = [reply(body=b"<html>\x1b[2JPay for wi-fi" + b"!" * 500, kind="text/html")]

    with pytest.raises(NetworkRefused, match=r"'text/html', not JSON: '<html>\\x1b\[2JPay for wi-fi!{57}…'"):
        client().get("x")
    assert not hours.slept


def test_json_that_is_none_is_refused(site, client):
    """It did not end early: asking again brings the same."""
    site.script = [reply(body=b"{oops}")]

    with pytest.raises(NetworkRefused, match=r"JSON that is none: '\{oops\}'"):
        client().get("x")


def test_json_as_deep_as_a_mine_is_refused(site, client):
    """Nesting does not break the interpreter."""
    site.script = [reply(body=b"[" * 100_000)]

    with pytest.raises(NetworkRefused, match="JSON that is none"):
        client().get("x")


class Post(msgspec.Struct):
    """A shape."""

    uri: str


def test_json_of_another_shape_is_refused_by_place(site, client):
    """The caller says what a page is; what is not is named."""
    site.script = [reply(body=b'[{"uri": 5}]')]

    with pytest.raises(NetworkRefused, match=r"another shape: .*got `int`.*\$\[0\]\.uri"):
        client().get("x", shape=list[Post])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 422, 451, 300, 999])
def test_what_is_refused_is_asked_once(site, client, hours, status):
    """Status and the network's own word are the caller's."""
    site.script = [reply(status, b'{"error": "NotThere", "message": "no\\u202esuch\\u001b[31m"}')]

    with pytest.raises(NetworkRefused, match=rf"answered {status}.*'NotThere: no\\u202esuch\\x1b\[31m'") as caught:
        client().get("x")
    assert (status, "NotThere") == (caught.value.status, caught.value.code)
    assert 1 == len(site.asked)
    assert not hours.slept


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(404, b'{"error": "Record not found"}'), AccountGone),
        (reply(410, b"gone", kind="text/plain"), AccountGone),
        (reply(400, b'{"error": "AccountTakedown"}'), AccountGone),
        (reply(400, b'{"error": "InvalidCursor"}'), CursorLost),
        (reply(400, b'{"error": "Else"}'), NetworkRefused),
    ],
)
def test_what_a_refusal_means_is_the_callers_word(site, client, answer, kind):
    """The network's code goes before the status."""
    site.script = [answer]
    means = {404: AccountGone, 410: AccountGone, "AccountTakedown": AccountGone, "InvalidCursor": CursorLost}

    with pytest.raises(NetworkRefused, match="was answered 4") as caught:
        client().get("x", means=means)
    assert kind is type(caught.value)


# What is too large.


def test_a_body_that_says_or_is_too_large_is_refused(site, client):
    """No page fills the memory, whatever length it claims."""
    for answer in (reply(body=b" " * 2000), reply(body=b" " * 2000, length=10**12)):
        site.script = [answer]
        with pytest.raises(NetworkRefused, match="larger than 1,000 bytes"):
            client(manners=Manners(most_bytes=1000)).get("x")


@pytest.mark.parametrize("layers", [1, 2])
def test_a_gzip_bomb_is_refused_before_it_goes_off(site, client, layers):
    """The limit holds for what is unpacked, and all of it is never unpacked."""
    body = b" " * 60_000_000
    for _ in range(layers):
        body = gzip.compress(body, 1)
    site.script = [reply(body=body, Content_Encoding=", ".join(["gzip"] * layers))]

    with pytest.raises(NetworkRefused, match="larger than 10,000,000 bytes"):
        client().get("x")


def test_a_gzip_stream_that_holds_nothing_and_never_ends_is_refused(site, client):
    """The limit holds for what is sent, too: empty blocks unpack to nothing at all."""
    body = gzip.compress(b"")[:10] + b"\x00\x00\x00\xff\xff" * 1000
    site.script = [reply(body=body, length=10**12, Content_Encoding="gzip")]

    with pytest.raises(NetworkRefused, match="larger than 1,000 bytes"):
        client(manners=Manners(most_bytes=1000)).get("x")


# Redirects and addresses.


def moved(to: str) -> bytes:
    """Return a redirect."""
    return reply(302, Location=to)


def test_a_redirect_on_the_same_server_is_followed_with_the_token(site, client):
    """Moved is not gone."""
    site.script = [moved("/y"), GOOD]

    assert client(token=TOKEN).get("x").body["ok"]
    assert [f"Bearer {TOKEN}"] * 2 == [head["Authorization"] for _, head in site.asked]


@pytest.mark.parametrize("host", ["other.example", "inner.example", "10.0.0.1", "[::1]"])
def test_a_redirect_to_another_host_is_refused(host, site, client):
    """Public or private: it is not even looked up."""
    site.script = [moved(f"http://{host}:{site.server_port}/")]

    with pytest.raises(NetworkRefused, match=rf"leads to '{re.escape(host.strip('[]'))}', which is not followed"):
        client(**public(site)).get("x")
    assert 1 == len(site.asked)


def test_a_redirect_to_another_port_is_followed_without_the_token(site, client):
    """The token is the first server's."""
    with Site() as neighbour:
        threading.Thread(target=neighbour.serve_forever, args=(0.01,), daemon=True).start()
        site.script, neighbour.script = [moved(f"http://public.example:{neighbour.server_port}/y")], [GOOD]

        assert client(**public(site), token=TOKEN).get("x").body["ok"]
        neighbour.shutdown()
    assert f"Bearer {TOKEN}" == site.asked[0][1]["Authorization"]
    assert "Authorization" not in neighbour.asked[0][1]


def test_a_redirect_from_ones_own_server_to_another_private_one_is_refused(site, client):
    """Permission is for one host and port."""
    with Site() as neighbour:
        site.script = [moved(f"{neighbour.url}/admin")]
        with pytest.raises(
            NetworkRefused, match=r"'127\.0\.0\.1' is at 127\.0\.0\.1, which is no public .*not followed"
        ):
            client().get("x")


def test_ones_own_server_is_private_only_with_permission(site, client):
    """By default nothing on this machine is asked."""
    with pytest.raises(NetworkRefused, match=r"is at 127\.0\.0\.1, which is no public .*private = true below"):
        client(private_ok=False).get("x")
    assert not site.asked


def test_redirects_that_go_on_are_refused(site, client):
    """Five are enough."""
    site.script = [moved("/x")]

    with pytest.raises(NetworkRefused, match="more than 5 redirects"):
        client().get("x")
    assert 6 == len(site.asked)


@pytest.mark.parametrize(
    "to", ["ftp://public.example/", "file:///etc/passwd", "http://u:p@public.example/", "http://x:y:z"]
)
def test_a_redirect_to_what_is_no_page_is_refused(site, client, to):
    """Only http and https, without passwords."""
    site.script = [moved(to)]

    with pytest.raises(NetworkRefused, match=r"public\.example leads to what is no http or https URL"):
        client(**public(site)).get("x")


def test_nothing_leads_from_https_to_http():
    """Not even on the same host."""
    server = Server("https://public.example")

    with pytest.raises(NetworkRefused, match=r"from https to http at 'public\.example'"):
        servers.led(server, server.url(), "http://public.example/x")


@pytest.mark.parametrize("host", ["127.1", "0x7f000001", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "localhost"])
def test_loopback_is_found_behind_every_spelling(client, host):
    """What counts is the address connected to."""
    with pytest.raises(NetworkRefused, match="which is no public address"):
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
def test_an_address_that_is_not_of_the_internet_is_not_public(address):
    """Private, loopback, link-local, multicast, reserved, unspecified, and any that holds one."""
    assert not addresses.public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "64:ff9b::101:101"])
def test_an_address_of_the_internet_is_public(address):
    """The rest."""
    assert addresses.public(address)


def test_one_private_address_among_public_ones_is_enough_to_refuse(site, client):
    """Not the one that is tried first, all."""
    network = Network(lambda _host, _port: ["93.184.215.14", "192.168.0.1"], Rerouted())

    with pytest.raises(NetworkRefused, match=r"is at 192\.168\.0\.1"):
        client(f"http://public.example:{site.server_port}", network=network, private_ok=False).get("x")


def test_a_name_that_changes_its_mind_is_connected_to_the_address_that_was_checked(site, client):
    """DNS rebinding: one look-up a connection, and the connection is to what it found."""
    minds = itertools.chain([["93.184.215.14"]], itertools.repeat(["127.0.0.1"]))
    wire = Rerouted()
    one = client(
        f"http://public.example:{site.server_port}", network=Network(lambda *_: next(minds), wire), private_ok=False
    )
    site.script = [GOOD]

    assert one.get("x").body["ok"]
    assert ["93.184.215.14"] == wire.dialled
    with pytest.raises(NetworkRefused, match=r"is at 127\.0\.0\.1"):
        one.get("x")
    assert ["93.184.215.14"] == wire.dialled


def failing(errno: int) -> Network:
    """Return a network whose names do not resolve."""

    def resolve(_host, _port):
        raise socket.gaierror(errno, "no name")

    return Network(resolve, Rerouted())


def test_a_host_that_does_not_exist_is_refused_and_a_dumb_resolver_is_not(client):
    """No such name is an answer, no answer is none."""
    with pytest.raises(NetworkRefused, match=r"there is no host 'public\.example'"):
        client("https://public.example", network=failing(socket.EAI_NONAME)).get("x")
    with pytest.raises(NetworkBusy, match=r"no connection to public\.example"):
        client("https://public.example", network=failing(socket.EAI_AGAIN)).get("x")


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl to make a certificate")
def test_a_certificate_has_to_be_the_hosts_though_its_address_is_connected_to(site, client, tmp_path, monkeypatch):
    """The name that is checked in TLS is the host's own."""
    key, cert = str(tmp_path / "key.pem"), str(tmp_path / "cert.pem")
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=public.example"
    names = ["-addext", "subjectAltName=DNS:public.example", "-keyout", key, "-out", cert]
    subprocess.run([*made.split(), *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    site.socket = context.wrap_socket(site.socket, server_side=True, do_handshake_on_connect=False)
    monkeypatch.setenv("SSL_CERT_FILE", cert)
    site.script = [GOOD]
    network = public(site)["network"]

    assert client(f"https://public.example:{site.server_port}", network=network, token=TOKEN).get("x").body["ok"]
    with pytest.raises(NetworkRefused, match=r"other\.example does not prove that it is other\.example"):
        client(f"https://other.example:{site.server_port}", network=network, token=TOKEN).get("x")


# Rates and budgets.


@pytest.mark.parametrize("skew", [0, -7200, 7200])
def test_mastodons_rate_is_waited_for(site, client, hours, told, skew):
    """No requests left: the next one goes when the window is over, by the server's clock."""
    until = time.strftime("%Y-%m-%dT%H:%M:%S.5Z", time.gmtime(NOON + skew + 90))
    date = formatdate(NOON + skew, usegmt=True)
    site.script = [reply(Date=date, X_RateLimit_Remaining="0", X_RateLimit_Reset=until), GOOD]
    one = client()

    one.get("x")
    assert not hours.slept
    one.get("x")
    assert [91.0] == hours.slept
    assert ["127.0.0.1 asks to wait 91 s (no requests are left)"] == told


def test_blueskys_rate_is_waited_for(site, client, hours):
    """Its window ends at an epoch second."""
    site.script = [reply(RateLimit_Remaining="0", RateLimit_Reset=f"{NOON + 60:.0f}"), GOOD]
    one = client()

    one.get("x")
    hours.now += 20
    one.get("x")

    assert [40.0] == hours.slept


def test_a_429_without_a_wait_waits_for_the_window(site, client, hours):
    """The rate's headers say what Retry-After does not; who gives up is told as well."""
    site.script = [reply(429, RateLimit_Remaining="0", RateLimit_Reset=f"{NOON + 60:.0f}"), GOOD]

    with pytest.raises(NetworkBusy, match="429 Too Many Requests") as caught:
        client(manners=Manners(tries=1)).get("x")
    assert 60.0 == caught.value.wait
    assert not hours.slept


def test_the_longer_of_two_waits_is_kept_to(site, client, hours):
    """A short Retry-After does not end a window."""
    site.script = [reply(429, Retry_After="5", RateLimit_Remaining="0", RateLimit_Reset=f"{NOON + 60:.0f}"), GOOD]

    assert client().get("x").body["ok"]
    assert [60.0] == hours.slept


@pytest.mark.parametrize(
    ("remaining", "until"),
    [("1", NOON + 60), ("0", NOON - 60), ("0", "soon"), ("0", ""), ("many", NOON + 60), ("-1", "99999-01-01")],
)
def test_a_rate_that_says_nothing_is_no_wait(site, client, hours, remaining, until):
    """Requests are left, the window is over, or the words are none."""
    site.script = [reply(RateLimit_Remaining=remaining, RateLimit_Reset=until), GOOD]
    one = client()

    one.get("x")
    one.get("x")

    assert not hours.slept


@pytest.mark.parametrize("until", ["9" * 18, "9999-12-31T23:59:59Z", f"{NOON * 1000:.0f}"])
def test_no_wait_is_longer_than_a_day(until):
    """A server with a broken clock does not hold a run for years."""
    assert headers.LONGEST == headers.until_reset({"ratelimit-remaining": "0", "ratelimit-reset": until}, NOON)


def test_a_window_that_is_over_is_no_wait():
    """No wait is negative."""
    assert 0 == headers.until_reset({"ratelimit-remaining": "0", "ratelimit-reset": f"{NOON - 60:.0f}"}, NOON)
    assert 0 == headers.retry_after({"retry-after": formatdate(NOON - 60, usegmt=True)}, NOON)


def test_a_small_reset_counts_from_now():
    """Drafts of the standard count seconds from the answer."""
    assert 30 == headers.until_reset({"ratelimit-remaining": "0", "ratelimit-reset": "30"}, NOON)


def test_pages_end_with_the_budget(site, client):
    """What was asked for, and what was not, is said."""
    site.script = [GOOD]
    one = client(budget=Budget(2, 60))
    one.get("x")
    one.get("x")

    with pytest.raises(BudgetSpent, match=r"2 of 2 pages and 0 of 60 s are used; .*/y' was not fetched: no page"):
        one.get("y")
    assert 2 == len(site.asked)


def test_a_wait_beyond_the_budgets_time_is_not_begun(site, client, hours):
    """Nobody sleeps in vain."""
    site.script = [reply(503, Retry_After="120")]

    with pytest.raises(BudgetSpent, match=r"1 of 100 pages and 0 of 60 s.*asks to wait 120 s \(503\)"):
        client(budget=Budget(100, 60)).get("x")
    assert not hours.slept
    assert 1 == len(site.asked)


def test_time_ends_with_the_budget(site, client, hours):
    """No request is begun after its end."""
    site.script = [GOOD]
    one = client(budget=Budget(100, 60))
    hours.now += 61

    with pytest.raises(BudgetSpent, match=r"61 of 60 s are used.*no time is left"):
        one.get("x")
    assert not site.asked


def drip(line: Line) -> None:
    """Send a head that never ends, a byte at a time."""
    for byte in itertools.cycle(b"a"):
        line.wfile.write(bytes([byte]))
        time.sleep(0.02)


def test_a_server_that_drips_is_held_to_the_budget(site):
    """Each byte comes in time, and all together do not."""
    site.script = [drip]
    began = time.time()
    server = Server(site.url, private_ok=True)

    with (
        Client(server, Budget(1, 0.4), clock=time.time, sleep=time.sleep, seed=1) as one,
        pytest.raises(BudgetSpent, match="1 of 1 pages and 0 of 0 s"),
    ):
        one.get("x")
    assert time.time() - began < 3


# Secrets.


@pytest.mark.parametrize(
    "answer",
    [
        reply(401, json.dumps({"error": TOKEN, "message": f"bad token {TOKEN}"}).encode()),
        reply(404, b"x" * 70 + TOKEN.encode(), kind="text/plain"),
        reply(403, TOKEN.replace("/", "\\/").encode(), kind="text/plain"),
        reply(body=TOKEN.encode(), kind=TOKEN),
        reply(body=b"{" + TOKEN.encode()),
        reply(body=json.dumps({"uri": 1, TOKEN: TOKEN}).encode()),
        reply(429, TOKEN.encode(), Retry_After=TOKEN),
        f"HTTP/9 {TOKEN}\r\n\r\n".encode(),
        f"HTTP/1.1 200 OK\r\n{TOKEN} {TOKEN}\r\n\r\n".encode(),
        reply(body=b"{}", Content_Encoding="gzip", X=TOKEN),
        moved(f"http://other.example/?x={TOKEN}"),
        moved(f"ftp://{TOKEN}"),
    ],
)
def test_a_token_is_never_told(site, client, caplog, told, answer):
    """Not in an error, its chain, its traceback, a log or a word on the way, though the server repeats it."""
    site.script = [answer]
    one = client(token=TOKEN, manners=Manners(tries=2))
    with caplog.at_level(logging.DEBUG), pytest.raises(RenownError, match=r"127\.0\.0\.1") as caught:
        one.get("x", {"access_token": TOKEN, "q": TOKEN}, shape=Post)

    assert f"Bearer {TOKEN}" == site.asked[0][1]["Authorization"]
    said = [repr(one), repr(vars(one)), *told, caplog.text, *map(repr, (record.__dict__ for record in caplog.records))]
    error: BaseException | None = caught.value
    said += traceback.format_exception(error)
    while error:
        said += [str(error), repr(error), repr(vars(error))]
        error = error.__cause__ or error.__context__
    assert not [text for text in said if TOKEN[:12].lower() in text.lower()]


def test_a_secret_in_a_query_is_never_told(site, client):
    """Names tell: tokens, keys, passwords."""
    site.script = [reply(404)]

    with pytest.raises(NetworkRefused, match=r"x\?access_token=…&api_key=…&limit=5'"):
        client().get("x", {"access_token": "abc", "api_key": "def", "limit": 5})


@pytest.mark.parametrize(
    ("server", "said"),
    [
        (Server("ftp://a.example"), "no http or https URL"),
        (Server("a.example"), "no http or https URL"),
        (Server("https://me:pass@a.example"), "without a password"),
        (Server("http://x:y:z"), "no http or https URL"),
        (Server("https://a.example/?limit=1"), "or query"),
        (Server("https://a.example", token="two words"), "blanks"),  # noqa: S106
        (Server("https://a.example", token="x\r\nEvil: 1"), "blanks"),  # noqa: S106
        (Server("http://a.example", token=TOKEN), "go over http"),
    ],
)
def test_a_server_that_cannot_be_one_is_refused_at_once(server, said):
    """Before anything is sent; without showing the secret."""
    with pytest.raises(BadSettings, match=said) as caught:
        server.url()
    assert "pass@" not in str(caught.value)
    assert "token=" not in repr(server)


def test_a_contact_with_a_line_break_is_refused(client):
    """No header is smuggled in."""
    with pytest.raises(BadSettings, match="plain ASCII"):
        client(manners=Manners(contact="x\r\nEvil: 1"))


# Links.


@pytest.mark.parametrize(
    ("header", "found"),
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
def test_a_link_header_is_read_as_rfc_8288_says(header, found):
    """Relative, quoted, several at once, anybody else's, or none."""
    assert found == headers.links(header, httpx2.URL("https://a.example/1"))
