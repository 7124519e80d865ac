"""Pages in a browser: errors, size, accessibility, keyboard, scripts disabled, and HTML injection."""

import contextlib
import functools
import os
import re
import statistics
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx2
import pytest

import demo_site
import test_admin
from browser import AXE, PAGES, SIGNED_IN_PAGES, SIZES, open_tab
from community import app_of, create_community, serving
from conftest import NOW, new_home
from demo_site import HOSTILE_GROUP, HOSTILE_NAMES, NEWCOMER, POPULAR
from proofs import only_in_full
from registries import install_npm_package
from renown.home import open_home
from renown.store import SyncState
from renown.web import pages
from renown.web.middleware.rate_limit import Allowance
from renown.web.pages.account import me

pytestmark = pytest.mark.home
WIDTHS = (320, 390, 1280, 1920)
"""Widths of windows: a small phone, a phone, a laptop, a wide screen."""
VIEWS = [("desktop", "light"), ("phone", "dark")]
"""Window size and colour scheme."""
LAYOUT_PAGES = {"start", "people", "person", "goal", "compare-form", "group", "account"}
"""Pages that `make test` checks: one of each layout. The proofs check all others likewise."""
PROOF = [pytest.mark.proof, only_in_full]
MAX_PAGE_BYTES = 150_000
"""Maximum bytes of a person's page with all files that it loads."""
MAX_RESPONSE_SECONDS = 0.3
"""Maximum median response time of a person's page."""
PAGES_WITH_HOSTILE_NAMES = {
    "people": "/people",
    "group": f"/groups/{HOSTILE_GROUP}",
    "wall": f"/groups/{HOSTILE_GROUP}/wall",
    "compare": "/compare?" + "&".join(f"who={quote(name)}" for name in HOSTILE_NAMES),
}
"""Pages that show every hostile name."""
FILE_SUFFIXES = (".svg", ".png", ".txt", ".xml", ".webmanifest", ".ico", ".json", ".atom")
"""Ends of the paths of routes that are no pages."""
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
LIST_TAB_STOPS = """() => {
  const all = document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]');
  window.tabStops = [...all].filter((element) => element.checkVisibility({visibilityProperty: true})
    && !element.disabled && element.type !== 'hidden' && element.tabIndex >= 0
    && (element.type !== 'radio' || element.checked));
  return tabStops.map((element) => element.outerHTML.slice(0, 120));
}"""
DESCRIBE_FOCUS = """() => {
  const element = document.activeElement, style = getComputedStyle(element), box = element.getBoundingClientRect();
  return { index: element === document.body ? null : tabStops.indexOf(element), html: element.outerHTML.slice(0, 120),
    isVisible: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 0
      && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    isScrollable: element.scrollWidth > element.clientWidth };
}"""
LIST_CONTROLS = """() => [...document.querySelectorAll('a[href], button, input[name], select, summary')]
  .map((element) => element.href || `${element.tagName} ${element.name} ${element.textContent}`)"""
RESET_FOCUS = "document.activeElement.blur(); scrollTo(0, 0)"
OPEN_DETAILS = "document.querySelectorAll('details').forEach((element) => { element.open = true; })"
LIST_OVERFLOWING = """() => [...document.querySelectorAll('body *')].filter((element) => {
  const clipped = element.closest('.scroll, pre, .hidden, svg, [aria-hidden=true]');
  return !clipped && element.getBoundingClientRect().right > document.documentElement.clientWidth + 1;
}).map((element) => element.outerHTML.slice(0, 120)).slice(0, 5)"""
HAS_SCROLLING_TABLES = """() => [...document.querySelectorAll('.scroll')].some(
  (element) => element.scrollWidth > element.clientWidth)"""
LIST_LINKS = """async (paths) => {
  const links = [];
  for (const path of paths) {
    const html = await (await fetch(path)).text();
    const page = new DOMParser().parseFromString(html, 'text/html');
    for (const link of page.querySelectorAll('main a[href], nav a[href], footer a[href]'))
      links.push(new URL(link.getAttribute('href'), new URL(path, location)).href);
  }
  return links;
}"""


@pytest.fixture(scope="module")
def demo_home(chromium, tmp_path_factory):  # noqa: ARG001 - skip before creating it if there is no browser
    """Return the folder of the demo with a popular person and hostile names."""
    folder = tmp_path_factory.mktemp("pages") / "home"
    demo_site.create_popular_demo(folder)
    return folder


