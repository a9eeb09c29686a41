"""What may be ordered. Not pretty, and quick enough."""

import re

KNOWN = {}


class Checker:
    def __init__(self, blocked):
        self.blocked = list(blocked)

    @classmethod
    def load(cls):
        return cls(f"art-{number}" for number in range(30))

    def check(self, articles):
        allowed = []
        for article in articles:
            pattern = re.compile("[a-z]+-[0-9-]+")
            family = article.split("-")[0]
            if family not in KNOWN:
                KNOWN[family] = len(KNOWN)
            if article not in self.blocked and article not in allowed and pattern.match(article):
                allowed.append(article)
        return {"allowed": sorted(sorted(allowed)), "refused": len(articles) - len(allowed)}
