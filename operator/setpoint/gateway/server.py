"""The gateway behind HTTP: one route, and for every call the same order of things.

Who is it, what was granted, is the request one that is let through, is there money; then it is written down that the
money is gone, and only then the service is asked.
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from weakref import WeakValueDictionary

import aiohttp
from aiohttp import web

from setpoint.api.errors import SetpointError
from setpoint.api.gateway import key_of, pods_of
from setpoint.gateway import answers
from setpoint.gateway.accounts import NOTHING, Cost
from setpoint.gateway.book import Book, OverBudgetError
from setpoint.gateway.call import Call
from setpoint.gateway.checking import fault_of
from setpoint.gateway.metrics import Metrics
from setpoint.gateway.ports import Caller, Grants, Reviewer
from setpoint.gateway.service import FAILURES, VERSION, Service, never_sent
from setpoint.gateway.usage import StreamUsage, message_usage

LARGEST_REQUEST, LARGEST_ANSWER, LARGEST_ERROR = 8 * 2**20, 8 * 2**20, 64 * 2**10
BODY_SECONDS, PATIENCE_SECONDS, LONGEST_TOKEN = 60.0, 5.0, 16_384
_log = logging.getLogger("setpoint.gateway")
# What of the service's headers is the caller's business: nothing about whose account pays.
_KEPT_HEADERS = ("content-type", "request-id", "retry-after", "x-should-retry")


class Gateway:
    """Lets calls through. `audit` is called once for each call, when it is over."""

    def __init__(
        self,
        reviewer: Reviewer,
        grants: Grants,
        book: Book,
        service: Service,
        metrics: Metrics,
        audit: Callable[[Mapping[str, str]], None],
    ) -> None:
        self._reviewer, self._grants, self._book, self._service = reviewer, grants, book, service
        self._metrics, self._audit = metrics, audit
        self._under_way: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def application(self) -> web.Application:
        """For a server of aiohttp."""
        application = web.Application(client_max_size=LARGEST_REQUEST)
        application.router.add_route("*", "/{path:.*}", self._handle)
        return application

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        call, outcome = Call(), "BrokenOff"
        try:
            response = await self._serve(request, call)
            outcome = _outcome(call, response.status)
        except answers.RefusalError as refusal:
            outcome, response = refusal.outcome, refusal.response()
        except Exception:
            _log.exception("a fault of the gateway")
            outcome, response = "NotReady", answers.not_ready("this is a fault of the gateway").response()
        finally:
            if call.status == 0 and outcome != "BrokenOff":
                call.status = response.status
            self._metrics.ended(outcome)
            self._audit(call.line(outcome))
        return response

    async def _serve(self, request: web.Request, call: Call) -> web.StreamResponse:
        if request.method != "POST" or request.rel_url.raw_path_qs != "/v1/messages":
            raise answers.not_found(f"{request.method} {request.path[:100]}")
        await self._admit(request, call)
        async with self._alone(call.key):
            await _read(request, call)
            return await self._paid(request, call)

    @asynccontextmanager
    async def _alone(self, key: str) -> AsyncIterator[None]:
        """One call at a time for each attempt: nobody needs more, and what each holds in memory is bounded."""
        lock = self._under_way.setdefault(key, asyncio.Lock())
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):  # the last one may have said all and is being settled
                await lock.acquire()
        except TimeoutError as error:
            raise answers.busy() from error
        try:
            yield
        finally:
            lock.release()

    # ── who is it ──

    async def _admit(self, request: web.Request, call: Call) -> None:
        token = _token(request)
        if not token:
            raise answers.unauthenticated()
        try:
            call.caller = await asyncio.to_thread(self._reviewer.caller, token)
            if call.caller is None:
                raise answers.unauthenticated()
            call.key = key_of(call.caller.account)
            grant = await asyncio.to_thread(self._grants.grant, call.key)
        except SetpointError as error:
            raise answers.not_ready("the gateway cannot ask the API server who this is") from error
        if grant is None or not _is_for(grant.namespace, grant.account, grant.account_uid, call.caller):
            raise answers.not_granted()
        if grant.until < time.time():
            raise answers.not_granted()
        call.grant = grant

    # ── the money ──

    async def _paid(self, request: web.Request, call: Call) -> web.StreamResponse:
        """Reserve, ask, settle: whatever happens in between."""
        assert call.grant is not None
        key = self._service.key.read()
        try:
            reserved = await self._book.reserve(call.key, call.grant, call.wish)
        except OverBudgetError as why:
            raise answers.over_budget(str(why)) from why
        except SetpointError as error:
            raise answers.not_ready("the gateway cannot write into its ledger, so no call is made") from error
        used: Cost | None = None
        self._metrics.under_way.inc()
        try:
            try:
                return await self._ask(request, call, key)
            finally:
                used = _used(call)
        finally:
            self._metrics.under_way.dec()
            call.charged = used or call.wish
            # What was spent is written down also when the caller has gone, or we are told to end.
            settled = asyncio.ensure_future(self._settle(reserved, used, call))
            await asyncio.shield(settled)

    async def _settle(self, reserved: str, used: Cost | None, call: Call) -> None:
        if call.sent:
            self._metrics.charged(call.usage, call.charged.usd, call.seconds)
        if not await self._book.settle(reserved, used):
            self._metrics.late.inc()

    # ── the call ──

    async def _ask(self, request: web.Request, call: Call, key: str) -> web.StreamResponse:
        call.sent = True
        try:
            async with self._service.ask(call.body, key, call.version) as answer:
                call.status, call.request_id = answer.status, answer.headers.get("request-id", "")[:100]
                if answer.status != 200:
                    return await _refused(answer)
                if answer.content_type == "text/event-stream":
                    return await _streamed(request, call, answer)
                return await _whole(call, answer)
        except FAILURES as error:
            call.sent = not never_sent(error)
            raise answers.unreachable(f"the model's service did not answer: {type(error).__name__}") from error


def _token(request: web.Request) -> str:
    """The caller's: either of the headers that clients of the Messages API send."""
    bearer = request.headers.get("authorization", "")
    token = bearer[7:] if bearer[:7].lower() == "bearer " else request.headers.get("x-api-key", "")
    return token.strip() if len(token) <= LONGEST_TOKEN else ""


