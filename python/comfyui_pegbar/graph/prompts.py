"""The texts, control maps and guidance behind a sampler's conditioning."""

import re

from .walk import DEPTH_MOST

# Texts of the encoders, by the names that ComfyUI and the common packs give them.
ENCODER_TEXTS = (
    "text", "text_g", "clip_g", "text_l", "clip_l", "t5xxl", "bert", "mt5xl", "llama", "prompt", "populated_text",
    "wildcard_text", "string", "value",
)
# Longest text taken from a graph; what is longer is no prompt.
TEXT_MOST = 200_000
CONDITIONING = re.compile(r"cond|positive|negative|embeds|guider|pipe|^any|^$", re.I)
JOINED = re.compile(r"^(?:text|string|prompt|str|part|input)_?(?:[a-h]|\d{1,2})\Z", re.I | re.A)
SINGLE = ("text", "Text", "string", "String", "value", "prompt", "populated_text", "wildcard_text")


class Conditioned:
    """What the way from a conditioning back to its texts passes, the outermost text first."""

    def __init__(self, walk, start, side):
        self.texts, self.guidance, self.control_nets, self.control_images = [], None, [], []
        self._gather(walk, start, side, set(), 0)

    def _gather(self, walk, link, side, seen, depth):
        if not link or link in seen or depth > DEPTH_MOST:
            return
        seen.add(link)
        node = walk.at(link)
        if node is None or re.search("zero_?out", node.type, re.I):
            return
        if self.guidance is None:
            self.guidance = walk.number(node, ("guidance",))
        self._note_control(walk, node)
        own = _texts_of(walk, node, side, depth)
        if own:
            self.texts.extend(text for text in dict.fromkeys(own) if text not in self.texts)
            return
        for following in _links(walk, node, link[1], side):
            self._gather(walk, following, side, seen, depth + 1)

    def _note_control(self, walk, node):
        control = walk.link_in(node, ("control_net", "controlnet"))
        if not control:
            return
        at = walk.at(control)
        for _ in range(DEPTH_MOST):
            if at is None:
                break
            name = at.inputs.get("control_net_name")
            if isinstance(name, str):
                self.control_nets.append(name)
                break
            at = walk.at(walk.link_in(at, ("control_net", "controlnet")))
        image = walk.link_in(node, ("image", "control_image", "hint"))
        if image:
            self.control_images.append(image)


def _texts_of(walk, node, side, depth):
    # Loaders that encode too ("Efficient Loader") keep both texts under the sides' names.
    for key in (side + "_prompt", "text_" + side, side):
        value = node.inputs.get(key)
        if isinstance(value, str):
            return [value] if value else []
        found = text_of(walk, value, depth + 1) if key != side and value is not None else None
        if found:
            return [found]
    texts = []
    for key in ENCODER_TEXTS:
        found = text_of(walk, node.inputs[key], depth + 1) if key in node.inputs else None
        if found and found not in texts:
            texts.append(found)
    return texts


def _links(walk, node, slot, side):
    """Where a conditioning comes from: of a node with both sides, the one that this output is."""
    positive, negative = walk.link(node.inputs.get("positive")), walk.link(node.inputs.get("negative"))
    if positive and negative:
        is_negative = slot == 1 or (slot != 0 and side == "negative")
        return [negative if is_negative else positive]
    other = "negative" if side == "positive" else "positive"
    links = []
    for key, value in node.inputs.items():
        link = None if key.startswith(other) or not CONDITIONING.search(key) else walk.link(value)
        if link:
            links.append(link)
    if links or not re.search("reroute|passthrough", node.type, re.I):
        return links
    return [link for link in map(walk.link, node.inputs.values()) if link]


def text_of(walk, value, depth=0):
    """The text in which an input ends, through text nodes that join or hand on."""
    if isinstance(value, str):
        return value[:TEXT_MOST]
    node = walk.at(walk.link(value))
    if node is None or depth > DEPTH_MOST:
        return None
    parts = [part for key, part in node.inputs.items() if JOINED.match(key)]
    if len(parts) > 1:
        between = node.inputs.get("delimiter")
        between = node.inputs.get("separator") if between is None else between
        texts = [text for text in (text_of(walk, part, depth + 1) for part in parts) if text]
        return (between.replace("\\n", "\n") if isinstance(between, str) else " ").join(texts)[:TEXT_MOST]
    # What a wildcard became is truer than what it was written as.
    for key in ("populated_text",) if node.inputs.get("populated_text") else SINGLE:
        found = text_of(walk, node.inputs[key], depth + 1) if key in node.inputs else None
        if found is not None:
            return found
    if len(node.inputs) == 1:
        return text_of(walk, next(iter(node.inputs.values())), depth + 1)
    return None
