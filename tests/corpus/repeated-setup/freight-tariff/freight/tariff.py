"""The carrier's tariff, as it comes: a table of zones, weights and prices."""

import csv
from pathlib import Path

TABLE = Path(__file__).parent / "tariff.csv"


def steps():
    """Zone → its steps, the lightest first."""
    zones: dict[str, list[tuple[int, int]]] = {}
    with open(TABLE, newline="", encoding="utf-8") as table:
        for row in csv.DictReader(table):
            zones.setdefault(row["zone"], []).append((int(row["up_to_kilos"]), int(row["cents"])))
    return zones
