"""URL routes of the pages."""

from collections.abc import Sequence

from starlette.middleware import Middleware
from starlette.routing import Route

from renown.web.pages import api, avatars, feeds, groups, method, privacy_notice, site_files, statements, subscriptions
from renown.web.pages.account import claims, identity, keys, me, oauth, privacy, reviews, sign_in
from renown.web.pages.account import groups as account_groups
from renown.web.pages.account import notifications as account_notifications
from renown.web.pages.account import statements as account_statements
from renown.web.pages.account import time_zone as account_time_zone
from renown.web.pages.account.me import show_form_errors
from renown.web.pages.account.session import NoStoreMiddleware, form_route
from renown.web.pages.people import badge, compare, first_score, goal, person, review, search, share_card, why
from renown.web.pages.people.page_cache import cached
from renown.web.pages.static import serve_favicon, serve_static

PAGE_CSP = (
    f"default-src 'none'; script-src 'self'; style-src 'self' {badge.BADGE_CSS_HASH}; img-src 'self' data:; "
    "manifest-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy: a page may load only what this site serves."""

ROUTES = [
    Route("/", search.show_home),
    Route("/api", api.show_api),
    Route("/search", search.search_people),
    Route("/people", search.show_people),
    Route("/compare", compare.show_comparison),
    Route("/oauth/client-metadata.json", oauth.serve_client_metadata),
    Route("/method", method.show_method),
    Route("/method/try", method.show_custom_weights),
    Route("/robots.txt", site_files.serve_robots),
    Route("/sitemap.xml", site_files.serve_sitemap),
    Route("/site.webmanifest", site_files.serve_manifest),
    Route("/favicon.ico", serve_favicon),
    Route("/privacy", privacy_notice.show_privacy_notice),
    Route("/verify", statements.show_verification),
    Route("/statements/{statement_id}", statements.show_statement),
    Route("/statements/{statement_id}/file", statements.download_statement),
    Route("/.well-known/jwks.json", statements.serve_keys),
    Route("/subscriptions/{secret}", subscriptions.show_subscription),
    Route("/subscriptions/{secret}", subscriptions.end_subscription, methods=["POST"]),
    Route("/subscriptions/{secret}/confirm", subscriptions.confirm_subscription, methods=["POST"]),
    Route("/groups/{name}/feed.atom", feeds.serve_group_feed),
    Route("/people/{who:path}/feed.atom", feeds.serve_person_feed),
    Route("/groups", groups.show_groups),
    Route("/groups/{name}", groups.show_group),
    Route("/groups/{name}/wall", groups.show_wall),
    Route("/groups/{name}/log", groups.show_log),
    Route("/groups/{name}/challenges/{number:int}", groups.show_challenge),
    Route("/groups/{name}/challenges/{number:int}/wall", groups.show_wall),
    # Before the pictures of a person, whose name may contain slashes.
    Route("/people/{who:path}/week/{week}/card.png", review.serve_week_card),
    Route("/people/{who:path}/year/{year}/card.png", review.serve_year_card),
    Route("/people/{who:path}/week/{week}", first_score.or_redirect(review.show_week)),
    Route("/people/{who:path}/year/{year}", first_score.or_redirect(review.show_year)),
    Route("/people/{who:path}/week", first_score.or_redirect(review.redirect_to_latest_week)),
    Route("/people/{who:path}/year", first_score.or_redirect(review.redirect_to_latest_year)),
    Route("/people/{who:path}/badge.svg", badge.serve_badge),
    Route("/people/{who:path}/card.png", share_card.serve_share_card),
    Route("/people/{who:path}/progress", first_score.show_progress),
    Route("/people/{who:path}/why", first_score.or_redirect(cached(why.show_changes))),
    Route("/people/{who:path}/goal", first_score.or_redirect(goal.show_goal)),
    Route("/people/{who:path}/similar", first_score.or_redirect(goal.show_similar)),
    Route("/people/{who:path}", first_score.or_first_score(cached(person.show_person))),
]
EVENT_ROUTE = Route("/people/{who:path}/progress/events", first_score.stream_progress)
"""Stream of events, which is neither compressed nor kept back until it is complete."""
_FORM_ACTIONS = {
    "/accounts": sign_in.begin_verification,
    "/sign-in": oauth.begin_sign_in,
    "/remove-account": claims.remove,
    "/check": sign_in.check_proof,
    "/name": sign_in.choose_name,
    "/restore": sign_in.restore_account,
    "/first-score": sign_in.retry_first_score,
    "/cancel": sign_in.cancel_verification,
    "/sign-out": sign_in.sign_out,
    "/data": privacy.download_data,
    "/opt-out": privacy.opt_out,
    "/opt-in": privacy.opt_in,
    "/erase": privacy.erase,
    "/identity": identity.choose,
    "/reviews": reviews.request_review,
    "/statements": account_statements.issue,
    "/statements/revoke": account_statements.revoke,
    "/time-zone": account_time_zone.change_time_zone,
    "/subscribe": account_notifications.subscribe,
    "/unsubscribe": account_notifications.unsubscribe,
    "/join": account_groups.join,
    "/leave": account_groups.leave,
    "/create-group": account_groups.create,
    "/change-group": account_groups.change,
    "/start-challenge": account_groups.start_challenge,
    "/hand-over": account_groups.hand_over,
    "/invite": account_groups.invite,
    "/create-key": keys.create,
    "/revoke-key": keys.revoke,
    "/add-webhook": keys.add_webhook,
    "/remove-webhook": keys.remove_webhook,
    "/redeliver": keys.redeliver,
}
"""POST forms of the account page, by path below it."""


def account_routes(auth_middleware: Sequence[Middleware]) -> list[Route]:
    """Build the routes of the account pages behind authentication; responses are neither cached nor compressed."""
    # The length of a compressed response that contains a secret leaks the secret (BREACH attack).
    middleware = [*auth_middleware, Middleware(NoStoreMiddleware)]
    handlers = {
        "": me.show_account,
        "/data": privacy.show_data,
        "/requests/{ticket}": privacy.show_request,
        "/keys": keys.show_keys,
        "/groups": account_groups.show_new_group,
        "/groups/{name}": account_groups.show_own_group,
        "/oauth/{network}": oauth.complete_sign_in,
        "/oauth/{network}/{server}": oauth.complete_sign_in,
    }
    pages = [Route(f"{me.ACCOUNT_PATH}{below}", handler, middleware=middleware) for below, handler in handlers.items()]
    forms = [
        Route(
            f"{me.ACCOUNT_PATH}{below}", form_route(show_form_errors(action)), methods=["POST"], middleware=middleware
        )
        for below, action in _FORM_ACTIONS.items()
    ]
    # After a failed form, its URL stays in the address bar: reloading it must lead back to the account page.
    redirects = [
        Route(f"{me.ACCOUNT_PATH}{subpath}", me.redirect_to_account, methods=["GET"], middleware=middleware)
        for subpath in _FORM_ACTIONS
    ]
    return [*forms, *pages, *redirects]


AVATAR_ROUTE = Route("/{digest}.webp", avatars.serve_avatar)
STATIC_ROUTE = Route("/{digest}/{name:path}", serve_static)
