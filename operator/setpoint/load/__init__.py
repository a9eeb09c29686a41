"""Exercise the plant: k6, its script, its output folded into exact counts."""
