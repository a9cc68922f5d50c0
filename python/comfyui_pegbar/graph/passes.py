"""Sampling nodes: which they are and what they say of themselves."""

import re

from .walk import DEPTH_MOST

LATENTS = ("latent_image", "latent", "latents", "samples", "optional_latent", "image", "images")
WEIGHTS = ("model", "guider", "basic_pipe", "pipe", "optional_pipe", "context", *LATENTS)
POSITIVE = ("positive", "conditioning", "cond1", "text_embeds", "basic_pipe", "pipe")
NEGATIVE = ("negative", "text_embeds", "basic_pipe", "pipe")
# Nodes that repaint a part or a tile of a finished picture: its sampler is the one before them.
REPAINTS = re.compile(r"detailer|ultimatesdupscale|seedvr", re.I)


def is_pass(node):
    inputs = node.inputs
    if re.search("select", node.type, re.I):
        return False
    if re.search("sampler", node.type, re.I) and any(isinstance(inputs.get(key), (list, tuple)) for key in WEIGHTS):
        return True
    return ("seed" in inputs or "noise_seed" in inputs) and "steps" in inputs and ("cfg" in inputs or "guidance" in inputs)


def repaints(node):
    return bool(REPAINTS.search(node.type))


class Pass:
    """One node that samples."""

    def __init__(self, walk, node):
        def behind(key):
            return walk.at(walk.link(node.inputs.get(key)))

        noise, guider, chosen = behind("noise"), behind("guider"), behind("sampler")
        sigmas, ran = _schedule(walk, walk.link(node.inputs.get("sigmas")))
        steps = _first(walk.number(node, ("steps",)), walk.number(sigmas, ("steps",)))
        add = node.inputs.get("add_noise")
        self.node = node
        # False for a KSamplerAdvanced that goes on with the noise of the node before it.
        self.adds_noise = add != "disable" and add is not False and not (noise and re.search("disable", noise.type, re.I))
        self.seed = _first(walk.seed(node, ("noise_seed", "seed")), walk.seed(noise, ("noise_seed", "seed")))
        self.steps = steps
        # Steps of the schedule that this node runs.
        self.ran = _first(ran, _steps_run(walk, node, steps))
        self.cfg = _first(walk.number(node, ("cfg",)), walk.number(guider, ("cfg", "cfg_conds")))
        self.sampler = _first(walk.text(node, ("sampler_name",)), _sampler_name(walk, chosen))
        self.scheduler = _first(walk.text(node, ("scheduler",)), _scheduler_name(walk, sigmas))
        self.denoise = _first(walk.number(node, ("denoise", "denoise_strength")), walk.number(sigmas, ("denoise",)))
        self.model = walk.link_in(node, ("model", "basic_pipe", "pipe")) or (guider and walk.link_in(guider, ("model",)))
        self.positive = walk.link_in(node, POSITIVE) or (guider and walk.link_in(guider, POSITIVE))
        self.negative = walk.link_in(node, NEGATIVE) or (guider and walk.link_in(guider, NEGATIVE))
        self.latent = walk.link_in(node, LATENTS)

    def short(self):
        return {
            "node_id": self.node.id, "class_type": self.node.type, "seed": self.seed, "steps": self.steps,
            "sampler": self.sampler, "scheduler": self.scheduler, "cfg": self.cfg, "denoise": self.denoise,
        }


def _first(*values):
    return next((value for value in values if value is not None), None)


def _steps_run(walk, node, steps):
    if steps is None:
        return 0
    start = _first(walk.number(node, ("start_at_step", "start_step")), 0)
    end = _first(walk.number(node, ("end_at_step", "end_step")), steps)
    # WanVideoSampler says "to the end" by -1.
    return max(0, min(steps if end < 0 else end, steps) - start)


def _schedule(walk, link):
    """The scheduler behind the sigmas, through nodes that cut or turn them, and the steps that are left of it."""
    ran = split = None
    for _ in range(DEPTH_MOST):
        if not link:
            break
        node = walk.at(link)
        following = node and walk.link_in(node, ("sigmas", "sigmas_1"))
        if not following:
            steps = walk.number(node, ("steps",))
            if split and steps is not None:
                ran = steps - split[0] if split[1] else split[0]
            return node, ran
        at = walk.number(node, ("step",)) if re.search("split", node.type, re.I) else None
        if at is not None and split is None:
            split = (at, link[1] == 1)
        link = following
    return None, None


def _sampler_name(walk, node):
    """KSamplerSelect names it; nodes such as SamplerEulerAncestral are it."""
    if node is None:
        return None
    named = walk.text(node, ("sampler_name", "sampler"))
    if named is not None:
        return named
    own = re.match(r"Sampler_?(?!Custom)(\w+)\Z", node.type, re.A)
    return _snake(own.group(1)) if own else None


def _scheduler_name(walk, node):
    """BasicScheduler names it; KarrasScheduler, LTXVScheduler and their like are it."""
    if node is None:
        return None
    named = walk.text(node, ("scheduler",))
    if named is not None:
        return named
    own = re.match(r"(\w+)Scheduler\Z", node.type, re.A)
    return _snake(own.group(1)) if own else None


def _snake(name):
    return re.sub(r"([a-z\d])(?=[A-Z])", r"\1_", name, flags=re.A).lower()
