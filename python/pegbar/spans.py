"""Requests and stages: `with pegbar.request(…)`, `with pegbar.stage(…)`, `@pegbar.stage(…)`, boundary events."""

from __future__ import annotations

import functools
import inspect
import logging
import uuid
from types import TracebackType
from typing import Any, Callable, Dict, MutableMapping, Optional, Type, TypeVar

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, Status, StatusCode

from .attributes import Value, attributes_of
from .faults import Fault, fault_of, outcome_of
from .records_generated import ATTRIBUTES, BOUNDARIES, OUTCOMES, STAGES
from .state import QUEUE_WAIT, RECIPE, REQUEST_ID, TAGS, RequestState, _inject, current_state, with_state

log = logging.getLogger("pegbar")

VERSION = "0.1.0"
_STAGE = ATTRIBUTES["pipeline_stage"]
_BOUNDARY = ATTRIBUTES["boundary"]
_IMAGE = ATTRIBUTES["image_id"]
_OUTCOME = ATTRIBUTES["outcome"]
_CODE = ATTRIBUTES["error_code"]
_MESSAGE = ATTRIBUTES["error_message"]
_RETRIABLE = ATTRIBUTES["retriable"]

F = TypeVar("F", bound=Callable[..., Any])
S = TypeVar("S", bound="_Scope")

_tracer: Optional[trace.Tracer] = None
_warned: set[str] = set()


def tracer() -> trace.Tracer:
    """The tracer of whatever OpenTelemetry set-up the process has; one that is made later is found too."""
    global _tracer
    if _tracer is None:
        _tracer = trace.get_tracer("pegbar", VERSION)
    return _tracer


def _check(word: str, words: tuple[str, ...], what: str) -> None:
    if word not in words and word not in _warned:
        _warned.add(word)
        log.warning("pegbar: %r is no %s; it is one of %s", word, what, ", ".join(words))


class _Scope:
    """A span that is the current one within `with`, sync or async, or around a decorated function."""

    _span: Span
    _token: Any

    def _open(self) -> None:
        raise NotImplementedError

    def _ended(self, error: Optional[BaseException]) -> None:
        raise NotImplementedError

    def _again(self: S) -> S:
        """A new one for each call of a decorated function."""
        raise NotImplementedError

    @property
    def span(self) -> Span:
        """OpenTelemetry's span."""
        return self._span

    def set(self, **fields: Any) -> None:
        """Says more, under the names of columns or as free attributes."""
        self._span.set_attributes(attributes_of(fields))

    def boundary(self, name: str, **fields: Any) -> None:
        """Tells that a boundary was reached."""
        _check(name, BOUNDARIES, "boundary")
        self._span.add_event(name, attributes_of(fields))

    def __enter__(self: S) -> S:
        self._open()
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], where: Optional[TracebackType]
    ) -> None:
        otel_context.detach(self._token)
        self._ended(error)

    async def __aenter__(self: S) -> S:
        return self.__enter__()

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], where: Optional[TracebackType]
    ) -> None:
        self.__exit__(kind, error, where)

    def __call__(self, function: F) -> F:
        return _decorated(self, function)


