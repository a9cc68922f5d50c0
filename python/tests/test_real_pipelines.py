"""The contract on real pipelines, where torch, diffusers and transformers are installed (`npm run e2e:diffusers`)."""

from __future__ import annotations

import logging
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

from .pipeline_contract import PipelineContract

logging.getLogger("pegbar").setLevel(logging.CRITICAL)
try:
    import diffusers  # noqa: F401
    import torch

    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/e2e/diffusers"))
    import pipelines
except ImportError:
    pipelines = None  # type: ignore[assignment]


@unittest.skipIf(pipelines is None, "torch and diffusers are not installed")
class StableDiffusionTest(PipelineContract, unittest.TestCase):
    def make(self) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            return pipelines.stable_diffusion(Path(folder))

    def generator(self, seed: int) -> Any:
        return torch.Generator("cpu").manual_seed(seed)


if __name__ == "__main__":
    unittest.main()
