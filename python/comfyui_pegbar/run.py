"""One prompt from its arrival to its end, and the spans that it becomes."""

from . import ids
from .graph import read_graph, workflow_hash
from .stages import Shape, workload_of

# Nodes told of one prompt; the largest shared workflows have some hundreds.
NODES_MOST = 5_000
# What a sender may say of itself in extra_data.pegbar, and the attribute that carries it.
SAID = {
    "request_id": "pegbar.request.id", "session_id": "pegbar.session.id", "user_id_hash": "pegbar.user.hash",
    "tenant": "pegbar.tenant", "workload": "pegbar.workload", "traffic_source": "pegbar.traffic_source",
    "collection": "pegbar.collection", "attempt": "pegbar.attempt", "retry_of": "pegbar.retry_of",
    "sequence_id": "pegbar.sequence.id",
}
SAID_MOST = 200


class NodeRun:
    __slots__ = ("id", "type", "start", "end", "stage", "cached", "error", "parent", "steps", "unfinished", "told")

    def __init__(self, node_id, class_type, start, stage):
        self.id, self.type, self.start, self.stage = node_id, class_type, start, stage
        self.end = self.error = self.parent = self.steps = None
        self.cached = self.unfinished = self.told = False


class StageRun:
    """Nodes of one stage that ran one after the other."""

    def __init__(self, name, index, start):
        self.name, self.index, self.start, self.end = name, index, start, start
        self.samples = False


class Run:
    def __init__(self, prompt_id, graph, context, wall_ns, mono_ns):
        self.prompt_id, self.graph, self.context = prompt_id, graph, context
        self.put_ns = wall_ns
        # Times within a run are the monotonic clock's, told on the wall clock of its arrival.
        self.anchor = wall_ns - mono_ns
        self.get_ns = self.end_ns = self.start_ns = None
        parent = ids.parent_of(context.get("traceparent"))
        self.trace_id, self.parent_span = parent or (ids.trace_id_of(prompt_id), None)
        self.said = said_of(context.get("pegbar"))
        self.request_id = self.said.get("pegbar.request.id") or prompt_id
        self.salt = str(wall_ns // 1_000_000)
        self.settings = read_graph(graph) or {}
        self.shape = Shape(graph)
        # A single picture may turn out to be several: that is said at the end, and never two words of one request.
        workload = workload_of(self.shape, self.settings)
        self.workload = workload if workload != "single_image" else None
        self.workflow_hash = workflow_hash(graph)
        self.nodes, self.stages, self.cached = {}, [], []
        self.family = None
        self.has_generated = self.has_sampled = self.is_taken = False
        self.weights = [0, 0]
        self.error = self.outcome = None
        self.node_errors = self.oom_retries = 0
        self.vram_mb = 0
        self.loaded_ns = None

    def at(self, mono_ns):
        return self.anchor + mono_ns

    def span_id(self, *what):
        return ids.digest(self.trace_id, self.prompt_id, self.salt, *what)[:16]

    def event_id(self, *what):
        return ":".join(["comfyui", self.trace_id, self.span_id(*what), str(what[0])])

    @property
    def root_span(self):
        return self.span_id("root")

    def start_node(self, node_id, class_type, at, parent=None):
        """The node, where it is news; lazy inputs make a node start twice."""
        if node_id in self.nodes or len(self.nodes) >= NODES_MOST:
            return None
        stage_name = self.shape.stage(node_id, class_type, self.has_generated)
        samples = self.shape.is_sampler(node_id, class_type)
        node = NodeRun(node_id, class_type, at, self.stage(stage_name, at))
        node.parent = parent if parent in self.nodes else None
        self.nodes[node_id] = node
        if samples:
            self.has_generated = self.has_sampled = node.stage.samples = True
        elif not self.shape.samplers and stage_name != "preprocess":
            self.has_generated = True
        return node

    def stage(self, name, at):
        if not self.stages or self.stages[-1].name != name:
            self.stages.append(StageRun(name, len(self.stages), at))
        return self.stages[-1]

    def end_node(self, node, at):
        node.end = max(at, node.start)
        node.stage.end = max(node.stage.end, node.end)

    def is_cached(self, node_id):
        return node_id in self.cached

    def marker(self):
        """What the next start needs to close this run, should this process be killed."""
        return {
            "prompt_id": self.prompt_id, "trace_id": self.trace_id, "span_id": self.root_span,
            "parent_span": self.parent_span, "request_id": self.request_id, "put_ns": self.put_ns,
            "get_ns": self.get_ns,
            "attributes": {**self.tags(), "pegbar.workload": self.workload or "single_image", **self.recipe()},
        }

    def tags(self):
        """What is said on the request and on each of its stages."""
        settings = self.settings
        tags = {
            "pegbar.request.id": self.request_id,
            "pegbar.workload": self.workload,
            "pegbar.model.version": settings.get("model"),
            "pegbar.model.family": self.family,
            "pegbar.session.id": self.context.get("session"),
        }
        tags.update(self.said)
        return {key: value for key, value in tags.items() if value is not None}

    def recipe(self):
        """Settings of the sampler that made the picture, under the names of the attribute table."""
        settings = self.settings
        recipe = {
            "pegbar.loras": settings.get("loras") or None,
            "pegbar.sampler": settings.get("sampler"),
            "pegbar.scheduler": settings.get("scheduler"),
            "pegbar.steps": settings.get("steps"),
            "pegbar.cfg": settings.get("cfg"),
            "pegbar.seed": settings.get("seed"),
            "pegbar.denoise": settings.get("denoise"),
            "pegbar.width": settings.get("width"),
            "pegbar.height": settings.get("height"),
            "pegbar.batch_size": settings.get("batch_size"),
            "pegbar.reference_images": settings.get("reference_images") or None,
            "pegbar.control_maps": settings.get("control_maps") or None,
            "pegbar.embeddings": settings.get("embeddings") or None,
            "comfyui.guidance": settings.get("guidance"),
            "comfyui.clip_skip": settings.get("clip_skip"),
            "comfyui.vae": settings.get("vae"),
        }
        return {key: value for key, value in recipe.items() if value is not None}

    def steps_per_second(self):
        """Of the sampler that made the picture; of the last one that ran where that one is not known."""
        main = {one["node_id"] for one in self.settings.get("passes", ())}
        ran = [node for node in self.nodes.values() if node.steps and rate_of(node.steps)]
        chosen = [node for node in ran if node.id in main] or [node for node in ran if node.stage.samples]
        return rate_of(chosen[-1].steps) if chosen else None


def rate_of(steps):
    """Steps per second between the first and the last that were told; None of less than two."""
    first_ns, last_ns, first, last = steps[:4]
    return (last - first) * 1e9 / (last_ns - first_ns) if last > first and last_ns > first_ns else None


def said_of(said):
    """Words of the sender that are known, as short texts."""
    if not isinstance(said, dict):
        return {}
    return {
        attribute: str(said[name])[:SAID_MOST]
        for name, attribute in SAID.items()
        if isinstance(said.get(name), (str, int)) and str(said[name])
    }
