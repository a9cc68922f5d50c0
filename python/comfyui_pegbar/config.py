"""Settings: the environment first, then `pegbar.json` beside this file, then what holds on one machine."""

import json
import os
import socket
from urllib.parse import urlsplit

DEFAULT_URL = "http://127.0.0.1:4300"
OTLP_PORT = 4318
LOOPBACK = ("127.0.0.1", "localhost", "::1")
BUFFER_MB = 64

# name in pegbar.json -> what it says; PEGBAR_NAME in the environment says the same and wins.
SETTINGS = {
    "url": "the Pegbar server",
    "key": "API key with the scope ingest",
    "otlp_url": "its OTLP/HTTP address, where it cannot be asked for",
    "tenant": "tenant, where no key fixes it",
    "region": "where this machine stands",
    "hardware_class": "class of this machine",
    "traffic_source": "where the requests come from",
    "workload": "animation, single_image or batch_panels, where the graph does not tell it",
    "queue": "name of this queue",
    "prompts": "off: neither prompts nor graphs leave this machine",
    "thumbnails": "on or off; without it on where the server is on this machine",
    "buffer_mb": "largest buffer on disk",
    "buffer_dir": "where it lies",
    "disabled": "1: hook nothing",
}
TAGS = ("tenant", "region", "hardware_class", "traffic_source", "workload")
WORKLOADS = ("animation", "single_image", "batch_panels")


class Config:
    def __init__(self, environment=None, folder=None):
        environment = os.environ if environment is None else environment
        self.problems = []
        self.values = self._file(folder or os.path.dirname(os.path.abspath(__file__)))
        for name in SETTINGS:
            value = environment.get("PEGBAR_" + name.upper())
            if value:
                self.values[name] = value
        self.url = self._address("url", DEFAULT_URL)
        self.otlp_url = self._address("otlp_url", None)
        self.key = self.values.get("key") or None
        self.is_local = (urlsplit(self.url).hostname or "") in LOOPBACK
        self.with_prompts = str(self.values.get("prompts", "on")).lower() not in ("off", "0", "false", "no")
        thumbnails = str(self.values.get("thumbnails", "on" if self.is_local else "off")).lower()
        self.with_thumbnails = thumbnails in ("on", "1", "true", "yes")
        self.disabled = str(self.values.get("disabled", "")).lower() in ("1", "true", "yes", "on")
        self.buffer_bytes = self._buffer_mb() * 1_000_000
        self.queue = str(self.values.get("queue") or "comfyui")
        self.host = socket.gethostname()
        if self.values.get("workload") not in (None, *WORKLOADS):
            self.problems.append("workload is %r: say one of %s" % (self.values.pop("workload"), ", ".join(WORKLOADS)))
        self.tags = {name: str(self.values[name]) for name in TAGS if self.values.get(name)}

    def _file(self, folder):
        path = os.path.join(folder, "pegbar.json")
        try:
            with open(path, encoding="utf-8-sig") as file:
                values = json.load(file)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as fault:
            self.problems.append("pegbar.json cannot be read: %s" % fault)
            return {}
        if not isinstance(values, dict):
            self.problems.append("pegbar.json is no object")
            return {}
        for name in [name for name in values if name not in SETTINGS]:
            self.problems.append("pegbar.json has %r, which is not known; it knows %s" % (name, ", ".join(SETTINGS)))
            del values[name]
        return values

    def _address(self, name, fallback):
        value = self.values.get(name)
        if not value:
            return fallback
        parts = urlsplit(str(value))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            self.problems.append("%s is %r: say it like %s" % (name, value, DEFAULT_URL))
            return fallback
        return str(value).rstrip("/")

    def _buffer_mb(self):
        try:
            return max(1, int(self.values.get("buffer_mb", BUFFER_MB)))
        except (TypeError, ValueError):
            self.problems.append("buffer_mb is %r: say a whole number" % self.values["buffer_mb"])
            return BUFFER_MB

    def otlp_fallback(self):
        """Where OTLP is on a server that does not say it."""
        parts = urlsplit(self.url)
        host = "[%s]" % parts.hostname if ":" in parts.hostname else parts.hostname
        return "%s://%s:%d" % (parts.scheme, host, OTLP_PORT)
