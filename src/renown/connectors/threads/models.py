"""Models of the JSON of the Threads API."""

from msgspec import Struct, field

from renown.connectors.graph.models import GraphAnswer, GraphInsights, GraphPaging, GraphPost, Id


class ThreadsUser(Struct):
    """An account."""

    id: Id
    username: str = ""
    name: str | None = None
    threads_profile_picture_url: str | None = None
    threads_biography: str | None = None


class ThreadsReference(Struct):
    """A post that was replied to."""

    id: Id


class ThreadsPost(GraphPost):
    """A post with its counts, if the network includes them."""

    media_type: str = ""
    insights: GraphInsights | None = None


class ThreadsPosts(Struct):
    """A page of posts, newest first."""

    data: list[ThreadsPost]
    paging: GraphPaging = field(default_factory=GraphPaging)


class ThreadsReply(GraphAnswer):
    """A reply, or a post that mentions the account."""

    replied_to: ThreadsReference | None = None
    is_reply_owned_by_me: bool = False


class ThreadsReplies(Struct):
    """A page of replies or mentions."""

    data: list[ThreadsReply]
    paging: GraphPaging = field(default_factory=GraphPaging)
