"""Asks the station."""

import json
import urllib.request

from board import station


class StationClient:
    def __init__(self, timeout=5):
        self.timeout = timeout

    def weather(self, town):
        """Degrees, and how that feels."""
        url = f"http://127.0.0.1:{station.ADDRESS['port']}/{town}"
        with urllib.request.urlopen(url, timeout=self.timeout) as answer:
            degrees = json.load(answer)["degrees"]
        return {"town": town, "degrees": degrees, "feels": "warm" if degrees > 15 else "cold"}
