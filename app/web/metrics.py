"""What Prometheus reads at /metrics. Labels are small closed sets, never ids or text."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from app.records import Assist, Check

BUCKETS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Histogram(
            "kefu_request_duration_seconds",
            "Time to answer a request",
            ("method", "route", "status"),
            buckets=BUCKETS,
            registry=registry,
        )
        self._stages = Histogram(
            "kefu_stage_duration_seconds",
            "Time of one stage of an assist",
            ("stage",),
            buckets=BUCKETS,
            registry=registry,
        )
        self._suggestions = Counter("kefu_suggestions", "Suggestions shown", registry=registry)
        self._empty = Counter(
            "kefu_assists_without_suggestion", "Messages nothing was suggested for", registry=registry
        )
        self._hits = Counter("kefu_rule_hits", "Findings in agents' drafts", ("severity",), registry=registry)
        self._unchecked = Counter("kefu_drafts_unchecked", "Drafts whose check failed", registry=registry)
        self._entries = Gauge("kefu_index_entries", "Scripts the search can return", registry=registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request; `route` is the pattern, not the address."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def assist(self, assist: Assist) -> None:
        """Count the suggestions and stage times of one answer."""
        self._stage_times(assist.timing_ms)
        self._suggestions.inc(len(assist.suggestions))
        if not assist.suggestions:
            self._empty.inc()

    def check(self, check: Check) -> None:
        """Count the findings of one draft."""
        for finding in check.findings:
            self._hits.labels(finding.severity).inc()
        if not check.checked:
            self._unchecked.inc()

    def text(self, entries: int) -> bytes:
        """Return everything in Prometheus' text form."""
        self._entries.set(entries)
        return generate_latest(self._registry)

    def _stage_times(self, timing_ms: Mapping[str, float]) -> None:
        for stage, ms in timing_ms.items():
            self._stages.labels(stage).observe(ms / 1000)