def _is_for(namespace: str, account: str, uid: str, caller: Caller) -> bool:
    """Whether the grant is the caller's: a ServiceAccount of the same name that was made later is another one."""
    pod = caller.pod.startswith(pods_of(account))
    return (namespace, account, uid) == (caller.namespace, caller.account, caller.uid) and pod


async def _read(request: web.Request, call: Call) -> None:
    assert call.grant is not None
    version = request.headers.get("anthropic-version", "")
    if not VERSION.fullmatch(version):
        raise answers.bad_request("anthropic-version: header is required, for example 2023-06-01")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = json.loads(await request.read())
    except web.HTTPRequestEntityTooLarge as error:
        raise answers.bad_request(f"more than {LARGEST_REQUEST} bytes", 413, "request_too_large") from error
    except TimeoutError as error:
        raise answers.bad_request("the request did not come in time", 408, "timeout_error") from error
    except (ValueError, RecursionError) as error:
        raise answers.bad_request("the body is not JSON") from error
    if fault := fault_of(body, call.grant.model):
        raise answers.bad_request(fault)
    call.about(body, version)


async def _refused(answer: aiohttp.ClientResponse) -> web.Response:
    """The service's own words, but for what is between it and us."""
    if answer.status in (401, 403):
        raise answers.key_refused(answer.status)
    if answer.status < 400:
        raise answers.unreachable(f"the model's service answered with status {answer.status}")
    body = await answer.content.read(LARGEST_ERROR)
    return web.Response(status=answer.status, body=body, headers=_headers(answer))


async def _whole(call: Call, answer: aiohttp.ClientResponse) -> web.Response:
    body = bytearray()
    async for block in answer.content.iter_any():
        body += block
        if len(body) > LARGEST_ANSWER:
            raise answers.unreachable("the model's service answered with more than anybody asked for")
    usage = message_usage(bytes(body))
    call.usage, call.final = usage or {}, usage is not None
    return web.Response(status=200, body=bytes(body), headers=_headers(answer))


async def _streamed(request: web.Request, call: Call, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    """Block by block as it comes. When either side goes, so does the other.

    The end is not said here: who has got a whole answer finds it settled.
    """
    response = web.StreamResponse(status=200, headers=_headers(answer))
    seen = StreamUsage()
    try:
        await response.prepare(request)
        async for block in answer.content.iter_any():
            seen.feed(block)
            await response.write(block)
    except FAILURES:
        # Half an answer must not look like a whole one: the connection is cut, not ended.
        with suppress(Exception):
            if request.transport:
                request.transport.abort()
    finally:
        call.usage, call.final = seen.usage, seen.final
    return response


def _headers(answer: aiohttp.ClientResponse) -> dict[str, str]:
    return {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}


def _used(call: Call) -> Cost | None:
    """What the call has cost; None: nobody knows."""
    if not call.sent or (call.status and call.status != 200):
        return NOTHING
    return call.cost()


def _outcome(call: Call, status: int) -> str:
    if status != 200:
        return "Refused"
    return "Answered" if call.final else "BrokenOff"
