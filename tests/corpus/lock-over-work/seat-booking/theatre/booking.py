"""Books seats, one after the other."""

import threading

from theatre import printer

ROW = 20

_turnstile = threading.Lock()
_booked: dict[str, int] = {}


def book(show: str, guest: str) -> dict[str, object]:
    """The next free seat of a show, and the guest's ticket."""
    _turnstile.acquire()
    try:
        seat = _booked.get(show, 0)
        _booked[show] = seat + 1
        code = printer.ticket(guest, show)
    finally:
        _turnstile.release()
    return {"row": seat // ROW + 1, "seat": seat % ROW + 1, "ticket": code}


def booked(show: str) -> int:
    """How many seats of a show are taken."""
    with _turnstile:
        return _booked.get(show, 0)
