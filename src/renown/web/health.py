"""Health check and metrics of a server, for load balancers and monitoring."""

import hmac
import ipaddress
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from renown.errors import RenownError
from renown.web.state import AppState, get_app_state

_MIN_FREE_BYTES = 100_000_000
"""Free bytes of the disk below which the server is not healthy: the next run could not publish."""


@dataclass(frozen=True, kw_only=True)
class Health:
    """Whether a server can do its work."""

    healthy: bool
    store: str
    """``ok``, or why the database cannot be read."""
    day: str | None
    """Latest served UTC day; None if none is published yet."""
    age_hours: float | None
    """Hours since that day was over."""
    free_bytes: int
    """Free bytes of the disk of the home."""


def check_health(state: AppState) -> Health:
    """Check the database, the age of the served day and the free disk space."""
    day, store = None, "ok"
    try:
        day = state.scores.day()
    except (RenownError, OSError) as error:
        # The text may name internal paths.
        store = f"cannot be read: {type(error).__name__}"
    free = shutil.disk_usage(state.lake.root).free
    return Health(
        healthy=store == "ok" and free >= _MIN_FREE_BYTES,
        store=store,
        day=day.isoformat() if day else None,
        age_hours=round(_hours_since(day, state.now()), 1) if day else None,
        free_bytes=free,
    )


def serve_health(request: Request) -> Response:
    """Report the health: 200 if the server can do its work, else 503."""
    health = check_health(get_app_state(request))
    return JSONResponse(asdict(health), 200 if health.healthy else 503, {"Cache-Control": "no-store"})


def serve_metrics(request: Request) -> Response:
    """Serve the metrics in Prometheus' text format to this machine, or to whoever has the token of the settings."""
    if not _may_read_metrics(request):
        return PlainTextResponse("metrics are for this machine, or with the token of serve.metrics_token\n", 403)
    registry: CollectorRegistry = request.app.state.registry
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class HomeCollector(Collector):
    """Metrics of a home, read when they are scraped."""

    def __init__(self, state: AppState) -> None:
        self._state = state

    def describe(self) -> Iterable[Metric]:
        """Return nothing, so that registering reads nothing."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Yield the served day, the last run, failing accounts and the disk."""
        health = check_health(self._state)
        yield GaugeMetricFamily("renown_healthy", "1 if the server can do its work.", value=int(health.healthy))
        yield GaugeMetricFamily("renown_disk_free_bytes", "Free bytes of the home's disk.", value=health.free_bytes)
        if health.store != "ok":
            return
        if health.day:
            seconds = datetime.combine(datetime.fromisoformat(health.day), time(), UTC).timestamp()
            yield GaugeMetricFamily(
                "renown_served_day_seconds", "Latest served day, seconds since 1970.", value=seconds
            )
        yield from self._collect_run()
        failed = GaugeMetricFamily("renown_accounts_failed", "Accounts whose last read failed.", labels=["network"])
        counts: dict[str, int] = {}
        for state in self._state.sync_states.all():
            counts[state.network] = counts.get(state.network, 0) + bool(state.message)
        for network, count in sorted(counts.items()):
            failed.add_metric([network], count)
        yield failed

    def _collect_run(self) -> Iterable[Metric]:
        run = self._state.last_run()
        if run is None:
            return
        began, ended = (datetime.fromisoformat(run[name]) for name in ("began_at", "ended_at"))
        yield GaugeMetricFamily(
            "renown_run_seconds", "Seconds that the last run took.", value=(ended - began).total_seconds()
        )
        yield GaugeMetricFamily(
            "renown_run_ended_seconds", "End of the last run, seconds since 1970.", value=ended.timestamp()
        )


def _may_read_metrics(request: Request) -> bool:
    token = get_app_state(request).settings.metrics_token
    if token:
        presented_token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(presented_token.encode(), token.encode())
    host = request.client.host if request.client else ""
    try:
        is_local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_local = False
    # A reverse proxy on this machine, too, has a loopback address, but says for whom it asks.
    return is_local and "x-forwarded-for" not in request.headers and "forwarded" not in request.headers


def _hours_since(day: date, now: datetime) -> float:
    """Return the hours since the end of a UTC day."""
    end = datetime.combine(day + timedelta(days=1), time(), UTC)
    return max(0.0, (now - end) / timedelta(hours=1))
