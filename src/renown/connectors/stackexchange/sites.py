"""Sites of Stack Exchange: names of accounts, and addresses of posts."""

import re
from urllib.parse import quote

from renown.connectors.account_names import invalid_name_error

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


def parse_account(name: str) -> tuple[int, str]:
    """
    Parse the name of an account, ``ID@SITE``, into its id and its site.

    Raises
    ------
    InvalidInputError
        If it is none.

    Examples
    --------
    >>> parse_account("22656@StackOverflow.com"), parse_account("7@math")
    ((22656, 'stackoverflow.com'), (7, 'math.stackexchange.com'))
    """
    number, _, site = name.strip().lower().partition("@")
    match = _ACCOUNT.fullmatch(f"{number}@{site if '.' in site else _DOMAINS.get(site, f'{site}.stackexchange.com')}")
    if not match:
        raise invalid_name_error(
            NETWORK,
            name,
            "its number with its site, 22656@stackoverflow.com, or its address, https://stackoverflow.com/users/22656",
        )
    return int(match[1]), match[2]


def post_url(post_id: str) -> str | None:
    """Return the URL of a question or answer; the site leads on to the right one of the two."""
    site, _, number = post_id.partition("/")
    return f"https://{quote(site, safe='')}/q/{number}" if number.isdecimal() else None
