"""Queries about leaderboards: pages of them, and the cursors between these."""

from collections.abc import Iterator

from renown import answers
from renown.answers import (
    LeaderboardEntry,
    LeaderboardPage,
    Position,
)
from renown.answers.standing import no_score_error
from renown.web.api.cursor import decode_cursor, encode_cursor
from renown.web.api.people import iter_visible
from renown.web.networks import check_network
from renown.web.people import find_by_key
from renown.web.ranks import present_score
from renown.web.state import AppState


def load_leaderboard_page(state: AppState, network: str | None, *, after: Position, limit: int) -> LeaderboardPage:
    """
    Load a page of the leaderboard of a network, or of all networks, with visible people only.

    Raises
    ------
    DayNotPublishedError
        If no day is served yet.
    InvalidInputError
        If the network is not known.
    """
    day = state.scores.day()
    if day is None:
        raise no_score_error(None)
    check_network(state, network)
    rows = _overall_ranks(state, after, limit) if network is None else _network_ranks(state, network, after)
    return answers.build_leaderboard_page(
        day, network, rows, lambda position: encode_cursor(position, state.cursor_secret), limit=limit
    )


def parse_cursor(state: AppState, cursor: str | None) -> Position:
    """Parse a pagination cursor into a position; the start of the list without one."""
    return decode_cursor(cursor, state.cursor_secret)


def _overall_ranks(state: AppState, after: Position, limit: int) -> Iterator[tuple[Position, LeaderboardEntry]]:
    for score in iter_visible(state, after, limit):
        entry = LeaderboardEntry(
            rank=present_score(state, score).rank,
            name=score.name,
            score=score.ranked_score,
            overall=score.score,
            strength=score.strength / 1e9,
            people=score.people,
            accounts=score.accounts,
        )
        yield (score.rank, score.key), entry


def _network_ranks(state: AppState, network: str, after: Position) -> Iterator[tuple[Position, LeaderboardEntry]]:
    for row in state.leaderboards.get_leaderboard(network, state.visibility).ranks_after(*after):
        if score := find_by_key(state, row.key):
            entry = LeaderboardEntry(
                rank=row.rank,
                name=score.name,
                score=row.score,
                overall=score.score,
                strength=row.strength,
                people=row.people,
                accounts=row.accounts,
            )
            yield (row.rank, row.key), entry