@pytest.fixture(scope="module")
def site(demo_home):
    """Serve the demo; return its URL."""
    with demo_site.serve_home(demo_home) as url:
        demo_site.add_first_scores(demo_home)
        yield url


@pytest.fixture(scope="module")
def empty_site(tmp_path_factory):
    """Serve an empty home; return its URL."""
    home = open_home(new_home(tmp_path_factory.mktemp("empty") / "home"), {})
    with serving(app_of(home)) as host:
        yield f"http://{host}"


@pytest.fixture(scope="module")
def get_tab(chromium):
    """Return a function that opens a tab on a site, or returns the one that is open with the same options."""
    with contextlib.ExitStack() as stack:

        @functools.cache
        def open_or_reuse(url, size, **options):
            return stack.enter_context(open_tab(chromium, url, size, **options))

        yield open_or_reuse


@pytest.fixture(scope="module")
def session_secret(demo_home):
    """Return the secret of a session in which a person of the demo is signed in."""
    return demo_site.sign_in(demo_home, "ada")


@pytest.fixture(scope="module")
def visit(get_tab, site, session_secret):
    """Return a function that opens one of `PAGES`, or a path, of the demo."""

    def open_page(name, size="desktop", **options):
        if name in SIGNED_IN_PAGES:
            options["session_secret"] = session_secret
        return get_tab(site, size, **options).open(PAGES.get(name, name))

    return open_page


@pytest.fixture(scope="module")
def personal_paths(demo_home, site):  # noqa: ARG001 - the server is started first
    """Return the paths of pages with a secret or an id, of the person who is signed in."""
    return demo_site.add_personal_pages(demo_home, "ada")


def mark_view(name, view):
    """Return the marks of a view of a page: proofs but for `LAYOUT_PAGES`, on a desktop in the full form only."""
    return [] if name in LAYOUT_PAGES else PROOF if view == VIEWS[0] else pytest.mark.proof


@pytest.fixture(
    scope="module",
    params=[pytest.param((name, *view), marks=mark_view(name, view)) for view in VIEWS for name in PAGES],
    ids="-".join,
)
def loaded(request, visit):
    """
    Load a page in a view; return its name, its view and the page load.

    Each page is loaded once for all tests that use this fixture: they must leave it as it was.
    """
    name, size, scheme = request.param
    return name, size, visit(name, size, color_scheme=scheme)


