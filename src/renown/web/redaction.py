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
    return explanation.redact_names(list_names_for_others(state, explanation.actors()))


def list_names_for_others(state: AppState, actors: Iterable[Actor]) -> set[str]:
    """Return the names, as ``network:handle`` or ``network:id``, of actors with a page here."""
    visibility = state.visibility
    return {actor.name for actor in _distinct(actors) if _has_page(state, actor, visibility)}


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


def _has_page(state: AppState, actor: Actor, visibility: Visibility) -> bool:
    network, colon, account = actor.name.partition(":")
    owner = state.profiles.find_owner(network, account) if colon else None
    if owner is not None:
        return visibility.includes(owner)
    return bool(colon) and visibility.includes(actor.account, actor.name)


def _is_owner_shown(state: AppState, actor: Actor, visibility: Visibility) -> bool:
    """Return whether nobody claimed an account, or whoever did is visible."""
    network, _, account = actor.name.partition(":")
    owner = state.profiles.find_owner(network, account)
    return owner is None or visibility.includes(owner)
