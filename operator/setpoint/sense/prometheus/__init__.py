"""Signals of a deployed target, from Prometheus. Importing this imports the HTTP client."""

from setpoint.sense.prometheus.endpoint import PrometheusClient, connect
from setpoint.sense.prometheus.window import as_judged, read, read_target

__all__ = ["PrometheusClient", "as_judged", "connect", "read", "read_target"]