on_desktop = pytest.mark.parametrize(
    "loaded",
    [pytest.param((name, *VIEWS[0]), marks=[] if name in LAYOUT_PAGES else pytest.mark.proof) for name in PAGES],
    ids="-".join,
    indirect=True,
)
by_keyboard = pytest.mark.parametrize(
    "loaded",
    [
        pytest.param(
            (name, *view), marks=[] if name in LAYOUT_PAGES else pytest.mark.proof if view == VIEWS[0] else PROOF
        )
        for view in VIEWS
        for name in PAGES
    ],
    ids="-".join,
    indirect=True,
)
"""Every page on a desktop; on a phone the order of the controls is the same, so that a few pages stand for all."""


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    """Return the source of axe-core, which checks pages for WCAG violations."""
    return (install_npm_package(AXE, tmp_path_factory.mktemp("axe")) / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def save_screenshot():
    """Return a function that saves a picture of a page to the folder of ``RENOWN_SCREENSHOTS``, if it is set."""
    folder = os.environ.get("RENOWN_SCREENSHOTS")
    if not folder:
        return lambda *_: None
    Path(folder).mkdir(parents=True, exist_ok=True)
    return lambda page, name: page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def check_page(load, site, status=200):
    """Assert that a page is complete, has no errors or CSP violations, requests no other host, and fits the width."""
    page = load.page
    expected_error = f"console: Failed to load resource: the server responded with a status of {status}"
    errors = [error for error in load.errors if not (status >= 400 and error.startswith(expected_error))]
    hosts = {urlsplit(request.url).netloc for request in load.requests if not request.url.startswith("data:")}
    assert status == load.status
    assert load.response.headers["content-type"].startswith("text/html")
    assert ([], []) == (errors, load.violations)
    assert {urlsplit(site).netloc} == hosts
    assert page.title().strip()
    assert 1 == page.locator("h1").count()
    assert page.locator("h1").inner_text().strip()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.evaluate(LIST_OVERFLOWING)


def check_axe(page, axe):
    """Assert that axe finds no violation of the standards."""
    page.evaluate(axe)
    report = page.evaluate("(tags) => axe.run({runOnly: tags, resultTypes: ['violations']})", STANDARDS)
    assert "axe-core" == report["testEngine"]["name"]
    assert report["passes"]
    assert [] == [
        (violation["id"], node["target"], node["failureSummary"])
        for violation in report["violations"]
        for node in violation["nodes"]
    ]


def check_error_page(load, site, status):
    """Assert that an error page has the status, an explanation and a link to the start page."""
    check_page(load, site, status)
    assert str(status) in load.page.locator("main").inner_text()
    assert len(load.page.locator("main p").nth(1).inner_text()) > 20
    assert load.page.locator("main").get_by_role("link", name="Start page").is_visible()


def check_no_injection(page):
    """Assert that untrusted text became no element, no event handler and no `javascript:` link."""
    pictures = "[src^='/people/'], [src^='/avatars/']"
    injected = f"img:not({pictures}), iframe, object, main script:not([type='application/json']), a[href^='java']"
    assert 0 == page.locator(injected).count()
    names = page.evaluate("[...document.querySelectorAll('*')].flatMap((element) => element.getAttributeNames())")
    assert [] == [name for name in names if name.startswith("on")]


def test_page_is_complete(loaded, site, save_screenshot):
    """Every page loads without errors, CSP violations or requests to other hosts, and fits the window."""
    name, size, load = loaded
    save_screenshot(load.page, f"{name}-{size}")

    check_page(load, site, 404 if name == "missing" else 200)


@by_keyboard
def test_page_is_usable_by_keyboard(loaded):
    """Tab reaches all controls in order, with a visible focus, and then leaves the page."""
    _, _, load = loaded
    page = load.page
    tab_stops = page.evaluate(LIST_TAB_STOPS)
    reached = []
    for _ in range(2 * len(tab_stops) + 20):
        page.keyboard.press("Tab")
        focus = page.evaluate(DESCRIBE_FOCUS)
        if focus["index"] is None or (focus["index"] == 0 and len(reached) > 1):
            break
        assert focus["isVisible"], focus["html"]
        # A scrollable region without controls is a tab stop, too; a date field has several.
        if focus["index"] >= 0 and reached[-1:] != [focus["index"]]:
            reached.append(focus["index"])
        else:
            assert focus["isScrollable"] or focus["index"] >= 0, focus["html"]

    assert tab_stops
    assert list(range(len(tab_stops))) == reached


@on_desktop
def test_page_works_without_scripts(loaded, visit):
    """Without JavaScript a page has the same headings and controls, and its charts are drawn."""
    name, _, load = loaded
    scripted, still = load.page, visit(name, java_script_enabled=False)

    assert ((404 if name == "missing" else 200), []) == (still.status, still.errors[name == "missing" :])
    assert scripted.locator("main").get_by_role("heading").all_inner_texts() == (
        still.page.locator("main").get_by_role("heading").all_inner_texts()
    )
    assert scripted.evaluate(LIST_CONTROLS) == still.page.evaluate(LIST_CONTROLS)
    for chart in still.page.locator("[data-chart]").all():
        assert chart.locator("svg").is_visible()
        assert chart.locator("svg polyline").count()


def test_page_is_accessible(loaded, axe):
    """Every page meets WCAG 2.0 to 2.2, A and AA, as far as a program can check; a receipt also when it is open."""
    name, _, load = loaded
    load.page.evaluate(RESET_FOCUS)
    if name == "hostile":
        load.page.evaluate(OPEN_DETAILS)

    check_axe(load.page, axe)


def test_skip_link_moves_focus_to_content(visit):
    """The first tab stop skips the navigation."""
    page = visit("/people").page
    page.keyboard.press("Tab")
    assert "Skip to content" == page.evaluate("document.activeElement.textContent")
    assert page.get_by_text("Skip to content").is_visible()

    page.keyboard.press("Enter")

    assert "content" == page.evaluate("document.activeElement.id")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.parametrize("scripts", [True, False])
def test_search_and_compare(visit, site, scripts):
    """A handle in the search field leads to the person's page; checkboxes on the leaderboard compare two people."""
    page = visit("/", java_script_enabled=scripts).page
    page.locator("main").get_by_role("searchbox").fill("ada.sky.example")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/people/ada")
    page.get_by_role("link", name="People", exact=True).click()
    for name in ("ada", "grace"):
        page.get_by_label(f"Compare {name}").check()
    page.get_by_role("button", name="Compare selected").click()
    page.wait_for_url(f"{site}/compare?*")

    names = page.get_by_role("heading", level=2).get_by_role("link").all_inner_texts()
    assert {"ada", "grace"} == {text.strip() for text in names}


def test_too_many_people_to_compare_keep_the_first(visit, site):
    """Whoever selects seven people has five of them in the form, and is told."""
    names = ["ada", "grace", "alan", "radia", "hedy", "tim", "linus"]
    load = visit("/compare?" + "&".join(f"who={name}" for name in names), "phone")

    check_page(load, site, 400)
    assert names[:5] == [field.input_value() for field in load.page.locator("main input").all()]
    assert "7 people are too many to compare" in load.page.get_by_role("alert").inner_text()


def test_receipt_opens_and_adds_up(visit):
    """The points of the networks and the base score add up to the score; levels open by keyboard."""
    page = visit("/people/ada").page
    levels = page.locator("details.level:not(details.level details.level)")
    points = [float(text) for text in levels.locator("> summary > .n").all_inner_texts()]
    base_score, score = (float(text) for text in page.locator(".level-sum .n").all_inner_texts())
    first = levels.first
    assert not first.locator("table").first.is_visible()

    first.locator("> summary").press("Enter")
    # Followers and lists have no table of people and posts.
    signal = first.locator("details.level").filter(has=page.locator("table")).first
    signal.locator("> summary").press("Enter")

    assert len(points) > 1
    assert first.locator("table").first.is_visible()
    assert sum(points) + base_score == pytest.approx(score, abs=0.03)


def test_popular_persons_page_is_small_and_fast(chromium, site):
    """The page of a person with 90 days and thousands of actors stays below its limits of bytes and time."""
    with open_tab(chromium, site, "phone") as tab:
        load = tab.open(f"/people/{POPULAR}")
        row_count = load.page.locator("figure details tbody tr").count()
        page_bytes = load.transferred_bytes()
    seconds = []
    with httpx2.Client(base_url=site, headers={"Accept-Encoding": "gzip"}) as client:
        for _ in range(11):
            start = time.perf_counter()
            client.get(f"/people/{POPULAR}").raise_for_status()
            seconds.append(time.perf_counter() - start)
        people = client.get(f"/api/people/{POPULAR}").json()["score"]["people"]

    assert 90 == row_count
    assert demo_site.ACTORS <= people
    assert 10_000 < page_bytes < MAX_PAGE_BYTES
    assert statistics.median(seconds) < MAX_RESPONSE_SECONDS


@pytest.mark.parametrize("path", PAGES_WITH_HOSTILE_NAMES.values(), ids=PAGES_WITH_HOSTILE_NAMES)
def test_hostile_names_are_escaped(visit, site, path):
    """Lists show hostile names as they are written, on a phone."""
    load = visit(path, "phone")

    check_page(load, site)
    text = load.page.locator("main").inner_text()
    assert [] == [name for name in HOSTILE_NAMES if name not in text]
    check_no_injection(load.page)


@pytest.mark.parametrize("subpath", ["", "/why", "/goal"])
@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=["script", "image", "long", "braces"])
def test_hostile_persons_pages_are_escaped(visit, site, name, subpath):
    """Pages of people with hostile names, handles and posts run nothing, with all details open."""
    load = visit(f"/people/{quote(name, safe='')}{subpath}", "phone")
    load.page.evaluate(OPEN_DETAILS)

    check_page(load, site)
    assert name in load.page.locator("main").inner_text()
    check_no_injection(load.page)
    if not subpath:  # a handle with a bidirectional override must not reorder the text after it
        assert HOSTILE_NAMES[name] in load.page.locator("bdi").all_text_contents()


