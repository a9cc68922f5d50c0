"""
Plays calls of real pipelines with the SDK around them, and prints what was done as one line of JSON: known from the
arguments, from the pictures and from callbacks of its own, never from the SDK.

  play.py URL OTLP_URL
"""

import hashlib
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy
import pegbar
import pipelines
import torch
from diffusers import StableDiffusionImg2ImgPipeline
from diffusers.callbacks import SDCFGCutoffCallback
from peft import LoraConfig

torch.set_num_threads(1)
url, otlp_url = sys.argv[1:3]
pegbar.init(url, otlp_url=otlp_url, service="e2e-diffusers", attributes={"pegbar.hardware_class": "cpu-2"})
told = []
BASE = {"height": 16, "width": 16}


def seeded(seed):
    return torch.Generator("cpu").manual_seed(seed)


def call(label, pipe, *args, expect=None, **kwargs):
    """One call in a request of its own name; `expect` says what a reader of the stored rows must find."""
    begun, error, result = time.perf_counter(), None, None
    try:
        with pegbar.request(label):
            result = pipe(*args, **kwargs)
    except BaseException as fault:
        error = f"{type(fault).__name__}: {fault}"
    images = getattr(result, "images", result[0] if isinstance(result, tuple) else [])
    ids = [pegbar.image_id(one) for one in images] if isinstance(images, list) else []
    told.append(
        {"label": label, "seconds": time.perf_counter() - begun, "error": error, "image_ids": ids, **(expect or {})}
    )
    return result


