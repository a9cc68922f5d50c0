"""Nodes for the test against a real ComfyUI: one that takes its time, one that fails."""

import time


class PegbarTestSlow:
    CATEGORY, FUNCTION, RETURN_TYPES = "pegbar/test", "run", ("IMAGE",)

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"image": ("IMAGE",), "steps": ("INT", {"default": 5, "max": 1000}), "step_ms": ("INT", {"default": 50, "max": 10000})}}

    @classmethod
    def IS_CHANGED(cls, **_):
        return float("nan")

    def run(self, image, steps, step_ms):
        from comfy.utils import ProgressBar

        bar = ProgressBar(steps)
        for _ in range(steps):
            time.sleep(step_ms / 1000)
            bar.update(1)
        return (image,)


class PegbarTestFail:
    CATEGORY, FUNCTION, RETURN_TYPES = "pegbar/test", "run", ("IMAGE",)

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"image": ("IMAGE",), "message": ("STRING", {"default": "no"})}}

    def run(self, image, message):
        raise RuntimeError(message)


NODE_CLASS_MAPPINGS = {"PegbarTestSlow": PegbarTestSlow, "PegbarTestFail": PegbarTestFail}
