"""`pegbar.init(…)`: one line that makes a process send."""

from __future__ import annotations

import logging
import threading
from typing import Any, Dict, Mapping, Optional

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from . import client as clients
from .settings import BUFFER_MB, EXIT_S, settings_of
from .spanqueue import SpanQueue

log = logging.getLogger("pegbar")
_starting = threading.Lock()


def init(
    url: Optional[str] = None,
    key: Optional[str] = None,
    *,
    otlp_url: Optional[str] = None,
    tenant: Optional[str] = None,
    service: Optional[str] = None,
    attributes: Optional[Mapping[str, str]] = None,
    buffer_dir: Optional[str] = None,
    buffer_mb: float = BUFFER_MB,
    exit_s: float = EXIT_S,
    also: bool = False,
) -> None:
    """
    Sends to the Pegbar at `url` (else PEGBAR_URL, else http://127.0.0.1:4300) with `key` (else PEGBAR_KEY).

    Spans go by OTLP to `otlp_url`, else OTEL_EXPORTER_OTLP_ENDPOINT where no url is given, else port 4318 of the same
    host. A process that has an OpenTelemetry TracerProvider keeps it as it is, exporter and all, and spans go where it
    sends them; `also=True` adds Pegbar as one more destination.

    `attributes` stand on all spans (`service.version`, `pegbar.region`, `pegbar.hardware_class`, …). `buffer_dir` is a
    folder for what could not be sent, at most `buffer_mb` megabytes. A process that ends waits at most `exit_s` seconds
    for the server. A second call takes the place of the first. Raises ValueError for an address that is none.
    """
    settings = settings_of(url, key, otlp_url, tenant, service, buffer_dir, buffer_mb, exit_s)
    with _starting:
        client = clients.Client(settings)
        before = clients.install(client)
        existing = trace.get_tracer_provider()
        ours = getattr(existing, "_pegbar_spans", None)
        if isinstance(ours, _Switch):
            ours.to(client)
        elif isinstance(existing, trace.ProxyTracerProvider):
            trace.set_tracer_provider(_provider(client, dict(attributes or {})))
        elif also:
            _add(existing, client)
        if before is not None:
            threading.Thread(target=before.close, name="pegbar-close", daemon=True).start()


class _Switch(SpanQueue):
    """A provider's processors stay for its life; the client behind ours may change."""

    def __init__(self, client: clients.Client) -> None:
        super().__init__(client.spans)

    def to(self, client: clients.Client) -> None:
        self._lane = client.spans


def _provider(client: clients.Client, attributes: Dict[str, str]) -> TracerProvider:
    settings = client.settings
    told: Dict[str, Any] = {"service.name": settings.service or "python", **attributes}
    if settings.tenant:
        told.setdefault("pegbar.tenant", settings.tenant)
    provider = TracerProvider(resource=Resource.create(told))
    _add(provider, client)
    return provider


def _add(provider: Any, client: clients.Client) -> None:
    if not hasattr(provider, "add_span_processor"):
        log.warning("pegbar: %s takes no span processors; spans go where it sends them", type(provider).__name__)
        return
    switch = _Switch(client)
    provider.add_span_processor(switch)
    provider._pegbar_spans = switch


def flush(timeout_s: float = 10.0) -> bool:
    """Waits until what was told so far has been sent; false where that took longer than `timeout_s`."""
    client = clients.current()
    return client.flush(timeout_s) if client is not None else True


def stats() -> Dict[str, Dict[str, int]]:
    """Items sent, dropped (by kind and reason) and queued since `init`."""
    client = clients.current()
    return client.stats() if client is not None else {"sent": {}, "dropped": {}, "queued": {}}


def shutdown() -> None:
    """Sends what waits, within the time that `init` was given, and stops. `init` starts anew."""
    client = clients.install(None)
    if client is not None:
        client.close()
