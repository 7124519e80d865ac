"""Networks that a request may name."""

from renown.errors import InvalidInputError
from renown.text import suggest_spelling
from renown.web.state import AppState


def check_network(state: AppState, network: str | None) -> None:
    """
    Reject a network that is neither in the data nor one whose accounts can be claimed; None stands for all.

    Raises
    ------
    InvalidInputError
        The message names the known networks.
    """
    known = state.actions.networks.keys() | state.snapshot_cache.collected_kinds.keys()
    if network is not None and network not in known:
        excerpt = network[:40]
        raise InvalidInputError(f"unknown network {excerpt!r}; {suggest_spelling(excerpt, sorted(known))}")
