"""The MCP server: the same answers as the API, the same people, over standard input and output."""

import json
import re
import sys
from importlib.util import find_spec
from pathlib import Path

import anyio
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

import community
from conftest import NOW
from renown import cli
from renown.errors import MissingDependencyError
from renown.home.app_state import build_app_state
from renown.store import CONSENT_WITHDRAWN

pytestmark = pytest.mark.skipif(find_spec("mcp") is None, reason="needs the extra mcp; pip install 'renown[mcp]'")
HOW_TO = Path(__file__).parents[1] / "docs" / "how-to" / "assistants.md"
TOOLS = {"find", "score", "receipt", "changes", "way", "influence", "topics", "compare", "race"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a community in which one person hid."""
    home = community.create_community(tmp_path_factory.mktemp("mcp") / "home")
    home.people.set_consent(home.people.by_name("cat").key, CONSENT_WITHDRAWN, at=NOW)
    return home


@pytest.fixture(scope="module")
def call(home):
    """Return a function that calls a tool in this process; errors are their text."""
    from mcp import Client  # noqa: PLC0415 - an extra

    from renown.web.mcp_server import create_mcp_server  # noqa: PLC0415 - needs the extra

    server = create_mcp_server(build_app_state(home))

    async def call_tool(name, arguments):
        async with Client(server) as client:
            return await client.call_tool(name, arguments)

    def run(name, **arguments):
        result = anyio.run(call_tool, name, arguments)
        return result.content[0].text if result.is_error else result.structured_content

    return run


@pytest.mark.parametrize(
    ("tool", "arguments", "path"),
    [
        ("find", {"text": "an"}, "/search?q=an"),
        ("score", {"who": "x:ANN"}, "/people/ann"),
        ("receipt", {"who": "ann"}, "/people/ann/receipt"),
        # Computing changes takes two seconds.
        pytest.param("changes", {"who": "ann"}, "/people/ann/changes", marks=pytest.mark.proof),
        ("way", {"who": "ann", "target": 60}, "/people/ann/way?target=60"),
        ("influence", {"who": "ann"}, "/people/ann/influence"),
        ("topics", {"who": "ann"}, "/people/ann/topics"),
        ("compare", {"who": ["ann", "bob"]}, "/compare?who=ann&who=bob"),
        ("race", {"group": "seventy"}, "/groups/seventy"),
        ("race", {"group": "seventy", "challenge": 1}, "/groups/seventy/challenges/1"),
    ],
)
def test_tools_answer_like_the_api(home, call, tool, arguments, path):
    """Field by field."""
    with TestClient(community.app_of(home), base_url="http://x/api") as client:
        expected = client.get(path)

    assert 200 == expected.status_code
    assert expected.json() == call(tool, **arguments)


def test_hidden_people_are_unknown_to_tools(call):
    """The answer is the same as for somebody who does not exist; other people's answers do not name them."""
    hidden, unknown = call("score", who="cat"), call("score", who="dog")

    assert hidden.replace("cat", "dog") == unknown
    assert "nobody with a page here is called 'cat'" in hidden
    assert [] == call("find", text="cat")["people"]
    assert "nobody with a page here" in call("compare", who=["ann", "cat"])


def test_mistakes_are_explained_and_failures_hidden(home, call, monkeypatch):
    """What the caller can correct is told; what failed inside is not."""
    assert "2020-01-01 is not published" in call("receipt", who="ann", day="2020-01-01")
    assert "there is no group 'nix'" in call("race", group="nix")
    assert "limit" in call("find", text="a", limit=0)
    monkeypatch.setattr(type(home.served_scores), "by_name", lambda *_: 1 / 0)
    assert "division" not in call("score", who="ann")


@pytest.mark.proof
def test_assistant_starts_the_command_and_reads_a_score(home):
    """As the configuration of the documentation says, over standard input and output; all tools are read-only."""
    from mcp import Client, StdioServerParameters  # noqa: PLC0415 - an extra

    configuration = json.loads(re.search(r"```json\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)[1])
    program = configuration["mcpServers"]["renown"]
    arguments = [str(home.settings.home) if text == "~/.renown" else text for text in program["args"]]
    assert "renown" == program["command"]
    parameters = StdioServerParameters(command=sys.executable, args=["-m", "renown", *arguments])

    async def talk():
        async with Client(parameters) as client:
            tools = (await client.list_tools()).tools
            return tools, await client.call_tool("score", {"who": "ann"})

    tools, result = anyio.run(talk)

    assert {tool.name for tool in tools} == TOOLS
    assert all(tool.annotations.read_only_hint and tool.description for tool in tools)
    assert "ann" == result.structured_content["score"]["name"]
    assert {f"`{name}`" for name in TOOLS} <= set(re.findall(r"`\w+`", HOW_TO.read_text(encoding="utf-8")))


def test_missing_package_is_explained(tmp_path, monkeypatch):
    """The error says what to install."""
    monkeypatch.setattr("renown.cli.mcp.find_spec", lambda _: None)
    result = CliRunner().invoke(cli.app, ["--home", str(tmp_path), "mcp"])

    assert isinstance(result.exception, MissingDependencyError)
    assert "pip install '.[mcp]'" in str(result.exception)
