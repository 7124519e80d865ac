"""Pages in a real browser: whole, small, readable by everybody, and deaf to hostile words."""

import contextlib
import functools
import os
import re
import shutil
import statistics
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx2
import pytest

import browser as browsers
import demo_site
from browser import PAGES, SIGNED, SIZES, visitor
from community import app_of, serving
from demo_site import CROWDED, HOSTILE, NEW, TITLED
from renown.web import pages
from renown.web.limits import Allowance

pytestmark = [pytest.mark.home, pytest.mark.whole]
HEAVIEST = 150_000
"""Bytes of a person's page with all that it loads."""
SLOWEST = 0.3
"""Seconds in which a person's page is answered, at the median."""
NAMED = {
    "people": "/people",
    "group": f"/groups/{TITLED}",
    "wall": f"/groups/{TITLED}/wall",
    "compare": "/compare?" + "&".join(f"who={quote(name)}" for name in HOSTILE),
}
"""Pages on which every hostile name stands."""
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
STOPS = """() => {
  const all = document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]');
  window.stops = [...all].filter((one) => one.checkVisibility({visibilityProperty: true})
    && !one.disabled && one.type !== 'hidden' && one.tabIndex >= 0 && (one.type !== 'radio' || one.checked));
  return stops.map((one) => one.outerHTML.slice(0, 120));
}"""
USED = """() => [...document.querySelectorAll('a[href], button, input[name], select, summary')]
  .map((one) => one.href || `${one.tagName} ${one.name} ${one.textContent}`)"""
HERE = """() => {
  const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
  return { at: one === document.body ? null : stops.indexOf(one), said: one.outerHTML.slice(0, 120),
    seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 0
      && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    scrolls: one.scrollWidth > one.clientWidth };
}"""
UNFOLD = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
REACHES = """() => [...document.querySelectorAll('body *')].filter((one) => {
  const inner = one.closest('.scroll, pre, .hidden, svg, [aria-hidden=true]');
  return !inner && one.getBoundingClientRect().right > document.documentElement.clientWidth + 1;
}).map((one) => one.outerHTML.slice(0, 120)).slice(0, 5)"""


@pytest.fixture(scope="module")
def place(chromium, tmp_path_factory):  # noqa: ARG001 - nothing is made where no browser looks at it
    """Return the crowded demo's home."""
    folder = tmp_path_factory.mktemp("pages") / "home"
    demo_site.crowded(folder)
    return folder


@pytest.fixture(scope="module")
def site(place):
    """Return the address of `renown serve`."""
    with demo_site.served(place) as address:
        yield address


@pytest.fixture(scope="module")
def windows(chromium):
    """Return a function that opens a window on a site, or finds one that is open."""
    with contextlib.ExitStack() as stack:

        @functools.cache
        def window(site, size, told):
            return stack.enter_context(visitor(chromium, site, size, **dict(told)))

        yield window


@pytest.fixture(scope="module")
def secret(place):
    """Return the secret of the session in which somebody of the demo is signed in."""
    return demo_site.signed_in(place, "ada")


