"""Signals."""

from collections import defaultdict

_receivers = defaultdict(list)


def connect(signal, receiver):
    """Have `receiver` called with what is sent for `signal`."""
    _receivers[signal].append(receiver)


def send(signal, value):
    """Each receiver is told."""
    answers = [receiver(value) for receiver in _receivers[signal]]
    return answers[-1] if answers else None
