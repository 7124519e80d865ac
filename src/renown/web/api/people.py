"""Lists of people: by rank with filters, by ids, and by a search."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice

from renown import answers
from renown.answers import Position
from renown.errors import InvalidInputError, PersonNotFoundError
from renown.store import PeopleFilter, ServedScore
from renown.web.account_texts import parse_account
from renown.web.api.cursor import paginate
from renown.web.api.identities import describe_certainty, describe_identity
from renown.web.api.models import PeopleResponse, ScoreResponse
from renown.web.api.params import MAX_IDS, MAX_PAGE_SIZE
from renown.web.certainties import load_certainties
from renown.web.identities import load_identities
from renown.web.networks import check_network
from renown.web.people import find_by_key, find_by_name, find_by_names, is_storable_text
from renown.web.ranks import present_score
from renown.web.state import AppState

EVERYBODY = PeopleFilter()
_AFTER_EXACT_MATCH, _AFTER_NAME, _AFTER_HANDLE = 0, 1, 2
"""First numbers of the positions in search results: after the person of exactly this name, of a name, of a handle."""


def build_score(state: AppState, subject: ServedScore) -> ScoreResponse:
    """Build the response with a person's score, rank and percentile."""
    return build_scores(state, [subject])[0]


def build_scores(state: AppState, subjects: Sequence[ServedScore]) -> list[ScoreResponse]:
    """Build the responses with the scores of several people."""
    visibility = state.visibility
    identities = load_identities(state, [subject.name for subject in subjects])
    certainties = load_certainties(state, subjects)
    return [
        ScoreResponse.from_served_score(
            present_score(state, subject, visibility),
            public_id=visibility.public_ids.get(subject.key),
            **describe_identity(state, identities.get(subject.name)),
            **describe_certainty(certainties.get(subject.name)),
        )
        for subject in subjects
    ]


def list_people(
    state: AppState, *, after: Position, limit: int, people_filter: PeopleFilter = EVERYBODY
) -> PeopleResponse:
    """
    List a page of visible people by rank, after a position.

    Raises
    ------
    GroupNotFoundError
        If the filter names a group that does not exist.
    InvalidInputError
        If it names a network that is not known.
    """
    check_network(state, people_filter.network)
    if people_filter.group is not None:
        state.groups.find(people_filter.group)
    rows = (((score.rank, score.key), score) for score in iter_claimed(state, after, limit, people_filter))
    scores, cursor = paginate(rows, limit, state.cursor_secret)
    return PeopleResponse(build_scores(state, scores), cursor)


def look_up_people(
    state: AppState, ids: Sequence[str], *, after: Position, limit: int, people_filter: PeopleFilter = EVERYBODY
) -> PeopleResponse:
    """List the visible people with these names or accounts, in this order; whoever does not match is missing."""
    check_network(state, people_filter.network)
    matches = None
    if people_filter != EVERYBODY:
        matches = {score.key for score in iter_claimed(state, (0, 0), MAX_PAGE_SIZE, people_filter)}
    rows = (((number, 0), text) for number, text in enumerate(ids[after[0] :], after[0] + 1))
    texts, cursor = paginate(rows, limit, state.cursor_secret)
    scores: list[ServedScore] = []
    missing: list[str] = []
    for text, score in zip(texts, find_by_names(state, texts), strict=True):
        if score is None or (matches is not None and score.key not in matches):
            missing.append(text)
        else:
            scores.append(score)
    return PeopleResponse(build_scores(state, scores), cursor, missing)


def parse_ids(state: AppState, values: Sequence[str]) -> list[str]:
    """
    Split lists of ids at their commas, except in a value that is a person's name as a whole.

    Raises
    ------
    InvalidInputError
        If there are more than `MAX_IDS`.
    """
    ids: list[str] = []
    for value in values:
        try:
            ids += [value] if "," not in value or find_by_name(state, value) else []
        except PersonNotFoundError:
            ids += filter(None, (part.strip() for part in value.split(",")))
    if len(ids) > MAX_IDS:
        raise InvalidInputError(f"there are {len(ids)} ids; at most {MAX_IDS} are allowed in one request")
    return ids


