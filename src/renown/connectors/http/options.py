"""Options of a client: how it speaks to a network, identifies itself, retries and limits responses."""

from dataclasses import dataclass, field

from renown import __version__
from renown.connectors.http.api import ApiSpec
from renown.connectors.http.request import MAX_BYTES
from renown.errors import InvalidSettingsError


@dataclass(frozen=True)
class ClientOptions:
    """How a client speaks to a network, identifies itself, retries and limits responses."""

    contact: str = ""
    """Where a network's operators can ask about these requests; part of the User-Agent."""
    max_attempts: int = 5
    """Attempts before `NetworkUnavailableError` is raised."""
    timeout: float = 30.0
    """Timeout in seconds without a byte."""
    max_bytes: int = MAX_BYTES
    """Maximum size of one response, compressed or not."""
    api: ApiSpec = field(default_factory=ApiSpec)
    """The conventions of the network's interface."""

    def user_agent(self) -> str:
        """
        Return the User-Agent header of all requests.

        Raises
        ------
        InvalidSettingsError
            If the contact cannot be sent in a header.
        """
        if not self.contact.isascii() or not self.contact.isprintable():
            raise InvalidSettingsError(
                f"contact is {self.contact!r}; write a URL or e-mail address in plain ASCII characters"
            )
        return f"renown/{__version__}" + (f" (+{self.contact})" if self.contact else "")