def main(folder):
    plain = pipelines.loaded(folder / "plain")
    reference = plain("a wooden toy house", num_inference_steps=4, generator=seeded(42), **BASE).images[0]
    pipe = pegbar.instrument(pipelines.loaded(folder))
    weights = folder / "anime-v7" / "unet" / "diffusion_pytorch_model.safetensors"
    made_by = {
        "model_version": "anime-v7",
        "model_family": "sd",
        "checkpoint_hash": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "scheduler": "DDIMScheduler",
        "sampler": "DDIM",
        "width": 16,
        "height": 16,
    }
    stages = ["preprocess", "generate", "postprocess"]
    steps_seen = []

    def counted(p, step, timestep, tensors):
        steps_seen.append((step, sorted(tensors)))
        return tensors

    call(
        "single",
        pipe,
        "a wooden toy house",
        negative_prompt="blurry",
        num_inference_steps=4,
        guidance_scale=6.5,
        generator=seeded(42),
        callback_on_step_end=counted,
        **BASE,
        expect={
            "stages": stages,
            "outcome": "succeeded",
            "workload": "single_image",
            "images": 1,
            "seeds": ["42"],
            "prompts": ["a wooden toy house"],
            "negative_prompt": "blurry",
            "steps": 4,
            "cfg": 6.5,
            **made_by,
        },
    )
    told[-1]["steps_seen"] = len(steps_seen)
    again = call("same-pixels", pipe, "a wooden toy house", num_inference_steps=4, generator=seeded(42), **BASE)
    told[-1]["same_pixels"] = bool((numpy.asarray(again.images[0]) == numpy.asarray(reference)).all())
    call(
        "batch",
        pipe,
        ["a house", "a boat"],
        num_images_per_prompt=2,
        num_inference_steps=2,
        generator=[seeded(seed) for seed in (0, 1, 2, 2**64 - 1)],
        **BASE,
        expect={
            "stages": stages,
            "outcome": "succeeded",
            "workload": "batch_panels",
            "images": 4,
            "batch_size": 4,
            "seeds": ["0", "1", "2", "18446744073709551615"],
            "prompts": ["a house", "a house", "a boat", "a boat"],
            "steps": 2,
            "cfg": 7.5,
            **made_by,
        },
    )
    call(
        "no-seed",
        pipe,
        "a house",
        num_inference_steps=2,
        **BASE,
        expect={"stages": stages, "outcome": "succeeded", "images": 1, "seeds": ["0"], "steps": 2},
    )
    call(
        "arrays",
        pipe,
        "a house",
        num_inference_steps=2,
        output_type="np",
        **BASE,
        expect={"stages": stages, "outcome": "succeeded", "images": 1, "steps": 2, "width": 16, "height": 16},
    )
    call(
        "tuple",
        pipe,
        "a house",
        num_inference_steps=2,
        return_dict=False,
        **BASE,
        expect={"stages": stages, "outcome": "succeeded", "images": 1, "steps": 2},
    )
    call(
        "latents",
        pipe,
        "a house",
        num_inference_steps=2,
        output_type="latent",
        **BASE,
        expect={"stages": ["preprocess", "generate"], "outcome": "succeeded", "images": 0, "steps": 2},
    )
    cutoff = SDCFGCutoffCallback(cutoff_step_ratio=0.5)
    call(
        "callback-object",
        pipe,
        "a house",
        num_inference_steps=4,
        callback_on_step_end=cutoff,
        **BASE,
        expect={"stages": stages, "outcome": "succeeded", "images": 1, "steps": 4, "steps_done": 4},
    )
    told[-1]["cutoff_worked"] = pipe._guidance_scale == 0.0

    def stop(p, step, timestep, tensors):
        p._interrupt = step == 1
        return tensors

    call(
        "interrupted",
        pipe,
        "a house",
        num_inference_steps=5,
        generator=seeded(1),
        callback_on_step_end=stop,
        **BASE,
        expect={
            "stages": stages,
            "outcome": "cancelled",
            "images": 0,
            "error_code": "cancelled",
            "error_stage": "generate",
        },
    )

    def raising(fault):
        def on_step(p, step, timestep, tensors):
            raise fault

        return on_step

    out_of_memory = torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.50 GiB. (raised by the test)")
    call(
        "oom",
        pipe,
        "a house",
        num_inference_steps=3,
        callback_on_step_end=raising(out_of_memory),
        **BASE,
        expect={
            "stages": ["preprocess", "generate"],
            "outcome": "failed",
            "images": 0,
            "error_code": "oom",
            "error_stage": "generate",
        },
    )
    call(
        "host-oom",
        pipe,
        "a house",
        num_inference_steps=1,
        height=8_000_000,
        width=8_000_000,
        expect={"outcome": "failed", "images": 0, "error_code": "oom", "error_stage": "preprocess"},
    )
    call(
        "bad-size",
        pipe,
        "a house",
        num_inference_steps=1,
        height=17,
        width=16,
        expect={
            "stages": ["preprocess"],
            "outcome": "failed",
            "images": 0,
            "error_code": "invalid_config",
            "error_stage": "preprocess",
        },
    )
    call(
        "keyboard",
        pipe,
        "a house",
        num_inference_steps=3,
        callback_on_step_end=raising(KeyboardInterrupt()),
        **BASE,
        expect={
            "stages": ["preprocess", "generate"],
            "outcome": "cancelled",
            "images": 0,
            "error_code": "cancelled",
            "error_stage": "generate",
        },
    )

    image = pegbar.instrument(
        StableDiffusionImg2ImgPipeline(**plain.components, requires_safety_checker=False), model_version="anime-v7"
    )
    image.set_progress_bar_config(disable=True)
    call(
        "img2img",
        image,
        "a house",
        image=reference.resize((32, 32)),
        strength=0.5,
        num_inference_steps=4,
        generator=seeded(5),
        expect={
            "stages": stages,
            "outcome": "succeeded",
            "images": 1,
            "denoise": 0.5,
            "seeds": ["5"],
            "width": 32,
            "height": 32,
            "parts": ["vae.encode", "vae.decode", "text_encoder"],
        },
    )

    for name in ("ink", "line:art"):
        pipe.unet.add_adapter(
            LoraConfig(r=4, lora_alpha=8, target_modules=["to_q", "to_k"], init_lora_weights="gaussian"),
            adapter_name=name.replace(":", "-"),
        )
    pipe.unet.set_adapters(["ink", "line-art"], weights=[0.5, 0.8])
    call(
        "loras",
        pipe,
        "a house",
        num_inference_steps=2,
        generator=seeded(3),
        cross_attention_kwargs={"scale": 0.5},
        **BASE,
        expect={
            "stages": stages,
            "outcome": "succeeded",
            "images": 1,
            "loras": ["ink", "line-art"],
            "lora_weights": [0.25, 0.4],
        },
    )

    xl = pegbar.instrument(pipelines.stable_diffusion_xl(folder / "xl"), model_version="toy-xl")
    call(
        "sdxl",
        xl,
        "a wooden toy house",
        num_inference_steps=3,
        generator=seeded(7),
        **BASE,
        expect={
            "stages": stages,
            "outcome": "succeeded",
            "images": 1,
            "model_version": "toy-xl",
            "model_family": "sdxl",
            "scheduler": "EulerDiscreteScheduler",
            "steps": 3,
            "parts": ["text_encoder", "text_encoder_2", "vae.decode"],
        },
    )
    ddpm = pegbar.instrument(pipelines.ddpm(), workload="single_image")
    call(
        "ddpm",
        ddpm,
        batch_size=2,
        num_inference_steps=3,
        generator=seeded(7),
        expect={
            "stages": ["preprocess", "generate"],
            "outcome": "succeeded",
            "images": 2,
            "workload": "single_image",
            "steps": 3,
            "steps_done": 3,
            "seeds": ["7", "7"],
            "width": 8,
            "height": 8,
        },
    )

    call(
        "dit",
        pegbar.instrument(pipelines.dit(), model_version="toy-dit"),
        class_labels=[1, 2],
        num_inference_steps=2,
        expect={
            "stages": stages,
            "outcome": "succeeded",
            "images": 2,
            "batch_size": 2,
            "workload": "batch_panels",
            "model_family": "dit",
            "steps": 2,
            "steps_done": 2,
            "width": 16,
            "height": 16,
        },
    )
    video = pegbar.instrument(pipelines.video(folder / "video"), model_version="toy-video")
    for label, output_type in (("video", "pil"), ("video-arrays", "np")):
        call(
            label,
            video,
            "a cat walks",
            num_frames=4,
            num_inference_steps=2,
            height=16,
            width=16,
            output_type=output_type,
            generator=seeded(9),
            expect={
                "stages": stages,
                "outcome": "succeeded",
                "images": 4,
                "pictures": 1,
                "workload": "animation",
                "seeds": ["9"],
                "steps": 2,
                "steps_done": 2,
                "width": 16,
                "height": 16,
                "kind": "frame",
            },
        )
    call(
        "bad-argument",
        ddpm,
        no_such_argument=1,
        expect={"outcome": "failed", "images": 0, "error_code": "invalid_config"},
    )

    chain(pipe, folder)
    alone = pipe("alone", num_inference_steps=2, **BASE)
    told.append({"label": "alone", "image_ids": [pegbar.image_id(alone.images[0])]})
    told.append({"label": "restored", "problems": leftovers(pipe)})
    told.append({"label": "overhead", **overhead(plain)})


