"""Sites of Stack Exchange: names of accounts, and addresses of posts."""

import re
from urllib.parse import quote

from renown.connectors.url_parts import split_url
from renown.errors import InvalidInputError

NETWORK = "stackexchange"
_DOMAINS = {"mathoverflow": "mathoverflow.net"} | {
    name: f"{name}.com" for name in ("stackoverflow", "serverfault", "superuser", "askubuntu", "stackapps")
}
"""Short names of sites with a domain of their own; all others are below stackexchange.com."""
SITES = (
    r"(?:[a-z0-9-]+\.)+stackexchange\.com|"
    rf"(?:[a-z0-9-]+\.)*(?:{'|'.join(map(re.escape, _DOMAINS.values()))})"
)
"""Regular expression of the hosts of all sites."""
_ACCOUNT = re.compile(r"(\d{1,12})@([a-z0-9-]+(?:\.[a-z0-9-]+)+)", re.ASCII)
_PROFILE_PATH = re.compile(r"/users/(\d+)(?:/.*)?", re.ASCII)


def parse_account(name: str) -> tuple[int, str]:
    """
    Parse an account into its id and its site: the URL of a profile, or ``ID@SITE``.

    Examples
    --------
    >>> parse_account("https://stackoverflow.com/users/22656/jon-skeet"), parse_account("7@math")
    ((22656, 'stackoverflow.com'), (7, 'math.stackexchange.com'))
    """
    text = name.strip().lower()
    if "://" in text:
        url = split_url(text)
        profile, host = _PROFILE_PATH.fullmatch(url.path), (url.hostname or "").removeprefix("www.")
        text = f"{profile[1]}@{host}" if profile and host != "stackexchange.com" else ""
    number, _, site = text.partition("@")
    match = _ACCOUNT.fullmatch(f"{number}@{site if '.' in site else _DOMAINS.get(site, f'{site}.stackexchange.com')}")
    if not match:
        raise InvalidInputError(
            f"{name!r} is no account of stackexchange; write the address of a profile on one of its sites, such as "
            "https://stackoverflow.com/users/22656, or 22656@stackoverflow.com"
        )
    return int(match[1]), match[2]


def post_url(post_id: str) -> str | None:
    """Return the URL of a question or answer; the site leads on to the right one of the two."""
    site, _, number = post_id.partition("/")
    return f"https://{quote(site, safe='')}/q/{number}" if number.isdecimal() else None
