"""Clients that were written for Klout's API run unmodified."""

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
from browser import npm
from community import app_of, serving
from conftest import DAY, NOW
from renown import answers
from renown.records import day_number
from renown.store import Published
from renown.web.klout.people import klout_id

RECORDED = Path(__file__).parents[2] / "shared" / "data" / "klout_api"


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    """Return a home with people in it."""
    return community.settled(tmp_path_factory.mktemp("klout") / "home")


@pytest.fixture(scope="module")
def key(settled):
    """Return a key of the API."""
    return settled.keys.make("tests", per_second=10_000, per_day=1_000_000, at=NOW)


@pytest.fixture(scope="module")
def ask(settled, key):
    """Return a function that asks Klout's API."""
    with TestClient(app_of(settled), raise_server_exceptions=False) as client:
        yield lambda path, **query: client.get(f"{path}{'&' if '?' in path else '?'}{urlencode({'key': key} | query)}")


@pytest.fixture
def patience():
    """Give later tests back the wait for sockets that they had: Klout 0.1.3 sets that of the whole process."""
    before = socket.getdefaulttimeout()
    yield
    socket.setdefaulttimeout(before)


def scores(home, ago=0):
    """Return name to score of a day, from its file."""
    with Published(home.days.find(DAY - timedelta(days=ago))) as published:
        return {score.name: score.score for score in published.leaders(100)}


@pytest.mark.usefixtures("patience")
def test_the_python_client_of_then_finds_a_score(settled, key):
    """PyPI's Klout 0.1.3: identity by screen name and by id, score, user, topics, influence, and back."""
    with serving(app_of(settled)) as domain:
        klout = Klout(key, domain=domain)
        identity = klout.identity.klout(screenName="ann")

        assert {"id": "1", "network": "ks"} == identity == klout.identity.klout(tw="101")
        assert scores(settled)["ann"] == klout.user.score(kloutId=identity["id"], timeout=5)["score"]
        assert "Ann" == klout.user(kloutId=identity["id"])["nick"]
        assert [] == klout.user.topics(kloutId=identity["id"])
        assert ["bob_b"] == [
            one["entity"]["payload"]["nick"] for one in klout.user.influence(kloutId=identity["id"])["myInfluencers"]
        ]
        assert {"id": "101", "network": "tw"} == klout.identity.tw(klout=identity["id"])
        with pytest.raises(KloutHTTPError, match="403"):
            Klout("wrong", domain=domain).user.score(kloutId=identity["id"])


@pytest.mark.whole
def test_the_node_client_of_then_finds_a_score(settled, key, tmp_path):
    """Npm's coffee_klout 0.0.9, pointed at this server by its `baseUri`."""
    if not (shutil.which("npm") and shutil.which("node")):
        pytest.skip("Node is not installed; `apt-get install nodejs npm`")
    npm("coffee_klout@0.0.9", tmp_path)
    script = """
    const Klout = require('coffee_klout'); const klout = new Klout({key: process.argv[2]});
    klout.baseUri = 'http://' + process.argv[1] + '/v2';
    const said = {}; const tell = (name, next) => (error, got) => { said[name] = error ? String(error) : got; next(); };
    klout.getKloutIdentity({twitter_screen_name: 'ann'}, tell('identity', () =>
    klout.getUser({twitter_id: '101'}, tell('user', () =>
    klout.getUserScore(said.identity.id, tell('score', () =>
    klout.getUserTopics(said.identity.id, tell('topics', () =>
    klout.getUserInfluence(said.identity.id, tell('influence', () =>
    klout.getUserScore('77', tell('nobody', () => console.log(JSON.stringify(said))))))))))))));
    """
    with serving(app_of(settled)) as domain:
        done = subprocess.run(
            [str(shutil.which("node")), "-e", script, domain, key],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    said = json.loads(done.stdout)

    assert ("1", "1") == (said["identity"]["id"], said["user"]["kloutId"])
    assert scores(settled)["ann"] == said["score"]["score"]
    assert ([], 2) == (said["topics"], said["influence"]["myInfluencersCount"])
    assert "Error: Resource or user not found." == said["nobody"]


@pytest.mark.whole
@pytest.mark.parametrize("form", ["json", "xml"])
def test_the_older_node_client_finds_a_score_by_version_1(settled, key, tmp_path, form):
    """Npm's node_klout 0.2.3, whose `api.klout.com` is this server: it reads `text/xml` and nothing else as XML."""
    if not (shutil.which("npm") and shutil.which("node")):
        pytest.skip("Node is not installed; `apt-get install nodejs npm`")
    npm("node_klout@0.2.3", tmp_path)
    script = """
    const [domain, key, form] = process.argv.slice(1), [hostname, port] = domain.split(':');
    const http = require('http'), get = http.get;
    http.get = (asked, ...rest) => get.call(http, {...asked, host: hostname, port}, ...rest);
    const Klout = require('node_klout'), klout = new Klout(key, form, '1');
    klout.getKlout('ann', (error, got) => console.log(error ? String(error) : JSON.stringify(got)));
    """
    with serving(app_of(settled)) as domain:
        words = [str(shutil.which("node")), "-e", script, domain, key, form]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)

    assert f"{scores(settled)['ann']:.2f}".rstrip("0") in done.stdout
    assert "Ann" in done.stdout
    assert "rror" not in done.stdout