@pytest.fixture
def visit(windows, site, secret):
    """Return a function that opens one of `PAGES`, or a path, of the crowded demo."""

    def open_page(name, size="desktop", **told):
        signed = {"secret": secret} if name in SIGNED or name.startswith("/me/") else {}
        return windows(site, size, tuple((told | signed).items())).open(PAGES.get(name, name))

    return open_page


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    """Return the source of axe-core, which knows what the standards of accessibility ask."""
    if not shutil.which("npm"):
        pytest.skip("Node is not installed; `apt-get install nodejs npm`")
    return (browsers.npm(browsers.AXE, tmp_path_factory.mktemp("axe")) / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def screenshots(tmp_path_factory):
    """Return the folder that screenshots go to."""
    folder = Path(os.environ.get("RENOWN_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def check_whole(seen, site, status=200):
    """Assert what holds for every page of ours."""
    page = seen.page
    wanted = (
        [f"console: Failed to load resource: the server responded with a status of {status}"] if status >= 400 else []
    )
    faults = [fault for fault in seen.faults if not (wanted and fault.startswith(wanted[0]))]
    hosts = {urlsplit(request.url).netloc for request in seen.requests if not request.url.startswith("data:")}
    assert status == seen.status
    assert seen.response.headers["content-type"].startswith("text/html")
    assert ([], []) == (faults, seen.violations)
    assert {urlsplit(site).netloc} == hosts
    assert page.title().strip()
    assert 1 == page.locator("h1").count()
    assert page.locator("h1").inner_text().strip()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.evaluate(REACHES)


def check_axe(page, axe):
    """Assert that axe finds nothing against the standards."""
    page.evaluate(axe)
    found = page.evaluate("(tags) => axe.run({runOnly: tags, resultTypes: ['violations']})", STANDARDS)
    assert "axe-core" == found["testEngine"]["name"]
    assert found["passes"]
    assert [] == [
        (one["id"], node["target"], node["failureSummary"]) for one in found["violations"] for node in one["nodes"]
    ]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole(visit, site, screenshots, name, size):
    """It answers, breaks no rule of its own, asks nobody else for anything, and fits."""
    seen = visit(name, size)
    seen.page.screenshot(path=screenshots / f"{name}-{size}.png", full_page=True)

    check_whole(seen, site, 404 if name == "missing" else 200)


@pytest.mark.parametrize(("size", "scheme"), [("phone", "dark"), ("desktop", "light")])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody(visit, axe, name, size, scheme):
    """WCAG 2.0 to 2.2, A and AA, as far as a program can tell; a receipt with all that folds open."""
    page = visit(name, size, color_scheme=scheme).page
    if name == "hostile":
        page.evaluate(UNFOLD)

    check_axe(page, axe)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_read_by_keyboard(visit, name, size):
    """Tab reaches whatever can be used, in order, seen; then the page is left."""
    page = visit(name, size).page
    wanted = page.evaluate(STOPS)
    reached = []
    for _ in range(2 * len(wanted) + 20):
        page.keyboard.press("Tab")
        here = page.evaluate(HERE)
        if here["at"] is None or (here["at"] == 0 and len(reached) > 1):
            break
        assert here["seen"], here["said"]
        # What scrolls is a stop, too, where nothing in it is; a date is several.
        if here["at"] >= 0 and reached[-1:] != [here["at"]]:
            reached.append(here["at"])
        else:
            assert here["scrolls"] or here["at"] >= 0, here["said"]

    assert wanted
    assert list(range(len(wanted))) == reached


@pytest.mark.parametrize("name", PAGES)
def test_a_page_needs_no_script(visit, name):
    """Its words and what can be used are the same without; a chart is drawn."""
    scripted = visit(name).page
    still = visit(name, java_script_enabled=False)

    assert ((404 if name == "missing" else 200), []) == (still.status, still.faults[name == "missing" :])
    assert scripted.locator("main").get_by_role("heading").all_inner_texts() == (
        still.page.locator("main").get_by_role("heading").all_inner_texts()
    )
    assert scripted.evaluate(USED) == still.page.evaluate(USED)
    for chart in still.page.locator("[data-chart]").all():
        assert chart.locator("svg").is_visible()
        assert chart.locator("svg polyline").count()


def test_the_first_stop_skips_to_the_content(visit):
    """Nobody tabs through the same ten links on every page."""
    page = visit("/people").page
    page.keyboard.press("Tab")
    assert "To the content" == page.evaluate("document.activeElement.textContent")
    assert page.get_by_text("To the content").is_visible()

    page.keyboard.press("Enter")

    assert "content" == page.evaluate("document.activeElement.id")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.parametrize("scripts", [True, False])
def test_somebody_is_found_from_the_start(visit, site, scripts):
    """A name, Enter, their page; two ticks and a button, both side by side."""
    page = visit("/", java_script_enabled=scripts).page
    page.locator("main").get_by_role("searchbox").fill("ada.sky.example")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/people/ada")
    page.get_by_role("link", name="People", exact=True).click()
    for who in ("ada", "grace"):
        page.get_by_label(f"Compare {who}").check()
    page.get_by_role("button", name="Compare those selected").click()

    assert {"ada", "grace"} <= {text.strip() for text in page.get_by_role("heading", level=2).all_inner_texts()}


def test_a_receipt_opens_and_adds_up(visit):
    """The levels of a receipt are read by eye and hand: networks and everybody's point make the score."""
    page = visit("/people/ada").page
    levels = page.locator("details.level:not(details.level details.level)")
    points = [float(text) for text in levels.locator("> summary > .n").all_inner_texts()]
    rest = [float(text) for text in page.locator(".level-sum .n").all_inner_texts()]
    first = levels.first
    assert not first.locator("table").first.is_visible()

    first.locator("> summary").press("Enter")
    first.locator("details.level").first.locator("> summary").press("Enter")

    assert len(points) > 1
    assert first.locator("table").first.is_visible()
    assert sum(points) + rest[0] == pytest.approx(rest[1], abs=0.03)


def test_a_crowded_page_is_small_and_soon_there(chromium, site):
    """Of somebody with 90 days and thousands of actors: bytes as they are sent, and time at the server."""
    with visitor(chromium, site, "phone") as someone:
        seen = someone.open(f"/people/{CROWDED}")
        rows = seen.page.locator("figure details tbody tr").count()
        heavy = seen.weight()
    told = []
    with httpx2.Client(base_url=site, headers={"Accept-Encoding": "gzip"}) as client:
        for _ in range(11):
            begun = time.perf_counter()
            client.get(f"/people/{CROWDED}").raise_for_status()
            told.append(time.perf_counter() - begun)

    assert 90 == rows
    assert demo_site.ACTORS <= people_of(site, CROWDED)
    assert 10_000 < heavy < HEAVIEST
    assert statistics.median(told) < SLOWEST


def people_of(site, who):
    """Return how many people somebody's score counts."""
    return httpx2.get(f"{site}/api/people/{who}").json()["score"]["people"]


@pytest.mark.parametrize("path", NAMED.values(), ids=NAMED)
def test_hostile_names_are_shown_and_never_run(visit, site, path):
    """As they are written, at 390 pixels."""
    seen = visit(path, "phone")

    check_whole(seen, site)
    shown = seen.page.locator("main").inner_text()
    assert [] == [name for name in HOSTILE if name not in shown]
    assert_harmless(seen.page)


@pytest.mark.parametrize("below", ["", "/why", "/way"])
@pytest.mark.parametrize("who", HOSTILE, ids=["script", "image", "long", "braces"])
def test_a_hostile_persons_pages_are_harmless(visit, site, who, below):
    """With posts and handles to match, all open."""
    seen = visit(f"/people/{quote(who, safe='')}{below}", "phone")
    seen.page.evaluate(UNFOLD)

    check_whole(seen, site)
    assert who in seen.page.locator("main").inner_text()
    assert_harmless(seen.page)


def test_hostile_searches_are_repeated_and_never_run(visit, site):
    """Found or not, in the field and beside it."""
    for asked in (*HOSTILE, "</title><script>alert(1)</script>", "\u202egpj"):
        seen = visit(f"/search?q={quote(asked, safe='')}", "phone")
        check_whole(seen, site)
        assert_harmless(seen.page)


def assert_harmless(page):
    """Assert that other people's words are no elements, no handlers and no addresses that run."""
    runs = "img:not([src^='/people/']), iframe, object, main script:not([type='application/json']), a[href^='java']"
    assert 0 == page.locator(runs).count()
    names = page.evaluate("[...document.querySelectorAll('*')].flatMap((one) => one.getAttributeNames())")
    assert [] == [name for name in names if name.startswith("on")]


@pytest.mark.parametrize(
    ("locale", "figure", "month"), [("de-DE", r"\d+,\d", "23.11.2026"), ("en-GB", r"\d+\.\d", "23 Nov 2026")]
)
def test_numbers_and_days_are_written_as_the_reader_does(visit, locale, figure, month):
    """49,1 on 23.11.2026 for some, 49.1 on 23 Nov 2026 for others."""
    page = visit("/people", locale=locale).page
    scores = page.locator("td.points").all_inner_texts()

    assert len(scores) > 5
    assert [] == [text for text in scores if not re.fullmatch(figure, text)]
    assert month in page.locator("main").inner_text()


def test_what_is_held_is_a_page(visit, site, axe):
    """Opened once: it looks through every table and day."""
    seen = visit("/me/data", "phone")

    check_whole(seen, site)
    assert seen.page.locator("main tbody tr").count() > 3
    check_axe(seen.page, axe)


def test_every_route_is_looked_at():
    """A page that is nowhere in the list above was never seen by a browser."""
    seen = [urlsplit(path).path for path in PAGES.values()]
    pages_ = [route for route in pages.ROUTES if not route.path.endswith((".svg", ".png"))]

    assert len(pages_) > 10
    assert [] == [route.path for route in pages_ if not any(route.path_regex.fullmatch(path) for path in seen)]


@pytest.mark.parametrize("scripts", [True, False])
def test_the_way_is_tried(visit, scripts):
    """More people, and the score that they would make: by a slider at once, by a button without scripts."""
    page = visit("way", java_script_enabled=scripts).page
    before = page.locator("[data-then]").inner_text()

    if scripts:
        page.locator("[data-try] input[type=range]").first.press("End")
        page.wait_for_function("(before) => document.querySelector('[data-then]').textContent !== before", arg=before)
    else:
        page.locator("[data-try] input[type=number]").first.fill("500")
        page.get_by_role("button", name="Compute the score").click()

    assert float(page.locator("[data-then]").inner_text()) > float(before)


def test_every_link_leads_somewhere(visit, site):
    """No page sends a reader to where nothing is: one address of each kind is followed."""
    kinds = {}
    for name in PAGES:
        for href in visit(name).page.evaluate(
            "[...document.querySelectorAll('main a[href], nav a[href], footer a[href]')].map((one) => one.href)"
        ):
            if href.startswith(site) and href != site + PAGES["missing"]:
                kinds.setdefault(re.sub(r"(?<=/people/)[^/?]+|\d+", "*", urlsplit(href).path), href)
    with httpx2.Client(follow_redirects=True, timeout=60) as client:
        told = {href: client.get(href).status_code for href in kinds.values()}

    assert len(kinds) > 10
    assert {} == {href: status for href, status in told.items() if status != httpx2.codes.OK}


@pytest.mark.parametrize(
    ("path", "status"), [("/", 200), ("/people", 200), ("/groups", 200), ("/search?q=ada", 200), ("/people/ada", 404)]
)
def test_an_empty_home_says_what_to_do(chromium, home, path, status):
    """Before the first day."""
    with serving(app_of(home)) as domain, visitor(chromium, f"http://{domain}", "phone") as someone:
        seen = someone.open(path)

        check_whole(seen, someone.site, status)
        assert "None" not in seen.page.locator("main").inner_text()
        assert seen.page.locator("main a, main code").count()


def test_one_day_is_a_dot(visit, site):
    """Somebody who came today has a page like anybody, and no change of anything."""
    seen = visit(f"/people/{NEW}", "phone")

    check_whole(seen, site)
    assert 1 == seen.page.locator("[data-chart] svg polyline").count()
    assert "None" not in seen.page.locator("main").inner_text()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/people/nobody-at-all", 404),
        ("/people/nobody-at-all/why", 404),
        ("/people/x:%00", 404),
        ("/groups/none", 404),
        ("/people/ada/why?day=tomorrow", 400),
        ("/people?after=me", 400),
        ("/compare?" + "&".join("who=ada" for _ in range(9)), 400),
        ("/search?q=" + "a" * 5000, 414),
    ],
)
def test_a_refusal_is_a_page(visit, site, path, status):
    """It has a head, a sentence, and a way on."""
    check_refused(visit(path, "phone"), site, status)


def test_who_asks_too_much_is_told_so(chromium, home):
    """In a page, with nothing of it missing: style and script are counted for nobody."""
    app = app_of(home, Allowance(1, 1))
    with serving(app) as domain, visitor(chromium, f"http://{domain}", "phone") as someone:
        assert 200 == someone.open("/").status

        check_refused(someone.open("/"), someone.site, 429)


def test_a_store_that_is_away_is_said(chromium, home):
    """Whoever comes meanwhile sees a page, and nothing of where it lies; then it is back."""
    place = home.settings.home
    away = place.with_name("away")
    with demo_site.served(place) as address, visitor(chromium, address, "phone") as someone:
        place.rename(away)
        seen = someone.open("/people/ada")

        check_refused(seen, address, 503)
        assert str(place) not in seen.page.content()
        away.rename(place)
        check_refused(someone.open("/people/ada"), address, 404)


def check_refused(seen, site, status):
    """Assert that a refusal is one of our pages, and where it leads."""
    check_whole(seen, site, status)
    assert str(status) in seen.page.locator("main").inner_text()
    assert len(seen.page.locator("main p").nth(1).inner_text()) > 20
    assert seen.page.locator("main").get_by_role("link", name="To the start").is_visible()