def test_hostile_searches_are_escaped(visit, site):
    """A search shows its hostile text in the field and in the message, and runs nothing."""
    for text in (*HOSTILE_NAMES, "</title><script>alert(1)</script>", "\u202egpj"):
        load = visit(f"/search?q={quote(text, safe='')}", "phone")
        check_page(load, site)
        check_no_injection(load.page)


@pytest.mark.parametrize("locale", ["en-US", "en-GB", "en-DE", "de-DE"])
def test_numbers_and_dates_are_english_like_the_text(visit, locale):
    """Days are in one order for everybody; other languages would be foreign inside of English sentences."""
    page = visit("/people", locale=locale).page
    scores = page.locator("td.points").all_inner_texts()

    assert len(scores) > 5
    assert [] == [
        text for text in scores if not re.fullmatch(r"\d+\.\d(\n(±\s\d+\.\d|few\sreactions by\sname|few\sdays))?", text)
    ]
    assert "23 Nov 2026" in page.locator("main").inner_text()


def test_personal_data_page(get_tab, axe, tmp_path):
    """The page of stored data lists tables and is accessible; it reads every table and day, so the home is small."""
    home = create_community(tmp_path / "home")
    secret = demo_site.sign_in(tmp_path / "home", "ann")
    with serving(app_of(home)) as host:
        load = get_tab(f"http://{host}", "phone", session_secret=secret).open("/me/data")

    check_page(load, f"http://{host}")
    assert load.page.locator("main tbody tr").count() > 3
    check_axe(load.page, axe)


