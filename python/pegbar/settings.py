"""What the SDK is told: by `pegbar.init(…)`, else by the environment. The only reader of `os.environ`."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Optional
from urllib.parse import urlsplit

DEFAULT_URL = "http://127.0.0.1:4300"
OTLP_HTTP_PORT = 4318

# Limits of what waits to be sent, each with its reason.
MAX_ITEMS = 8_192
"""Spans, or records, that wait in memory: some minutes of a busy worker."""
MAX_BYTES = 32 * 1024 * 1024
"""Bytes of records that wait in memory: a quarter of a thousandth of a GPU host's RAM."""
BUFFER_MB = 64.0
"""Disk buffer: about a day of one worker that renders a picture every few seconds."""
EXIT_S = 3.0
"""A process that ends waits no longer than this for the server."""
REQUEST_S = 10.0
"""One request may take this long, connecting included; then the server counts as away."""


@dataclass(frozen=True)
class Settings:
    """Where things go, and how much may wait."""

    url: str
    """Address of Pegbar's API: records and pictures."""
    otlp_url: str
    """Address of OTLP over HTTP, without the path: spans."""
    key: Optional[str] = None
    tenant: Optional[str] = None
    """Tenant where no key fixes it; thumbnails need it beside the records."""
    service: Optional[str] = None
    buffer_dir: Optional[str] = None
    buffer_mb: float = BUFFER_MB
    max_items: int = MAX_ITEMS
    max_bytes: int = MAX_BYTES
    exit_s: float = EXIT_S
    request_s: float = REQUEST_S


def settings_of(
    url: Optional[str] = None,
    key: Optional[str] = None,
    otlp_url: Optional[str] = None,
    tenant: Optional[str] = None,
    service: Optional[str] = None,
    buffer_dir: Optional[str] = None,
    buffer_mb: float = BUFFER_MB,
    exit_s: float = EXIT_S,
) -> Settings:
    """Arguments first, then the environment, then defaults. Raises ValueError for an address that is none."""
    env = os.environ
    api = _address(url or env.get("PEGBAR_URL") or DEFAULT_URL, "url")
    told = otlp_url or (None if url else env.get("OTEL_EXPORTER_OTLP_ENDPOINT"))
    return Settings(
        url=api,
        otlp_url=_address(told, "otlp_url") if told else _otlp_beside(api),
        key=key or env.get("PEGBAR_KEY") or None,
        tenant=tenant or env.get("PEGBAR_TENANT") or None,
        service=service or env.get("OTEL_SERVICE_NAME") or _program(),
        buffer_dir=buffer_dir or env.get("PEGBAR_BUFFER_DIR") or None,
        buffer_mb=buffer_mb,
        exit_s=exit_s,
    )


def _address(text: str, field: str) -> str:
    address = text.strip().rstrip("/")
    parts = urlsplit(address)
    if parts.scheme in ("http", "https") and parts.hostname:
        return address
    raise ValueError(f"{field} {text!r} is no address; give one such as {DEFAULT_URL}")


def _otlp_beside(api: str) -> str:
    """OTLP has a port of its own on the same host; a server behind one address is told with `otlp_url`."""
    parts = urlsplit(api)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{OTLP_HTTP_PORT}"


def _program() -> str:
    name = os.path.basename(sys.argv[0] if sys.argv else "").removesuffix(".py")
    return name if name not in ("", "-c", "-m", "__main__") else "python"
