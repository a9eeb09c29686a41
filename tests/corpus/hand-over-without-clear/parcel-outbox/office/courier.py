"""The courier: counts what it took, and knows a parcel by its number when it is handed over twice."""


class Courier:
    def __init__(self):
        self.shipped = 0

    def collect(self, parcels):
        """Take the parcels that were not taken before; they come in the order of their numbers."""
        for parcel in reversed(parcels):
            if parcel.number <= self.shipped:
                break
        self.shipped = max([self.shipped, *(parcel.number for parcel in parcels[-1:])])