def test_every_route_is_in_the_list_of_pages():
    """Every route that returns HTML matches a path of `PAGES`; those to the latest week and year redirect there."""
    paths = [urlsplit(path).path for path in PAGES.values()]
    routes = [route for route in pages.ROUTES if not route.path.endswith(FILE_SUFFIXES) and "_id}" not in route.path]
    routes = [route for route in routes if "{secret}" not in route.path]
    routes = [route for route in routes if not route.path.endswith(("/week", "/year"))]

    assert len(routes) > 10
    assert [] == [route.path for route in routes if not any(route.path_regex.fullmatch(path) for path in paths)]


def test_every_account_page_is_in_the_list_of_pages(personal_paths):
    """Every page behind a session is among `PAGES`, or has a secret in its path and is opened by the proof below."""
    paths = [urlsplit(path).path for path in [*PAGES.values(), *personal_paths]]
    routes = [route for route in pages.account_routes([]) if "POST" not in route.methods]
    handlers = {route.path: route for route in routes if route.endpoint is not me.redirect_to_account}
    signed_in_elsewhere = {"/me/oauth/{network}", "/me/oauth/{network}/{server}"}

    assert len(handlers) > 5
    assert signed_in_elsewhere == {
        path for path, route in handlers.items() if not any(route.path_regex.fullmatch(page) for page in paths)
    }


@pytest.mark.proof
@only_in_full
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_every_width(
    visit, site, personal_paths, session_secret, axe, save_screenshot, scheme, scripts
):
    """Nothing scrolls sideways from 320 to 1920 pixels, light and dark, and axe finds nothing; a picture of each."""
    options = {"color_scheme": scheme, "java_script_enabled": scripts}
    personal = {path.split("?")[0].split("/")[1] + f"-{index}": path for index, path in enumerate(personal_paths)}
    checked = 0
    for name in [*PAGES, *personal]:
        if path := personal.get(name):
            load = visit(path, session_secret=session_secret, **options)
        else:
            load = visit(name, **options)
        check_page(load, site, 404 if name == "missing" else 200)
        for width in WIDTHS:
            load.page.set_viewport_size({"width": width, "height": 900})
            fits = load.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert fits, (name, width, load.page.evaluate(LIST_OVERFLOWING))
            if scripts:
                check_axe(load.page, axe)
            save_screenshot(load.page, f"{name}-{width}-{scheme}{'' if scripts else '-no-scripts'}")
            checked += 1
        load.page.set_viewport_size({"width": SIZES["desktop"][0], "height": SIZES["desktop"][1]})
    assert len(WIDTHS) * (len(PAGES) + len(personal)) == checked


