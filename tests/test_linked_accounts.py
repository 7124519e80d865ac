"""Finding accounts that link each other: both directions are checked, and somebody confirms."""

import json

import pytest
from typer.testing import CliRunner

from http_server import reply
from mastodon_server import Network
from renown import cli
from renown.home import open_home


class Github:
    """Accounts on GitHub, each with a website, before a Mastodon server."""

    def __init__(self, site) -> None:
        self.websites, self.hackers = {}, {}
        self._mastodon = site.script[0]
        site.script = [self]

    def __call__(self, request):
        """Answer a request for an account; all others are for the Mastodon server."""
        _, kind, name, *rest = request.path.split("/")
        if request.path.startswith("/v0/user/"):
            name = request.path.rpartition("/")[2].removesuffix(".json")
            request.wfile.write(reply(body=json.dumps(self.hackers.get(name)).encode()))
        elif kind not in {"user", "users"}:
            self._mastodon(request)
        elif rest:
            request.wfile.write(reply(body=b"[]"))
        else:
            login = next((login for login in self.websites if name in {login, str(hash_id(login))}), None)
            body = (
                f'{{"id": {hash_id(login)}, "login": "{login}", "blog": "{self.websites[login]}"}}' if login else "{}"
            )
            request.wfile.write(reply(200 if login else 404, body.encode()))


def hash_id(login):
    """Return the number of an account."""
    return sum(map(ord, login or ""))


@pytest.fixture
def mastodon(site):
    """Return the accounts on Mastodon."""
    return Network(site)


@pytest.fixture
def github(site, mastodon, monkeypatch):  # noqa: ARG001 - its server must be there first
    """Return the accounts on GitHub, at the server of the settings."""
    for network in ("MASTODON", "GITHUB", "HACKERNEWS"):
        monkeypatch.setenv(f"RENOWN_{network}_SERVER", site.url)
        monkeypatch.setenv(f"RENOWN_{network}_PRIVATE", "true")
    return Github(site)


@pytest.fixture
def add(tmp_path, github):  # noqa: ARG001 - the settings must be there first
    """Return a function that runs `renown add ada`, and returns what it says and whom it claims for Ada."""

    def run(*words, text="y\n"):
        home = tmp_path / "home"
        CliRunner().invoke(cli.app, ["--home", str(home), "init"])
        result = CliRunner().invoke(cli.app, ["--home", str(home), "add", "ada", *words], input=text)
        person = open_home(home, {}).people.by_name("ada")
        return (result.output + str(result.exception)).replace("\n", " "), set(person.accounts if person else ())

    return run


ADA, OCTO = ("mastodon", "ada@example.social"), ("github", str(hash_id("octo")))
BACK = "https://example.social/@ada"


def test_accounts_that_link_each_other_are_offered(mastodon, github, add):
    """From an account that is given, or from one that was claimed before."""
    mastodon.links("ada", "https://github.com/octo")
    github.websites = {"octo": BACK}

    output, accounts = add("--mastodon", "@ada@example.social", "--find", text="n\n")
    assert "mastodon:ada@example.social and github:octo link each other. Add github:octo?" in output
    assert {ADA} == accounts
    _, accounts = add("--find")
    assert {ADA, OCTO} == accounts


@pytest.mark.parametrize(
    ("rel", "website"),
    [("me", "https://example.social/@eve"), ("me", "https://evil.example/@ada"), ("me", ""), ("nofollow", BACK)],
)
def test_links_in_one_direction_are_not_offered(mastodon, github, add, rel, website):
    """A fan who links Ada, and a friend whom Ada links without rel=me, are not her."""
    mastodon.links("ada", "https://github.com/octo", rel=rel)
    github.websites = {"octo": website}

    output, accounts = add("--mastodon", "@ada@example.social", "--find")

    assert "Add " not in output
    assert ("does not link back" in output) == (rel == "me")
    assert {ADA} == accounts


@pytest.mark.parametrize(("back", "offered"), [("octo", True), ("OCTO2", False)])
def test_links_to_networks_with_other_addresses_are_followed(github, add, back, offered):
    """The name on Hacker News is in the query of its address."""
    github.websites = {"octo": "https://news.ycombinator.com/user?id=Ada"}
    about = f'<a href="https://github.com/{back}">me</a>'
    github.hackers = {"Ada": {"id": "Ada", "created": 1, "karma": 1, "about": about, "submitted": []}}

    output, accounts = add("--github", "octo", "--find")

    assert offered == ("github:octo and hackernews:Ada link each other" in output), output
    assert offered == (("hackernews", "Ada") in accounts)


def test_links_are_followed_within_limits(mastodon, github, add):
    """An account that links hundreds of others, or one that is gone, does not stop the others."""
    links = " ".join(f'<a href="https://github.com/fan{number}" rel="me">x</a>' for number in range(50))
    mastodon.says("ada", links, '<a href="https://github.com/gone" rel="me">x</a>')
    github.websites = {f"fan{number}": "" for number in range(50)}

    output, accounts = add("--mastodon", "@ada@example.social", "--find")

    assert 20 == output.count("does not link back")
    assert {ADA} == accounts
