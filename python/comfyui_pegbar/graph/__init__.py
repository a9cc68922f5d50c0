"""Reads ComfyUI's API graphs: the settings of the sampler that really made a picture.

The same reading as `packages/pegbar/src/importers/images/comfy` does for pictures on import; a test compares the
two on every graph of the recordings. Change both together.
"""

from .read import read_graph
from .walk import workflow_hash

__all__ = ["read_graph", "workflow_hash"]
