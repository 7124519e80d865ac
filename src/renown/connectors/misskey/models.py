"""Models of the JSON of Misskey's API, without what is not read, and the cursor of an account."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Struct

from renown.connectors.base import AccountIdentity, clean_count, clean_handle
from renown.connectors.cursors import JsonCursor
from renown.connectors.decode import STRICT
from renown.connectors.decode_values import Instant
from renown.connectors.mastodon.ids import normalize_account_id
from renown.connectors.post_tags import read_tags
from renown.records import Profile, is_valid_id

_PUBLIC_VISIBILITIES = frozenset({"public", "public_non_ltl", "home"})
"""Who may see a note: everybody; ``home`` and the second one, which some forks have, are only in fewer timelines."""
_IDENTICON_PATH = "/identicon/"
"""Begin of the path of the picture that a server draws for everybody without one."""


class MisskeyUser(Struct, rename="camel"):
    """An account as it stands beside a note or a reaction."""

    id: str
    """Its id on the server that answers."""
    username: str
    host: str | None = None
    """Its server; None if that is the one that answers."""
    is_bot: bool = False

    def account_id(self, server: str) -> str | None:
        """Return the id, ``user@server``, which is the same on all servers; None if the name is not valid."""
        return normalize_account_id(f"{self.username}@{self.host}" if self.host else self.username, server)


class MisskeyField(Struct):
    """A row of the table on a profile."""

    value: str = ""


class MisskeyAccount(MisskeyUser):
    """An account with its figures and its own description."""

    name: str | None = None
    avatar_url: str | None = None
    created_at: Instant | None = None
    is_suspended: bool = False
    moved_to: str | None = None
    """ActivityPub id of the account that replaces it."""
    description: str | None = None
    fields: list[MisskeyField] = []
    followers_count: int | None = None
    following_count: int | None = None
    notes_count: int | None = None
    followers_visibility: str | None = None
    """Who may see its followers: ``public``, ``followers`` or ``private``; from Misskey 2024.2 on."""
    following_visibility: str | None = None
    ff_visibility: str | None = None
    """The same for both, on older servers."""

    def to_profile(self, network: str, server: str, now: datetime) -> Profile:
        """Return the account with its figures; a server states 0 for a count that the account hides."""
        followers_visibility = self.followers_visibility or self.ff_visibility
        following_visibility = self.following_visibility or self.ff_visibility
        return Profile(
            network=network,
            account_id=self.account_id(server) or "",
            at=now,
            handle=clean_handle(f"{self.username}@{server}"),
            followers=_visible_count(self.followers_count, followers_visibility),
            following=_visible_count(self.following_count, following_visibility),
            posts=clean_count(self.notes_count),
            created_at=self.created_at,
        )

    def to_identity(self) -> AccountIdentity:
        """Return how the account presents itself; the picture that a server draws for it is none."""
        has_avatar = self.avatar_url and _IDENTICON_PATH not in self.avatar_url
        return AccountIdentity(display_name=self.name, avatar_url=self.avatar_url if has_avatar else None)


class MisskeyParent(Struct, rename="camel"):
    """The note that another one answers or renotes."""

    user_id: str = ""


class MisskeyNote(Struct, rename="camel"):
    """A note: a post, a renote of another one (a repost, if it adds nothing), or an answer."""

    id: str
    created_at: Instant
    user: MisskeyUser | None = None
    visibility: Annotated[str, STRICT] = "public"
    uri: str | None = None
    """ActivityPub id, if it was written on another server."""
    text: str | None = None
    cw: str | None = None
    """What is shown before the text is (content warning)."""
    file_ids: list[Any] = []
    poll: Any = None
    reply_id: str | None = None
    renote_id: str | None = None
    reply: MisskeyParent | None = None
    renote: MisskeyParent | None = None
    reactions: Any = None
    """Emoji to the number of reactions with it."""
    renote_count: int | None = None
    replies_count: int | None = None
    tags: Any = None
    """Its hashtags, without their sign."""
    channel: Any = None
    """The channel that it was written in."""

    @property
    def is_public(self) -> bool:
        """Whether everybody may see it."""
        return self.visibility in _PUBLIC_VISIBILITIES

    @property
    def is_quote(self) -> bool:
        """Whether it adds something to the note that it renotes."""
        return any((self.text is not None, self.cw is not None, self.file_ids, self.poll, self.reply_id))

    @property
    def counts(self) -> dict[str, int | None]:
        """Verb to the number of acts; quotes are counted as renotes are."""
        return {"like": self.reaction_count, "repost": self.renote_count, "reply": self.replies_count}

    @property
    def reaction_count(self) -> int | None:
        """Number of reactions with any emoji; None if it is unknown."""
        if not isinstance(self.reactions, dict):
            return None
        return sum(count for count in self.reactions.values() if type(count) is int and clean_count(count))

    @property
    def topics(self) -> tuple[str, ...]:
        """Hashtags, and the name of the channel."""
        return (*read_tags(self.tags), *read_tags([self.channel]))

    def post_id(self, server: str) -> str:
        """Return the ActivityPub id, the same on all servers; empty if the lake does not accept it."""
        post_id = self.uri or f"https://{server}/notes/{self.id}"
        return post_id if is_valid_id(post_id) else ""


class MisskeyReaction(Struct, rename="camel"):
    """Somebody's reaction to a note with an emoji."""

    id: str
    created_at: Instant
    user: MisskeyUser


class MisskeyPosition(JsonCursor, frozen=True):
    """Cursor: how far an account was read."""

    finished: int = 0
    """Epoch second of the start of the last run that read everything."""
    began: int = 0
    """Epoch second of the start of a run that was interrupted."""
    stage: str = ""
    """``mentions`` or ``notes``: what it was reading."""
    until: str = ""
    """It resumes below the note with this id."""

    def resume_params(self, stage: str) -> dict[str, str]:
        """Return the parameters that resume a stage; empty to start it from the first page."""
        return {"untilId": self.until} if self.stage == stage and self.until else {}


def _visible_count(count: int | None, visibility: str | None) -> int | None:
    """Return a count; None if it is 0 because it is hidden."""
    is_hidden = visibility not in {None, "public"} and not count
    return None if is_hidden else clean_count(count)
