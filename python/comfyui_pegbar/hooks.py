"""Hooks into ComfyUI, from 2024-08 on. Each is looked up, noted when missing, and only hands a fact to the worker.

What a hook calls of ours is guarded: a fault of ours is counted and swallowed, the host's results and exceptions pass
through unchanged.
"""

import contextvars
import functools
import hashlib
import logging
import threading
import time

OUTPUT_KEYS = ("images", "gifs", "videos", "video", "animated")
OUTPUTS_MOST = 2_000
SESSION_BYTES = 16


def guarded(worker, function):
    @functools.wraps(function)
    def call(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except Exception:  # an observer never breaks its host
            worker.drop("hook_fault", 1)
            return None

    return call


def wrap(found, owner, name, before=None, after=None):
    """Wraps owner.name; `after` gets (args, kwargs, result, error, ns)."""
    original = getattr(owner, name, None)
    label = "%s.%s" % (getattr(owner, "__name__", type(owner).__name__), name)
    found[label] = callable(original)
    if not callable(original):
        return False

    @functools.wraps(original)
    def wrapper(*args, **kwargs):
        if before is not None:
            before(args, kwargs)
        if after is None:
            return original(*args, **kwargs)
        start, result, error = time.perf_counter_ns(), None, None
        try:
            result = original(*args, **kwargs)
            return result
        except BaseException as fault:
            error = fault
            raise
        finally:
            after(args, kwargs, result, error, time.perf_counter_ns() - start)

    setattr(owner, name, wrapper)
    return True


def copy_graph(graph):
    """The nodes of a graph without what ComfyUI adds to them while they run."""
    return {
        node_id: {"class_type": node.get("class_type"), "inputs": dict(node.get("inputs") or {})}
        for node_id, node in graph.items()
        if isinstance(node, dict)
    }


def context_of(extra, client_id=None):
    """The few words of extra_data that are told; keys and tokens of other services stand in the rest of it."""
    extra = extra if isinstance(extra, dict) else {}
    client = client_id or extra.get("client_id")
    pnginfo = extra.get("extra_pnginfo")
    workflow = pnginfo.get("workflow") if isinstance(pnginfo, dict) else None
    workflow_id = workflow.get("id") if isinstance(workflow, dict) else None
    context = {"traceparent": extra.get("traceparent"), "pegbar": extra.get("pegbar")}
    if isinstance(workflow_id, str):
        context["workflow_id"] = workflow_id[:100]
    if isinstance(client, str) and client:
        context["session"] = hashlib.sha256(client.encode("utf-8", "replace")).hexdigest()[:SESSION_BYTES]
    return context


def copy_outputs(outputs):
    """Files that nodes told of: name, folder and kind of each."""
    copied, count = {}, 0
    for node_id, output in (outputs or {}).items():
        if not isinstance(output, dict):
            continue
        for key in OUTPUT_KEYS:
            for one in output.get(key) or ():
                if not isinstance(one, dict) or not isinstance(one.get("filename"), str) or count >= OUTPUTS_MOST:
                    continue
                count += 1
                place = {name: one.get(name) for name in ("filename", "subfolder", "type")}
                copied.setdefault(str(node_id), []).append(place)
    return copied


def install(worker):
    """Installs every hook that this ComfyUI has; returns {name: found}."""
    found = {}
    for part in (_queue, _http, _messages, _nodes, _models, _warnings):
        try:
            part(worker, found)
        except Exception as fault:
            found[part.__name__.strip("_")] = False
            worker.say("no %s: %r" % (part.__name__.strip("_"), fault))
    return found


def _server():
    import server

    return server.PromptServer.instance


def _queue(worker, found):
    """The backbone: works with and without a client."""
    prompts = _server().prompt_queue

    def waiting():
        return len(prompts.queue)

    def put(args, kwargs):
        item = args[0] if args else kwargs["item"]
        context = context_of(item[3] if len(item) > 3 else None)
        data = {"prompt_id": item[1], "graph": copy_graph(item[2]), "context": context, "depth": waiting() + 1}
        worker.put("put", data)

    def get(args, kwargs, result, error, ns):
        if result is not None:
            worker.put("get", {"prompt_id": result[0][1], "item_id": result[1], "depth": waiting()})

    def done(args, kwargs, result, error, ns):
        history = args[1] if len(args) > 1 else kwargs.get("history_result")
        status = args[2] if len(args) > 2 else kwargs.get("status")
        outputs = copy_outputs(history.get("outputs") if isinstance(history, dict) else None)
        item_id = args[0] if args else kwargs.get("item_id")
        worker.put("done", {"item_id": item_id, "outputs": outputs, "status": getattr(status, "status_str", None)})

    def left(args, kwargs, result, error, ns):
        with prompts.mutex:
            worker.put("queue", {"ids": [item[1] for item in prompts.queue]})

    # Before it is in the queue, because the worker thread may take it at once.
    wrap(found, prompts, "put", before=guarded(worker, put))
    wrap(found, prompts, "get", after=guarded(worker, get))
    wrap(found, prompts, "task_done", after=guarded(worker, done))
    wrap(found, prompts, "wipe_queue", after=guarded(worker, left))
    wrap(found, prompts, "delete_queue_item", after=guarded(worker, left))


def _http(worker, found):
    """Refused prompts: ComfyUI tells nobody but the caller."""
    from aiohttp import web

    instance = _server()
    current = contextvars.ContextVar("pegbar_prompt", default=None)

    def note(body):
        slot = current.get()
        if slot is not None and isinstance(body, dict):
            graph = body.get("prompt")
            slot["graph"] = copy_graph(graph) if isinstance(graph, dict) else {}
            slot["context"] = context_of(body.get("extra_data"), body.get("client_id"))

    note = guarded(worker, note)

    def seen(body):
        note(body)
        return body  # must be handed on, else the prompt is lost

    def tell(slot, response):
        if "graph" not in slot or response.status not in (200, 400):
            return
        body = response.body if isinstance(response.body, (bytes, bytearray)) else b""
        data = {"status": response.status, "body": bytes(body), "depth": len(instance.prompt_queue.queue), **slot}
        worker.put("http", data)

    tell = guarded(worker, tell)

    @web.middleware
    async def middleware(request, handler):
        if request.method != "POST" or request.path not in ("/prompt", "/api/prompt"):
            return await handler(request)
        slot = {}
        token = current.set(slot)
        try:
            response = await handler(request)
        finally:
            current.reset(token)
        tell(slot, response)
        return response

    found["add_on_prompt_handler"] = hasattr(instance, "add_on_prompt_handler")
    if found["add_on_prompt_handler"]:
        instance.add_on_prompt_handler(seen)
    instance.app.middlewares.append(middleware)
    found["middleware"] = True


def _messages(worker, found):
    import execution

    names = ("prompt_id", "node_id", "node_type", "exception_type", "exception_message", "nodes")

    def add_message(args, kwargs):
        event = args[1] if len(args) > 1 else kwargs.get("event")
        data = args[2] if len(args) > 2 else kwargs.get("data")
        # Tracebacks and inputs hold prompts and paths: they are not even taken along.
        told = {name: data[name] for name in names if name in data}
        if "nodes" in told:
            told["nodes"] = list(told["nodes"])
        worker.put("message", {"event": event, **told})

    wrap(found, execution.PromptExecutor, "add_message", before=guarded(worker, add_message))


def _nodes(worker, found):
    """Starts, steps and ends of nodes: from the progress registry, before 0.3.44 from the messages to clients."""
    import execution

    try:
        from comfy_execution import progress
    except ImportError:
        progress = None
    if progress is None or not hasattr(progress, "add_progress_handler") or not hasattr(execution, "reset_progress_state"):
        found["progress_registry"] = False
        _nodes_of_clients(worker, found)
        return
    steps = {}

    class Handler(progress.ProgressHandler):
        dynprompt = None

        def __init__(self):
            super().__init__("pegbar")

        def set_registry(self, registry):
            self.dynprompt = getattr(registry, "dynprompt", None)

        def start_handler(self, node_id, state, prompt_id):
            start(self.dynprompt, node_id, prompt_id)

        def update_handler(self, node_id, value, max_value, state, prompt_id, image=None):
            update(node_id, value, max_value)

        def finish_handler(self, node_id, state, prompt_id):
            finish(node_id, prompt_id)

    def start(dynprompt, node_id, prompt_id):
        class_type = None
        if "." in node_id and dynprompt is not None:  # a node that another one made while it ran
            class_type = dynprompt.get_node(node_id).get("class_type")
        worker.put("node_start", {"prompt_id": prompt_id, "node": node_id, "type": class_type})

    def update(node_id, value, max_value):
        now, known = time.perf_counter_ns(), steps.get(node_id)
        if known is None:
            steps[node_id] = [now, now, value, value, max_value]
        elif value != known[3]:
            known[1], known[3], known[4] = now, value, max_value

    def finish(node_id, prompt_id):
        told = steps.pop(node_id, None)
        # A node without steps is told one by the registry when it ends.
        told = tuple(told) if told and told[4] > 1 else None
        worker.put("node_finish", {"prompt_id": prompt_id, "node": node_id, "steps": told})

    start, update, finish = guarded(worker, start), guarded(worker, update), guarded(worker, finish)
    handler = Handler()

    def add(args, kwargs, result, error, ns):
        steps.clear()
        progress.add_progress_handler(handler)

    # The registry is a new one for each prompt.
    found["progress_registry"] = wrap(found, execution, "reset_progress_state", after=guarded(worker, add))


def _nodes_of_clients(worker, found):
    def sent(args, kwargs):
        event = args[0] if args else kwargs.get("event")
        if event not in ("executing", "progress"):
            return
        data = args[1] if len(args) > 1 else kwargs.get("data")
        names = ("prompt_id", "node", "value", "max")
        worker.put(event, {name: data.get(name) for name in names})

    wrap(found, _server(), "send_sync", before=guarded(worker, sent))


def _models(worker, found):
    import comfy.model_management as management

    resident = threading.local()

    def before(args, kwargs):
        models = args[0] if args else kwargs.get("models") or ()
        loaded = {id(one.model) for one in management.current_loaded_models}
        resident.ids = loaded
        misses = sum(1 for model in models if id(model) not in loaded)
        family = next((name for name in map(family_of, models) if name), None)
        worker.put("use", {"hits": len(models) - misses, "misses": misses, "family": family})

    def after(args, kwargs, result, error, ns):
        resident.ids = None

    def loaded(args, kwargs, result, error, ns):
        known = getattr(resident, "ids", None)
        patcher = args[0].model
        # Resident models pass here too, each time they are used.
        if error is None and patcher is not None and not (known and id(patcher) in known):
            worker.put("load", model_facts(patcher, args[0], ns))

    def unloaded(args, kwargs, result, error, ns):
        facts = unloading.__dict__.pop("facts", None)
        if error is None and facts and result is not False:
            worker.put("unload", {**facts, "ns": ns})

    unloading = threading.local()

    def unload(args, kwargs):
        unloading.facts = model_facts(args[0].model, args[0], 0) if args[0].model is not None else None

    found["model_management"] = wrap(
        found, management, "load_models_gpu", before=guarded(worker, before), after=guarded(worker, after))
    if hasattr(management, "LoadedModel"):
        wrap(found, management.LoadedModel, "model_load", after=guarded(worker, loaded))
        wrap(found, management.LoadedModel, "model_unload", before=guarded(worker, unload), after=guarded(worker, unloaded))


def model_facts(patcher, loaded, ns):
    return {
        "class": type(patcher.model).__name__, "family": family_of(patcher), "bytes": int(patcher.model_size()),
        "device": str(getattr(loaded, "device", "")), "ns": ns,
    }


def family_of(patcher):
    """Family of a diffusion model (SD15, SDXL, Flux …); None of text encoders, VAEs and the like."""
    config = getattr(getattr(patcher, "model", None), "model_config", None)
    return type(config).__name__ if config is not None and not isinstance(config, dict) else None


def _warnings(worker, found):
    """VAE, attention and upscale nodes catch an OOM and try again in tiles: only the log tells of it."""

    class Listener(logging.Handler):
        def emit(self, record):
            try:
                if "an out of memory" in record.msg or "Ran out of memory" in record.msg:
                    worker.put("oom_retry", {})
            except Exception:
                pass

    logging.getLogger().addHandler(Listener(level=logging.WARNING))
    found["log"] = True
