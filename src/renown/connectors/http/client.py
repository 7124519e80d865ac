"""HTTP: the one polite client that all connectors ask networks with."""

import logging
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import httpcore2
import httpx2
import stamina

from renown import __version__
from renown.connectors.http import headers, servers
from renown.connectors.http.addresses import INTERNET, Checked, Network
from renown.connectors.http.exchange import MOST_BYTES, Answer, Exchange, Means, ask
from renown.connectors.http.masks import named
from renown.connectors.http.servers import Server
from renown.errors import BadSettings, BudgetSpent, NetworkBusy

__all__ = ["Answer", "Budget", "Client", "Manners", "Means", "Server"]

Params = Mapping[str, str | int | Sequence[str]]
"""A query; a sequence is written as several pairs of one name."""

_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
"""Seconds of back-off, before jitter of up to a second."""

# Without a handler Python prints each of stamina's warnings; waits are told to `told`.
logging.getLogger("stamina").addHandler(logging.NullHandler())
# For debugging it logs whole heads of answers, and a server may repeat a token in one.
logging.getLogger("httpcore2").setLevel(logging.INFO)


@dataclass(frozen=True)
class Budget:
    """The most that a run may ask of a network."""

    pages: int
    seconds: float


@dataclass(frozen=True)
class Manners:
    """How a client behaves."""

    contact: str = ""
    """Where the network's people may ask about these requests; part of the user agent."""
    tries: int = 5
    """Times that a request is sent before `NetworkBusy` is raised."""
    timeout: float = 30.0
    """Seconds without a byte."""
    most_bytes: int = MOST_BYTES
    """Of one answer, packed or not."""


def nobody(_said: str) -> None:
    """Tell nobody."""


