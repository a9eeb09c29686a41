"""Which words say something."""

from pathlib import Path

COMMON = Path(__file__).with_name("common.txt").read_text().split()


def telling(words):
    """The words that are not common ones."""
    return [word for word in words if word not in COMMON]


def frequencies(words):
    """How often each word occurs, in the order in which they first do."""
    order = []
    counts = []
    for word in words:
        if word in order:
            counts[order.index(word)] += 1
        else:
            order.append(word)
            counts.append(1)
    return list(zip(order, counts, strict=True))
