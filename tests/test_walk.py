"""The walk of somebody new: looked up, claimed, scored, explained, raced, and left again; in a browser, for real."""

import os
import re
import subprocess
import sys
import threading
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

import demo_site
from browser import visitor
from fediverse import Network
from renown import assembly
from sites import Site
from test_erasure import held

pytestmark = [pytest.mark.home, pytest.mark.whole]
SETTINGS = """
[networks.mastodon]
server = "{url}"
private = true

[networks.bluesky]
server = "{url}"
private = true
"""
ROUNDED = 0.0051
"""Half of the last digit that points are shown with, and a hair for sums of floats."""
NOBODY, EXPORTS = "Somebody", "no exports"
FANS = [f"fan{number}" for number in range(30)]


@pytest.fixture(scope="module")
def network():
    """Return the network, on which Ada and Eve posted and others reacted."""
    with Site() as site:
        threading.Thread(target=site.serve_forever, args=(0.01,), daemon=True).start()
        made = Network(site)
        for name, followers in (("ada", 1500), ("eve", 300)):
            made.has(name, followers_count=followers, following_count=200, statuses_count=900)
            for number in range(4):
                at = datetime.now(UTC) - timedelta(days=2 + 5 * number)
                made.posts(name, number, at=at, likes=FANS[number:], boosts=FANS[: 9 - number], replies=FANS[5:10])
        yield made
        site.shutdown()


