"""Display names and pictures of people, as pages and API show them."""

from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from renown.answers import ShownIdentity, choose_identity
from renown.store import IdentityCandidate, Person
from renown.store.identities import PICTURE_TYPE
from renown.web.state import AppState


@dataclass(frozen=True)
class PublicIdentity:
    """What others see beside a person's registered name."""

    display_name: str | None = None
    """None if there is none, or if it is the registered name."""
    avatar_path: str | None = None
    """URL path of the picture; None if there is none."""


@dataclass(frozen=True)
class OwnIdentity:
    """Display name and picture of an account, as its owner sees them."""

    network: str
    account_id: str
    display_name: str
    picture_url: str
    """Data URL, because a hidden picture has no other; empty without a picture."""


def load_identities(state: AppState, names: Collection[str]) -> dict[str, PublicIdentity]:
    """Return the display names and pictures of visible people by registered names; who has none is left out."""
    shown = _choose_by_person(state, state.identities.list_candidates(names)) if names else {}
    return {
        name: PublicIdentity(
            identity.display_name if identity.display_name.casefold() not in {"", name.casefold()} else None,
            f"/avatars/{identity.digest}.webp" if identity.digest and state.has_pictures else None,
        )
        for name, identity in shown.items()
    }


def full_name(name: str, identities: Mapping[str, PublicIdentity]) -> str:
    """Return the display name of a person with the registered name, which is theirs alone; without one only that."""
    identity = identities.get(name)
    return f"{identity.display_name} ({name})" if identity and identity.display_name else name


def load_account_identities(state: AppState, accounts: Iterable[str]) -> dict[str, PublicIdentity]:
    """Return the display names and pictures of the people who claimed accounts, by ``network:handle``."""
    owners = load_owner_names(state, accounts)
    identities = load_identities(state, set(owners.values()))
    return {account: identities[name] for account, name in owners.items() if name in identities}


def load_owner_names(state: AppState, accounts: Iterable[str]) -> dict[str, str]:
    """Return the names of the visible people who claimed accounts, by ``network:handle`` or ``network:id``."""
    names_by_key, owners = state.visibility.people, {}
    for account in accounts:
        network, _, handle = account.partition(":")
        owner = state.profiles.find_owner(network, handle)
        if owner is not None and owner in names_by_key:
            owners[account] = names_by_key[owner]
    return owners


def list_own_identities(state: AppState, person: Person) -> list[OwnIdentity]:
    """Return the display names and pictures of a person's accounts, whether they are shown or not."""
    return [
        OwnIdentity(
            identity.network,
            identity.account_id,
            identity.display_name,
            f"data:{PICTURE_TYPE};base64,{b64encode(identity.picture.content).decode()}"
            if identity.picture and state.has_pictures
            else "",
        )
        for identity in state.identities.list_of(person.key)
    ]


def find_avatar(state: AppState, digest: str) -> bytes | None:
    """Return a picture that at least one visible person shows; None if nobody does."""
    if not state.has_pictures:
        return None
    shown = _choose_by_person(state, state.identities.list_owners(digest))
    is_shown = any(identity.digest == digest for identity in shown.values())
    return state.identities.read_picture(digest) if is_shown else None


def _choose_by_person(state: AppState, candidates: Iterable[IdentityCandidate]) -> dict[str, ShownIdentity]:
    visible_names = state.visibility.names
    return {
        name: choose_identity(accounts)
        for name, accounts in groupby(candidates, attrgetter("person"))
        if name in visible_names
    }
