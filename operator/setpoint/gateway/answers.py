"""What the gateway itself answers: errors as the Messages protocol has them, so that any client understands them."""

from collections.abc import Mapping

from aiohttp import web

from setpoint.api.gateway import OVER_BUDGET


class RefusalError(Exception):
    """A call is not let through. `outcome` is for the metrics, `kind` the protocol's type of error."""

    def __init__(
        self, status: int, outcome: str, kind: str, message: str, *, code: str = "", headers: Mapping[str, str] = {}
    ) -> None:
        self.status, self.outcome, self.kind, self.code, self.headers = status, outcome, kind, code, headers
        super().__init__(message)

    def response(self) -> web.Response:
        """As the caller gets it."""
        error: dict[str, object] = {"type": self.kind, "message": str(self)}
        if self.code:
            error["details"] = {"error_code": self.code}
        body = {"type": "error", "error": error}
        return web.json_response(body, status=self.status, headers=self.headers)


def not_found(what: str) -> RefusalError:
    """There is one thing to be had here."""
    return RefusalError(
        404, "NotFound", "not_found_error", f"the gateway has no {what}; it forwards POST /v1/messages only"
    )


def unauthenticated() -> RefusalError:
    """Nobody that the API server knows."""
    message = "the gateway wants a ServiceAccount's token that was made for it, which this is not, or not any more"
    return RefusalError(401, "Unauthenticated", "authentication_error", message)


def not_granted() -> RefusalError:
    """Somebody, but nobody who may spend anything."""
    message = "the operator has granted this ServiceAccount no call of a model, or its time is over"
    return RefusalError(403, "NotGranted", "permission_error", message)


def busy() -> RefusalError:
    """One call at a time for each attempt."""
    message = "another call of this attempt is under way"
    return RefusalError(429, "Busy", "rate_limit_error", message, headers={"retry-after": "1"})


def bad_request(message: str, status: int = 400, kind: str = "invalid_request_error") -> RefusalError:
    """Not what is let through."""
    return RefusalError(status, "BadRequest", kind, message)


def over_budget(message: str) -> RefusalError:
    """A budget is used up: asking again is no use."""
    headers = {"x-should-retry": "false"}
    return RefusalError(402, "OverBudget", "billing_error", message, code=OVER_BUDGET, headers=headers)


def not_ready(message: str) -> RefusalError:
    """We cannot do our part: a call that could not be counted is not made."""
    return RefusalError(503, "NotReady", "api_error", message, headers={"retry-after": "5"})


def unreachable(message: str) -> RefusalError:
    """The model's service does not answer."""
    return RefusalError(502, "Unreachable", "api_error", message)


def key_refused(status: int) -> RefusalError:
    """Not the caller's fault, and not to be mended by asking again."""
    message = f"the model's service refuses the gateway's own key ({status}); put another one into its Secret"
    return RefusalError(502, "Refused", "api_error", message, headers={"x-should-retry": "false"})
