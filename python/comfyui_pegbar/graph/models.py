"""The checkpoint and the LoRAs that a model link carries."""

import re

from .walk import DEPTH_MOST, is_number

NAMES = ("ckpt_name", "unet_name", "base_ckpt_name", "model_name", "model_path", "gguf_name", "model")
# The chain of the weights, by the names of the inputs that carry it; a merge goes on with its first model.
CHAIN = ("model", "model1", "model_a", "model_high_noise", "MODEL", "basic_pipe", "pipe", "any_01", "any")
STACKS = ("lora_stack", "optional_lora_stack", "lora", "prev_lora", "loras")
WEIGHTS = ("strength_model", "lora_model_strength", "strength", "lora_weight", "weight")
# Stacks longer than this are read to here; the largest seen on shared pictures has 30.
LORAS_MOST = 256


def model_of(walk, link):
    """Name of the model (None where the chain ends elsewhere) and its LoRAs in the order of application."""
    stacks, seen, name = [], set(), None
    for _ in range(DEPTH_MOST):
        if not link or link[0] in seen:
            break
        seen.add(link[0])
        node = walk.at(link)
        if node is None:
            break
        stacks.append(_loras_of(walk, node))
        link = walk.link_in(node, CHAIN) or _only_link(walk, node)
        # A link named `lora` is a stack; one named `model` may be a text on loaders of their own kind.
        if not link or any(isinstance(node.inputs.get(key), str) for key in NAMES):
            name = walk.text(node, NAMES)
        if name is not None:
            break
    return name, [lora for stack in reversed(stacks) for lora in stack][:LORAS_MOST]


def _only_link(walk, node):
    return walk.link_in(node, list(node.inputs)) if re.search("reroute|switch|any", node.type, re.I) else None


def _loras_of(walk, node):
    """LoRAs that one node applies, with those of the stacks that are plugged into it."""
    stacks, seen, link = [_own_loras(walk, node)], {node.id}, walk.link_in(node, STACKS)
    for _ in range(DEPTH_MOST):
        if not link or link[0] in seen:
            break
        seen.add(link[0])
        stack = walk.at(link)
        if stack is None:
            break
        stacks.append(_own_loras(walk, stack))
        link = walk.link_in(stack, STACKS)
    return [lora for stack in reversed(stacks) for lora in stack]


def _is_named(name):
    return isinstance(name, str) and name != "" and name.lower() != "none"


def _own_loras(walk, node):
    loras, inputs = [], node.inputs

    def add(name, weight):
        if _is_named(name) and weight != 0 and len(loras) < LORAS_MOST:
            loras.append({"id": name, "weight": 1 if weight is None else weight})

    single = walk.text(node, ("lora_name",))
    if single is None and re.search("lora", node.type, re.I) and isinstance(inputs.get("lora"), str):
        single = inputs["lora"]
    add(single, walk.number(node, WEIGHTS))
    most = walk.number(node, ("lora_count",))
    most = LORAS_MOST if most is None else most
    for key, value in inputs.items():
        # "Power Lora Loader (rgthree)": lora_1: { on, lora, strength }
        if isinstance(value, dict) and _is_named(value.get("lora")) and value.get("on") is not False:
            add(value["lora"], value["strength"] if is_number(value.get("strength")) else None)
        numbered = re.match(r"lora(?:_name)?_0*(\d+)\Z", key, re.A)
        if not numbered or not isinstance(value, str) or int(numbered.group(1)) > most:
            continue
        if _is_off(inputs, key, numbered.group(1)):
            continue
        add(value, walk.number(node, _weight_keys(key, numbered.group(1))))
    return loras


def _is_off(inputs, key, number):
    """"CR LoRA Stack" has a switch beside each LoRA."""
    switch = inputs.get("switch_" + number)
    return (isinstance(switch, str) and switch.lower() == "off") or inputs.get(key + "_on") is False


def _weight_keys(key, number):
    written = key[key.rfind("_") + 1 :]
    names = ("strength", "strength_model", "model_str", "model_weight", "lora_wt", "weight")
    return [name + "_" + digits for name in names for digits in (written, number)]
