"""Measure copies side by side and accept, or not."""