def test_answers_of_version_2(settled, ask):
    """Every call, word for word; the changes are those of the published days."""
    now, week, day = scores(settled), scores(settled, 7), scores(settled, 1)
    moved = {
        "dayChange": round(round(now["ann"], 2) - round(day["ann"], 2), 2),
        "weekChange": round(round(now["ann"], 2) - round(week["ann"], 2), 2),
        "monthChange": 0,
    }
    bucket = ask("/v2/user.json/1/score").json()["bucket"]
    low, high = map(int, bucket.split("-"))

    assert low <= now["ann"] <= high + 1
    assert {"score": now["ann"], "scoreDelta": moved, "bucket": bucket} == ask("/v2/user.json/1/score").json()
    assert 0 not in (moved["dayChange"], moved["weekChange"])
    assert {
        "kloutId": "1",
        "nick": "Ann",
        "score": {"score": now["ann"], "bucket": bucket},
        "scoreDeltas": moved,
    } == ask("/v2/user.json/1").json()
    for what in ("", "/score", "/topics", "/influence"):
        assert ask(f"/v2/user.json/1{what}").json() == ask(f"/v2/tw-user.json/101{what}").json()
    assert {"101", "102"} == set(ask("/v2/tw-user.json/batch/score", twitterIds="101,102,103").json())


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
def test_identities(ask, path, person):
    """X by id and screen name, any other network by the same calls."""
    assert {"id": person, "network": "ks"} == ask(path).json()


def test_answers_of_version_1(settled, ask):
    """Scores, shows, influence; XML says what JSON says."""
    shown = ask("/1/users/show.json", users="ann,nobody").json()["users"]
    told = shown[0]["score"]

    assert ["ann"] == [one["twitter_screen_name"].lower() for one in shown]
    assert "101" == shown[0]["twitter_id"]
    assert round(scores(settled)["ann"], 2) == told["kscore"]
    assert 1 <= told["kclass_id"] <= 16
    assert {
        "status": 200,
        "users": [{"twitter_screen_name": "bob_b", "kscore": round(scores(settled)["bob"], 2)}],
    } == ask("/1/klout.json", users="bob_b").json()
    assert [] == ask("/1/users/topics.json", users="ann").json()["users"][0]["topics"]
    assert (
        "bob_b"
        == ask("/1/soi/influenced_by.json", users="ann").json()["users"][0]["influencers"][0]["twitter_screen_name"]
    )
    assert (
        "bob_b"
        == ask("/1/soi/influencer_of.json", users="ann").json()["users"][0]["influencees"][0]["twitter_screen_name"]
    )
    xml = fromstring(ask("/1/users/show.xml", users="ann").content)
    assert {name: str(value) for name, value in told.items()} == {
        one.tag: one.text or "" for one in xml.find("user/score")
    }
    names = [
        one.text for one in fromstring(ask("/1/soi/influencer_of.xml", users="ann").content).iter("twitter_screen_name")
    ]
    assert ["Ann", "bob_b"] == names


def test_nobody_is_found(ask):
    """The answers that clients know for it: version 1 says so with 200, version 2 is 404."""
    assert {"status": 200, "headers": [], "body": {"error": "No users"}} == ask("/1/klout.json", users="nobody").json()
    assert "No users" == fromstring(ask("/1/klout.xml", users="nobody").content).text
    for path in ("/v2/user.json/77/score", "/v2/identity.json/tw/103", "/v2/identity.json/gp/1", "/v2/user.json/x"):
        found = ask(path)
        assert (404, 404) == (found.status_code, found.json()["error"])


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v2/user.json/1/score", 403, "ERR_403_DEVELOPER_INACTIVE"),
        ("/v2/user.json/1/score?key=wrong", 403, "ERR_403_DEVELOPER_INACTIVE"),
        ("/1/klout.xml?users=ann&key=%00", 403, "ERR_403_DEVELOPER_INACTIVE"),
    ],
)
def test_a_call_without_a_good_key_is_refused(settled, path, status, code):
    """As Klout's gateway refused it."""
    with TestClient(app_of(settled)) as client:
        found = client.get(path)

    assert (status, code) == (found.status_code, found.headers["X-Mashery-Error-Code"])


