"""The proposer anthropic: from an order to a proposal."""

from collections.abc import Mapping

from setpoint.api.ports import ProposeOrder
from setpoint.api.prices import DEFAULT_MODEL
from setpoint.api.remedy import Proposal
from setpoint.api.spec import Repair
from setpoint.repair.agent.credentials import credentials
from setpoint.repair.agent.limits import Meter, limits_of
from setpoint.repair.agent.trace import kept_trace, money_spent
from setpoint.repair.brief import brief
from setpoint.repair.workshop import Workshop, bench

NAME = "anthropic"


def check_model(repair: Repair, environment: Mapping[str, str]) -> None:
    """Raises ModelFailed without a key, InputError without prices."""
    credentials(environment)
    limits_of(repair)


def anthropic_proposer(order: ProposeOrder, workshop: Workshop) -> Proposal:
    """What a model proposes; an empty patch, with its reason, when it has nothing to propose or refuses.

    Raises ModelFailed when the model cannot be had, BudgetExhausted when a limit was reached first, and InputError
    when its prices are not known. The trace is in `workshop.attempts` whatever happens.
    """
    # The SDK takes two seconds to import, which only who uses it should wait for.
    from setpoint.repair.agent.client import Client
    from setpoint.repair.agent.kit import Kit
    from setpoint.repair.agent.loop import Loop, RefusalError

    meter = Meter(limits_of(workshop.repair), before=money_spent(workshop.attempts))
    client = Client(workshop.repair.model or DEFAULT_MODEL, credentials(workshop.environment))
    with kept_trace(workshop.attempts / str(len(order.tried) + 1)) as trace, bench(order, workshop) as desk:
        kit = Kit(desk, workshop)
        loop = Loop(client, brief(order, desk.ground(workshop)), kit, meter, trace, workshop.tell)
        try:
            last_word = loop.run()
        except RefusalError as error:
            why = f": {error}" if str(error) else ""
            return Proposal(proposer=NAME, explanation=f"the model declines to answer{why}")
        finally:
            client.close()
            workshop.tell.step(meter.told())
        return desk.proposal(NAME, last_word.title, last_word.cause, last_word.explanation)
