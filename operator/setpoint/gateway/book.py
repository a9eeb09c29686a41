"""The ledger, kept: every reservation is written down before its call is made, every settlement after it."""

import asyncio
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from setpoint.api.errors import NoVerdict, SetpointError
from setpoint.api.gateway import Grant, Ledger
from setpoint.gateway.accounts import Cost, DayLimits, over_budget, reserve, settle, settle_all
from setpoint.gateway.ports import LedgerMovedError, LedgerStore

MOST_TRIES = 5


class OverBudgetError(Exception):
    """A call would cost more than it may; the message says which budget that is."""


def today() -> str:
    """The day on which money is counted: UTC."""
    return datetime.now(UTC).date().isoformat()


class Book:
    """One ledger. Changes come one after the other, and hold only once they are written."""

    def __init__(self, store: LedgerStore, limits: DayLimits, day: Callable[[], str] = today) -> None:
        self._store, self._limits, self._day = store, limits, day
        self._lock = asyncio.Lock()
        self._ledger, self._version = Ledger(), ""
        self._owed: dict[str, Cost | None] = {}  # settled, but not yet written down

    @property
    def ledger(self) -> Ledger:
        """As it was last written."""
        return self._ledger

    async def open(self) -> int:
        """Read the ledger; what a gateway before us left under way is charged. How many calls that were."""
        async with self._lock:
            await self._read()
            left = len(self._ledger.open)
            if left:
                await self._change(settle_all)
            return left

    async def reserve(self, key: str, grant: Grant, wish: Cost) -> str:
        """The id of a call that may be made now. Raises OverBudgetError; SetpointError where nothing is written."""
        call, day = uuid.uuid4().hex[:12], self._day()

        def reserved(ledger: Ledger) -> Ledger:
            if why := over_budget(ledger, grant, key, wish, day, self._limits):
                raise OverBudgetError(why)
            return reserve(ledger, call, grant, key, wish, day)

        async with self._lock:
            await self._change(reserved)
        return call

    async def settle(self, call: str, used: Cost | None) -> bool:
        """The call is over; None: what it cost is not known. False: it is written down later, with what comes next."""
        async with self._lock:
            self._owed[call] = used
            try:
                await self._change(lambda ledger: ledger)
            except SetpointError:
                return False
        return True

    async def _change(self, change: Callable[[Ledger], Ledger]) -> None:
        for _ in range(MOST_TRIES):
            ledger = self._ledger
            for call, used in self._owed.items():
                ledger = settle(ledger, call, used)
            ledger = change(ledger)
            try:
                self._version = await asyncio.to_thread(self._store.write, ledger, self._version)
            except LedgerMovedError:
                await self._read()
            else:
                self._ledger, self._owed = ledger, {}
                return
        raise NoVerdict("somebody else keeps writing into the gateway's ledger; is there a second gateway?")

    async def _read(self) -> None:
        self._ledger, self._version = await asyncio.to_thread(self._store.read)
