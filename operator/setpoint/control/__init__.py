"""Decide purely, act at the edge: the engine of the loop."""
