"""
The inbox of an account of Lemmy: all answers to it in one list, for whoever has its token.

References
----------
github.com/LemmyNet/lemmy-js-client: ``GetReplies`` and ``CommentReplyView`` (version 3), ``ListNotifications`` and
``NotificationView`` (version 4).
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from renown.connectors.lemmy.models import LemmyPerson, LemmyView
from renown.connectors.lemmy.run import FIRST_VERSION, LemmyRun, is_older
from renown.errors import ListUnavailableError


class LemmyReply(LemmyView):
    """An answer in the inbox of an account (version 3)."""

    recipient: LemmyPerson | None = None


class LemmyNotice(Struct):
    """Whom a notification is for."""

    recipient_id: int = 0


class LemmyNotification(Struct):
    """A notification (version 4): here, of an answer."""

    notification: LemmyNotice
    data: LemmyView


class LemmyInboxPage(Struct):
    """A page of answers in the inbox of an account, newest first."""

    replies: list[LemmyReply] = []
    items: list[LemmyNotification] = []
    next_page: str | None = None

    @property
    def views(self) -> list[LemmyView]:
        """The answers that have an id."""
        return [view for view in (*self.replies, *(item.data for item in self.items)) if view.key]

    @property
    def recipients(self) -> list[int]:
        """The accounts that they are for, by their numbers on the server."""
        numbers = [reply.recipient.id if reply.recipient else 0 for reply in self.replies]
        return numbers + [item.notification.recipient_id for item in self.items]

    @property
    def size(self) -> int:
        """Number of entries of which a page has a limited number."""
        return len(self.replies)


Inbox = Mapping[tuple[int, str], Sequence[LemmyView]]
"""Answers by the numbers of the post, and of the comment on it that they answer (`LemmyView.parent_numbers`)."""


def read_inbox(run: LemmyRun) -> Inbox | None:
    """Read the answers since the last run; None if the server has no such list, or the token is somebody else's."""
    path, params = "account/notification/list", dict[str, str | int](type_="reply")
    if run.position.version == FIRST_VERSION:
        path, params = "user/replies", {"sort": "New", "unread_only": "false"}
    inbox: dict[tuple[int, str], list[LemmyView]] = {}
    try:
        for page in run.paginate(path, params, LemmyInboxPage):
            if page.items and run.person_number not in page.body.recipients:
                return None
            for answer in page.items:
                inbox.setdefault(answer.parent_numbers, []).append(answer)
            if is_older(page, run.last_read_at):
                break
    except ListUnavailableError:
        return None
    return inbox
