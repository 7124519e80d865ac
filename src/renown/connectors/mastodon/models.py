"""
Models of the JSON responses of Mastodon's API, and of the cursor that says how far an account was read.

Only the fields that are read are listed; all others are ignored. A field without a default has to be readable; servers
of many programs have this API, and what they answer for the others varies (`renown.connectors.decode`).

References
----------
docs.joinmastodon.org, "Entities". What other programs answer is in their sources (read in November 2026):
Pleroma, ``docs/development/API/differences_in_mastoapi_responses.md``; GoToSocial, ``internal/api/model``; Pixelfed,
``app/Transformer/Api/Mastodon/v1`` and ``app/Http/Controllers/Api/ApiV1Controller.php``; Friendica,
``src/Object/Api/Mastodon`` and ``src/Module/Api/Mastodon``; Sharkey, ``packages/megalodon/src/misskey.ts`` and
``packages/backend/src/server/api/mastodon``; Fedibird and kmyblue, ``app/serializers/rest/status_serializer.rb``.
"""

from datetime import datetime
from typing import Annotated, Any, Self

import msgspec

from renown.connectors.cursors import JsonCursor
from renown.connectors.decode import STRICT
from renown.connectors.decode_values import Instant
from renown.errors import CursorExpiredError


class MastodonAccount(msgspec.Struct):
    """An account, as its own or another server describes it."""

    acct: str
    """Account name; with a domain if it is on another server."""
    id: str = ""
    """Id on this server."""
    created_at: Instant | None = None
    followers_count: int | None = None
    following_count: int | None = None
    statuses_count: int | None = None
    noindex: bool | None = None
    indexable: bool | None = None
    discoverable: bool | None = None
    suspended: bool | None = None
    moved: "MastodonAccount | None" = None


class MastodonProfileField(msgspec.Struct):
    """A row of the table on a profile; `value` is HTML."""

    value: str = ""


class MastodonAccountDetails(MastodonAccount):
    """An account looked up by name, with its own description; `note` is HTML."""

    display_name: str | None = None
    avatar_static: str | None = None
    """URL of its picture, without animation; of a common one if it has none."""
    note: str = ""
    fields: list[MastodonProfileField] = []
    uri: str | None = None
    """ActivityPub id; None if the server is older than 4.2."""
    url: str | None = None
    """URL of the profile page."""


class MastodonQuote(msgspec.Struct):
    """The quote in a status; `state` is ``accepted`` if the quoted author allows it."""

    state: str | None = None


class MastodonReaction(msgspec.Struct):
    """A reaction with an emoji, which Mastodon does not have: how many reacted with it, in its list also who."""

    count: int = 0
    accounts: list[MastodonAccount] = []


class PleromaStatus(msgspec.Struct):
    """What Pleroma and Akkoma add to a post ("Differences in Mastodon API responses")."""

    emoji_reactions: list[MastodonReaction] = []
    """Not counted as favourites."""
    quotes_count: int | None = None


class MastodonStatus(msgspec.Struct):
    """A post."""

    id: str
    uri: str
    """ActivityPub id, the same on every server."""
    created_at: Instant
    account: MastodonAccount | None = None
    """Its author; None if that account was deleted or cannot be read."""
    visibility: Annotated[str, STRICT] = "public"
    reblog: Any = None
    """The status that this one boosts."""
    in_reply_to_id: str | None = None
    in_reply_to_account_id: str | None = None
    favourites_count: int | None = 0
    reblogs_count: int | None = 0
    replies_count: int | None = 0
    quotes_count: int | None = None
    """None if the server is older than quotes (4.5)."""
    quote: MastodonQuote | None = None
    pleroma: PleromaStatus | None = None
    emoji_reactions: list[MastodonReaction] | None = None
    """Reactions on Misskey's descendants, on some of which all likes are reactions and no favourites are counted."""
    emoji_reactions_count: int | None = None
    """Reactions on Fedibird and kmyblue, which do not count them as favourites, nor name who reacted beside those."""
    tags: Any = None
    """Its hashtags, without their sign; see `read_tags`."""

    @property
    def reaction_count(self) -> int:
        """Number of reactions that have a list of their own, beside that of the favourites."""
        return sum(max(reaction.count, 0) for reaction in self.pleroma.emoji_reactions) if self.pleroma else 0

    @property
    def unnamed_reaction_count(self) -> int:
        """Number of reactions that no list which is read names."""
        return max(self.emoji_reactions_count or 0, 0)

    @property
    def like_count(self) -> int | None:
        """Number of likes: favourites and reactions with an emoji."""
        if self.favourites_count is None:
            return None
        all_reactions = sum(max(reaction.count, 0) for reaction in self.emoji_reactions or ())
        return max(self.favourites_count + self.reaction_count + self.unnamed_reaction_count, all_reactions)

    @property
    def has_capped_lists(self) -> bool:
        """
        Whether the lists of who liked and boosted it end early without saying so.

        Sharkey asks Misskey's interface for them without a limit, and gets 10 names; its lists have no second page.
        """
        return self.emoji_reactions is not None and self.pleroma is None and self.emoji_reactions_count is None

    @property
    def quote_count(self) -> int | None:
        """Number of quotes."""
        return self.pleroma.quotes_count if self.quotes_count is None and self.pleroma else self.quotes_count


class MastodonThread(msgspec.Struct):
    """The thread (context) of a status."""

    descendants: list[MastodonStatus]


class MastodonNotification(msgspec.Struct):
    """A notification."""

    id: str
    type: str
    created_at: Instant
    status: Annotated[MastodonStatus | None, STRICT] = None


class MastodonInstance(msgspec.Struct):
    """A server's description; `domain` since Mastodon 4.0, `uri` before."""

    account_domain: str | None = None
    """Domain in the names of its accounts; only GoToSocial states it, whose `domain` is that of the server."""
    domain: str | None = None
    uri: str | None = None


class MastodonCursor(JsonCursor, frozen=True):
    """How far an account has been read."""

    finished: Instant | None = None
    """Start of the last collect that read everything; new acts happened after it."""
    began: Instant | None = None
    """Start of a collect that was interrupted."""
    stage: str = ""
    """``mentions`` or ``statuses``: what was being read when it was interrupted."""
    max_id: str | None = None
    """Resume with ids below this one."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Parse a cursor; an empty one means the start.

        Raises
        ------
        CursorExpiredError
            If it is not valid.
        """
        try:
            return msgspec.json.decode(text or "{}", type=cls)
        except msgspec.MsgspecError as error:
            raise CursorExpiredError(
                f"the cursor {text[:80]!r} is not valid: {error}; the account has to be read again from the start"
            ) from error

    def to_json_at(self, stage: str, max_id: str, *, began: datetime) -> str:
        """Return the cursor text of an interrupted collect, from which it can resume."""
        return str(MastodonCursor(self.finished, began, stage, max_id))

    def resume_params(self, stage: str) -> dict[str, str]:
        """Return the query parameters that resume a stage; empty to start it from the first page."""
        return {"max_id": self.max_id} if self.stage == stage and self.max_id else {}
