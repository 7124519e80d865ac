"""Walk through the pages in a browser as a new person: claim, score, receipt, group, export, opt out, erase."""

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
from browser import open_tab
from http_server import Site
from mastodon_server import Network
from proofs import only_in_full
from renown.home import open_home
from test_erasure import find_words

pytestmark = [pytest.mark.home, pytest.mark.proof]
SETTINGS = """
[networks.mastodon]
server = "{url}"
private = true

[networks.bluesky]
server = "{url}"
private = true
"""
ROUNDING_ERROR = 0.0051
"""Maximum error of shown points: half of the last digit, and a little for sums of floats."""
MAX_SECONDS_TO_FIRST_SCORE = 60
UNKNOWN_NAME = "Somebody"
FANS = [f"fan{number}" for number in range(30)]


@pytest.fixture(scope="module")
def network():
    """Return a network on which Ada and Eve posted and others reacted."""
    with Site() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        fediverse = Network(server)
        for name, followers in (("ada", 1500), ("eve", 300)):
            fediverse.has(name, followers_count=followers, following_count=200, statuses_count=900)
            for number in range(4):
                at = datetime.now(UTC) - timedelta(days=2 + 5 * number)
                fediverse.posts(name, number, at=at, likes=FANS[number:], boosts=FANS[: 9 - number], replies=FANS[5:10])
        yield fediverse
        server.shutdown()


