"""Klout's API: clients written for it run unmodified."""

import json
import shutil
import socket
import subprocess
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode
from xml.etree.ElementTree import fromstring

import pytest
from klout import Klout, KloutHTTPError
from starlette.testclient import TestClient

import community
from community import app_of, serving
from conftest import DAY, NOW
from registries import install_npm_package
from renown import answers
from renown.records import day_number
from renown.store import PublishedTables
from renown.web.klout.people import klout_id

RECORDED = Path(__file__).parents[2] / "shared" / "data" / "klout_api"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a home with a small community."""
    return community.create_community(tmp_path_factory.mktemp("klout") / "home")


@pytest.fixture(scope="module")
def key(home):
    """Return an API key."""
    return home.api_keys.create("tests", per_second=10_000, per_day=1_000_000, at=NOW)


@pytest.fixture(scope="module")
def fetch(home, key):
    """Return a function that calls Klout's API."""
    with TestClient(app_of(home), raise_server_exceptions=False) as client:
        yield lambda path, **query: client.get(f"{path}{'&' if '?' in path else '?'}{urlencode({'key': key} | query)}")


@pytest.fixture
def restore_socket_timeout():
    """Restore the default socket timeout: Klout 0.1.3 sets that of the whole process."""
    before = socket.getdefaulttimeout()
    yield
    socket.setdefaulttimeout(before)


def read_day_scores(home, days_ago=0):
    """Return the scores of a published day by name."""
    with PublishedTables(home.days.find(DAY - timedelta(days=days_ago))) as published:
        return {score.name: score.score for score in published.read_top_scores(100)}


@pytest.mark.usefixtures("restore_socket_timeout")
def test_python_client_klout_0_1_3(home, key):
    """PyPI's Klout: identity by screen name and by id, score, user, topics, influence, and back."""
    with serving(app_of(home)) as domain:
        klout = Klout(key, domain=domain)
        identity = klout.identity.klout(screenName="ann")

        assert {"id": "1", "network": "ks"} == identity == klout.identity.klout(tw="101")
        assert read_day_scores(home)["ann"] == klout.user.score(kloutId=identity["id"], timeout=5)["score"]
        assert "Ann" == klout.user(kloutId=identity["id"])["nick"]
        topics = klout.user.topics(kloutId=identity["id"])
        assert [("python", "python"), ("open data", "open-data")] == [
            (row["displayName"], row["slug"]) for row in topics
        ]
        assert all(row["id"].isdecimal() and "sub" == row["topicType"] for row in topics)
        assert ["bob_b"] == [
            influencer["entity"]["payload"]["nick"]
            for influencer in klout.user.influence(kloutId=identity["id"])["myInfluencers"]
        ]
        assert {"id": "101", "network": "tw"} == klout.identity.tw(klout=identity["id"])
        with pytest.raises(KloutHTTPError, match="403"):
            Klout("wrong", domain=domain).user.score(kloutId=identity["id"])


def test_node_client_coffee_klout_0_0_9(home, key, tmp_path):
    """Npm's coffee_klout, pointed at this server by its `baseUri`."""
    install_npm_package("coffee_klout@0.0.9", tmp_path)
    script = """
    const Klout = require('coffee_klout'); const klout = new Klout({key: process.argv[2]});
    klout.baseUri = 'http://' + process.argv[1] + '/v2';
    const results = {};
    const save = (name, next) => (error, got) => { results[name] = error ? String(error) : got; next(); };
    klout.getKloutIdentity({twitter_screen_name: 'ann'}, save('identity', () =>
    klout.getUser({twitter_id: '101'}, save('user', () =>
    klout.getUserScore(results.identity.id, save('score', () =>
    klout.getUserTopics(results.identity.id, save('topics', () =>
    klout.getUserInfluence(results.identity.id, save('influence', () =>
    klout.getUserScore('77', save('nobody', () => console.log(JSON.stringify(results))))))))))))));
    """
    with serving(app_of(home)) as domain:
        process = subprocess.run(
            [str(shutil.which("node")), "-e", script, domain, key],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    results = json.loads(process.stdout)

    assert ("1", "1") == (results["identity"]["id"], results["user"]["kloutId"])
    assert read_day_scores(home)["ann"] == results["score"]["score"]
    assert ["python", "open data"] == [topic["name"] for topic in results["topics"]]
    assert 2 == results["influence"]["myInfluencersCount"]
    assert "Error: Resource or user not found." == results["nobody"]


@pytest.mark.parametrize("form", ["json", "xml"])
def test_node_client_node_klout_0_2_3(home, key, tmp_path, form):
    """Npm's node_klout, of version 1, with `api.klout.com` replaced; it parses XML only if it is `text/xml`."""
    install_npm_package("node_klout@0.2.3", tmp_path)
    script = """
    const [domain, key, form] = process.argv.slice(1), [hostname, port] = domain.split(':');
    const http = require('http'), get = http.get;
    http.get = (options, ...rest) => get.call(http, {...options, host: hostname, port}, ...rest);
    const Klout = require('node_klout'), klout = new Klout(key, form, '1');
    klout.getKlout('ann', (error, got) => console.log(error ? String(error) : JSON.stringify(got)));
    """
    with serving(app_of(home)) as domain:
        command = [str(shutil.which("node")), "-e", script, domain, key, form]
        process = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)

    assert f"{read_day_scores(home)['ann']:.2f}".rstrip("0") in process.stdout
    assert "Ann" in process.stdout
    assert "rror" not in process.stdout


