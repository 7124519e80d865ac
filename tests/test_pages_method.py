"""Pages of the method, ranking with custom weights, badges and share cards."""

import dataclasses
import hashlib
import re
from base64 import b64encode
from html import unescape
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from PIL import Image
from starlette.testclient import TestClient

import community
from community import app_of
from conftest import NOW, new_home
from renown import answers, method, privacy, scoring
from renown.home import open_home
from renown.home.app_state import build_app_state
from renown.method import changelog
from renown.method.file import load_evaluations
from renown.runs import profiles
from renown.settings import ServeSettings
from renown.web.pages.charts import text as charts_text
from renown.web.pages.markdown import render_markdown
from renown.web.pages.people import badge
from renown.web.pages.people.share_card import HEIGHT, WIDTH, CardNames, ShareCard, render_share_card
from renown.web.people import find_by_name

HOSTILE = '"><script>alert(1)</script>'
NAMES = [
    HOSTILE.replace(":", ""),
    "W" * 100,
    "Zoe\u0301 Ζωή Ольга",
    "עדה לאבלייס",
    "愛子 🎉",
    "ﷺ" * 100,
    "a'b&c]]>{{ 7 * 7 }}",
    "e" + "\u0301" * 99,
]
MEDIA_TYPES = {"badge.svg": "image/svg+xml", "card.png": "image/png"}
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def community_home(tmp_path_factory):
    """Return a home with three claimed people."""
    return community.create_community(tmp_path_factory.mktemp("pages") / "home")


@pytest.fixture(scope="module")
def site(community_home):
    """Return the application state, with a public URL."""
    return dataclasses.replace(build_app_state(community_home), settings=ServeSettings(url="https://renown.example/"))


@pytest.fixture(scope="module")
def client(site):
    """Return a client of the pages."""
    app = community.make_app(site, community.PLENTY, clock=lambda: 0.0)
    with TestClient(app, raise_server_exceptions=False, base_url="http://x") as test_client:
        yield test_client


def test_method_page_shows_constants_signals_and_steps(client):
    """The page shows every constant with its unit and source, every signal's sources, and every step with its SQL."""
    text, scoring_method = unescape(client.get("/method").text), method.load_method()

    assert len(scoring_method.constants) > 10 < len(scoring_method.all_steps())
    for name, constant in scoring_method.constants.items():
        assert name.replace("_", " ") in text
        assert constant.unit in text
        assert constant.source in text
    for signal in scoring_method.signals:
        assert signal.weight.source in text
        assert signal.rate.source in text
    for step in scoring_method.all_steps():
        assert step.description in text
        assert step.sql in text
    for curve in scoring_method.curves.values():
        assert curve.source in text
    assert "60 to 89" in text, "the last weight by age"
    assert scoring_method.text in text
    assert scoring_method.digest[:16] in text


@pytest.mark.parametrize("language", ["en", "de", "en-DE"])
def test_constants_are_formatted_like_the_text(client, language):
    """Constants have the separators of the English text around them, and all their digits."""
    text = client.get("/method", headers={"Accept-Language": language}).text

    assert '<td class="n">0.05</td>' in text
    assert '<td class="n">100,000,000</td>' in text


def test_evaluations_are_drawn_as_dot_plots(client):
    """Each compared method of each evaluation has a dot, ordered by its value, beside the model card."""
    text, evaluations = client.get("/method").text, load_evaluations(method.load_method())
    without_dots = ("coverage", "faking")
    rows = [row for name, evaluation in evaluations.items() if name not in without_dots for row in evaluation["rows"]]
    positions = [float(position) for position in re.findall(r'<circle cx="([0-9.]+)%"', text)]
    values = {row["name"]: row["both_new"] for row in evaluations["pairs"]["rows"]}

    assert {*without_dots, "klout", "pairs", "spread"} == set(evaluations)
    assert len(rows) + len(evaluations["spread"]["rows"]) == len(positions)
    assert all(row["name"] in text for row in rows)
    assert all(0 <= position <= 100 for position in positions)
    position_by_name = dict(zip(values, positions, strict=False))
    assert sorted(values, key=values.__getitem__) == sorted(position_by_name, key=position_by_name.__getitem__)
    assert "Where it fails" in text
    assert "scored from some of their values" in text
    assert "<td>10,000 new accounts like, repost and reply once</td>" in text


