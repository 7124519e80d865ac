"""
An MCP server (Model Context Protocol): tools with which assistants read scores, receipts, changes and races.

It reads what the API reads, and shows whom the API shows.
"""

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

from renown import __version__, answers
from renown.answers import Changes, Explanation, TopicList, Way
from renown.errors import RenownError
from renown.web.api import goal_queries, identities, people, queries
from renown.web.api.identities import InfluenceResponse, StandingsResponse
from renown.web.api.models import ComparisonResponse, PeopleResponse, PersonResponse
from renown.web.api.params import MAX_PAGE_SIZE
from renown.web.errors import UNAVAILABLE_MESSAGE, error_status
from renown.web.people import find_by_name
from renown.web.profiles import load_profile
from renown.web.state import AppState

_INSTRUCTIONS = """Influence scores from 1 to 100 of people on social networks, one for each UTC day, with receipts
that add up: the points of a score, and the causes of a change, sum to it. Only people who agreed to be shown are found;
for everybody else the answer is the same as for somebody who does not exist. Nothing can be changed here."""
_READ_ONLY = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)

Who = Annotated[str, Field(description="A person's name, `network:handle` or `network:id`.", max_length=1200)]
Day = Annotated[date | None, Field(description="UTC day; the latest published day if omitted.")]


def create_mcp_server(state: AppState) -> MCPServer[Any]:
    """Return the server with its tools."""
    server: MCPServer[Any] = MCPServer(
        "renown", title="renown", instructions=_INSTRUCTIONS, version=__version__, log_level="WARNING"
    )
    tools = _Tools(state)
    reads_person = (tools.score, tools.receipt, tools.changes, tools.way, tools.influence, tools.topics)
    for tool in (tools.find, *reads_person, tools.compare, tools.race):
        server.tool(annotations=_READ_ONLY)(_explain_errors(tool))
    return server


class _Tools:
    """The tools; their names, texts and parameters are what assistants see."""

    def __init__(self, state: AppState) -> None:
        self._state = state

    def find(
        self,
        text: Annotated[
            str, Field(description="Beginning of a word of a name, or of a handle or id.", min_length=1, max_length=300)
        ],
        network: Annotated[str | None, Field(description="Only accounts there, such as bluesky.")] = None,
        limit: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE)] = 10,
    ) -> PeopleResponse:
        """Find people by the beginning of a word of their name, of a handle or id on any network, with their scores."""
        return people.search_people(self._state, text, network=network, limit=limit)

    def score(self, who: Who) -> PersonResponse:
        """Read a person's latest score: rank, confidence range, accounts, changes, shares of networks and signals."""
        subject = find_by_name(self._state, who)
        return queries.build_person(self._state, subject, load_profile(self._state, subject))

    def receipt(self, who: Who, day: Day = None) -> Explanation:
        """Read what a score is made of: points by network and signal, down to the people and posts behind them."""
        return queries.load_explanation(self._state, find_by_name(self._state, who), day)

    def changes(
        self,
        who: Who,
        day: Day = None,
        since: Annotated[date | None, Field(description="Day to compare with; the one before if omitted.")] = None,
    ) -> Changes:
        """Explain why a score changed between two published days: signed causes that sum to the change."""
        return queries.explain_changes(self._state, find_by_name(self._state, who), day, since)

    def way(
        self,
        who: Who,
        target: Annotated[float, Field(description="Score to reach.", ge=1, le=100)] = answers.DEFAULT_GOAL,
    ) -> Way:
        """Read what brings a person to a score: steps of five points, what is enough for the next one, and the odds."""
        subject = find_by_name(self._state, who)
        return goal_queries.plan_way(self._state, subject, load_profile(self._state, subject), target)[0]

    def influence(self, who: Who) -> InfluenceResponse:
        """Read who influences a person (to whom they react), and whom the person influences (who reacts to them)."""
        subject = find_by_name(self._state, who)
        return identities.show_influence(self._state, subject, load_profile(self._state, subject))

    def topics(self, who: Who) -> TopicList:
        """Read what a person's posts are about: hashtags and other tags, by the points of the posts that have them."""
        return queries.list_topics(self._state, find_by_name(self._state, who))

    def compare(
        self, who: Annotated[list[Who], Field(min_length=answers.MIN_COMPARED, max_length=answers.MAX_COMPARED)]
    ) -> ComparisonResponse:
        """Compare two to five people: scores, ranges, histories and points by signal."""
        return queries.compare_people(self._state, who)

    def race(
        self,
        group: Annotated[str, Field(description="Name of a group.", max_length=40)],
        challenge: Annotated[int, Field(description="Number of one of its challenges; 0: the group.", ge=0)] = 0,
    ) -> StandingsResponse:
        """Read the race of a group to its goal: who leads, who reached it first, who rose most, and the odds."""
        standings = self._state.standings_cache.get_standings(group, challenge, self._state.visibility)
        return identities.show_standings(self._state, standings)


def _explain_errors(tool: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a tool: what the caller did wrong is told, what failed inside is not."""

    @wraps(tool)
    def call_tool(**arguments: Any) -> Any:
        try:
            return tool(**arguments)
        except RenownError as error:
            raise ToolError(UNAVAILABLE_MESSAGE if error_status(error) is None else error.public_message) from error

    return call_tool