def chain(pipe, folder):
    """Generate, upscale, deliver, then a score and feedback: one request in one trace."""
    message = {}
    with pegbar.request("chain", session_id="s-1", user="u-1", region="eu-west") as request:
        with pegbar.stage("ingest"):
            request.hand_over(message)
    with pegbar.extract(message), pegbar.request(name="worker"):
        made = pipe("a chain", num_inference_steps=2, generator=seeded(11), **BASE).images[0]
        known = pegbar.image_id(made)
        with pegbar.stage("upscale", width=64, height=64):
            large = made.resize((64, 64))
        path = folder / "large.png"
        large.save(path)
        with pegbar.stage("deliver"):
            second = pegbar.image(path, license="CC0-1.0")
        pegbar.score("aesthetic", 6.5, image_id=known, scorer="toy", scorer_version="1")
    pegbar.feedback("accept", image_id=known, session_id="s-1")
    told.append(
        {"label": "chain", "image_ids": [known], "second": second, "uri": path.as_uri(), "bytes": path.stat().st_size}
    )


def leftovers(pipe):
    """What the SDK left behind on a pipeline at rest."""
    found = [
        f"{name}.{method} is wrapped"
        for name, method in (("vae", "decode"), ("vae", "encode"), ("scheduler", "step"))
        if method in getattr(pipe, name).__dict__
    ]
    for name in ("unet", "text_encoder"):
        part = getattr(pipe, name)
        found += [f"{name} has hooks"] if part._forward_hooks or part._forward_pre_hooks else []
    pegbar.uninstrument(pipe)
    found += [] if "_pegbar" not in vars(type(pipe)) else ["the class is ours"]
    return found


def overhead(pipe, pairs=12, steps=30):
    """CPU seconds of calls with and without the SDK, by turns; the least of each, since others use the machine too."""
    spent = {False: [], True: []}
    for turn in range(2 * pairs + 2):
        watched = bool(turn % 2)
        (pegbar.instrument if watched else pegbar.uninstrument)(pipe)
        begun = time.process_time()
        pipe("a house", num_inference_steps=steps, generator=seeded(1), **BASE)
        if turn > 1:
            spent[watched].append(time.process_time() - begun)
    return {"steps": steps, "plain_s": min(spent[False]), "watched_s": min(spent[True])}


with tempfile.TemporaryDirectory() as scratch:
    main(Path(scratch))
    sent = pegbar.flush(30)
print(json.dumps({"told": told, "flushed": sent, "stats": pegbar.stats()}))
