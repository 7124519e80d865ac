"""Redact names from profiles and explanations: which names others may see, and which the person themselves."""

from collections.abc import Iterable
from dataclasses import replace

from renown.answers import Explanation, PersonProfile, Visibility
from renown.answers.explain.people_change import Reactor
from renown.answers.explain.receipt_lines import ReceiptLine
from renown.web.state import AppState

Actor = ReceiptLine | Reactor
"""Somebody who acted on a person."""


def redact_profile(state: AppState, profile: PersonProfile) -> PersonProfile:
    """Redact the names of people without a visible page: they never agreed to appear, or no longer do."""
    visibility = state.visibility
    hidden_keys = {
        influencer.key
        for influencers in (profile.influencers, profile.influencees)
        for influencer in influencers.people
        if not visibility.includes(influencer.key, influencer.name)
    }
    return replace(profile.anonymize(hidden_keys), explanation=redact_explanation(state, profile.explanation))


def redact_own_profile(state: AppState, profile: PersonProfile) -> PersonProfile:
    """Redact a profile for the person themselves: of those who acted, only the names of who opted out or is hidden."""
    explanation = profile.explanation
    names = list_names_for_owner(state, explanation.actors())
    return replace(redact_profile(state, profile), explanation=explanation.redact_names(names))


def redact_explanation(state: AppState, explanation: Explanation) -> Explanation:
    """Redact the names of actors without a page here."""
    return explanation.redact_names(find_page_names(state, explanation.actors()).keys())


def find_page_names(state: AppState, actors: Iterable[Actor]) -> dict[str, str]:
    """
    Find the actors with a page here, whose names others may see.

    Returns
    -------
    dict of str to str
        ``network:handle`` or ``network:id`` to the name of the page: that of the person who claimed the account, else
        the same again.
    """
    visibility = state.visibility
    page_names = ((actor.name, _find_page_name(state, actor, visibility)) for actor in _distinct(actors))
    return {name: page_name for name, page_name in page_names if page_name is not None}


def list_names_for_owner(state: AppState, actors: Iterable[Actor]) -> set[str]:
    """Return the names of actors that the person on whom they acted may see: of everybody who did not opt out."""
    visibility = state.visibility
    return {
        actor.name
        for actor in _distinct(actors)
        if ":" in actor.name
        and actor.account not in visibility.opted_out_keys
        and _is_owner_shown(state, actor, visibility)
    }


def _distinct(actors: Iterable[Actor]) -> Iterable[Actor]:
    """Return one line of each account: many react in several ways, and looking each up takes a query."""
    return {(actor.account, actor.name): actor for actor in actors}.values()


def _find_page_name(state: AppState, actor: Actor, visibility: Visibility) -> str | None:
    """Return the name of an actor's page; None if there is none."""
    network, colon, account = actor.name.partition(":")
    owner = state.profiles.find_owner(network, account) if colon else None
    if owner is not None:
        return visibility.people.get(owner)
    return actor.name if colon and visibility.includes(actor.account, actor.name) else None


def _is_owner_shown(state: AppState, actor: Actor, visibility: Visibility) -> bool:
    """Return whether nobody claimed an account, or whoever did is visible."""
    network, _, account = actor.name.partition(":")
    owner = state.profiles.find_owner(network, account)
    return owner is None or visibility.includes(owner)