def test_custom_method_is_shown_without_evaluations(community_home):
    """Evaluations of the default method are not shown with another method."""
    text = (
        method.load_method().text.replace('version = "3"', 'version = "3-mine"').replace("value = 0.05", "value = 0.06")
    )
    custom_method = method.parse_method(text, "mine")
    state = dataclasses.replace(build_app_state(community_home), load_method=lambda: custom_method)
    app = community.make_app(state, community.PLENTY, clock=lambda: 0.0)
    page = TestClient(app, base_url="http://x").get("/method").text

    assert "This method has not been evaluated" in page
    assert "Human judges" not in page
    assert '<span class="tag good">this method</span>' not in page


def test_method_page_shows_score_changelog_and_published_days(client, community_home):
    """The page shows changes of scores by release, and spans of published days by method."""
    text = client.get("/method").text
    days = community_home.days.all()

    assert "Score changelog" in text
    assert "Method 2, the first that is published" in text
    assert f"{len(days)} days by" in text
    assert days[-1].inputs[:16] in text


def test_method_page_without_published_days(home):
    """Before the first published day the method is shown, and custom weights cannot be tried."""
    client = TestClient(app_of(home), base_url="http://x")

    assert "No day is published yet" in client.get("/method").text
    assert 404 == client.get("/method/try").status_code
    assert "No day is published yet" in client.get("/method/try").text


def test_markdown_is_escaped():
    """Rendered Markdown has no raw HTML, no links that run scripts, and no images."""
    html = render_markdown(
        f"# {HOSTILE}\n\n<img src=x onerror=alert(1)>\n\n[a](javascript:alert(1)) [b](data:text/html,x) "
        "![c](https://evil.example/x.png)\n\n| <b>d</b> |\n|---|\n| `<i>` |\n"
    )

    assert not re.search(r"<(script|img|b|i)\b", html)
    assert "href" not in html
    assert "evil.example" not in html
    assert "&lt;b&gt;d&lt;/b&gt;" in html


def test_score_changelog_skips_releases_without_score_changes():
    """The changelog is parsed into changes of scores; releases without any are left out."""
    [first, *_] = changelog.load_score_changes()

    assert first.text.startswith("- ")
    assert "###" not in first.text
    assert () == changelog.parse_changelog("## 1\n### Added\n- x\n")


def test_default_weights_give_the_published_scores(client):
    """Without custom weights the ranking has the published scores, and the page says so."""
    result = client.get("/api/method/try").json()
    published = {row["name"]: row["score"] for row in client.get("/api/people").json()["people"]}

    assert {"ann", "bob", "cat"} == set(published)
    assert published == {row["name"]: row["score"] for row in result["ranking"]}
    page = client.get("/method/try").text
    assert "these are the published scores" in page
    assert "Should reactions count more than followers?" in page
    assert ">Replies<" not in page


def test_custom_weights_are_stored_only_in_the_url(client):
    """The form shows the weights of the URL, the page shows the scores of the API, and no cookie is set."""
    query = {"reactions": "2", "curation": "0", "who": "bob"}
    text = client.get("/method/try", params=query).text
    result = client.get("/api/method/try", params=query).json()

    assert 'name="reactions" min="0" max="10.0" step="any" value="2"' in text
    assert 'name="curation" min="0" max="10.0" step="any" value="0"' in text
    assert 'value="bob"' in text
    assert "bob" == result["selected"]["name"]
    for row in result["ranking"]:
        assert f"{row['score_before']:.1f} as published, {row['score']:.1f} with these weights" in text
    assert any(row["move"] for row in result["ranking"])
    assert "set-cookie" not in client.get("/method/try", params=query).headers


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("lists=2", 400),
        ("audience=x", 400),
        ("audience=-1", 400),
        ("who=nobody", 404),
        ("who=x:dan", 404),
        ("who=%00", 404),
    ],
)
def test_invalid_custom_weights_show_the_same_problem_on_page_and_api(client, query, status):
    """Unknown signals, invalid factors and people without a page give an error message."""
    page, response = client.get(f"/method/try?{query}"), client.get(f"/api/method/try?{query}")

    assert (status, status) == (page.status_code, response.status_code)
    # The page says what is wrong in a sentence of its own, without what to write in a request.
    problem = response.json()["error"]["message"].partition(";")[0]
    assert problem.casefold() in unescape(page.text).casefold()


def test_shutdown_removes_spill_folders(community_home):
    """When the server stops, the spill folders of sessions for custom weights are deleted."""
    spill = community_home.settings.home / "spill"
    before = set(spill.iterdir())
    with TestClient(app_of(community_home), base_url="http://x") as client:
        assert 200 == client.get("/method/try").status_code
        assert set(spill.iterdir()) - before

    assert set(spill.iterdir()) <= before


