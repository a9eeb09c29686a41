import unittest

from room.auction import Auction


class Bidding(unittest.TestCase):
    def test_a_bidder_hears_of_their_own_bid(self):
        auction = Auction()
        heard = auction.bid("vase", {"step": 5, "papers": {"id": "ann"}})["heard"]
        self.assertEqual(heard, [{"lot": "vase", "price": 5, "papers": 1}])

    def test_prices_rise_and_all_bids_are_counted(self):
        auction = Auction()
        for _ in range(4):
            auction.bid("vase", {"step": 5, "papers": {}})
        self.assertEqual(auction.prices, {"vase": 20})
        self.assertEqual(auction.raised, 4)


if __name__ == "__main__":
    unittest.main()
