"""
A pipeline in the shape of diffusers' without torch: parts with forward hooks, a scheduler, a decoder, a call with the
same signature and the same order of things. It stands in for the real ones only here, and passes the same contract
(`pipeline_contract.py`) that the real ones pass where diffusers is installed.
"""

from __future__ import annotations

import itertools
import time
from types import SimpleNamespace
from typing import Any, Callable, Dict, List, Optional


class Handle:
    def __init__(self, hooks: Dict[int, Any], key: int) -> None:
        self._hooks, self._key = hooks, key

    def remove(self) -> None:
        self._hooks.pop(self._key, None)


class Module:
    """A module with forward hooks, as torch calls them."""

    _keys = itertools.count()

    def __init__(self, work_s: float = 0.001) -> None:
        self._forward_pre_hooks: Dict[int, Any] = {}
        self._forward_hooks: Dict[int, Any] = {}
        self.work_s = work_s
        self.fault: Optional[BaseException] = None

    def _register(self, hooks: Dict[int, Any], hook: Any) -> Handle:
        key = next(self._keys)
        hooks[key] = hook
        return Handle(hooks, key)

    def register_forward_pre_hook(self, hook: Any) -> Handle:
        return self._register(self._forward_pre_hooks, hook)

    def register_forward_hook(self, hook: Any, *, always_call: bool = False) -> Handle:
        return self._register(self._forward_hooks, hook)

    def modules(self) -> List[Any]:
        return [self]

    def parameters(self) -> Any:
        return iter([SimpleNamespace(device=SimpleNamespace(type="cpu", __str__=lambda: "cpu"), dtype="torch.float32")])

    def __call__(self, *args: Any) -> Any:
        for hook in list(self._forward_pre_hooks.values()):
            hook(self, args)
        try:
            time.sleep(self.work_s)
            if self.fault is not None:
                raise self.fault
            return args
        finally:
            for hook in list(self._forward_hooks.values()):
                hook(self, args, None)


class Vae:
    def decode(self, latents: Any, return_dict: bool = True) -> Any:
        time.sleep(0.001)
        return latents


class FakeScheduler:
    def step(self, sample: Any, timestep: Any, eta: float = 0.0) -> Any:
        return sample


class Generator:
    def __init__(self, seed: int) -> None:
        self._seed = seed

    def initial_seed(self) -> int:
        return self._seed


class Picture:
    """As much of a Pillow picture as is looked at."""

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)
        self.info: Dict[str, Any] = {}

    def thumbnail(self, size: Any) -> None:
        raise AssertionError("the caller's picture is not to be shrunk")


class Output(SimpleNamespace):
    pass


class FakePipeline:
    """StableDiffusionPipeline's order: encode, then per step denoise, step, callback; then decode."""

    def __init__(self) -> None:
        self.text_encoder = Module()
        self.unet = Module(0.002)
        self.vae = Vae()
        self.scheduler = FakeScheduler()
        self.safety_checker: Optional[Module] = None
        self.config: Dict[str, Any] = {"_name_or_path": "/models/anime-v7"}
        self.flags: Optional[List[bool]] = None
        self.interrupt = False
        self.num_timesteps = 0
        self.adapters: Dict[str, float] = {}

    @property
    def components(self) -> Dict[str, Any]:
        parts = {"text_encoder": self.text_encoder, "unet": self.unet, "vae": self.vae, "scheduler": self.scheduler}
        return {**parts, "safety_checker": self.safety_checker} if self.safety_checker else parts

    def __call__(
        self,
        prompt: Any = None,
        height: Optional[int] = None,
        width: Optional[int] = None,
        num_inference_steps: int = 50,
        guidance_scale: float = 7.5,
        negative_prompt: Optional[str] = None,
        num_images_per_prompt: int = 1,
        generator: Any = None,
        output_type: str = "pil",
        return_dict: bool = True,
        cross_attention_kwargs: Optional[Dict[str, Any]] = None,
        callback_on_step_end: Optional[Callable[..., Any]] = None,
        callback_on_step_end_tensor_inputs: List[str] = ["latents"],  # noqa: B006 as diffusers has it
    ) -> Any:
        tensors = getattr(callback_on_step_end, "tensor_inputs", callback_on_step_end_tensor_inputs)
        if (height or 16) % 8:
            raise ValueError("`height` and `width` have to be divisible by 8")
        self.interrupt = False
        self.num_timesteps = num_inference_steps
        for _ in range(2):
            self.text_encoder(prompt)
        for step in range(num_inference_steps):
            if self.interrupt:
                continue
            self.unet("latents", step)
            self.scheduler.step("noise", step)
            if callback_on_step_end is not None:
                given = callback_on_step_end(self, step, 1000 - step, {name: name for name in tensors})
                given.pop("latents", None)
        if output_type == "latent":
            return Output(images=["latents"])
        self.vae.decode("latents")
        if self.safety_checker:
            self.safety_checker("images")
        prompts = prompt if isinstance(prompt, list) else [prompt]
        images = [Picture(width or 16, height or 16) for _ in range(len(prompts) * num_images_per_prompt)]
        return Output(images=images, nsfw_content_detected=self.flags) if return_dict else (images, self.flags)
