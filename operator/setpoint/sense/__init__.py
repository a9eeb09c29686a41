"""Signals to series: Prometheus, direct scrape, the process itself."""
