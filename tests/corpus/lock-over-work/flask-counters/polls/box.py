"""The ballot box."""

from threading import RLock

from polls import register


class Box:
    def __init__(self):
        self.mutex = RLock()
        self.votes = {}

    def take(self, voter, choice):
        """Count a vote; how many the choice has now."""
        with self.mutex:
            self.votes[choice] = self.votes.get(choice, 0) + register.weight(voter)
            return self.votes[choice]
