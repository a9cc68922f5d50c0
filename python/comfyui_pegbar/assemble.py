"""Turns what the hooks saw, in its order, into spans and records. Pure: no clock, no I/O, no ComfyUI.

A fact is `(kind, wall_ns, mono_ns, data)`. `emit(kind, item)` takes what is told, kind `span` or `record`;
`inspect(run, picture)` says what is known of a file.
"""

from . import errors
from .finish import finish_run, lost_run, rejected_run
from .run import Run
from .tell import Teller

# Prompts known at once; ComfyUI's own history keeps 10,000, its queue has no bound.
RUNS_MOST = 10_000


class Assembler:
    def __init__(self, emit, inspect, tags=None, queue="comfyui", with_prompts=True):
        self.tell = Teller(emit, tags or {}, with_prompts)
        self.inspect, self.queue = inspect, queue
        self.runs, self.by_item, self.current = {}, {}, None
        self.forgotten = 0

    def take(self, kind, wall_ns, mono_ns, data):
        handler = getattr(self, "_" + kind, None)
        if handler is not None:
            handler(wall_ns, mono_ns, data)

    def open_runs(self):
        return [run.marker() for run in self.runs.values()]

    def close_lost(self, marker, wall_ns):
        """A run that a killed process left open."""
        lost_run(self.tell, marker, wall_ns)

    # Queue ----------------------------------------------------------------------------------------------------------

    def _put(self, wall_ns, mono_ns, data):
        prompt_id = data["prompt_id"]
        if prompt_id in self.runs:
            return
        if len(self.runs) >= RUNS_MOST:
            self.runs.pop(next(iter(self.runs)))
            self.forgotten += 1
        run = self.runs[prompt_id] = Run(prompt_id, data.get("graph") or {}, data.get("context") or {}, wall_ns, mono_ns)
        self.tell.boundary(run, "prompt_received", wall_ns)
        self.tell.queue(self.queue, wall_ns, data.get("depth"), run.event_id("queue_put"), admitted=1)

    def _get(self, wall_ns, mono_ns, data):
        run = self.runs.get(data["prompt_id"])
        self.by_item[data.get("item_id")] = data["prompt_id"]
        if run is None:
            return
        run.is_taken = True
        run.get_ns = max(run.put_ns, run.at(mono_ns))
        self.current = run
        wait_ms = (run.get_ns - run.put_ns) / 1e6
        self.tell.queue(self.queue, run.get_ns, data.get("depth"), run.event_id("queue_get"), wait_ms=wait_ms)

    def _queue(self, wall_ns, mono_ns, data):
        """What still waits after prompts were deleted: whoever is missing has been taken out by a person."""
        waiting = set(data["ids"])
        for prompt_id in [one for one, run in self.runs.items() if not run.is_taken and one not in waiting]:
            run = self.runs.pop(prompt_id)
            run.error, run.outcome = ("cancelled", "removed from the queue", None), "cancelled"
            finish_run(self.tell, run, run.at(mono_ns), [])
        self.tell.queue(self.queue, wall_ns, len(waiting), None)

    def _answer(self, wall_ns, mono_ns, data):
        """An accepted prompt of which parts were refused."""
        run = self.runs.get(data.get("prompt_id"))
        if run is not None:
            run.node_errors = data.get("node_errors", 0)

    def _rejected(self, wall_ns, mono_ns, data):
        rejected_run(self.tell, self.queue, data, wall_ns)

    # Execution ------------------------------------------------------------------------------------------------------

    def _message(self, wall_ns, mono_ns, data):
        run = self.runs.get(data.get("prompt_id"))
        if run is None:
            return
        event = data["event"]
        if event == "execution_start":
            run.start_ns = run.at(mono_ns)
        elif event == "execution_cached":
            run.cached = [str(node) for node in data.get("nodes") or ()]
            self.tell.cached(run, run.at(mono_ns))
        elif event == "execution_success":
            run.outcome = "succeeded"
            # Before 0.3.44 nobody says that the last node has ended.
            self._executing(wall_ns, mono_ns, {"prompt_id": run.prompt_id})
        elif event == "execution_interrupted":
            run.outcome = "cancelled"
            self._fail(run, mono_ns, data, "cancelled", "interrupted")
        elif event == "execution_error":
            code = errors.classify(data.get("exception_type"), data.get("exception_message"))
            if data.get("is_oom"):
                code = "oom"
            run.outcome = errors.outcome_of(code)
            self._fail(run, mono_ns, data, code, errors.shown(data.get("exception_message")))

    def _fail(self, run, mono_ns, data, code, message):
        run.error = (code, message, data.get("exception_type"))
        node_id = data.get("node_id")
        node = run.nodes.get(node_id)
        if node is None and node_id is not None:
            node = run.start_node(node_id, data.get("node_type") or run.shape.classes.get(node_id, "unknown"), run.at(mono_ns))
        if node is not None and not node.told:
            node.error = run.error
            run.end_node(node, run.at(mono_ns))
            self.tell.node(run, node)

    def _node_start(self, wall_ns, mono_ns, data):
        run = self.runs.get(data["prompt_id"])
        if run is None:
            return
        node_id = data["node"]
        parent = node_id.split(".")[0] if "." in node_id else None
        had = run.has_sampled
        node = run.start_node(node_id, data.get("type") or run.shape.classes.get(node_id, "unknown"), run.at(mono_ns), parent)
        if node is not None and run.has_sampled and not had:
            if run.loaded_ns is not None:
                self.tell.boundary(run, "model_loaded", run.loaded_ns)
            self.tell.boundary(run, "inference_started", node.start)

    def _node_finish(self, wall_ns, mono_ns, data):
        run = self.runs.get(data["prompt_id"])
        if run is None:
            return
        node = run.nodes.get(data["node"])
        if node is None:  # finished without a start: served from the cache
            if not run.is_cached(data["node"]):
                run.cached.append(data["node"])
                self.tell.cached(run, run.at(mono_ns), [data["node"]])
            return
        if node.told:
            return
        node.steps = data.get("steps") or node.steps
        run.end_node(node, run.at(mono_ns))
        self.tell.node(run, node)
        if self.tell.is_loader(node.type):
            run.loaded_ns = node.end

    # ComfyUI before 0.3.44 has no progress registry: nodes follow one another.

    def _executing(self, wall_ns, mono_ns, data):
        run = self.runs.get(data.get("prompt_id")) or self.current
        if run is None:
            return
        for node in run.nodes.values():
            if node.end is None:
                self._node_finish(wall_ns, mono_ns, {"prompt_id": run.prompt_id, "node": node.id})
        if data.get("node") is not None:
            self._node_start(wall_ns, mono_ns, {"prompt_id": run.prompt_id, "node": data["node"]})

    def _progress(self, wall_ns, mono_ns, data):
        run = self.runs.get(data.get("prompt_id")) or self.current
        node = run and run.nodes.get(data.get("node"))
        if node is not None and node.end is None:
            first = node.steps or (mono_ns, mono_ns, data["value"], data["value"], data["max"])
            node.steps = (first[0], mono_ns, first[2], data["value"], data["max"])

    # Models and memory ----------------------------------------------------------------------------------------------

    def _load(self, wall_ns, mono_ns, data):
        run = self.current
        at = run.at(mono_ns) if run else wall_ns
        self.tell.model(run, data, "load", at)
        if run and data.get("family"):
            run.family = data["family"]
        if run and not run.has_sampled:
            run.loaded_ns = at

    def _unload(self, wall_ns, mono_ns, data):
        self.tell.model(self.current, data, "unload", self.current.at(mono_ns) if self.current else wall_ns)

    def _use(self, wall_ns, mono_ns, data):
        if self.current is not None:
            self.current.weights[0] += data["hits"]
            self.current.weights[1] += data["misses"]
            self.current.family = data.get("family") or self.current.family

    def _oom_retry(self, wall_ns, mono_ns, data):
        if self.current is not None:
            self.current.oom_retries += 1

    def _vram(self, wall_ns, mono_ns, data):
        if self.current is not None:
            self.current.vram_mb = max(self.current.vram_mb, data["used_mb"])

    def _done(self, wall_ns, mono_ns, data):
        run = self.runs.pop(self.by_item.pop(data.get("item_id"), data.get("prompt_id")), None)
        if run is None:
            return
        if self.current is run:
            self.current = None
        if run.outcome is None:
            run.outcome = "succeeded" if data.get("status") == "success" else "failed"
            if run.outcome == "failed":
                run.error = run.error or ("internal", "ended without saying why", None)
        pictures = [self.inspect(run, one) for one in finished_pictures(run, data.get("outputs") or {})]
        finish_run(self.tell, run, run.at(mono_ns), [one for one in pictures if one])


def finished_pictures(run, outputs):
    """Files that this run wrote: those of cached nodes are of an earlier one, previews count where nothing was saved."""
    found = []
    for node_id, output in outputs.items():
        if run.is_cached(str(node_id)):
            continue
        for one in output:
            found.append({**one, "node": str(node_id)})
    saved = [one for one in found if one.get("type") == "output"]
    return saved or [one for one in found if one.get("type") == "temp"]
