import threading
import unittest

from app import app
from polls.box import Box


class Voting(unittest.TestCase):
    def test_votes_add_up(self):
        client = app.test_client()
        counts = [client.post("/vote", json={"voter": v, "choice": "tea"}).json["votes"] for v in ("a1", "a0", "a2")]
        self.assertEqual(counts, [1, 3, 4])

    def test_no_vote_is_lost(self):
        box = Box()
        threads = [threading.Thread(target=box.take, args=(f"v{n}", "pot")) for n in range(1, 10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(box.votes, {"pot": 9})


if __name__ == "__main__":
    unittest.main()
