"""What signed-in visitors can do: ask a network, sign in there, opt out, subscribe."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from renown.privacy import PersonalDataStores
from renown.records import Profile
from renown.store import ClaimStore, OAuthStore, Person, SignInRequest, Subscription


@dataclass(frozen=True, kw_only=True)
class AccountActions:
    """Callables for the account pages; the code that opens the home provides them."""

    stores: PersonalDataStores
    """Stores with personal data."""
    claims: ClaimStore
    networks: Mapping[str, str]
    """Networks whose accounts can be verified, each with an example of a handle."""
    link_networks: frozenset[str]
    """Networks where a link to the person's page also verifies an account."""
    server_url: Callable[[str, str], str]
    """Return the URL of the server that is requested for a network and handle."""
    find_profile: Callable[[str, str], Profile]
    """Look up an account by its handle on a network."""
    find_proof: Callable[[str, str, str, str, str], str]
    """Look for a token or a link to a page in an account's profile; return the kind of proof, or an empty string."""
    oauth: OAuthStore
    """Sign-ins at networks that wait for their answer."""
    sign_in_networks: tuple[str, ...]
    """Networks at which visitors can sign in."""
    begin_sign_in: Callable[[str, str], tuple[SignInRequest, str]]
    """Begin to sign in at a network with a handle; return what to store, and the URL at which the visitor allows it."""
    complete_sign_in: Callable[[SignInRequest, Mapping[str, str]], tuple[str, str]]
    """Return id and handle of the account that signed in, from the parameters of the answer."""
    sign_in_redirect_uri: Callable[[str, str], str]
    """Return the URL to which a network, or one of its servers, sends visitors back."""
    client_metadata: Callable[[], Mapping[str, object]]
    """Return the document that describes this application to networks."""
    opt_out: Callable[[Person], None]
    """Opt a person out: hide them from now on."""
    opt_in: Callable[[Person], None]
    """Opt a person in again: show them from now on."""
    start_request_processing: Callable[[], None]
    """Start a background process that handles pending privacy requests; do not wait for it."""
    send_confirmation: Callable[[Subscription, str], None]
    """Send the mail that asks a subscriber with this name for confirmation."""
    start_first_fetch: Callable[[], None]
    """Start a background process that fetches accounts that were never fetched; do not wait for it."""
    start_webmention_processing: Callable[[], None]
    """Start a background process soon that verifies webmentions; calls in the meantime share it."""
    start_first_scores: Callable[[], None]
    """Start a background process that computes the first scores in the queue; do not wait for it."""
