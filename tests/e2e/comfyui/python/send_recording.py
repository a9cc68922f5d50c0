"""Plays the recording of the observer through the node's own worker into a server: `send_recording.py` with PEGBAR_URL."""

import sys
import tempfile
import time

import recording
from comfyui_pegbar import __version__
from comfyui_pegbar.config import Config
from comfyui_pegbar.worker import Worker

with tempfile.TemporaryDirectory() as folder:
    said = []
    config = Config(folder=folder)
    config.values["buffer_dir"] = folder
    worker = Worker(config, __version__, lambda text, good=False: said.append(text))
    worker.start()
    for fact in recording.observed():
        worker.facts.put(fact)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.1)
        status = worker.status()
        if not (status["waiting_facts"] or status["open_prompts"] or status["buffered"] or worker.spans or worker.records):
            break
    worker.stop()
    print(worker.status())
    sys.exit(1 if worker.dropped or said or worker.status()["buffered"] else 0)