def test_version_2_responses(home, fetch):
    """Every call returns the exact body; score changes are those of the published days."""
    now, week, day = read_day_scores(home), read_day_scores(home, 7), read_day_scores(home, 1)
    score_deltas = {
        "dayChange": round(round(now["ann"], 2) - round(day["ann"], 2), 2),
        "weekChange": round(round(now["ann"], 2) - round(week["ann"], 2), 2),
        "monthChange": 0,
    }
    bucket = fetch("/v2/user.json/1/score").json()["bucket"]
    low, high = map(int, bucket.split("-"))

    assert low <= now["ann"] <= high + 1
    assert {"score": now["ann"], "scoreDelta": score_deltas, "bucket": bucket} == fetch("/v2/user.json/1/score").json()
    assert 0 not in (score_deltas["dayChange"], score_deltas["weekChange"])
    assert {
        "kloutId": "1",
        "nick": "Ann",
        "score": {"score": now["ann"], "bucket": bucket},
        "scoreDeltas": score_deltas,
    } == fetch("/v2/user.json/1").json()
    for suffix in ("", "/score", "/topics", "/influence"):
        assert fetch(f"/v2/user.json/1{suffix}").json() == fetch(f"/v2/tw-user.json/101{suffix}").json()
    assert {"101", "102"} == set(fetch("/v2/tw-user.json/batch/score", twitterIds="101,102,103").json())


@pytest.mark.parametrize(
    ("path", "person"),
    [
        ("/v2/identity.json/twitter?screenName=ANN", "1"),
        ("/v2/identity.json/twitter/?screenName=@ann", "1"),
        ("/v2/identity.json/tw/102", "2"),
        ("/v2/identity.json/twitter?screenName=ann.sky.example", "1"),
        ("/v2/identity.json/twitter?screenName=cat@m.example", "3"),
        ("/v2/identity.json/bluesky?screenName=ann.sky.example", "1"),
        ("/v2/identity.json/bluesky/did:plc:ann", "1"),
        ("/v2/identity.json/mastodon/https://m.example/users/cat", "3"),
        ("/v2/identity.json/klout/2", "2"),
    ],
)
def test_version_2_identities(fetch, path, person):
    """X by id and screen name; other networks by the same calls."""
    assert {"id": person, "network": "ks"} == fetch(path).json()


def test_version_1_responses(home, fetch):
    """Scores, users and influence; XML has the values of the JSON."""
    users = fetch("/1/users/show.json", users="ann,nobody").json()["users"]
    score = users[0]["score"]

    assert ["ann"] == [user["twitter_screen_name"].lower() for user in users]
    assert "101" == users[0]["twitter_id"]
    assert round(read_day_scores(home)["ann"], 2) == score["kscore"]
    assert 1 <= score["kclass_id"] <= 16
    assert {
        "status": 200,
        "users": [{"twitter_screen_name": "bob_b", "kscore": round(read_day_scores(home)["bob"], 2)}],
    } == fetch("/1/klout.json", users="bob_b").json()
    assert ["python", "open data"] == fetch("/1/users/topics.json", users="ann").json()["users"][0]["topics"]
    assert b"<topic>python</topic>" in fetch("/1/users/topics.xml", users="ann").content
    assert (
        "bob_b"
        == fetch("/1/soi/influenced_by.json", users="ann").json()["users"][0]["influencers"][0]["twitter_screen_name"]
    )
    assert (
        "bob_b"
        == fetch("/1/soi/influencer_of.json", users="ann").json()["users"][0]["influencees"][0]["twitter_screen_name"]
    )
    xml = fromstring(fetch("/1/users/show.xml", users="ann").content)
    assert {name: str(value) for name, value in score.items()} == {
        element.tag: element.text or "" for element in xml.find("user/score")
    }
    names = [
        element.text
        for element in fromstring(fetch("/1/soi/influencer_of.xml", users="ann").content).iter("twitter_screen_name")
    ]
    assert ["Ann", "bob_b"] == names


