"""The ways back through a graph along which a picture came."""

import math
import re

from .passes import is_pass, repaints
from .walk import DEPTH_MOST

# Inputs that carry a picture or its latent, the first the one that the others are laid upon.
PICTURES = (
    "images", "image", "pixels", "samples", "latent_image", "latent", "latents", "samples_to", "samples1",
    "samples_from", "samples2", "destination", "image1", "image_1", "video", "frames", "init_image", "start_image",
    "source",
)
# Links that never lead to what was painted.
NOT_PICTURES = re.compile(
    r"^(model|clip|vae|control_net|clip_vision|positive|negative|conditioning|upscale_model|audio|mask|noise|guider"
    r"|sampler|sigmas|text|prompt)",
    re.I,
)
WRITTEN_SIZE = re.compile(r"^\s*(\d{2,5})\s*[x×]\s*(\d{2,5})\b", re.A)


def picture_links(walk, node):
    """Links of a node along which its picture came, the likeliest first."""
    chosen = walk.number(node, ("select",))
    picked = None if chosen is None else walk.link(node.inputs.get("input%s" % chosen))
    if picked:
        return [picked]
    links = [link for link in (walk.link(node.inputs.get(key)) for key in PICTURES) if link]
    for key, value in node.inputs.items():
        if NOT_PICTURES.match(key) or key in PICTURES:
            continue
        link = walk.link(value)
        if link:
            links.append(link)
    return links


def passes_behind(walk, start):
    """Sampling nodes from these links back, the last one first."""
    passes, seen, links = [], set(), start
    while len(passes) < DEPTH_MOST:
        found = _nearest_pass(walk, links, seen, 0)
        if found is None:
            break
        passes.append(found)
        links = picture_links(walk, found)
    # A repainter made the picture only where nothing painted it before.
    painters = [node for node in passes if not repaints(node)]
    return painters or passes


def _nearest_pass(walk, links, seen, depth):
    if depth > DEPTH_MOST:
        return None
    for link in links:
        if link[0] in seen:
            continue
        seen.add(link[0])
        node = walk.at(link)
        if node is None:
            continue
        found = node if is_pass(node) else _nearest_pass(walk, picture_links(walk, node), seen, depth + 1)
        if found is not None:
            return found
    return None


def extent_behind(walk, link, depth=0):
    """Width and height of the picture behind a link, as the graph tells it; None where only the run would know."""
    node = walk.at(link)
    if node is None or depth > DEPTH_MOST:
        return None
    width = walk.number(node, ("width", "empty_latent_width", "resize_width"))
    height = walk.number(node, ("height", "empty_latent_height", "resize_height"))
    if width is not None and height is not None and width > 0 and height > 0:
        return (width, height)
    written = WRITTEN_SIZE.match(walk.text(node, ("resolution", "dimensions")) or "")
    if written:
        return (int(written.group(1)), int(written.group(2)))
    # How much a model enlarges stands in its weights, not in the graph.
    if node.inputs.get("upscale_model") is not None:
        return None
    factor = walk.number(node, ("scale_by", "upscale_by", "scale_factor"))
    factor = 1 if factor is None else factor
    for following in picture_links(walk, node):
        before = extent_behind(walk, following, depth + 1)
        if before:
            return (math.floor(before[0] * factor + 0.5), math.floor(before[1] * factor + 0.5))
    return None


def latent_number(walk, link, keys):
    """A number on the node where the latents begin: length of a clip, size of a batch."""
    return _search(walk, link, lambda node: walk.number(node, keys), set(), 0)


def loaded_from(walk, links):
    """Names of the files that the pictures behind these links were loaded from."""
    names = []
    for link in links:
        name = _search(walk, link, _loaded_name, set(), 0)
        if name is not None and name not in names:
            names.append(name)
    return names


def _loaded_name(node):
    for key in ("image", "video", "file"):
        name = node.inputs.get(key)
        if name is not None:
            return name if re.search("load", node.type, re.I) and isinstance(name, str) and name else None
    return None


def _search(walk, link, ask, seen, depth):
    if link is None or depth > DEPTH_MOST or link[0] in seen:
        return None
    seen.add(link[0])
    node = walk.at(link)
    if node is None:
        return None
    own = ask(node)
    if own is not None:
        return own
    for following in picture_links(walk, node):
        found = _search(walk, following, ask, seen, depth + 1)
        if found is not None:
            return found
    return None