class Client:
    """
    Asks one server, politely: within a budget, no sooner than it allows, again where that may help.

    Parameters
    ----------
    server : Server
    budget : Budget
        Of this client's whole life.
    clock : callable
        Returns now, in seconds since 1970; ``time.time``.
    sleep : callable
        Waits for seconds; ``time.sleep``.
    seed : int
        Of the jitter: two runs that were told to come back do not come at once.
    told : callable, optional
        Is told of each wait, in one line.
    manners : Manners, optional
    network : Network, optional
        What lies below.

    Raises
    ------
    BadSettings
        If the server's address or token cannot be one, or the contact cannot stand in a header.

    Notes
    -----
    Proxies named in the environment are not used: behind one, nobody knows which address is connected to.

    References
    ----------
    RFC 9110, 10.2.3 (Retry-After) and 15.6 (statuses of servers); RFC 6585, 4 (429); RFC 8288 (links).
    """

    def __init__(
        self,
        server: Server,
        budget: Budget,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        seed: int,
        told: Callable[[str], None] = nobody,
        manners: Manners | None = None,
        network: Network = INTERNET,
    ) -> None:
        self._server, self._base = server, server.url()
        self._budget, self._pages = budget, 0
        self._network = network
        self._clock, self._sleep, self._told = clock, sleep, told
        self._draw = random.Random(seed)  # noqa: S311 - no secret: it spreads requests
        self._manners = manners or Manners()
        self._began = self._free_at = clock()
        self._why, self._asked = "", False
        _, host, port = servers.origin(self._base)
        checked = Checked((host, port), self._left, network, own_private=server.private_ok)
        pool = httpcore2.ConnectionPool(max_connections=4, keepalive_expiry=30, network_backend=checked)
        behaves = self._manners
        agent = _agent(behaves.contact)
        self._exchange = Exchange(server, pool, clock, agent, behaves.timeout, behaves.most_bytes)

    def __enter__(self) -> Self:
        """Return the client, ready."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        self._exchange.pool.close()

    @property
    def requests(self) -> int:
        """Pages that were asked for."""
        return self._pages

    def __repr__(self) -> str:
        """Say whose client it is, and no secret."""
        return f"<Client of {self._base.host}, {self._pages} of {self._budget.pages} pages>"

    @property
    def host(self) -> str:
        """Name of the server's host."""
        return self._base.host

    @property
    def authority(self) -> str:
        """The server's host, as DNS has it, with its port where that is not the usual one (RFC 3986, 3.2)."""
        return self._base.netloc.decode("ascii")

    @property
    def is_private(self) -> bool:
        """Whether the settings say that the server is one's own."""
        return self._server.private_ok

    @property
    def has_token(self) -> bool:
        """Whether it asks as somebody."""
        return self._server.token is not None

    def beside(self, base: str) -> "Client":
        """Open a client of another server that may lead back here: as polite, without a token, of the same budget."""
        return Client(
            Server(base, leads_to=self._base.host),
            Budget(self._budget.pages - self._pages, self._left()),
            clock=self._clock,
            sleep=self._sleep,
            seed=self._draw.getrandbits(32),
            told=self._told,
            manners=self._manners,
            network=self._network,
        )

    def get(
        self,
        path: str,
        params: Params | None = None,
        *,
        shape: Any = Any,
        means: Means | None = None,
    ) -> Answer:
        """
        Ask for one page.

        Parameters
        ----------
        path : str
            Below the server's `base`, or a whole URL such as a link of the page before. The caller quotes what is not
            its own in it.
        params : mapping, optional
            The query; added to the one that `path` has.
        shape : type, optional
            What the JSON is to be, as msgspec says it: a Struct, ``list[Post]``; anything without it.
        means : mapping of int or str to type, optional
            A status or the network's own code to the error to raise, such as ``{404: AccountGone}``. A code goes first.

        Raises
        ------
        NetworkBusy
            If it did not answer well after all tries.
        NetworkRefused
            If it, or one of our own rules, refuses this request.
        BudgetSpent
            If the budget's pages or time do not suffice for it.
        """
        url = self._url(path, params)
        self._take_page(url)
        for attempt in stamina.retry_context(
            _again,
            attempts=self._manners.tries,
            timeout=None,
            wait_initial=_FIRST_WAIT,
            wait_max=_LONGEST_WAIT,
            wait_jitter=0,
        ):
            with attempt:
                self._rest(url)
                try:
                    answer = ask(self._exchange, url, shape=shape, means=means or {}, seen=self._note)
                except NetworkBusy as busy:
                    self._ease(busy, attempt.next_wait)
                    if attempt.num < self._manners.tries:
                        raise
                    msg = f"asked {attempt.num} times: {busy}"
                    raise NetworkBusy(msg, status=busy.status, wait=busy.wait) from None
        return answer

    def _url(self, path: str, params: Params | None) -> httpx2.URL:
        whole = re.match(r"[a-z][a-z0-9+.-]*://", path, re.IGNORECASE)
        text = path if whole else f"{str(self._base).rstrip('/')}/{path.lstrip('/')}"
        url = servers.led(self._server, self._base, text)
        return url.copy_merge_params(dict(params)) if params else url

    def _left(self) -> float:
        return self._budget.seconds - (self._clock() - self._began)

    def _take_page(self, url: httpx2.URL) -> None:
        if self._pages >= self._budget.pages:
            raise self._spent(url, "no page is left")
        self._pages += 1

    def _rest(self, url: httpx2.URL) -> None:
        """Wait until the server may be asked."""
        wait, left = self._free_at - self._clock(), self._left()
        if left <= 0:
            raise self._spent(url, "no time is left")
        if wait > left:
            raise self._spent(url, self._why, wait if self._asked else 0.0)
        if wait > 0:
            self._told(self._why)
            self._sleep(wait)

    def _rest_for(self, seconds: float, why: str, *, asked: float) -> None:
        until = self._clock() + seconds
        if until > self._free_at:
            self._free_at, self._why, self._asked = until, why, asked > 0

    def _ease(self, busy: NetworkBusy, backoff: float) -> None:
        """Rest after a failure: as long as was asked for, and no shorter than the back-off."""
        wait = max(busy.wait, backoff + self._draw.random())
        host = self._base.host
        asked = f"{host} asks to wait {busy.wait:.0f} s ({busy.status})"
        what = f"answered {busy.status}" if busy.status else "gave no whole answer"
        self._rest_for(
            wait, asked if busy.wait else f"{host} {what}; it is asked again in {wait:.0f} s", asked=busy.wait
        )

    def _note(self, head: Mapping[str, str]) -> None:
        """Rest where an answer says that no requests are left."""
        wait = headers.until_reset(head, self._clock())
        if wait:
            self._rest_for(wait, f"{self._base.host} asks to wait {wait:.0f} s (no requests are left)", asked=wait)

    def _spent(self, url: httpx2.URL, why: str, wait: float = 0.0) -> BudgetSpent:
        pages, seconds = self._budget.pages, self._budget.seconds
        used = f"{self._pages} of {pages} pages and {seconds - self._left():.0f} of {seconds:.0f} s are used"
        where = named(url, self._server.token)
        return BudgetSpent(f"{used}; {where} was not fetched: {why}; go on later, or allow more", wait=wait)


def _again(error: Exception) -> float | bool:
    """Tell whether to ask again; the client has its own clock to wait by, so stamina waits no time."""
    return 0.0 if isinstance(error, NetworkBusy) else False


def _agent(contact: str) -> str:
    if not contact.isascii() or not contact.isprintable():
        msg = f"contact is {contact!r}; write a URL or an address of plain ASCII characters"
        raise BadSettings(msg)
    return f"renown/{__version__}" + (f" (+{contact})" if contact else "")