def test_custom_weights_need_a_day_of_the_same_steps(community_home, monkeypatch):
    """If the day was published with other steps, page and API respond with 409 and leave no spill folder."""
    site, spill = build_app_state(community_home), community_home.settings.home / "spill"
    other_day = dataclasses.replace(site.days.find(), method_digest="0")
    monkeypatch.setattr(site.days, "find", lambda *_: other_day)
    client = TestClient(community.make_app(site, community.PLENTY, clock=lambda: 0.0), base_url="http://x")
    before = set(spill.iterdir())

    assert [409, 409] == [client.get(path).status_code for path in ("/method/try", "/api/method/try")]
    assert set(spill.iterdir()) <= before


def test_empty_form_fields_keep_the_default_weight(client):
    """A form that is sent unchanged gives the published scores."""
    assert "these are the published scores" in client.get("/method/try?audience=&who=&curation=1").text


@pytest.mark.parametrize("picture", MEDIA_TYPES)
@pytest.mark.parametrize("name", ["nobody", "x:103", "x:dan", "x:", "%00", "a" * 900])
def test_people_without_a_page_have_no_pictures(client, name, picture):
    """Known accounts that nobody claimed give the same 404 as unknown ones."""
    assert 404 == client.get(f"/people/{name}/{picture}").status_code


@pytest.mark.parametrize("picture", MEDIA_TYPES)
def test_pictures_have_etag_cache_and_security_headers(client, picture):
    """A conditional request with the ETag gives an empty 304; pictures have the security headers of pages."""
    first = client.get(f"/people/ann/{picture}")
    again = client.get(f"/people/ann/{picture}", headers={"If-None-Match": first.headers["etag"]})

    assert MEDIA_TYPES[picture] == first.headers["content-type"].partition(";")[0]
    assert (200, 304) == (first.status_code, again.status_code)
    assert b"" == again.content
    assert "max-age=300" in first.headers["cache-control"]
    assert "nosniff" == first.headers["x-content-type-options"]
    assert "default-src 'none'" in first.headers["content-security-policy"]


def test_badge_shows_name_and_score(client):
    """The badge has the score as text, a title and description, and a style that the CSP allows by its hash."""
    response = client.get("/people/ann/badge.svg")
    root = ET.fromstring(response.text)
    style = root.findtext(f"{SVG}style")
    score = client.get("/api/people/ann/score").json()["score"]
    texts = [element.text for element in root.iter(f"{SVG}text")]

    assert f"ann: renown {score:.0f} of 100" == root.findtext(f"{SVG}title")
    assert "of all people scored" in root.findtext(f"{SVG}desc")
    assert ["renown", f"{score:.0f}?"] == texts, "three days are not enough data"
    assert "prefers-color-scheme:dark" in style
    assert b64encode(hashlib.sha256(style.encode()).digest()).decode() in response.headers["content-security-policy"]
    ends = [float(element.get("x")) + float(element.get("textLength")) for element in root.iter(f"{SVG}text")]
    assert ends[-1] < float(root.get("width"))


def test_share_card_has_open_graph_size_and_absolute_url(client):
    """The share card is a PNG of 1200 by 630 pixels, and the page links it by its absolute URL."""
    picture = Image.open(BytesIO(client.get("/people/ann/card.png").content))
    page = client.get("/people/ann").text

    assert ("PNG", (1200, 630)) == (picture.format, picture.size)
    assert '<meta property="og:image" content="https://renown.example/people/ann/card.png">' in page
    assert "https://renown.example/people/ann/badge.svg" in page
    assert '<meta name="twitter:card" content="summary_large_image">' in page


def test_without_public_url_there_are_no_picture_tags(community_home):
    """Open Graph pictures need absolute URLs: without `serve.url` the tags are left out."""
    page = TestClient(app_of(community_home), base_url="http://x").get("/people/ann").text

    assert "og:title" in page
    assert "og:image" not in page
    assert "twitter:card" not in page
    assert "serve.url" not in page
    assert "http://x/people/ann/badge.svg" in page


@pytest.fixture(scope="module")
def unusual_names_client(tmp_path_factory):
    """Return a client of pages of people with unusual names."""
    folder = tmp_path_factory.mktemp("names")
    home = open_home(new_home(folder / "home"), {"RENOWN_URL": "https://renown.example"})
    for n, name in enumerate(NAMES):
        home.people.add(name, [("x", f"{n}")], at=NOW)
    community.taker(home, folder)("account,at,followers", *(f"{n},2024-01-30,9" for n in range(9)), table="profiles")
    profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, community.publisher(home)())
    return TestClient(app_of(home), base_url="http://x")


