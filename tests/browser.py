"""A real browser: Debian's Chromium, driven by Playwright, and what it noticed on a page."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
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

from demo_site import CROWDED, GROUP, HOSTILE, TITLED

AXE = "axe-core@4.14.1"
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
SCRIPTED, PICTURED, *_ = HOSTILE
PAGES = {
    "start": "/",
    "people": "/people",
    "search": "/search?q=member",
    "person": "/people/ada",
    "crowded": f"/people/{CROWDED}",
    "hostile": f"/people/{quote(SCRIPTED, safe='')}",
    "why": "/people/ada/why",
    "way": "/people/ada/way",
    "twin": "/people/ada/twin",
    "compare": "/compare?who=ada&who=grace&who=alan",
    "whom": "/compare",
    "groups": "/groups",
    "group": f"/groups/{GROUP}",
    "challenge": f"/groups/{GROUP}/challenges/1",
    "wall": f"/groups/{GROUP}/wall",
    "race": f"/groups/{GROUP}/challenges/1/wall",
    "log": f"/groups/{GROUP}/log",
    "titled": f"/groups/{TITLED}",
    "method": "/method",
    "try": "/method/try",
    "me": "/me",
    "mine": "/me",
    "missing": "/no-such-page",
}
"""Every page, once: a new one is tested in all ways by a line here."""
SIGNED = {"mine"}
"""Pages that are looked at by who is signed in."""
_FLAGS = [
    "--no-sandbox",  # root cannot have one
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_WATCH = """
window.violations = [];
addEventListener('securitypolicyviolation', (event) =>
  violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


def chromium() -> str | None:
    """Return where Chromium is, None where it is not installed."""
    return os.environ.get("RENOWN_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@contextlib.contextmanager
def started() -> Iterator[Browser]:
    """Start Chromium; skip the test where it is not installed."""
    executable = chromium()
    if executable is None:
        pytest.skip("Chromium is not installed; `apt-get install chromium`, or name one in RENOWN_CHROMIUM")
    with sync_playwright() as playwright, launched(playwright, executable) as browser:
        yield browser


@contextlib.contextmanager
def launched(playwright: Playwright, executable: str) -> Iterator[Browser]:
    """Start Chromium with an empty profile, and nothing that it would do by itself."""
    browser = playwright.chromium.launch(executable_path=executable, args=_FLAGS)
    try:
        yield browser
    finally:
        browser.close()


@dataclass
class Visit:
    """A page that was opened, and what was noticed on the way."""

    page: Page
    path: str
    faults: list[str] = field(default_factory=list)
    """Errors that the page or the console told, dialogs that opened."""
    requests: list[Request] = field(default_factory=list)
    """What was asked for, of anybody."""
    response: Response | None = None

    @property
    def violations(self) -> list[str]:
        """What the page tried and its policy forbade."""
        found: list[str] = self.page.evaluate("window.violations")
        return found

    @property
    def status(self) -> int:
        """Status of the page itself."""
        return self.response.status if self.response else 0

    def weight(self) -> int:
        """Return the bytes that came for the page, headers and all, once nothing more is loaded."""
        self.page.wait_for_load_state("networkidle")
        sizes = [request.sizes() for request in self.requests]
        return sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)


class Visitor:
    """
    Somebody who opens pages of a site, one after another in one tab: a tab costs a second of a processor.

    Parameters
    ----------
    context : BrowserContext
    site : str
        Address before a path.
    """

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.site = site
        self._page = context.new_page()
        self._now = Visit(self._page, "")
        self._page.on("console", self._hear)
        self._page.on("pageerror", lambda error: self._now.faults.append(f"page: {error}"))
        self._page.on("dialog", self._refuse)
        self._page.on("request", self._note)
        self._page.on("requestfailed", self._fail)

    def open(self, path: str) -> Visit:
        """Open a page and wait until it and what it names are loaded, and its scripts have run."""
        self._now = Visit(self._page, path)
        self._now.response = self._page.goto(self.site + path)
        return self._now

    def _note(self, request: Request) -> None:
        self._now.requests.append(request)

    def _fail(self, request: Request) -> None:
        # What was under way for the page before ends with it.
        if request.failure != "net::ERR_ABORTED":
            self._now.faults.append(f"{request.url}: {request.failure}")

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self._now.faults.append(f"console: {said.text}")

    def _refuse(self, dialog: Dialog) -> None:
        self._now.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@contextlib.contextmanager
def visitor(browser: Browser, site: str, size: str = "desktop", *, secret: str = "", **told: Any) -> Iterator[Visitor]:
    """
    Open a window.

    Parameters
    ----------
    browser : Browser
    site : str
        Address before a path.
    size : str
        One of `SIZES`.
    secret : str
        Of the session of who is signed in; empty for a stranger.
    told
        Whatever else Playwright's contexts know: a locale, a colour scheme, no scripts.
    """
    width, height = SIZES[size]
    kept = {"locale": "en-GB", "timezone_id": "Pacific/Kiritimati", "reduced_motion": "reduce"} | told
    context = browser.new_context(viewport={"width": width, "height": height}, **kept)
    context.add_init_script(_WATCH)
    context.set_default_timeout(60_000)
    if secret:
        context.add_cookies([{"name": "renown", "value": secret, "url": site}])
    try:
        yield Visitor(context, site)
    finally:
        context.close()


def npm(package: str, into: Path) -> Path:
    """Install a package of npm's registry; return its folder."""
    command = [
        str(shutil.which("npm")),
        "install",
        "--no-audit",
        "--no-fund",
        "--silent",
        "--prefix",
        str(into),
        package,
    ]
    subprocess.run(command, check=True, timeout=200, stdout=subprocess.DEVNULL)
    return into / "node_modules" / package.rpartition("@")[0]
