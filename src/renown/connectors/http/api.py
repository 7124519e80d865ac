"""What a connector declares of its network's HTTP interface, as data: the client does the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from renown.connectors.http.error_rules import ErrorFormat, ErrorRule
from renown.connectors.http.quota import Quota


@dataclass(frozen=True, kw_only=True)
class ApiSpec:
    """The conventions of a network's HTTP interface, beyond those of HTTP itself."""

    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of every request, such as the version of the interface."""
    auth_header: str = "Authorization"
    """Header in which the token is sent; empty for none."""
    auth_prefix: str = "Bearer "
    """What precedes the token in that header."""
    auth_param: str = ""
    """Query parameter in which the token is sent, where the network takes it there only."""
    errors: tuple[ErrorRule, ...] = ()
    """What error responses mean; the first rule that applies counts."""
    error_format: ErrorFormat = field(default_factory=ErrorFormat)
    quota: Quota | None = None
    """What a credential, or everybody without one, may use in an hour or a day."""
    backoff: str = ""
    """Path to a field of successful responses with the seconds to wait before the next request."""
    remaining: str = ""
    """Path to a field of successful responses with what is left of the quota; 0 ends the run for this credential."""