@pytest.mark.parametrize(
    "name", NAMES, ids=["html", "long", "greek", "hebrew", "japanese", "ligatures", "template", "combining"]
)
def test_unusual_names_have_badge_and_share_card(unusual_names_client, name):
    """Any name gives a valid badge, share card and page, without HTML injection."""
    path = f"/people/x:{NAMES.index(name)}"
    badge_svg, card, page = (unusual_names_client.get(path + subpath) for subpath in ("/badge.svg", "/card.png", ""))

    assert f"{name}: renown" in ET.fromstring(badge_svg.text).findtext(f"{SVG}title")
    assert (1200, 630) == Image.open(BytesIO(card.content)).size
    assert 200 == page.status_code
    assert "<script>alert" not in page.text + badge_svg.text


def test_badge_removes_unprintable_characters(site):
    """An account id may contain characters that XML forbids."""
    served_score = dataclasses.replace(find_by_name(site, "ann"), name="x:a\x00\x1b\ufffe\u202eb")

    certainty = answers.Certainty(range_low=None, range_high=None, has_few_people=False, has_few_days=False)
    svg = badge.render_badge(served_score, "top 1%", certainty)

    assert ET.fromstring(svg).findtext(f"{SVG}title").startswith("x:ab: ")


def make_card(**fields):
    """Return a share card with these fields in place of ordinary ones."""
    card = ShareCard(
        names=CardNames("ada"),
        score="50",
        summary="top 50%",
        period="1 May 2026",
        scores=(1.0, 2.0),
        caption="the last 2 days",
    )
    return dataclasses.replace(card, **fields)


def test_share_card_keeps_its_margins():
    """No name, score or history is drawn over the margins."""
    for card in (
        make_card(names=CardNames("W" * 100, "W" * 100), score="100", period="30 September 2026", scores=(50.0,) * 90),
        make_card(summary="Down 99.9 this week · 1,234,567 new people", caption="highest 100.0 on Sep 30"),
        make_card(score="1", scores=()),
        make_card(scores=(None, 1.0, None, 100.0)),
    ):
        picture = Image.open(BytesIO(render_share_card(card)))
        background = picture.getpixel((10, 600))
        margins = [picture.crop((0, 20, 40, HEIGHT)), picture.crop((WIDTH - 40, 20, WIDTH, HEIGHT))]
        assert all([(40 * (HEIGHT - 20), background)] == margin.getcolors() for margin in margins)
        assert len(picture.getcolors(100_000)) > 10


def test_share_cards_are_cached():
    """A card is rendered once, and again if anything that it shows changes."""
    card = make_card(names=CardNames("once"))

    assert render_share_card(card) is render_share_card(make_card(names=CardNames("once")))
    assert render_share_card(card) != render_share_card(dataclasses.replace(card, scores=(2.0, 1.0)))


def test_opt_out_removes_pictures_at_once(tmp_path):
    """After an opt-out, pictures that were rendered before respond with 404."""
    home = community.create_community(tmp_path / "home")
    client = TestClient(app_of(home), base_url="http://x")
    assert 200 == client.get("/people/bob/card.png").status_code
    with home.reader() as engine:
        privacy.opt_out_people(
            engine, home.personal_data, [scoring.resolve_subject("bob", engine, home.lake, home.people)], now=NOW
        )

    assert [404, 404] == [client.get(f"/people/bob/{picture}").status_code for picture in MEDIA_TYPES]


def test_long_names_are_truncated_by_binary_search(monkeypatch):
    """A name is truncated to as many letters as fit, in few measurements, since each reads all of it."""
    measured = []
    monkeypatch.setattr(charts_text, "text_width", lambda text, *_: measured.append(text) or 10.0 * len(text))

    assert ("w" * 49 + "…", 20) == charts_text.fit_text("w" * 1200, "bold", (40, 20), 500)
    assert len(measured) < 20


def test_questions_are_answered_with_the_constants_of_the_method(client, site):
    """A page of questions whose numbers are those of the method that runs; its section is linked at the top."""
    page, values = client.get("/method").text, site.load_method()
    questions = page.partition('id="questions"')[2].partition("</section>")[0]

    assert '<a href="#questions">' in page
    assert f"Fewer than {values['enough_people']:g} people" in questions
    assert f"fewer than {values['enough_days']:g} of the {values['window_days']:g} days" in questions
    assert f"up to {values['stranger_share']:.0%} of what known people gave" in questions
    assert "five points take 2.5 times as much" in questions