class stage(_Scope):
    """
    One step of a request: `ingest`, `preprocess`, `generate`, `upscale`, `postprocess` or `deliver`.

    `with pegbar.stage("upscale", width=2048):` or `@pegbar.stage("upscale")` on a function, coroutine function or
    generator function. Fields are the columns of docs/reference/attributes.md; other names become free attributes.
    An exception is told by the taxonomy and goes on its way.
    """

    __slots__ = ("_stage", "_name", "_context", "_fields", "_state", "_span", "_token")

    def __init__(
        self, stage: str, /, *, name: Optional[str] = None, context: Optional[Context] = None, **fields: Any
    ) -> None:
        if stage not in STAGES:
            _check(stage, STAGES, "stage")
        self._stage = stage
        self._name = name or stage
        self._context = context
        self._fields = fields

    def _again(self) -> "stage":
        return stage(self._stage, name=self._name, context=self._context, **self._fields)

    def _open(self) -> None:
        context = self._context if self._context is not None else otel_context.get_current()
        attributes: Dict[str, Value] = {_STAGE: self._stage}
        state = current_state(context)
        if state is not None:
            attributes.update(state.tags)
            if state.queue_wait_ms is not None:
                attributes[QUEUE_WAIT], state.queue_wait_ms = state.queue_wait_ms, None
        self._state = state
        if self._fields:
            attributes.update(attributes_of(self._fields))
        if state is not None and self._stage == "generate":
            _learn(state, attributes)
        self._span = tracer().start_span(self._name, context, attributes=attributes)
        self._token = otel_context.attach(trace.set_span_in_context(self._span, context))

    def set(self, **fields: Any) -> None:
        attributes = attributes_of(fields)
        if self._state is not None and self._stage == "generate":
            _learn(self._state, attributes)
        self._span.set_attributes(attributes)

    def _ended(self, error: Optional[BaseException]) -> None:
        if error is not None:
            mark(self._span, fault_of(error), error)
        self._span.end()


def _learn(state: RequestState, attributes: Dict[str, Value]) -> None:
    state.recipe.update({name: value for name, value in attributes.items() if name in RECIPE})


class request(_Scope):
    """
    One attempt to produce pictures, frames or a clip. Everything within is of this request, in one trace.

    The id is the one given, else that of the request that a message brought (`extract`), else the trace id. What is
    said of tenant, workload, session, user, region, traffic source, collection, attempt and model holds for all
    stages within. The outcome is `succeeded`, or follows from the exception; `outcome()` says another one.
    """

    __slots__ = ("id", "_name", "_context", "_fields", "_owner", "_outcome", "_state", "_span", "_token")

    def __init__(
        self,
        id: Optional[str] = None,
        *,
        name: str = "request",
        context: Optional[Context] = None,
        **fields: Any,
    ) -> None:
        self.id = id or ""
        self._name = name
        self._context = context
        self._fields = fields
        self._owner = True
        self._outcome: Optional[str] = None

    def _again(self) -> "request":
        return request(self.id or None, name=self._name, context=self._context, **self._fields)

    def _open(self) -> None:
        context = self._context if self._context is not None else otel_context.get_current()
        above = current_state(context)
        if above is not None and self.id not in ("", above.id):
            above = None  # a request of its own within another one's
        attributes = attributes_of(self._fields)
        tags: Dict[str, Value] = dict(above.tags) if above is not None else {}
        tags.update({name: value for name, value in attributes.items() if name in TAGS})
        attributes = {**tags, **attributes}
        self._span = tracer().start_span(self._name, context, attributes=attributes)
        if not self.id:
            self.id = above.id if above is not None else _id_of(self._span)
        tags[REQUEST_ID] = self.id
        self._span.set_attribute(REQUEST_ID, self.id)
        wait = above.queue_wait_ms if above is not None else None
        if above is not None:
            above.queue_wait_ms = None
        # Within a request of this process the outermost one knows how it ended.
        self._owner = above is None or above.carried
        self._state = RequestState(self.id, tags, queue_wait_ms=wait)
        self._token = otel_context.attach(with_state(self._state, trace.set_span_in_context(self._span, context)))

    def outcome(self, outcome: str) -> None:
        """States the outcome: `succeeded`, `failed`, `timed_out`, `blocked`, `cancelled`, `rejected` or `pending`."""
        _check(outcome, OUTCOMES, "outcome")
        self._outcome = outcome

    def hand_over(self, carrier: MutableMapping[str, str]) -> MutableMapping[str, str]:
        """
        Puts the request into a message for whoever goes on with it. The outcome is theirs to tell, and the time that
        the message waits is told as `queue_wait_ms` by the first stage there. Returns the carrier.
        """
        if self._outcome is None:
            self._outcome = "pending"
        return _inject(carrier, None, queued=True)

    def _ended(self, error: Optional[BaseException]) -> None:
        span = self._span
        outcome = self._outcome
        if error is not None:
            fault = fault_of(error)
            mark(span, fault, error)
            if outcome in (None, "pending"):
                outcome = outcome_of(fault.code)
        if outcome is None and self._owner:
            outcome = outcome_of(self._state.code)
        if outcome is not None and (self._owner or self._outcome is not None):
            span.set_attribute(_OUTCOME, outcome)
        span.end()


