"""A series that the user chose: a custom constraint's query, or a query in place of a preset."""

from setpoint.api.reasons import Reason
from setpoint.sense.page import Page
from setpoint.sense.selector import Selector
from setpoint.sense.series import Missed, Series


class ChosenReader:
    """Collects the one series that `selector` selects."""

    def __init__(self, selector: Selector) -> None:
        self._selector = selector
        self.metrics = frozenset({selector.metric})
        self.series = Series()

    def read(self, page: Page) -> None:
        """Take one reading."""
        try:
            self.series.add(page.at, self._value(page))
        except Missed as missed:
            self.series.miss(missed)

    def _value(self, page: Page) -> float:
        values = self._selector.values(page.samples(self._selector.metric))
        if not values:
            raise Missed(Reason.NO_DATA, f"no series of {self._selector.metric} is selected")
        if len(values) > 1:
            why = f"{len(values)} series of {self._selector.metric} are selected and one is wanted; add label matchers"
            raise Missed(Reason.QUERY_FAILED, why)
        return values[0]
