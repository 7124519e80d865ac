"""Models of the JSON of Discourse."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from msgspec import Struct

LIKE, _REGULAR = 2, 1
"""Id of the action *like*, and type of a post that somebody wrote (others report, say, that a topic was closed)."""


class DiscourseUser(Struct):
    """Somebody on a server; ids below 1 are the server itself."""

    id: int
    username: str = ""

    @property
    def path_name(self) -> str:
        """The name, to be put into a path."""
        return quote(self.username, safe="")


class DiscourseProfile(DiscourseUser):
    """An account; the description of the newest members is shown to members only."""

    name: str | None = None
    avatar_template: str | None = None
    """URL of its picture, with ``{size}`` in place of the width."""
    created_at: datetime | None = None
    bio_raw: str | None = None
    website: str | None = None
    profile_hidden: bool = False
    suspended_till: datetime | None = None
    total_followers: int | None = None
    """Only with the plug-in *Follow*."""
    total_following: int | None = None


class DiscourseProfilePage(Struct):
    """The page of an account."""

    user: DiscourseProfile


class DiscourseAction(Struct):
    """How often a post was liked or flagged; kinds that did not happen are left out."""

    id: int
    count: int = 0


class DiscoursePost(Struct):
    """A post; the first of a topic has the number 1."""

    id: int
    created_at: datetime
    user_id: int | None = None
    username: str = ""
    topic_id: int = 0
    post_number: int = 0
    post_type: int = _REGULAR
    reply_count: int | None = None
    reply_to_post_number: int | None = None
    actions_summary: list[DiscourseAction] = []
    user_deleted: bool = False
    accepted_answer: bool = False
    """Only with the plug-in *Solved*."""

    @property
    def counts(self) -> dict[str, int | None]:
        """Numbers of likes, of replies and of topics that it solved; answers to a topic are read with the topic."""
        likes = next((action.count for action in self.actions_summary if action.id == LIKE), 0)
        replies = self.reply_count if self.post_number > 1 else None
        return {"like": likes, "reply": replies, "answer": int(self.accepted_answer)}

    @property
    def is_written(self) -> bool:
        """Whether somebody wrote it, and did not take it back."""
        return self.post_type == _REGULAR and not self.user_deleted and (self.user_id or 0) > 0


class DiscourseStream(Struct):
    """Some posts of a topic, and the ids of all."""

    posts: list[DiscoursePost] = []
    stream: list[int] = []


class DiscourseTopicPage(Struct):
    """A topic with its first posts."""

    post_stream: DiscourseStream
    tags: Any = None
    """Texts, or since 2026 objects; see `read_tags`."""


class DiscourseTopic(Struct):
    """A topic in a list."""

    id: int
    created_at: datetime
    title: str = ""
    posts_count: int | None = None
    bumped_at: datetime | None = None

    @property
    def answer_count(self) -> int:
        """Number of posts beside the first."""
        return max(0, (self.posts_count or 1) - 1)


class DiscourseTopicList(Struct):
    """Topics, those with the newest posts first."""

    topics: list[DiscourseTopic] = []


class DiscourseTopicListPage(Struct):
    """A page of topics."""

    topic_list: DiscourseTopicList


class DiscourseUserAction(Struct):
    """Something that somebody did: here, a post."""

    topic_id: int
    created_at: datetime
    post_id: int | None = None
    title: str = ""


class DiscourseUserActionPage(Struct):
    """A page of what somebody did, newest first."""

    user_actions: list[DiscourseUserAction] = []


class DiscourseLikerPage(Struct):
    """A page of who liked a post."""

    post_action_users: list[DiscourseUser] = []
