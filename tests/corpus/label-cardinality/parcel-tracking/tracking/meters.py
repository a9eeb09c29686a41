"""What is counted."""

from prometheus_client import Counter

LOOKUPS = Counter("tracking_lookups_total", "Codes that were looked up.")
FAILURES = Counter("tracking_failures_total", "Codes that could not be read, and why.", ["stage", "reason"])
