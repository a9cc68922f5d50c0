"""The settings of the sampler that really made the picture.

From the node that wrote the picture the way of the latents is followed back. The last sampling node on it counts,
because it painted what is seen; nodes that repaint parts only where nothing else sampled. A schedule that is cut into
several nodes (base and refiner, high and low noise) is one pass: its seed is that of the node that added the noise,
its settings those of the node that ran the most steps, of equals the first.
"""

import re

from .models import model_of
from .passes import Pass, is_pass
from .paths import extent_behind, latent_number, loaded_from, passes_behind, picture_links
from .prompts import Conditioned
from .walk import Walk

OUTPUTS = re.compile(r"save|preview|video_?combine|websocket|export|sendimage", re.I)
EMBEDDING = re.compile(r"\bembedding:([^\s,:()]{1,200})")


def read_graph(graph, output_node=None, filename=None):
    """Settings by name, None for what only the run knows; None where the value is no graph."""
    if not isinstance(graph, dict):
        return None
    walk = Walk(graph)
    if not walk.nodes:
        return None
    output, nodes, extent = _choose(walk, output_node, filename)
    passes = [Pass(walk, node) for node in nodes]
    main, seed = _main_of(passes)
    positive = Conditioned(walk, main and main.positive, "positive")
    negative = Conditioned(walk, main and main.negative, "negative")
    name, loras = model_of(walk, main and main.model)
    if main:
        extent = extent_behind(walk, main.latent)
    latents = main.latent if main else None
    painted = ["\n".join(side.texts) or None for side in (positive, negative)]
    return {
        "output": output and {"node_id": output.id, "class_type": output.type},
        "model": name,
        "loras": loras,
        "vae": _vae_of(walk, output),
        "clip_skip": _clip_skip(walk, main),
        "sampler": main and main.sampler,
        "scheduler": main and main.scheduler,
        "steps": main and main.steps,
        "cfg": main and main.cfg,
        "guidance": positive.guidance,
        "seed": seed,
        "denoise": main and main.denoise,
        "width": extent and extent[0],
        "height": extent and extent[1],
        "batch_size": latent_number(walk, latents, ("batch_size",)),
        "frames": latent_number(walk, latents, ("length", "num_frames", "video_frames", "frame_count")),
        "fps": walk.number(output, ("fps", "frame_rate")),
        "positive": painted[0],
        "negative": painted[1],
        "reference_images": loaded_from(walk, [latents] if latents else (picture_links(walk, output) if output else [])),
        "control_maps": loaded_from(walk, positive.control_images) or positive.control_nets,
        "embeddings": list(dict.fromkeys(EMBEDDING.findall("%s\n%s" % (painted[0] or "", painted[1] or "")))),
        "passes": [one.short() for one in passes],
    }


def _choose(walk, output_node, filename):
    """The output that the picture came from: (node, sampling nodes behind it, size)."""
    left = []
    for node in walk.nodes.values():
        if not OUTPUTS.search(node.type) or is_pass(node):
            continue
        links = picture_links(walk, node)
        if links:
            left.append((node, passes_behind(walk, links), extent_behind(walk, links[0])))
    if not left:
        left = [
            (None, [node, *passes_behind(walk, picture_links(walk, node))], extent_behind(walk, (node.id, 0)))
            for node in walk.nodes.values()
            if is_pass(node)
        ]
    for fits in (
        lambda one: one[0] is not None and one[0].id == output_node,
        lambda one: len(one[1]) > 0,
        lambda one: filename is not None and one[0] is not None and _fits_prefix(walk, one[0], filename),
        lambda one: one[0] is not None and not re.search("preview", one[0].type, re.I),
    ):
        left = [one for one in left if fits(one)] or left
    best = None
    # Of those that are left the one that most was done for, and of equals the last.
    for one in left:
        best = best if best and len(best[1]) > len(one[1]) else one
    return best or (None, [], None)


def _fits_prefix(walk, node, filename):
    """`%date:…%` and the like are only known to the run: what stands before them must fit."""
    prefix = walk.text(node, ("filename_prefix",))
    prefix = None if prefix is None else re.split(r"[\\/]", prefix)[-1].split("%")[0]
    return bool(prefix) and filename.startswith(prefix)


def _main_of(passes):
    start = next((index for index, one in enumerate(passes) if one.adds_noise), 0)
    run = passes[: start + 1]
    if not run:
        return None, None
    starter, main = run[-1], run[0]
    for one in run[1:]:
        main = main if main.ran > one.ran else one
    return main, None if not starter.adds_noise and starter.seed == "0" else starter.seed


def _vae_of(walk, output):
    """The VAE that decoded the picture, where it is one of its own."""
    node = output
    for _ in range(100):
        if node is None or is_pass(node):
            break
        vae = walk.at(walk.link_in(node, ("vae",)))
        if vae is not None:
            return walk.text(vae, ("vae_name",))
        links = picture_links(walk, node)
        node = walk.at(links[0]) if links else None
    return None


def _clip_skip(walk, main):
    """The way A1111 counts: 2 leaves out the last layer. ComfyUI says -2."""
    node = walk.at(main.positive) if main else None
    for _ in range(100):
        if node is None:
            break
        layer = walk.number(node, ("stop_at_clip_layer",))
        if layer is not None:
            return -layer if layer < 0 else None
        node = walk.at(walk.link_in(node, ("clip", "conditioning", "conditioning_1", "conditioning_to", "positive")))
    return None