def test_unknown_users(fetch):
    """Version 1 returns an error with status 200, version 2 returns 404, as clients expect."""
    assert {"status": 200, "headers": [], "body": {"error": "No users"}} == fetch(
        "/1/klout.json", users="nobody"
    ).json()
    assert "No users" == fromstring(fetch("/1/klout.xml", users="nobody").content).text
    for path in ("/v2/user.json/77/score", "/v2/identity.json/tw/103", "/v2/identity.json/gp/1", "/v2/user.json/x"):
        response = fetch(path)
        assert (404, 404) == (response.status_code, response.json()["error"])


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "/v2/user.json/ann",
            "'ann' is not a Klout id, which is a number such as 12; identity.json/twitter?screenName",
        ),
        ("/v2/identity.json/klout/-1/tw", "'-1' is not a Klout id"),
        ("/v2/identity.json/ks/77", "nobody with a page here has the Klout id 77"),
        ("/v2/identity.json/klout/1/foo", "the person with the Klout id 1 has no account on 'foo'"),
    ],
)
def test_errors_about_klout_ids_say_what_one_is(fetch, path, message):
    """A name in its place is common; whoever is hidden has the error of an id that nobody has."""
    response = fetch(path)

    assert 404 == response.status_code
    assert response.json()["description"].startswith(message)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v2/user.json/1/score", 403, "ERR_403_DEVELOPER_INACTIVE"),
        ("/v2/user.json/1/score?key=wrong", 403, "ERR_403_DEVELOPER_INACTIVE"),
        ("/1/klout.xml?users=ann&key=%00", 403, "ERR_403_DEVELOPER_INACTIVE"),
    ],
)
def test_missing_or_invalid_key_is_rejected(home, path, status, code):
    """With the status and error code of Klout's gateway."""
    with TestClient(app_of(home)) as client:
        response = client.get(path)

    assert (status, code) == (response.status_code, response.headers["X-Mashery-Error-Code"])


@pytest.mark.parametrize(
    "path", ["/1/klout.json?users=ann", "/v2/user.json/1/score", "/v2/identity.json/twitter/?screenName=ann"]
)
def test_jsonp_callback(fetch, path):
    """JSONP as jQuery and MooTools request it; XML ignores the callback."""
    plain = fetch(path)
    jsonp = fetch(path, callback="Request.JSONP.map[0].$call_1")

    assert f"/**/Request.JSONP.map[0].$call_1({plain.text});" == jsonp.text
    assert "application/javascript" == jsonp.headers["content-type"]
    assert len(jsonp.content) == int(jsonp.headers["content-length"])
    assert fetch("/1/klout.xml", users="ann", callback="f").text.startswith("<?xml")
    assert "text/xml; charset=utf-8" == fetch("/1/klout.xml", users="ann", callback="f").headers["content-type"]


@pytest.mark.parametrize("name", ["alert(1)//", "", "a b", "1a", "é", "a" * 101, "<script>"])
def test_invalid_jsonp_callback_is_rejected(fetch, name):
    """A callback that is no function name is an error, in JSON."""
    response = fetch("/v2/user.json/1/score", callback=name)

    assert (400, 400) == (response.status_code, response.json()["error"])
    assert "application/json" == response.headers["content-type"]


def test_cors_allows_any_origin(home, key):
    """CORS headers as in our own API."""
    with TestClient(app_of(home)) as client:
        headers = client.get(f"/v2/user.json/1/score?key={key}", headers={"Origin": "https://page.example"}).headers

    assert "*" == headers["access-control-allow-origin"]


def test_lists_of_users(fetch):
    """Separated by commas and blanks, or one parameter for each, as the Ruby client does."""
    names = [user["twitter_screen_name"] for user in fetch("/1/klout.json", users="ann, bob_b").json()["users"]]

    assert ["Ann", "bob_b"] == names
    assert names == [
        user["twitter_screen_name"] for user in fetch("/1/klout.json?users=ann&users=bob_b").json()["users"]
    ]


