"""Models of the JSON of the Instagram API."""

from msgspec import Struct, field

from renown.connectors.graph.models import GraphAnswer, GraphInsights, GraphPaging, GraphPost, Id


class InstagramUser(Struct):
    """An account; `id` belongs to the application, `user_id` to the account."""

    id: Id = ""
    user_id: Id = ""
    username: str = ""
    name: str | None = None
    profile_picture_url: str | None = None
    followers_count: int | None = None
    follows_count: int | None = None
    media_count: int | None = None
    biography: str | None = None
    website: str | None = None

    @property
    def account_id(self) -> str:
        """The permanent id."""
        return self.user_id or self.id


class InstagramReplies(Struct):
    """Replies to a comment."""

    data: list[GraphAnswer]
    paging: GraphPaging = field(default_factory=GraphPaging)


class InstagramComment(GraphAnswer):
    """A comment with its replies."""

    replies: InstagramReplies = field(default_factory=lambda: InstagramReplies([]))


class InstagramComments(Struct):
    """A page of comments."""

    data: list[InstagramComment]
    paging: GraphPaging = field(default_factory=GraphPaging)


class InstagramPost(GraphPost):
    """A post with its counts; likes are absent if the account hides them."""

    like_count: int | None = None
    comments_count: int | None = None
    caption: str | None = None
    insights: GraphInsights = field(default_factory=GraphInsights)
    comments: InstagramComments | None = None

    @property
    def counts(self) -> dict[str, int | None]:
        """Numbers of likes, comments and shares."""
        return {"like": self.like_count, "comment": self.comments_count, "share": self.insights.counts.get("shares")}


class InstagramPosts(Struct):
    """A page of posts, newest first."""

    data: list[InstagramPost]
    paging: GraphPaging = field(default_factory=GraphPaging)
