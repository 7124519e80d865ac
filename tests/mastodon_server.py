"""A local Mastodon server with two accounts, whose profiles, posts and reactions a test sets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from http_server import Site, serve

DOMAIN = "example.social"
LOOKUP = "/api/v1/accounts/lookup?acct="


class Network:
    """
    The server, with the accounts of Ada and Eve.

    Parameters
    ----------
    site : Site
        Answers its requests.
    """

    def __init__(self, site: Site) -> None:
        self.world: dict[str, Any] = {"/api/v2/instance": {"domain": DOMAIN}}
        for number, name in enumerate(("ada", "eve"), 1):
            self.world[LOOKUP + name] = {"id": str(number), "acct": name, "note": "", "fields": []}
            self.world[self._statuses(name)] = []
        self.site = site
        serve(site, self.world)

    def says(self, name: str, *words: str) -> None:
        """Set the description of an account."""
        self.world[LOOKUP + name]["note"] = f"<p>{' '.join(words)}</p>"

    def links(self, name: str, url: str, rel: str = "me") -> None:
        """Set the link in the metadata of an account's profile."""
        link = f'<a href="{url}" rel="{rel}">me</a>'
        self.world[LOOKUP + name]["fields"] = [{"name": "Page", "value": link}]

    def has(self, name: str, **figures: int) -> None:
        """Set counts of an account, such as ``followers_count``."""
        self.world[LOOKUP + name] |= figures

    def posts(
        self,
        name: str,
        number: int,
        *,
        at: datetime,
        likes: Sequence[str] = (),
        boosts: Sequence[str] = (),
        replies: Sequence[str] = (),
    ) -> None:
        """Add a post of an account, with those who liked, boosted and replied to it."""
        post = self._status(name, f"{self.world[LOOKUP + name]['id']}{number}", at)
        below = f"/api/v1/statuses/{post['id']}/"
        descendants = [
            self._status(other, f"{post['id']}9{index}", at) | {"in_reply_to_id": post["id"]}
            for index, other in enumerate(replies)
        ]
        self.world[f"{below}favourited_by?limit=80"] = [_account(other) for other in likes]
        self.world[f"{below}reblogged_by?limit=80"] = [_account(other) for other in boosts]
        self.world[f"{below}context"] = {"descendants": descendants}
        counts = {"favourites_count": len(likes), "reblogs_count": len(boosts), "replies_count": len(replies)}
        self.world[self._statuses(name)].insert(0, post | counts)

    def takes_back_like(self, name: str, number: int) -> None:
        """Remove the last like of a post."""
        post_id = f"{self.world[LOOKUP + name]['id']}{number}"
        self.world[f"/api/v1/statuses/{post_id}/favourited_by?limit=80"].pop()
        [post] = [post for post in self.world[self._statuses(name)] if post["id"] == post_id]
        post["favourites_count"] -= 1

    @property
    def request_count(self) -> int:
        """Number of requests it received."""
        return len(self.site.requests)

    def _statuses(self, name: str) -> str:
        return f"/api/v1/accounts/{self.world[LOOKUP + name]['id']}/statuses?exclude_reblogs=true&limit=40"

    def _status(self, name: str, number: str, at: datetime) -> dict[str, Any]:
        uri = f"https://{DOMAIN}/users/{name}/statuses/{number}"
        return {"id": number, "uri": uri, "created_at": at.isoformat(), "account": _account(name)}


def _account(name: str) -> dict[str, Any]:
    return {"id": f"of-{name}", "acct": name, "followers_count": 200, "following_count": 90, "statuses_count": 400}
