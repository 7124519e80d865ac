"""Drive Chromium with Playwright, and record console errors, requests and CSP violations of each page."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Playwright,
    Request,
    Response,
    sync_playwright,
)

from demo_site import FRESH, GROUP, HOSTILE_GROUP, HOSTILE_NAMES, POPULAR, WAITING

AXE = "axe-core@4.14.1"
SIZES = {"narrow": (320, 640), "phone": (390, 844), "desktop": (1280, 900)}
SCRIPT_NAME = next(iter(HOSTILE_NAMES))
"""Name of a person that is a script element."""
PAGES = {
    "start": "/",
    "people": "/people",
    "search": "/search?q=member",
    "unknown": "/search?q=@nobody@example.social",
    "progress": f"/people/{WAITING}/progress",
    "first-score": f"/people/{FRESH}",
    "person": "/people/ada",
    "week": "/people/ada/week/2026-W48",
    "year": "/people/ada/year/2026",
    "popular": f"/people/{POPULAR}",
    "hostile": f"/people/{quote(SCRIPT_NAME, safe='')}",
    "why": "/people/ada/why",
    "goal": "/people/ada/goal",
    "similar": "/people/ada/similar",
    "compare": "/compare?who=ada&who=grace&who=alan",
    "compare-form": "/compare",
    "groups": "/groups",
    "group": f"/groups/{GROUP}",
    "challenge": f"/groups/{GROUP}/challenges/1",
    "wall": f"/groups/{GROUP}/wall",
    "challenge-wall": f"/groups/{GROUP}/challenges/1/wall",
    "log": f"/groups/{GROUP}/log",
    "hostile-group": f"/groups/{HOSTILE_GROUP}",
    "method": "/method",
    "custom-weights": "/method/try",
    "verify": "/verify",
    "api": "/api",
    "privacy": "/privacy",
    "sign-in": "/me",
    "account": "/me",
    "keys": "/me/keys",
    "new-race": "/me/groups",
    "own-race": f"/me/groups/{GROUP}",
    "join-race": f"/me/groups/{GROUP}",
    "missing": "/no-such-page",
}
"""Every page by name: a new page is tested in all ways by a line here."""
SIGNED_IN_PAGES = {"account", "keys", "new-race", "own-race"}
"""Pages that are opened in a signed-in session."""
_CHROMIUM_FLAGS = [
    "--no-sandbox",  # Chromium refuses to run as root with its sandbox
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_RECORD_VIOLATIONS = """
window.violations = [];
addEventListener('securitypolicyviolation', (event) =>
  violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


def find_chromium() -> str | None:
    """Return the path of Chromium's executable, None if it is not installed."""
    return os.environ.get("RENOWN_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@contextlib.contextmanager
def start_chromium() -> Iterator[Browser]:
    """Start Chromium; skip the test if it is not installed."""
    executable = find_chromium()
    if executable is None:
        pytest.skip("Chromium is not installed; run `apt-get install chromium`, or set RENOWN_CHROMIUM to its path")
    with sync_playwright() as playwright, launch_chromium(playwright, executable) as browser:
        yield browser


@contextlib.contextmanager
def launch_chromium(playwright: Playwright, executable: str) -> Iterator[Browser]:
    """Start Chromium with an empty profile and without background requests."""
    browser = playwright.chromium.launch(executable_path=executable, args=_CHROMIUM_FLAGS)
    try:
        yield browser
    finally:
        browser.close()


@dataclass
class PageLoad:
    """One load of a page, and what the browser recorded about it."""

    page: Page
    path: str
    errors: list[str] = field(default_factory=list)
    """Errors of scripts, the console and requests, and dialogs that opened."""
    requests: list[Request] = field(default_factory=list)
    """All requests of the page, to any host."""
    response: Response | None = None

    @property
    def violations(self) -> list[str]:
        """Violations of the page's Content-Security-Policy."""
        violations: list[str] = self.page.evaluate("window.violations")
        return violations

    @property
    def status(self) -> int:
        """HTTP status of the page itself."""
        return self.response.status if self.response else 0

    def transferred_bytes(self) -> int:
        """Wait until the network is idle; return the bytes of all responses, with headers."""
        self.page.wait_for_load_state("networkidle")
        sizes = [request.sizes() for request in self.requests]
        return sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)


class BrowserTab:
    """
    A browser tab on a site. Pages are opened in it one after another: a new tab takes a second of CPU time.

    Parameters
    ----------
    context : BrowserContext
    site : str
        URL of the site, without a path.
    """

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.site = site
        self._page = context.new_page()
        self._load = PageLoad(self._page, "")
        self._page.on("console", self._record_console)
        self._page.on("pageerror", lambda error: self._load.errors.append(f"page: {error}"))
        self._page.on("dialog", self._dismiss_dialog)
        self._page.on("request", self._record_request)
        self._page.on("requestfailed", self._record_failure)

    def open(self, path: str) -> PageLoad:
        """Open a page and wait until it is loaded and its scripts have run."""
        self._load = PageLoad(self._page, path)
        self._load.response = self._page.goto(self.site + path)
        return self._load

    def _record_request(self, request: Request) -> None:
        self._load.requests.append(request)

    def _record_failure(self, request: Request) -> None:
        # Requests of the previous page are aborted when the next one is opened.
        if request.failure != "net::ERR_ABORTED":
            self._load.errors.append(f"{request.url}: {request.failure}")

    def _record_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._load.errors.append(f"console: {message.text}")

    def _dismiss_dialog(self, dialog: Dialog) -> None:
        self._load.errors.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@contextlib.contextmanager
def open_tab(
    browser: Browser, site: str, size: str = "desktop", *, session_secret: str = "", **options: Any
) -> Iterator[BrowserTab]:
    """
    Open a tab in a context (cookies, cache, locale) of its own.

    Parameters
    ----------
    browser : Browser
    site : str
        URL of the site, without a path.
    size : str
        Key of `SIZES`.
    session_secret : str
        Secret of a signed-in session; empty to be signed out.
    options
        Other options of Playwright's contexts: locale, colour scheme, scripts disabled.
    """
    width, height = SIZES[size]
    defaults = {"locale": "en-GB", "timezone_id": "Pacific/Kiritimati", "reduced_motion": "reduce"}
    context = browser.new_context(viewport={"width": width, "height": height}, **defaults | options)
    context.add_init_script(_RECORD_VIOLATIONS)
    context.set_default_timeout(60_000)
    if session_secret:
        context.add_cookies([{"name": "renown", "value": session_secret, "url": site}])
    try:
        yield BrowserTab(context, site)
    finally:
        context.close()