@pytest.fixture(scope="module")
def home_folder(chromium, network, tmp_path_factory):  # noqa: ARG001 - skip before creating it if there is no browser
    """Return the folder of a home that reads only that network."""
    folder = tmp_path_factory.mktemp("walk") / "home"
    demo_site.create_small_demo(folder, now=datetime.now(UTC))
    with (folder / "settings.toml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS.format(url=network.site.url))
    return folder


@pytest.fixture(scope="module")
def site(home_folder):
    """Serve the home; return its URL."""
    with demo_site.serve_home(home_folder, "--every", "day") as url:
        yield url


class Walk:
    """A person on a phone who uses the pages by what they show."""

    def __init__(self, tab, screenshots):
        self.tab, self.screenshots, self.step_count = tab, screenshots, 0
        self.page = tab.open("/").page
        self.check_step("start")

    @property
    def text(self):
        """Text of the page's main part, in one line."""
        return " ".join(self.page.locator("main").inner_text().split())

    @property
    def current_step(self):
        """Current step of claiming an account."""
        return self.page.locator(".steps [aria-current]").inner_text()

    def open_by_keyboard(self, level):
        """Tab to a level of the receipt and open it with Enter."""
        summary = level.locator(":scope > summary")
        for _ in range(400):
            if summary.evaluate("(element) => element === document.activeElement"):
                break
            self.page.keyboard.press("Tab")
        else:
            pytest.fail(f"the keyboard does not reach {summary.inner_text()!r}")
        self.page.keyboard.press("Enter")
        assert level.evaluate("(element) => element.open")

    def check_step(self, name):
        """Assert that the page fits and violates no CSP; take a screenshot if asked for."""
        self.step_count += 1
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert [] == self.page.evaluate("window.violations")
        if self.screenshots:
            self.page.screenshot(path=self.screenshots / f"{self.step_count:02}-{name}.png", full_page=True)

    def press(self, name, within=None):
        """Press the button, or follow the link, of this name."""
        parent = within or self.page.locator("main")
        parent.get_by_role("button", name=name).or_(parent.get_by_role("link", name=name)).first.click()
        self.page.wait_for_load_state()


@pytest.fixture
def walk(chromium, site, request):
    """Return a walk that begins on the start page, on a phone."""
    path = os.environ.get("RENOWN_SCREENSHOTS")
    folder = Path(path) / f"walk-{request.node.name}" if path else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    with open_tab(chromium, site, "phone", accept_downloads=True) as tab:
        yield Walk(tab, folder)


def run_today(home_folder):
    """Run `renown run --today` in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RENOWN")}
    command = [sys.executable, "-m", "renown", "--home", str(home_folder), "run", "--today"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert 0 == result.returncode, result.stdout + result.stderr


def wait_until_fetched(home_folder, handle):
    """Wait until a claimed account was fetched completely, by the process that its claim started."""
    sync_states = open_home(home_folder, {}).sync_states
    deadline = time.monotonic() + 60
    while (state := sync_states.find("mastodon", handle)) is None or state.seen_at is None:
        assert time.monotonic() < deadline, f"{handle} was not fetched within a minute of its claim"
        time.sleep(0.1)


def search_unknown_handle(walk, handle):
    """Search a handle that has no page, and follow the link to claim it."""
    walk.page.locator("main").get_by_role("searchbox").fill(handle)
    walk.page.keyboard.press("Enter")
    walk.page.wait_for_url("**/search*")
    walk.check_step("nobody-found")
    assert f"{handle} is not scored yet. Read it now?" in walk.text
    walk.press("Read it now")
    walk.check_step("which-account")


def verify_account(walk, network, name):
    """Enter the account, add the token to its profile, and have the profile checked."""
    assert ("mastodon", f"@{name}@example.social") == (
        walk.page.get_by_label("Network").input_value(),
        walk.page.get_by_label("Your handle").input_value(),
    )
    walk.press("This is my account")
    walk.check_step("token")
    walk.press("Check my profile")
    walk.check_step("not-verified-yet")
    assert "The token is not in that profile yet" in walk.text
    network.says(name, "I", "am", walk.page.locator("code", has_text="renown-").inner_text())
    walk.press("Check my profile")
    walk.check_step("verified")


def claim_account(walk, network, handle_name, person_name):
    """Claim an account: each page shows the current step; the progress leads to the first score within a minute."""
    search_unknown_handle(walk, f"@{handle_name}@example.social")
    assert "Enter your account" == walk.current_step
    verify_account(walk, network, handle_name)
    assert "Choose a name" == walk.current_step
    walk.page.get_by_label("Your name on this site").fill(person_name)
    claimed_at = time.monotonic()
    walk.press("Create my page")
    walk.check_step("progress")
    walk.page.wait_for_url(f"**/people/{person_name}", timeout=60_000)
    assert time.monotonic() - claimed_at < MAX_SECONDS_TO_FIRST_SCORE
    walk.check_step("first-score")
    assert person_name == walk.page.locator("h1").inner_text()
    assert read_number(walk.page.locator(".score").first) > 1
    assert "90" in walk.page.locator("#history").inner_text()
    assert re.search(r"next daily run, a little after \d+ \w+ \d{4}, 00:10 UTC", walk.text)
    check_receipt(walk)


def check_receipt(walk):
    """Open every level of the receipt by keyboard: the shown points add up, level by level."""
    receipt = walk.page.locator("section", has=walk.page.locator("#receipt"))
    networks = [check_level(walk, level) for level in receipt.locator(":scope > details").all()]
    walk.check_step("receipt")
    score, base_score = (read_number(receipt.locator(".level-sum").nth(n).locator(".n")) for n in (1, 0))
    assert networks
    assert score == pytest.approx(base_score + sum(networks), abs=ROUNDING_ERROR * (len(networks) + 1))
    assert round(score, 1) == read_number(walk.page.locator(".score").first)


def check_level(walk, level):
    """Open a level and those inside it; return its points, after asserting that its parts add up to them."""
    walk.open_by_keyboard(level)
    points = read_number(level.locator(":scope > summary > .n"))
    sublevels = level.locator(":scope > .inside > details").all()
    if sublevels:
        parts = [check_level(walk, sublevel) for sublevel in sublevels]
        assert points == pytest.approx(sum(parts), abs=ROUNDING_ERROR * (len(parts) + 1))
    for table in level.locator(":scope > .inside > .half > table").all():
        rows = [read_number(cell) for cell in table.locator("tbody td:last-child").all()]
        assert points == pytest.approx(sum(rows), abs=ROUNDING_ERROR + ROUNDING_ERROR * len(rows) / 10), rows
        assert table.is_visible()
    return points


def read_number(locator):
    """Return the first number in the text of an element."""
    text = locator.inner_text().replace("\N{MINUS SIGN}", "-").replace(",", "")
    return float(re.search(r"-?[\d.]+", text).group())


def check_what_if(walk, site, person_name):
    """Move a slider: the page shows the score that the API computes."""
    before = walk.page.locator("[data-score-after]").inner_text()
    walk.page.get_by_text("Change each kind by itself").click()
    walk.page.get_by_role("slider", name="Reposts on Mastodon").focus()
    for _ in range(25):
        walk.page.keyboard.press("ArrowRight")
    walk.page.wait_for_function(
        "(before) => document.querySelector('[data-score-after]').textContent !== before", arg=before
    )
    walk.check_step("slider")
    field = walk.page.get_by_label("Reposts on Mastodon").and_(walk.page.get_by_role("spinbutton"))
    change = f"{field.get_attribute('data-key')}=+{field.input_value()}"
    result = httpx2.get(f"{site}/api/people/{quote(person_name)}/if", params={"change": change}).json()
    assert "25" == field.input_value()
    assert result["score_after"] > result["score"]
    assert f"{result['score_after']:.1f}" == walk.page.locator("[data-score-after]").inner_text()


def join_group(walk, person_name):
    """Join a group from the account page; the person is in the standings of the group and its challenge."""
    walk.tab.open("/me")
    walk.press("Join", walk.page.locator("#groups"))
    walk.check_step("joined")
    assert "You are in this race" in walk.text
    walk.tab.open("/me")
    assert "you are number 9" in walk.text
    walk.tab.open(f"/groups/{demo_site.GROUP}")
    walk.check_step("group")
    assert walk.page.get_by_role("row", name=person_name).is_visible()
    walk.press("Challenge 1")
    walk.check_step("challenge")
    assert walk.page.get_by_role("row", name=person_name).is_visible()


def compare(walk, person_name):
    """Compare with another person, from the person's page."""
    walk.tab.open(f"/people/{person_name}")
    walk.press("Compare")
    walk.page.get_by_label("Second person").fill("grace")
    walk.press("Compare")
    walk.check_step("compared")
    assert [person_name, "grace"] == [name.strip() for name in walk.page.locator("main .third h2").all_inner_texts()]


def download_data(walk, handle):
    """Download the stored data: a valid ZIP file that contains the account's handle."""
    walk.tab.open("/me")
    walk.press("See the data stored about you")
    walk.check_step("stored-data")
    with walk.page.expect_download() as download:
        walk.press("Download everything")
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        content = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert handle in content


def request_privacy(walk, button, finished_heading):
    """Press a button of the section on privacy, and look again until the request is finished."""
    walk.press(button)
    walk.check_step("requested")
    finished, deadline = walk.page.get_by_role("heading", name=finished_heading), time.monotonic() + 60
    while not finished.is_visible() and time.monotonic() < deadline:
        walk.page.get_by_role("link", name="Look again").click()
        walk.page.wait_for_timeout(500)
    assert finished.is_visible()
    walk.check_step("finished")


def check_unknown(walk, site, person_name, handle):
    """Assert that pages, API, search and group show the person no more than somebody who never existed."""
    assert fetch_responses(site, person_name, handle) == fetch_responses(site, UNKNOWN_NAME, "nobody@example.social")
    for path in ("/", "/people", f"/groups/{demo_site.GROUP}", f"/api/groups/{demo_site.GROUP}"):
        assert person_name not in httpx2.get(site + path).text
    assert 404 == walk.tab.open(f"/people/{person_name}").status
    walk.check_step("unknown")


def fetch_responses(site, person_name, handle):
    """Return status and text of all responses about a person, with placeholders for the name and the handle."""
    paths = [f"/people/{person_name}", f"/people/mastodon:{handle}", f"/api/people/{person_name}"]
    paths += [f"/search?q={handle}", f"/people/{person_name}/goal", f"/people/{person_name}/badge.svg"]
    paths += [f"/api/people/{person_name}/receipt"]
    responses = [httpx2.get(site + path) for path in paths]
    return [
        (
            response.status_code,
            response.text.replace(handle, "HANDLE").replace(quote(handle), "HANDLE").replace(person_name, "NAME"),
        )
        for response in responses
    ]


def test_new_person_claims_a_page_and_opts_out(walk, home_folder, network, site):
    """A new person is found, verified, scored, explained, compared and exported, opts out, and opts in again."""
    claim_account(walk, network, "ada", "Lovelace")
    wait_until_fetched(home_folder, "ada@example.social")
    run_today(home_folder)
    walk.tab.open("/me")
    walk.check_step("scored")
    walk.press("View my page")
    check_receipt(walk)
    walk.press(re.compile("^From [\\d.]+ to 70$"))
    check_what_if(walk, site, "Lovelace")
    join_group(walk, "Lovelace")
    compare(walk, "Lovelace")
    download_data(walk, "ada@example.social")
    walk.tab.open("/me")
    request_privacy(walk, "Opt out", "You have opted out")
    check_unknown(walk, site, "Lovelace", "ada@example.social")
    walk.tab.open("/me")
    walk.press("Opt in again")
    walk.check_step("opted-in")
    assert "You have no score yet" in walk.text


@only_in_full
def test_new_person_is_erased(walk, home_folder, network, site):
    """After erasure, confirmed by typing the name, no file of the home contains the name, handle or posts."""
    words = {"Evelyn", "eve@example.social", "/users/eve/statuses/"}
    claim_account(walk, network, "eve", "Evelyn")
    wait_until_fetched(home_folder, "eve@example.social")
    run_today(home_folder)
    home = open_home(home_folder, {})
    assert 200 == walk.tab.open("/people/Evelyn").status
    assert words == find_words(home, words)
    walk.tab.open("/me")
    walk.page.get_by_label("To delete your data, type").fill("Evelyn")
    request_privacy(walk, "Delete my data", "Your data has been deleted")
    check_unknown(walk, site, "Evelyn", "eve@example.social")
    assert set() == find_words(home, words)
    walk.tab.open("/me")
    assert "Which account is yours?" in walk.text
