"""Which stage of a pipeline a node is, by its class; the same table as in importers/comfyui/stages.ts."""

import re

from .graph.passes import is_pass
from .graph.walk import Walk

SAVE = re.compile(r"^save|preview|video_?combine|createvideo|export|websocket", re.I)
DECODE = re.compile(r"vae_?decode", re.I)
UPSCALE = re.compile(r"upscale|imagescale|image_?resize|rife|vfi|interpolat|gimm", re.I)
LOAD = re.compile(r"load", re.I)
ENCODE = re.compile(r"encode|controlnet|ipadapter|conditioning|clipvision|clipsetlastlayer|guidance", re.I)
SAMPLER = re.compile(r"^(k?sampler(custom)?|.*ksampler.*)(advanced)?$", re.I)
CLIP_OUTPUT = re.compile(r"animated|video|webm|gif", re.I)


class Shape:
    """What the graph of a prompt says of its nodes before they run."""

    def __init__(self, graph):
        self.classes = {
            str(node_id): node["class_type"]
            for node_id, node in graph.items()
            if isinstance(node, dict) and isinstance(node.get("class_type"), str)
        }
        walk = Walk(graph)
        self.samplers = {node.id for node in walk.nodes.values() if is_pass(node) or samples(node.type)}

    def is_sampler(self, node_id, class_type):
        return node_id in self.samplers or (node_id not in self.classes and samples(class_type))

    def stage(self, node_id, class_type, has_generated):
        """Stage of a node; what only prepares or finishes goes by whether a sampler has run before it."""
        if self.is_sampler(node_id, class_type):
            return "generate"
        if SAVE.search(class_type) or DECODE.search(class_type):
            return "postprocess"
        if UPSCALE.search(class_type):
            return "upscale" if has_generated or not self.samplers else "preprocess"
        if LOAD.search(class_type) or ENCODE.search(class_type):
            return "preprocess"
        return "postprocess" if has_generated else "preprocess"

    def makes_clip(self):
        return any(SAVE.search(name) and CLIP_OUTPUT.search(name) for name in self.classes.values())


def samples(class_type):
    """KSamplerSelect names a sampler and does not sample."""
    return bool(SAMPLER.match(class_type)) and not re.search("select", class_type, re.I)


def is_loader(class_type):
    return bool(LOAD.search(class_type)) and not SAVE.search(class_type)


def workload_of(shape, settings):
    settings = settings or {}
    if shape.makes_clip():
        return "animation"
    return "batch_panels" if (settings.get("batch_size") or 1) > 1 else "single_image"
