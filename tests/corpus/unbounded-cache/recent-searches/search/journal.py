"""What was searched for."""


class Journal:
    SHOWN = 5

    def __init__(self):
        self.lines = []

    def write(self, words, hits):
        """Write down a search with a copy of what it found."""
        self.lines.append({"words": words, "found": [str(hit).title() for hit in hits]})

    def newest(self):
        """The last searches, newest first."""
        return [line["words"] for line in reversed(self.lines[-self.SHOWN :])]
