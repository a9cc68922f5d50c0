"""Pegbar for ComfyUI: every prompt, node, model load and picture of this ComfyUI, told to a Pegbar server.

Copy this folder into `custom_nodes`; a server on the same machine needs no setting. Standard library only. It adds no
nodes, changes no render, and stays silent where it cannot send. Settings and what is sent: docs/comfyui.md of Pegbar.
"""

import atexit
import logging
import time

__version__ = "0.1.0"

NODE_CLASS_MAPPINGS = {}
NODE_DISPLAY_NAME_MAPPINGS = {}

_log = logging.getLogger("pegbar")
_said = {}
# The same problem is told once in this time; a server that is away for a day writes a page and not a book.
_SAY_AGAIN_S = 900


def _say(text, good=False):
    now, key = time.monotonic(), text[:80]
    if not good and now - _said.get(key, -_SAY_AGAIN_S) < _SAY_AGAIN_S:
        return
    if len(_said) > 200:
        _said.clear()
    _said[key] = now
    (_log.info if good else _log.warning)("Pegbar: %s", text)


def _start():
    from .config import Config
    from .hooks import install
    from .status import add_route
    from .worker import Worker

    config = Config()
    for problem in config.problems:
        _say(problem)
    if config.disabled:
        return None
    worker = Worker(config, __version__, _say)
    found = install(worker)
    missing = sorted(name for name, there in found.items() if not there)
    if missing:
        _say("this ComfyUI has no %s: less will be told" % ", ".join(missing))
    add_route(worker, found)
    worker.start()
    atexit.register(worker.stop)
    _say("tells %s" % config.url, good=True)
    return worker


try:
    import server as _server
except ImportError:  # outside ComfyUI, as in tests
    _server = None

if _server is not None and getattr(getattr(_server, "PromptServer", None), "instance", None) is not None:
    try:
        _worker = _start()
    except Exception as _fault:  # ComfyUI starts, with us or without
        _log.warning("Pegbar: not started: %r", _fault)
