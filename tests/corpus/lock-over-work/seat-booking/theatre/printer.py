"""The ticket printer stands elsewhere and takes its time."""

import time
import zlib


def ticket(guest: str, show: str) -> str:
    """The code on a guest's ticket for a show."""
    time.sleep(0.03)
    return f"{zlib.crc32(f'{show}/{guest}'.encode()):08x}"