@pytest.fixture(scope="module")
def operated_site(tmp_path_factory):
    """Serve a community with an operator's key, and with texts as long as they may be; return its URL."""
    home = test_admin.create_operated_community(tmp_path_factory.mktemp("operated") / "home")
    home.people.add("m" * 100, [("mastodon", f"https://{'m' * 60}.example/users/{'m' * 300}")], at=NOW)
    home.groups.create("wide", goal=70, title="W" * 100, at=NOW)
    home.api_keys.create("k" * 90, per_second=5, per_day=100_000_000, at=NOW)
    account = {"network": "mastodon", "account_id": f"https://m.example/users/{'c' * 200}"}
    home.sync_states.save(SyncState(**account, cursor="", tried_at=NOW, seen_at=None, message="x" * 300))
    with serving(app_of(home)) as host:
        yield f"http://{host}"


@pytest.mark.proof
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_operators_pages_are_accessible_at_every_width(chromium, operated_site, axe, scheme, save_screenshot):
    """From signing in to the last list: no error, no violation; only tables scroll sideways, on small screens."""
    with open_tab(chromium, operated_site, "desktop", color_scheme=scheme) as tab:
        load = tab.open("/admin")
        for path in ("/admin/sign-in", "/admin", *test_admin.PAGES):
            if path == "/admin":
                load.page.fill("#key", test_admin.KEY)
                load.page.get_by_role("button", name="Sign in").click()
                load.page.wait_for_selector("nav[aria-label=Operator]")
            load = tab.open("/admin" if path == "/admin/sign-in" else path)
            load.page.evaluate(OPEN_DETAILS)
            check_page(load, operated_site)
            check_axe(load.page, axe)
            for width in (*WIDTHS, 768):
                load.page.set_viewport_size({"width": width, "height": 900})
                fits = load.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
                assert fits, (path, width, load.page.evaluate(LIST_OVERFLOWING))
                is_cut = load.page.evaluate(HAS_SCROLLING_TABLES) and width >= SIZES["desktop"][0]
                assert not is_cut, (path, width)
                save_screenshot(load.page, f"{path.strip('/').replace('/', '-')}-{width}-{scheme}")
            load.page.set_viewport_size({"width": SIZES["desktop"][0], "height": SIZES["desktop"][1]})


@pytest.mark.parametrize("scripts", [True, False])
def test_what_if_simulation_raises_the_score(visit, scripts):
    """More reactions raise the simulated score: by a slider at once, by a button without scripts."""
    page = visit("goal", java_script_enabled=scripts).page
    before = page.locator("[data-score-after]").inner_text()

    if scripts:
        page.locator("[data-what-if-url] input[type=range]").first.press("End")
        page.wait_for_function(
            "(before) => document.querySelector('[data-score-after]').textContent !== before", arg=before
        )
    else:
        page.locator("[data-what-if-url] input[type=number]").first.fill("5")
        with page.expect_navigation():
            page.get_by_role("button", name="Calculate score").click()

    assert float(page.locator("[data-score-after]").inner_text()) > float(before)


def test_person_pages_fit_every_width_and_paper(visit):
    """From a small phone to a wide screen and on paper nothing scrolls sideways; the history tabs show their span."""
    for path in ("person", "why", "goal", "hostile"):
        page = visit(path).page
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
                path,
                width,
                page.evaluate(LIST_OVERFLOWING),
            )
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 700, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, "print")
        page.emulate_media(media="screen")
        page.set_viewport_size({"width": SIZES["desktop"][0], "height": SIZES["desktop"][1]})
    month = visit("/people/ada?days=30&by=network").page
    assert 30 == month.locator("figure details tbody tr").count()
    assert ["30 days", "By network"] == month.locator(".tabs [aria-current]").all_inner_texts()


def test_standings_are_short_on_phones(visit):
    """Numbers stand side by side, and those that a member does not have yet are left out; a wide table has all."""
    page = visit("group").page
    blanks, rows = page.locator(".compact td.blank"), page.locator(".compact tbody tr")
    assert blanks.first.is_visible()
    assert rows.count() > 1

    page.set_viewport_size({"width": 390, "height": 900})

    assert not blanks.first.is_visible()
    start, rise = (rows.first.locator(f"td[data-label={label}]").bounding_box() for label in ("Start", "Rise"))
    page.set_viewport_size({"width": SIZES["desktop"][0], "height": SIZES["desktop"][1]})
    assert start["y"] == rise["y"]


