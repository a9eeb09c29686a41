import unittest

from hidden_measuring import growth
from room.auction import Auction


class Bidding(unittest.TestCase):
    def test_each_bidder_hears_of_their_own_bid(self):
        auction = Auction()
        for number in range(1, 40):
            heard = auction.bid("vase", {"step": 5, "papers": {"a": 1, "b": 2}})["heard"]
            self.assertEqual(heard, [{"lot": "vase", "price": 5 * number, "papers": 2}])
        self.assertEqual(auction.raised, 39)

    def test_a_bid_that_fails_does_not_stop_the_next(self):
        auction = Auction()
        with self.assertRaises(TypeError):
            auction.bid("vase", {"step": "five", "papers": {}})
        self.assertEqual(len(auction.bid("vase", {"step": 5, "papers": {}})["heard"]), 1)

    def test_bidders_do_not_listen_for_ever(self):
        auction = Auction()
        papers = {f"paper {n}": "page" for n in range(20)}
        self.assertLess(growth(lambda number: auction.bid("vase", {"step": 5, "papers": papers}), 300, 300), 300)
