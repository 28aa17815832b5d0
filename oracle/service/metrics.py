"""What Prometheus is told: counts and times of requests and jobs, and the state of queue, workers and cache."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

__all__ = ["Metrics"]

REQUEST_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
JOB_SECONDS = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1800)


class Metrics:
    """The instruments of one server, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "oracle_requests", "Requests answered.", ["route", "method", "status"], registry=self.registry
        )
        self.request_seconds = Histogram(
            "oracle_request_seconds",
            "From the head of a request to the end of its answer.",
            ["route"],
            buckets=REQUEST_SECONDS,
            registry=self.registry,
        )
        self.jobs = Counter("oracle_jobs", "Jobs that ended.", ["kind", "state"], registry=self.registry)
        self.job_seconds = Histogram(
            "oracle_job_seconds",
            "From a worker's start on a job to its end.",
            ["kind"],
            buckets=JOB_SECONDS,
            registry=self.registry,
        )
        self.goldens = Counter(
            "oracle_goldens_served",
            "Goldens sent, by where they came from.",
            ["source"],
            registry=self.registry,
        )
        self.verdicts = Counter("oracle_verdicts", "Verdicts given.", ["verdict"], registry=self.registry)
        self.losses = Counter("oracle_workers_lost", "Workers that ended in a task.", registry=self.registry)
        self.waiting = Gauge(
            "oracle_tasks_waiting", "Tasks without a worker.", ["lane"], registry=self.registry
        )
        self.busy = Gauge("oracle_workers_busy", "Workers with a task.", registry=self.registry)
        self.cached = Gauge("oracle_rendered_bytes", "Goldens in memory.", registry=self.registry)

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self.registry)