def test_klout_ids_are_identities(fetch):
    """The networks `ks` and `klout` take a Klout id."""
    identity = {"id": "1", "network": "ks"}

    assert identity == fetch("/v2/identity.json/ks/1").json() == fetch("/v2/identity.json/klout/1/ks").json()
    assert 404 == fetch("/v2/identity.json/ks/77").status_code


def test_version_1_errors_have_the_status_in_the_body(fetch):
    """PyPI's pyklout 0.1 reads it there."""
    assert (400, 400) == tuple(fetch("/1/klout.json").json()[name] for name in ("status", "error"))
    assert "status" not in fetch("/v2/user.json/77").json()


def test_too_many_users_are_rejected(fetch):
    """A call takes one to five names."""
    assert 400 == fetch("/1/klout.json", users="a,b,c,d,e,f").status_code == fetch("/1/klout.json").status_code


def structure_of(value):
    """Return the nested keys and types of a JSON value; of a list its first item's."""
    if isinstance(value, dict):
        return {name: structure_of(item) for name, item in value.items()}
    return (
        [structure_of(value[0])] if isinstance(value, list) and value else type(value).__name__.replace("int", "float")
    )


@pytest.mark.parametrize(
    ("recording", "path"),
    [
        ("v2_jklout2_score", "/v2/user.json/1/score"),
        ("v2_jklout2_showUser", "/v2/user.json/1"),
        ("v2_jklout2_influence", "/v2/user.json/1/influence"),
        ("v2_jklout2_identity_twitter_screen", "/v2/identity.json/twitter?screenName=ann"),
        ("v2_jklout2_identity_klout_tw", "/v2/identity.json/klout/1/tw"),
        ("v2_jklout2_error", "/v2/user.json/77"),
        ("v1_klout-rb_klout", "/1/klout.json?users=ann"),
        ("v1_klout-rb_users_show", "/1/users/show.json?users=ann"),
        ("v1_klout-rb_soi_influenced_by", "/1/soi/influenced_by.json?users=ann"),
        ("v1_klout-rb_soi_influencer_of", "/1/soi/influencer_of.json?users=ann"),
        ("v1_klout-rb_no_users", "/1/klout.json?users=nobody"),
    ],
)
def test_structure_matches_recorded_responses(fetch, recording, path):
    """The same fields, nesting and types as Klout's recorded responses."""
    if not RECORDED.exists():
        pytest.skip("the recorded answers of Klout's API are not here (../shared/data/klout_api)")
    recorded = json.loads((RECORDED / f"{recording}.json").read_text(encoding="utf-8"))

    assert structure_of(recorded) == structure_of(fetch(path).json())


def test_reach_amplification_and_network(home):
    """Reach, amplification and network follow their definitions."""
    ann = answers.load_profile(home.profiles, -1)

    # Nobody is verified, so everybody who reacted counts as known: dan, eve, bob, 105, 106 and five of Bluesky's.
    assert 10 == ann.reach
    assert 11 == ann.influencees.count
    # Posts: p1, those of 1, 3 and 9 days ago, six on Bluesky; one of them was reposted, and smoothing adds two posts.
    assert 100 * 1 / (10 + 2) == pytest.approx(ann.amplification)
    assert 5 < ann.network < 100
    assert ({"sharing": 1, "creating": 10, "participating": 0, "listening": 1}, 2, 2) == (
        ann.activity.acts,
        ann.activity.people,
        ann.activity.active_days,
    )


def test_every_style_is_reachable():
    """Sixteen styles, numbered as Klout's clients know them."""
    reached = {
        answers.ActivityPattern({kind: 100}, people, days, 90).classify()
        for kind in ("sharing", "creating", "participating", "listening")
        for people in (3, 40)
        for days in (3, 60)
    }
    known = {"Observer": 1, "Explorer": 4, "Socializer": 10, "Specialist": 11}

    assert set(answers.STYLES) == reached
    assert set(range(1, 17)) == {style.number for style in answers.STYLES}
    assert known == {style.name: style.number for style in answers.STYLES if style.name in known}


def test_ids_of_people_and_accounts_do_not_overlap():
    """The key of an account is never taken for a person."""
    assert "1" == klout_id(-1)
    assert int(klout_id(1)) >= 2**63
    assert day_number(DAY) > 0