@pytest.fixture(scope="module")
def place(chromium, network, tmp_path_factory):  # noqa: ARG001 - nothing is made where no browser looks at it
    """Return the home, which asks that network and nobody else."""
    folder = tmp_path_factory.mktemp("walk") / "home"
    demo_site.small(folder, now=datetime.now(UTC))
    with (folder / "settings.toml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS.format(url=network.site.url))
    return folder


@pytest.fixture(scope="module")
def site(place):
    """Return the address of `renown serve`."""
    with demo_site.served(place, "--every", "day") as address:
        yield address


class Walk:
    """Somebody who walks through the pages as they are led, by what they can see."""

    def __init__(self, somebody, shots):
        self.visitor, self.shots, self.step = somebody, shots, 0
        self.page = somebody.open("/").page
        self.seen("start")

    @property
    def said(self):
        """What the page shows."""
        return " ".join(self.page.locator("main").inner_text().split())

    @property
    def at_step(self):
        """The step of claiming that is next."""
        return self.page.locator(".steps [aria-current]").inner_text()

    def open_by_keyboard(self, level):
        """Tab to a line that folds open, and press Enter."""
        line = level.locator(":scope > summary")
        for _ in range(400):
            if line.evaluate("(one) => one === document.activeElement"):
                break
            self.page.keyboard.press("Tab")
        else:
            pytest.fail(f"nobody who types comes to {line.inner_text()!r}")
        self.page.keyboard.press("Enter")
        assert level.evaluate("(one) => one.open")

    def seen(self, name):
        """Keep a picture of what is seen; it fits, and breaks no rule of its own."""
        self.step += 1
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert [] == self.page.evaluate("window.violations")
        if self.shots:
            self.page.screenshot(path=self.shots / f"{self.step:02}-{name}.png", full_page=True)

    def press(self, name, within=None):
        """Press the button, or follow the link, that is called so."""
        where = within or self.page.locator("main")
        where.get_by_role("button", name=name).or_(where.get_by_role("link", name=name)).first.click()
        self.page.wait_for_load_state()


@pytest.fixture
def walk(chromium, site, request):
    """Return somebody on a phone who opens the start page."""
    shots = os.environ.get("RENOWN_SCREENSHOTS")
    folder = Path(shots) / f"walk-{request.node.name}" if shots else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    with visitor(chromium, site, "phone", accept_downloads=True) as somebody:
        yield Walk(somebody, folder)


def run(place, *more):
    """Run `renown run` in a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RENOWN")}
    command = [sys.executable, "-m", "renown", "--home", str(place), "run", *more]
    done = subprocess.run(command, env=kept, capture_output=True, text=True, timeout=120, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr


def read(place, handle):
    """Wait until an account was read to the end, as it is once it is claimed."""
    readings = assembly.open_home(place, {}).readings
    end = time.monotonic() + 60
    while (found := readings.find("mastodon", handle)) is None or found.seen_at is None:
        assert time.monotonic() < end, f"{handle} was not read within a minute of its claim"
        time.sleep(0.1)


def look_up(walk, handle):
    """Look somebody up who has no page, and follow the way to claim it."""
    walk.page.locator("main").get_by_role("searchbox").fill(handle)
    walk.page.keyboard.press("Enter")
    walk.page.wait_for_url("**/search*")
    walk.seen("nobody")
    assert f"Nobody who is shown goes by “{handle}”" in walk.said
    walk.press("This is me: claim it")
    walk.seen("which-account")


def prove(walk, network, name):
    """Say which account it is, put the token into its profile, and have it looked for."""
    assert ("mastodon", f"@{name}@example.social") == (
        walk.page.get_by_label("Network").input_value(),
        walk.page.get_by_label("Your handle there").input_value(),
    )
    walk.press("This is mine")
    walk.seen("token")
    walk.press("Look whether it is there")
    walk.seen("not-yet")
    assert "The token is not in that profile yet" in walk.said
    network.says(name, "I", "am", walk.page.locator("code", has_text="renown-").inner_text())
    walk.press("Look whether it is there")
    walk.seen("proven")


def claim(walk, network, name, called):
    """Become somebody here; each page says which step is next, and the last when the score comes."""
    look_up(walk, f"@{name}@example.social")
    assert "Say which account is yours" == walk.at_step
    prove(walk, network, name)
    assert "Choose a name" == walk.at_step
    walk.page.get_by_label("Your name here").fill(called)
    walk.press("Have a page under this name")
    walk.seen("claimed")
    assert called == walk.page.locator("h1").inner_text()
    assert re.search(r"scored by the next run, a little after \d+ \w+ \d{4}, 00:10:00 UTC", walk.said)
    assert 404 == walk.visitor.open(f"/people/{called}").status
    assert "your page comes with your first score" in walk.said
    walk.seen("no-page-yet")


def check_receipt(walk):
    """Open every line of the receipt with the keyboard alone; what is shown adds up, level by level."""
    receipt = walk.page.locator("section", has=walk.page.locator("#the-receipt"))
    networks = [unfolded(walk, one) for one in receipt.locator(":scope > details").all()]
    walk.seen("receipt")
    whole, own = (shown(line.locator(".n")) for line in (receipt.locator(".level-sum").nth(n) for n in (1, 0)))
    assert networks
    assert whole == pytest.approx(own + sum(networks), abs=ROUNDED * (len(networks) + 1))
    assert round(whole) == shown(walk.page.locator(".score").first)


def unfolded(walk, level):
    """Open a level and those in it; return its points, to which what is in it adds up."""
    walk.open_by_keyboard(level)
    points = shown(level.locator(":scope > summary > .n"))
    below = level.locator(":scope > .inside > details").all()
    if below:
        parts = [unfolded(walk, one) for one in below]
        assert points == pytest.approx(sum(parts), abs=ROUNDED * (len(parts) + 1))
    for table in level.locator(":scope > .inside > .half > table").all():
        rows = [shown(cell) for cell in table.locator("tbody td:last-child").all()]
        assert points == pytest.approx(sum(rows), abs=ROUNDED + ROUNDED * len(rows) / 10), rows
        assert table.is_visible()
    return points


def shown(place):
    """Return the first number that is shown somewhere."""
    return float(re.search(r"-?[\d.]+", place.inner_text().replace("\N{MINUS SIGN}", "-").replace(",", "")).group())


def check_way(walk, site, called):
    """Move a slider: the score that is shown is what our API says."""
    before = walk.page.locator("[data-then]").inner_text()
    walk.page.get_by_role("slider", name="Amplification on Mastodon").focus()
    for _ in range(25):
        walk.page.keyboard.press("ArrowRight")
    walk.page.wait_for_function("(before) => document.querySelector('[data-then]').textContent !== before", arg=before)
    walk.seen("slider")
    field = walk.page.get_by_label("Amplification on Mastodon").and_(walk.page.get_by_role("spinbutton"))
    change = f"{field.get_attribute('data-key')}=+{field.input_value()}"
    told = httpx2.get(f"{site}/api/people/{quote(called)}/if", params={"change": change}).json()
    assert "25" == field.input_value()
    assert told["score_then"] > told["score"]
    assert f"{told['score_then']:.1f}" == walk.page.locator("[data-then]").inner_text()


def join(walk, called):
    """Join the race from one's own page; stand in it, in the group and in its challenge."""
    walk.visitor.open("/me")
    walk.press("Join", walk.page.locator("#groups"))
    walk.seen("joined")
    assert "you are number 9" in walk.said
    walk.press("The 45 club")
    walk.seen("group")
    assert walk.page.get_by_role("row", name=called).is_visible()
    walk.press("Challenge 1")
    walk.seen("challenge")
    assert walk.page.get_by_role("row", name=called).is_visible()


def compare(walk, called):
    """Stand beside somebody, from one's own page."""
    walk.visitor.open(f"/people/{called}")
    walk.page.get_by_label(f"Compare {called} with").fill("grace")
    walk.press("Compare", walk.page.locator("#beside").locator(".."))
    walk.seen("compared")
    assert [called, "grace"] == [name.strip() for name in walk.page.locator("main .third h2").all_inner_texts()]


def download(walk, handle):
    """Take along what is held: a ZIP file that can be read, with the account and those who reacted to it."""
    walk.visitor.open("/me")
    walk.press("What is held of you")
    walk.seen("held")
    with walk.page.expect_download() as begun:
        walk.press("Take all of it along")
    with zipfile.ZipFile(begun.value.path()) as bundle:
        assert bundle.testzip() is None
        said = b"".join(bundle.read(name) for name in bundle.namelist()).decode()
    assert handle in said


def leave(walk, button, until):
    """Press a button of `Leave`, and wait on the page that it leads to until it is done."""
    walk.press(button)
    walk.seen("leaving")
    walk.page.get_by_role("heading", name=until).wait_for(timeout=60_000)
    walk.seen("left")


def check_unknown(walk, site, called, handle):
    """Pages, our API, the search and the group say of them what they say of nobody."""
    assert answered(site, called, handle) == answered(site, NOBODY, "nobody@example.social")
    for path in ("/", "/people", f"/groups/{demo_site.GROUP}", f"/api/groups/{demo_site.GROUP}"):
        assert called not in httpx2.get(site + path).text
    assert 404 == walk.visitor.open(f"/people/{called}").status
    walk.seen("unknown")


def answered(site, called, handle):
    """Return what is answered about somebody, without their names."""
    paths = [f"/people/{called}", f"/people/mastodon:{handle}", f"/api/people/{called}", f"/search?q={handle}"]
    paths += [f"/people/{called}/way", f"/people/{called}/badge.svg", f"/api/people/{called}/receipt"]
    answers = [httpx2.get(site + path) for path in paths]
    return [
        (one.status_code, one.text.replace(handle, "HANDLE").replace(quote(handle), "HANDLE").replace(called, "NAME"))
        for one in answers
    ]


def test_somebody_new_finds_their_score_races_and_is_left_alone(walk, place, network, site):
    """Looked up, claimed, scored, explained, raced, compared, taken along, and unknown again; then back."""
    claim(walk, network, "ada", "Lovelace")
    read(place, "ada@example.social")
    run(place, "--today")
    walk.visitor.open("/me")
    walk.seen("scored")
    walk.press("See it as others do")
    check_receipt(walk)
    walk.press("The way to 70")
    check_way(walk, site, "Lovelace")
    join(walk, "Lovelace")
    compare(walk, "Lovelace")
    download(walk, "ada@example.social")
    walk.visitor.open("/me")
    leave(walk, "Leave me alone", "You are left alone")
    check_unknown(walk, site, "Lovelace", "ada@example.social")
    walk.visitor.open("/me")
    walk.press("Come back")
    walk.seen("back")
    assert "You have no score yet" in walk.said


def test_somebody_new_is_erased(walk, place, network, site):
    """Their name has to be typed; then no file of the home has their name, handle or posts."""
    words = {"Evelyn", "eve@example.social", "/users/eve/statuses/"}
    claim(walk, network, "eve", "Evelyn")
    read(place, "eve@example.social")
    run(place, "--today")
    home = assembly.open_home(place, {})
    assert 200 == walk.visitor.open("/people/Evelyn").status
    assert words == held(home, words, place / EXPORTS)
    walk.visitor.open("/me")
    walk.page.get_by_label("To be erased, type").fill("Evelyn")
    leave(walk, "Erase me", "You are erased")
    check_unknown(walk, site, "Evelyn", "eve@example.social")
    assert set() == held(home, words, place / EXPORTS)
    walk.visitor.open("/me")
    assert "Which account is yours?" in walk.said
