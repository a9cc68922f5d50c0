"""Nodes, links and constants of an API graph, with a bound on what one reading may cost."""

import hashlib
import re

# Graphs come from strangers: a ladder of nodes with two links each has 2^n paths, a ring has endless ones.
NODES_MOST = 20_000
STEPS_MOST = 100_000
# Longest chain followed; LoRA stacks and reroutes of real graphs are some tens.
DEPTH_MOST = 400
SEED_MOST = 2**64 - 1

VALUE_KEYS = ("value", "Value", "int", "float", "number", "Number", "string", "String", "text", "Text")
# Other names of the same thing on the node where a link ends.
ALIASES = {"seed": ("noise_seed", "seed_num"), "noise_seed": ("seed", "seed_num"), "steps": ("steps_total",)}
# What such a node gives out is computed from its inputs, not equal to one: better unknown than wrong.
COMPUTES = re.compile(r"math|expression|divide|multiply|random|switch|ratio|aspect|resolution|size|calc", re.I)
PASSES_ON = re.compile(r"reroute|primitive|passthrough|^(any|get|set)", re.I)
NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*\Z", re.A)


class Node:
    __slots__ = ("id", "type", "inputs")

    def __init__(self, node_id, class_type, inputs):
        self.id, self.type, self.inputs = node_id, class_type, inputs


class Walk:
    """A walk through a graph; every look at a node counts as a step."""

    def __init__(self, graph):
        self.nodes = {}
        self.steps_left = STEPS_MOST
        for node_id, value in graph.items():
            if not isinstance(value, dict) or not isinstance(value.get("class_type"), str):
                continue
            inputs = value.get("inputs")
            self.nodes[str(node_id)] = Node(str(node_id), value["class_type"], inputs if isinstance(inputs, dict) else {})
            if len(self.nodes) >= NODES_MOST:
                break

    def link(self, value):
        """The link (id, slot) that a value is; a list of two numbers without such a node is a constant."""
        if not isinstance(value, (list, tuple)) or len(value) != 2:
            return None
        node_id, slot = value
        if isinstance(node_id, bool) or not isinstance(node_id, (str, int)) or not is_number(slot):
            return None
        return (str(node_id), slot) if str(node_id) in self.nodes else None

    def at(self, link):
        if link is None or self.steps_left <= 0:
            return None
        self.steps_left -= 1
        return self.nodes.get(link[0])

    def link_in(self, node, keys):
        """The link in the first of these inputs that holds one."""
        for key in keys:
            link = self.link(node.inputs.get(key))
            if link:
                return link
        return None

    def constant(self, key, value, depth=0):
        """The constant in which an input ends, through reroutes, primitives and nodes that hand on settings."""
        if value is None:
            return None
        link = self.link(value)
        if not link:
            return value if isinstance(value, (str, int, float, bool)) else None
        node = self.at(link)
        if node is None or depth > DEPTH_MOST or COMPUTES.search(node.type):
            return None
        for name in (key, *ALIASES.get(key, ()), *VALUE_KEYS):
            if name in node.inputs:
                return self.constant(key, node.inputs[name], depth + 1)
        if not PASSES_ON.search(node.type) or len(node.inputs) != 1:
            return None
        return self.constant(key, next(iter(node.inputs.values())), depth + 1)

    def number(self, node, keys):
        for key in keys:
            found = None if node is None else self.constant(key, node.inputs.get(key))
            if is_number(found) and found == found and abs(found) != float("inf"):
                return found
            if isinstance(found, str) and NUMBER.match(found):
                return as_number(found)
        return None

    def text(self, node, keys):
        for key in keys:
            found = None if node is None else self.constant(key, node.inputs.get(key))
            if isinstance(found, str):
                return found
        return None

    def seed(self, node, keys):
        """Decimal digits of a seed; negative ones stand for "random" and say nothing."""
        for key in keys:
            found = None if node is None else self.constant(key, node.inputs.get(key))
            if found is None or isinstance(found, bool):
                continue
            if isinstance(found, float) and found.is_integer():
                found = int(found)
            digits = str(found)
            if re.match(r"\d{1,20}\Z", digits, re.A) and int(digits) <= SEED_MOST:
                return str(int(digits)) if not isinstance(found, str) else digits
        return None


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def as_number(text):
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def workflow_hash(graph):
    """16 hex digits that name the shape of a graph: its nodes and links, not their settings. Empty for no graph."""
    lines = []
    for node_id, node in graph.items():
        if not isinstance(node, dict) or not isinstance(node.get("class_type"), str):
            continue
        inputs = node.get("inputs")
        links = []
        for name, value in (inputs if isinstance(inputs, dict) else {}).items():
            if isinstance(value, (list, tuple)) and len(value) == 2 and isinstance(value[0], str) and is_number(value[1]):
                links.append("%s=%s:%d" % (name, value[0], value[1]))
        lines.append(" ".join([str(node_id), node["class_type"], *sorted(links)]))
    if not lines:
        return ""
    return hashlib.sha256("\n".join(sorted(lines)).encode("utf-8", "replace")).hexdigest()[:16]