def list_leaders(state: AppState, *, limit: int) -> list[ServedScore]:
    """List the visible people with the highest verified scores."""
    return list(islice(iter_claimed(state, (0, 0), limit), limit))


def search_people(
    state: AppState, text: str, *, network: str | None, limit: int, after: Position = (0, 0)
) -> PeopleResponse:
    """
    Search people by a prefix of a word of their name, or of a handle or id on any network.

    ``network:handle`` and the link of a profile name their network themselves.
    """
    check_network(state, network)
    accounts = parse_account(text)
    matches = [account for account in accounts if network in {None, account[0]}]
    if not is_storable_text(text) or (accounts and not matches):
        return PeopleResponse([], None)
    # The links of some networks look alike; who is known here decides.
    owned = (account for account in matches if state.profiles.find_owner(*account))
    searched_network, name = next(owned, matches[0]) if matches else (network, text)
    scores, cursor = paginate(_iter_matches(state, name, searched_network, after), limit, state.cursor_secret)
    return PeopleResponse(build_scores(state, scores), cursor)


def iter_claimed(
    state: AppState, after: Position, limit: int, people_filter: PeopleFilter = EVERYBODY
) -> Iterator[ServedScore]:
    """Yield the scores of visible people with claimed accounts, by rank after a position."""
    return _iter_visible(state, partial(state.scores.list_claimed, people_filter=people_filter), after, limit)


def iter_visible(state: AppState, after: Position, limit: int) -> Iterator[ServedScore]:
    """Yield the scores of everybody who is visible, by rank after a position."""
    is_open = state.can_show_unclaimed
    return _iter_visible(state, state.scores.list_leaders if is_open else state.scores.list_claimed, after, limit)


def _iter_visible(
    state: AppState, load_scores: Callable[..., list[ServedScore]], after: Position, limit: int
) -> Iterator[ServedScore]:
    """Yield visible people's scores by rank after a position, reading at least `limit` and one more at a time."""
    visibility, size = state.visibility, max(limit + 1, MAX_PAGE_SIZE)
    for score in answers.iter_served_scores(lambda position: load_scores(size, after=position), after):
        if visibility.includes(score.key, score.name):
            yield score


def _iter_matches(
    state: AppState, text: str, network: str | None, after: Position
) -> Iterator[tuple[Position, ServedScore]]:
    """Yield the visible people whom a search finds, after a position: of exactly this name, by names, by handles."""
    visibility = state.visibility
    exact_match = None if network else state.scores.by_name(text)
    if exact_match and after == (0, 0) and visibility.includes(exact_match.key):
        yield (_AFTER_EXACT_MATCH, exact_match.key), exact_match
    named_keys = [] if network else visibility.name_index.find(text.removeprefix("@"))
    named_keys = [key for key in named_keys if not (exact_match and key == exact_match.key)]
    if after[0] <= _AFTER_NAME:
        start = named_keys.index(after[1]) + 1 if after[0] == _AFTER_NAME and after[1] in named_keys else 0
        for key in named_keys[start:]:
            if score := find_by_key(state, key):
                yield (_AFTER_NAME, key), score
    listed_keys = {*named_keys, *([exact_match.key] if exact_match else [])}
    last_key = after[1] if after[0] == _AFTER_HANDLE else None
    # Hidden people take no place in the result: rows are read until there are no more.
    while keys := state.profiles.search(text, network=network, limit=MAX_PAGE_SIZE, after=last_key):
        for key in keys:
            if key not in listed_keys and (score := find_by_key(state, key)):
                yield (_AFTER_HANDLE, key), score
        last_key = keys[-1]
