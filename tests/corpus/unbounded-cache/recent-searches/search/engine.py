"""The search."""

from search.journal import Journal

CATALOGUE = [f"article {number} in {colour}" for number in range(40) for colour in ("red", "green", "blue")]


class Engine:
    def __init__(self):
        self.journal = Journal()

    def search(self, words):
        hits = [title for title in CATALOGUE if all(word in title for word in words.split())]
        self.journal.write(words, hits)
        return {"count": len(hits), "first": hits[:3]}