def mark(span: Span, fault: Fault, error: Optional[BaseException] = None) -> None:
    """Writes a fault on a span. What was cancelled is no error of the span."""
    told: Dict[str, Value] = {_CODE: fault.code, _MESSAGE: fault.message}
    if fault.retriable is not None:
        told[_RETRIABLE] = fault.retriable
    span.set_attributes(told)
    if fault.code == "cancelled":
        return
    if error is not None:
        span.record_exception(error)
    span.set_status(Status(StatusCode.ERROR, fault.message))


def tell_picture(image_id: str, attributes: Dict[str, Value]) -> None:
    """
    Tells of a picture that was made: a span that is the boundary `frame_emitted`, with the picture's id and recipe.
    One span each, because pictures of one batch have ids and seeds of their own.
    """
    state = current_state()
    told: Dict[str, Value] = {_BOUNDARY: "frame_emitted", _IMAGE: image_id}
    if state is not None:
        told.update(state.tags)
        told.update(state.recipe)
    told.update(attributes)
    tracer().start_span("picture", attributes=told).end()


def _id_of(span: Span) -> str:
    context = span.get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else uuid.uuid4().hex


def _decorated(scope: _Scope, function: F) -> F:
    """Around a function, coroutine function, generator function or async generator function."""
    made: Any
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def made(*args: Any, **kwargs: Any) -> Any:
            with scope._again():
                return await function(*args, **kwargs)

    elif inspect.isasyncgenfunction(function):

        @functools.wraps(function)
        async def made(*args: Any, **kwargs: Any) -> Any:
            inner = scope._again()
            with _Paused(inner) as running:
                source = function(*args, **kwargs)
                try:
                    while True:
                        try:
                            with running:
                                item = await source.__anext__()
                        except StopAsyncIteration:
                            return
                        yield item
                finally:
                    await source.aclose()

    elif inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def made(*args: Any, **kwargs: Any) -> Any:
            inner = scope._again()
            with _Paused(inner) as running:
                source = function(*args, **kwargs)
                try:
                    while True:
                        try:
                            with running:
                                item = next(source)
                        except StopIteration as end:
                            return end.value
                        yield item
                finally:
                    source.close()

    else:

        @functools.wraps(function)
        def made(*args: Any, **kwargs: Any) -> Any:
            with scope._again():
                return function(*args, **kwargs)

    return made  # type: ignore[no-any-return]


class _Paused:
    """
    A scope around a generator: its span lasts from the first item asked for to the last, but is the current one only
    while the generator runs. Contexts that were attached across a `yield` would leak into whoever iterates.
    """

    def __init__(self, scope: _Scope) -> None:
        self._scope = scope

    def __enter__(self) -> "_Running":
        scope = self._scope
        scope._open()
        inner = otel_context.get_current()
        otel_context.detach(scope._token)
        return _Running(inner)

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], where: Optional[TracebackType]
    ) -> None:
        # Whoever stops to iterate has seen enough; that is no cancellation.
        self._scope._ended(None if isinstance(error, GeneratorExit) else error)


class _Running:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._token: Any = None

    def __enter__(self) -> None:
        self._token = otel_context.attach(self._context)

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], where: Optional[TracebackType]
    ) -> None:
        otel_context.detach(self._token)
