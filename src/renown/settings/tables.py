"""The tables of the settings: names, types, limits and defaults. The file `template.toml` explains each setting."""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from renown.errors import InvalidSettingsError, describe_io_error

Port = Annotated[int, Meta(ge=0, le=65_535)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
DailyCount = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Limit = Annotated[int, Meta(ge=1, le=1_000_000_000, description="a whole number of 1 or more")]
Days = Annotated[int, Meta(ge=0, le=36_500, description="a number of days, 0 to delete nothing")]
Dollars = Annotated[float, Meta(ge=0, lt=10_000_000, description="an amount in dollars, such as 2.50")]
MemorySize = Annotated[
    str, Meta(pattern=r"^\d+(\.\d+)?\s*(MB|GB|TB|MiB|GiB|TiB)$", description="a number and MB or GB, such as '2GB'")
]
PublicUrl = Annotated[
    str,
    Meta(
        pattern=r"^(https?://[\w.\[\]:-]+(/[^?#@\s]*)?)?$",
        description="a URL without a password or query string, such as https://renown.example",
    ),
]
MailAddress = Annotated[str, Meta(pattern="^$|@", description="a mail address, such as privacy@renown.example")]
UtcTime = Annotated[
    str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$", description="a UTC time such as '00:10'")
]
_MIN_KEY_LENGTH = 24
"""Shortest key of the operator: 96 bits if it is random hexadecimal digits."""


@dataclass(frozen=True, kw_only=True)
class EngineSettings:
    """Settings of the engine that computes scores."""

    name: Literal["duckdb", "spark"] = "duckdb"
    memory: MemorySize = "3GB"
    """Memory limit of an engine's tables before they spill to disk."""
    threads: Count = 0
    """0 for one per processor."""

    @property
    def thread_count(self) -> int:
        """Number of threads to use."""
        return self.threads or os.cpu_count() or 1


@dataclass(frozen=True, kw_only=True)
class MethodSettings:
    """Settings of the method."""

    file: Path | None = None
    """Path of a method file, or number of an included version; None for the default version."""


@dataclass(frozen=True, kw_only=True)
class StoreSettings:
    """Settings of the database."""

    url: str = field(default="", repr=False)
    """URL with its password; empty for a file in the home."""

    @property
    def redacted_url(self) -> str:
        """URL with its password redacted."""
        return re.sub(r"//([^:/@]*):.*@", r"//\1:***@", self.url.partition("?")[0])


@dataclass(frozen=True, kw_only=True)
class ServeSettings:
    """Settings of the web server."""

    host: str = "127.0.0.1"
    port: Port = 8000
    url: PublicUrl = ""
    """Public base URL of the pages."""
    visibility: Literal["claimed", "everyone"] = "claimed"
    """Who is shown to others: ``claimed`` people, or ``everyone``."""
    landmarks: Path | None = None
    """File with the public figures whose scores pages show; None for none."""
    webmentions: bool = False
    """Whether webmentions for claimed blogs are received."""
    unproven: Literal["mark", "hide"] = "mark"
    """What to do with unverified claims: ``mark`` them, or ``hide`` people who have any."""
    per_second: Count = 20
    """Rate limit of requests per IP address without an API key; so is `per_day`."""
    per_day: DailyCount = 20_000
    keys_per_person: Annotated[int, Meta(ge=0, le=1_000)] = 3
    """API keys that a signed-in person can create; 0 for none."""
    key_per_second: Count = 5
    """Rate limit of a key that a person created; so is `key_per_day`."""
    key_per_day: DailyCount = 5_000
    connections: Count = 1_000
    """Maximum open connections."""
    connections_per_address: Count = 100
    request_seconds: Annotated[int, Meta(ge=0, le=3_600)] = 15
    """Seconds until a request, headers and body, must have arrived."""
    trusted_proxy: tuple[str, ...] = ()
    """IP addresses or networks of trusted reverse proxies."""
    access_log: bool = False
    """Whether each request is logged."""
    metrics_token: str = field(default="", repr=False)
    """Bearer token with which `/metrics` can be read; empty for programs on this machine only."""
    private_webhooks: bool = False
    """Whether webhooks may be sent to private addresses, and unencrypted."""

    def __post_init__(self) -> None:
        """Reject proxies that are not addresses: a host name, or anybody, cannot be trusted."""
        for address in self.trusted_proxy:
            try:
                ipaddress.ip_network(address)
            except ValueError as error:
                raise InvalidSettingsError(
                    f"serve.trusted_proxy contains {address!r}; "
                    "write IP addresses or networks such as '127.0.0.1, 10.0.0.0/8'"
                ) from error

    @property
    def base_url(self) -> str:
        """URL of the site without a path: the public one, or else the address that it listens on."""
        return self.url.rstrip("/") or f"http://{self.host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class OperatorSettings:
    """Who is responsible for the site."""

    name: str = ""
    """Person or organization."""
    address: tuple[str, ...] = ()
    """Lines of the postal address."""
    mail: MailAddress = ""
    authority: str = ""
    """Data protection authority that complaints go to."""
    notice: Path | None = None
    """Markdown file that is added to the privacy notice."""
    key: str = field(default="", repr=False)
    """Opens the operator's pages; empty if there are none."""

    def __post_init__(self) -> None:
        """Reject a key that can be guessed; the error does not repeat it, since it may be a part of a better one."""
        if 0 < len(self.key) < _MIN_KEY_LENGTH:
            raise InvalidSettingsError(
                f"operator.key has {len(self.key)} characters, which can be guessed; write {_MIN_KEY_LENGTH} or more "
                "random ones, for example from `openssl rand -hex 24`"
            )

    def read_notice(self) -> str:
        """
        Return the text that is added to the privacy notice; empty if there is none.

        Raises
        ------
        InvalidSettingsError
            If the file cannot be read.
        """
        try:
            return self.notice.read_text(encoding="utf-8") if self.notice else ""
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidSettingsError(
                f"operator.notice is {str(self.notice)!r}, which cannot be read: {describe_io_error(error)}; write "
                "the path of a text file"
            ) from error


@dataclass(frozen=True, kw_only=True)
class RetentionSettings:
    """Days after which runs delete data."""

    acts: Days = 0
    """Acts and counts of the lake, and the ledger's entries; 0 to keep them."""
    deliveries: Days = 30
    """Notifications that were sent or given up; 0 to keep them."""
    receipts: Days = 14
    """Receipts of past days, which are computed once they are deleted; 0 to keep them."""


@dataclass(frozen=True, kw_only=True)
class MailSettings:
    """Settings of the SMTP server that sends mails."""

    host: str = ""
    """Empty if no mails are sent."""
    port: Annotated[int, Meta(ge=1, le=65_535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    """Address in the header From."""

    def __post_init__(self) -> None:
        """Reject mails without a sender, and a password that would be sent unencrypted."""
        if self.host and "@" not in self.sender:
            raise InvalidSettingsError(
                f"mail.sender is {self.sender!r}; write the address that mails come from, such as score@renown.example"
            )
        if self.user and self.security == "none":
            raise InvalidSettingsError(
                "mail.password would be sent unencrypted; set mail.security to 'starttls' or 'tls'"
            )


@dataclass(frozen=True, kw_only=True)
class CollectSettings:
    """Limits of one run that reads networks, for each network."""

    pages: Limit = 2_000
    """Maximum requests."""
    seconds: Limit = 900
    actors: Limit = 1_000
    """Maximum names read of one list."""
    pictures: bool = True
    """Whether the pictures of people who consent are collected and shown."""
    contact: str = ""


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """Settings of scheduled runs."""

    at: UtcTime = "00:10"

    @property
    def offset(self) -> timedelta:
        """Time after 00:00 UTC at which scheduled runs start."""
        start = time.fromisoformat(self.at)
        return timedelta(hours=start.hour, minutes=start.minute, seconds=start.second)


@dataclass(frozen=True, kw_only=True)
class SparkSettings:
    """Settings of the engine Spark."""

    master: str = "local[*]"
    conf: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """Settings of one network."""

    server: str = ""
    """Base URL of the server to ask; empty for the account's own server, or the public one."""
    token: str = field(default="", repr=False)
    private: bool = False
    """Whether the server may be in a private network (exempt from the SSRF check)."""
    quota: Annotated[int, Meta(ge=0, le=1_000_000_000_000, description="a whole number, 0 for no limit of yours")] = 0
    """Most units of the network's quota that may be used per hour or day; 0 for the network's own limit."""
    client_id: str = ""
    """Application with which people sign in (OAuth 2); empty where it registers itself."""
    client_secret: str = field(default="", repr=False)
    max_dollars: Dollars | None = None
    """Most that reading may cost in a month, in dollars; None for the limit of the connector."""
    prices: Mapping[str, Dollars] = field(default_factory=dict)
    """Kind of resource to its price in dollars, in place of that of the connector."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of a home."""

    home: Path
    engine: EngineSettings = field(default_factory=EngineSettings)
    method: MethodSettings = field(default_factory=MethodSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    serve: ServeSettings = field(default_factory=ServeSettings)
    operator: OperatorSettings = field(default_factory=OperatorSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    collect: CollectSettings = field(default_factory=CollectSettings)
    run: RunSettings = field(default_factory=RunSettings)
    spark: SparkSettings = field(default_factory=SparkSettings)
    networks: Mapping[str, NetworkSettings] = field(default_factory=dict)

    def network(self, name: str) -> NetworkSettings:
        """Return the settings of a network; the defaults if it has none."""
        return self.networks.get(name, NetworkSettings())

    def replace_limits(
        self, *, pages: int | None = None, seconds: int | None = None, actors: int | None = None
    ) -> "Settings":
        """Return the settings with other limits of a run that reads networks; those without a value stay."""
        limits = replace(
            self.collect,
            pages=pages or self.collect.pages,
            seconds=seconds or self.collect.seconds,
            actors=actors or self.collect.actors,
        )
        return replace(self, collect=limits)