@pytest.mark.parametrize(
    "path", ["/1/klout.json?users=ann", "/v2/user.json/1/score", "/v2/identity.json/twitter/?screenName=ann"]
)
def test_a_script_of_another_page_is_called_back(ask, path):
    """JSONP, as jQuery and MooTools asked; what is not JSON stays as it is."""
    plain = ask(path)
    called = ask(path, callback="Request.JSONP.map[0].$call_1")

    assert f"/**/Request.JSONP.map[0].$call_1({plain.text});" == called.text
    assert "application/javascript" == called.headers["content-type"]
    assert len(called.content) == int(called.headers["content-length"])
    assert ask("/1/klout.xml", users="ann", callback="f").text.startswith("<?xml")
    assert "text/xml; charset=utf-8" == ask("/1/klout.xml", users="ann", callback="f").headers["content-type"]


@pytest.mark.parametrize("name", ["alert(1)//", "", "a b", "1a", "é", "a" * 101, "<script>"])
def test_no_script_is_begun_by_who_asks(ask, name):
    """What is no name of a function is refused, in JSON."""
    refused = ask("/v2/user.json/1/score", callback=name)

    assert (400, 400) == (refused.status_code, refused.json()["error"])
    assert "application/json" == refused.headers["content-type"]


def test_scripts_of_other_sites_may_read(settled, key):
    """As they may read our own API."""
    with TestClient(app_of(settled)) as client:
        told = client.get(f"/v2/user.json/1/score?key={key}", headers={"Origin": "https://page.example"}).headers

    assert "*" == told["access-control-allow-origin"]


def test_names_are_taken_as_clients_write_them(ask):
    """With blanks, and each as a parameter of its own, as Ruby's did."""
    named = [user["twitter_screen_name"] for user in ask("/1/klout.json", users="ann, bob_b").json()["users"]]

    assert ["Ann", "bob_b"] == named
    assert named == [user["twitter_screen_name"] for user in ask("/1/klout.json?users=ann&users=bob_b").json()["users"]]


def test_klouts_own_ids_are_identities(ask):
    """By either word, and back."""
    told = {"id": "1", "network": "ks"}

    assert told == ask("/v2/identity.json/ks/1").json() == ask("/v2/identity.json/klout/1/ks").json()
    assert 404 == ask("/v2/identity.json/ks/77").status_code


def test_version_1_tells_the_status_of_a_refusal_in_its_body(ask):
    """PyPI's pyklout 0.1 looks for it there."""
    assert (400, 400) == tuple(ask("/1/klout.json").json()[name] for name in ("status", "error"))
    assert "status" not in ask("/v2/user.json/77").json()


def test_too_many_users_are_refused(ask):
    """Five names a call."""
    assert 400 == ask("/1/klout.json", users="a,b,c,d,e,f").status_code == ask("/1/klout.json").status_code


def keys_of(said):
    """Return the names in an answer, nested, without its values; lists by their first."""
    if isinstance(said, dict):
        return {name: keys_of(value) for name, value in said.items()}
    return [keys_of(said[0])] if isinstance(said, list) and said else type(said).__name__.replace("int", "float")


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
def test_the_shapes_are_those_that_clients_recorded(ask, recording, path):
    """Field for field, nested alike, of the same types."""
    if not RECORDED.exists():
        pytest.skip("the recorded answers of Klout's API are not here (../shared/data/klout_api)")
    recorded = json.loads((RECORDED / f"{recording}.json").read_text(encoding="utf-8"))

    assert keys_of(recorded) == keys_of(ask(path).json())


def test_reach_amplification_and_network_are_of_real_rows(settled):
    """By their definitions: people of known standing, posts passed on, mean trust."""
    ann = answers.kept(settled.portraits, -1)

    # dan and eve have profiles, bob a score: 105, 106 and the six on Bluesky are known for nothing.
    assert 3 == ann.reach
    assert 11 == ann.influencees.count
    # Posts: p1, those of 1, 3 and 9 days ago, six on Bluesky; one of them was passed on, two more are supposed.
    assert 100 * 1 / (10 + 2) == pytest.approx(ann.amplification)
    assert 5 < ann.network < 100
    assert ({"sharing": 1, "creating": 10, "participating": 0, "listening": 1}, 2, 2) == (
        ann.manner.acts,
        ann.manner.people,
        ann.manner.days,
    )


def test_every_style_is_somebodys():
    """Sixteen, each reached by some manner, numbered as Klout's clients know them."""
    reached = {
        answers.Manner({way: 100}, people, days, 90).style()
        for way in ("sharing", "creating", "participating", "listening")
        for people in (3, 40)
        for days in (3, 60)
    }
    known = {"Observer": 1, "Explorer": 4, "Socializer": 10, "Specialist": 11}

    assert set(answers.STYLES) == reached
    assert set(range(1, 17)) == {style.number for style in answers.STYLES}
    assert known == {style.name: style.number for style in answers.STYLES if style.name in known}


def test_ids_of_claimed_people_and_accounts_never_meet():
    """An account's key is never taken for a person."""
    assert "1" == klout_id(-1)
    assert int(klout_id(1)) >= 2**63
    assert day_number(DAY) > 0
