"""The YouTube Data API: what errors mean, its daily units, and how lists go on."""

from collections.abc import Sequence
from operator import attrgetter

from renown.connectors.http import Action, ApiSpec, ErrorFormat, ErrorRule, Quota
from renown.connectors.pagination import ListSpec
from renown.connectors.youtube import models

_SKIP = (ErrorRule(action=Action.SKIP, statuses={403, 404}, codes={"commentsDisabled", "videoNotFound", "forbidden"}),)
_NO_VIDEOS = (ErrorRule(action=Action.SKIP, statuses={404}, codes={"playlistNotFound"}),)
_KEY = "the API key is missing or not valid, or its project does not allow the YouTube Data API v3"
API = ApiSpec(
    auth_header="X-Goog-Api-Key",
    auth_prefix="",
    error_format=ErrorFormat(codes=("error.errors.0.reason",), texts=("error.message",)),
    errors=(
        ErrorRule(action=Action.STOP, codes={"quotaExceeded", "dailyLimitExceeded"}, reason="the day's units are used"),
        ErrorRule(action=Action.STOP, statuses={403, 429}, text="per day", reason="the day's units are used"),
        ErrorRule(action=Action.WAIT, codes={"rateLimitExceeded", "userRateLimitExceeded"}, wait=60),
        ErrorRule(action=Action.SIGN_IN, statuses={400, 401, 403}, text="API key", reason=_KEY),
        ErrorRule(action=Action.SIGN_IN, codes={"accessNotConfigured", "keyInvalid", "keyExpired"}, reason=_KEY),
        ErrorRule(action=Action.GONE, codes={"channelClosed", "channelSuspended"}, reason="it was closed"),
    ),
    quota=Quota(limit=10_000, unit="units", per="day", time_zone="America/Los_Angeles"),
)


def _list_spec(response_type: type[models.YoutubePage], item_id: str, errors: Sequence[ErrorRule]) -> ListSpec:
    return ListSpec(
        response_type=response_type,
        items=attrgetter("items"),
        item_id=attrgetter(item_id),
        cursor=attrgetter("next_page_token"),
        cursor_param="pageToken",
        errors=errors,
    )


UPLOADS = _list_spec(models.YoutubeUploadPage, "content_details.video_id", _NO_VIDEOS)
THREADS = _list_spec(models.YoutubeThreadPage, "id", _SKIP)
REPLIES = _list_spec(models.YoutubeCommentPage, "id", _SKIP)