def test_tooltip_shows_the_day_under_the_pointer(visit):
    """The last day's score is in a tooltip at the right end of the chart."""
    page = visit("person").page
    box = page.locator("[data-chart] > svg").bounding_box()
    score, *_ = page.locator("figure details tbody tr").first.locator("td").text_content().split()

    page.mouse.move(box["x"] + box["width"] - 10, box["y"] + box["height"] / 2)

    assert score in page.locator(".tooltip").inner_text()


def test_links_lead_to_pages(visit, site):
    """One link of each kind on every page is followed, and responds with 200."""
    links = {}
    for signed_in in (False, True):
        paths = [path for name, path in PAGES.items() if (name in SIGNED_IN_PAGES) == signed_in]
        page = visit("account" if signed_in else "start").page
        for url in page.evaluate(LIST_LINKS, paths):
            if url.startswith(site) and url != site + PAGES["missing"]:
                links.setdefault(re.sub(r"(?<=/people/)[^/?]+|\d+", "*", urlsplit(url).path), url)
    with httpx2.Client(follow_redirects=True, timeout=60) as client:
        statuses = {url: client.get(url).status_code for url in links.values()}

    assert len(links) > 10
    assert {} == {url: status for url, status in statuses.items() if status != httpx2.codes.OK}


@pytest.mark.parametrize(
    ("path", "status"), [("/", 200), ("/people", 200), ("/groups", 200), ("/search?q=ada", 200), ("/people/ada", 404)]
)
def test_empty_home_shows_what_to_do(get_tab, empty_site, path, status):
    """Before the first published day, pages show a next step instead of missing values."""
    load = get_tab(empty_site, "phone").open(path)

    check_page(load, empty_site, status)
    assert "None" not in load.page.locator("main").inner_text()
    assert load.page.locator("main a, main code").count()


def test_single_day_is_drawn_as_a_dot(visit, site):
    """A person with one published day has a page with one point in the chart, and no missing values."""
    load = visit(f"/people/{NEWCOMER}", "phone")

    check_page(load, site)
    assert 1 == load.page.locator("[data-chart] svg polyline").count()
    assert "None" not in load.page.locator("main").inner_text()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/people/nobody-at-all", 404),
        ("/people/nobody-at-all/why", 404),
        ("/people/x:%00", 404),
        ("/groups/none", 404),
        ("/people/ada/why?day=tomorrow", 400),
        ("/people?after=me", 400),
        ("/search?q=" + "a" * 9000, 414),
    ],
)
def test_errors_are_pages(visit, site, path, status):
    """Invalid requests show an error page."""
    check_error_page(visit(path, "phone"), site, status)


def test_rate_limit_shows_an_error_page(chromium, home):
    """Over the rate limit, the error page is complete: its style sheet and scripts are not counted."""
    app = app_of(home, Allowance(1, 1))
    with serving(app) as host, open_tab(chromium, f"http://{host}", "phone") as tab:
        assert 200 == tab.open("/").status

        check_error_page(tab.open("/"), tab.site, 429)


@pytest.mark.proof
@only_in_full
def test_missing_store_shows_an_error_page(chromium, home):
    """While the home is moved away, pages show an error without its path; afterwards they work again."""
    folder = home.settings.home
    moved = folder.with_name("away")
    with demo_site.serve_home(folder) as url, open_tab(chromium, url, "phone") as tab:
        folder.rename(moved)
        load = tab.open("/people/ada")

        check_error_page(load, url, 503)
        assert str(folder) not in load.page.content()
        moved.rename(folder)
        check_error_page(tab.open("/people/ada"), url, 404)


@pytest.mark.parametrize("name", ["start", "progress", "first-score", "unknown", "sign-in"])
def test_pages_of_newcomers_fit_a_narrow_phone(visit, site, name):
    """Nothing scrolls sideways at 320 pixels."""
    check_page(visit(name, "narrow"), site)


def test_actions_of_the_leaderboard_fit_a_narrow_phone(visit):
    """The link to the next page goes below the button where there is no room beside it."""
    page = visit("people", "narrow").page
    link = '<a class="button" href="/people">Next page</a>'
    page.evaluate(f"document.querySelector('.sticky-actions').insertAdjacentHTML('beforeend', '{link}')")

    assert page.evaluate("document.documentElement.clientWidth") == page.evaluate(
        "document.documentElement.scrollWidth"
    )
