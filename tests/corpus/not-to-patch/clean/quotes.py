"""Price sheets; the last ones are kept."""

from collections import OrderedDict

STEPS = 60
MOST_SHEETS = 100


class QuoteBook:
    def __init__(self) -> None:
        self._sheets: OrderedDict[tuple[str, str], list[dict]] = OrderedDict()

    def quote(self, customer: str, sku: str) -> dict:
        """The sheet of a customer for an article: the price at each quantity."""
        key = (customer, sku)
        sheet = self._sheets.get(key)
        if sheet is None:
            sheet = self._work_out(customer, sku)
            self._sheets[key] = sheet
            if len(self._sheets) > MOST_SHEETS:
                self._sheets.popitem(last=False)
        return {"customer": customer, "sku": sku, "best": min(step["price"] for step in sheet)}

    def _work_out(self, customer: str, sku: str) -> list[dict]:
        base = 100 + sum(map(ord, sku)) % 50
        loyal = 0.9 if customer.endswith("0") else 1.0
        return [
            {"quantity": number, "price": round(base * loyal * 0.99**number, 2), "label": f"{sku} x {number}"}
            for number in range(1, STEPS)
        ]
