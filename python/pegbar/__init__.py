"""
Pegbar for Python: telemetry of generative image and animation pipelines.

    import pegbar
    pegbar.init()                              # http://127.0.0.1:4300, or PEGBAR_URL
    pegbar.instrument(pipe)                    # a diffusers pipeline: every call is told, stage by stage

    with pegbar.request(workload="single_image"):
        with pegbar.stage("upscale", width=2048, height=2048):
            ...
    pegbar.feedback("accept", image_id=...)

docs/python.md of the repository tells it in full.
"""

from .pictures import image, image_id
from .pipeline import instrument, uninstrument
from .records import boundary, cache, deployment, feedback, frames, gpu, loading, queue, record, score
from .spans import VERSION as __version__
from .spans import request, stage
from .start import flush, init, shutdown, stats
from .state import Carried, extract, inject

__all__ = [
    "Carried",
    "__version__",
    "boundary",
    "cache",
    "deployment",
    "extract",
    "feedback",
    "flush",
    "frames",
    "gpu",
    "image",
    "image_id",
    "init",
    "inject",
    "instrument",
    "loading",
    "queue",
    "record",
    "request",
    "score",
    "shutdown",
    "stage",
    "stats",
    "uninstrument",
]
