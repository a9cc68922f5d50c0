"""The recordings as the facts that the hooks would have handed over. Recorded on a real ComfyUI; see ../README.md."""

import gzip
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDINGS = os.path.join(os.path.dirname(HERE), "recordings")
NODE = os.path.join(HERE, "..", "..", "..", "..", "python")
sys.path.insert(0, NODE)

# The sessions that the observer inside ComfyUI saw, in their order: it kept no graphs, the requests did.
OBSERVED = ("s03-diffusion", "s06-runtime-error", "s07-out-of-memory", "s08-interrupt", "s10-two-clients", "s13-expand-async")
MESSAGE_NAMES = ("prompt_id", "node_id", "node_type", "exception_type", "exception_message", "nodes")


def lines(name):
    with gzip.open(os.path.join(RECORDINGS, name + ".ndjson.gz"), "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def prompts(name):
    """Bodies of the prompts that a session queued, with the answers."""
    found, asked = [], None
    for line in lines(name):
        if line["kind"] == "http_request" and line["path"] == "/prompt" and line["method"] == "POST":
            asked = line["body"]
        if line["kind"] == "http_response" and line["path"] == "/prompt" and asked is not None:
            found.append((asked, line["status"], line["body"]))
            asked = None
    return found


def accepted_graphs():
    for name in OBSERVED:
        for body, status, _ in prompts(name):
            if status == 200:
                yield json.loads(body)


def observed():
    """Facts `(kind, wall_ns, mono_ns, data)` of everything that the observer saw."""
    from comfyui_pegbar.hooks import context_of, copy_graph, copy_outputs

    bodies, steps, resident, pending = accepted_graphs(), {}, set(), 0
    for line in lines("observer-inprocess"):
        kind, data = line["kind"], None
        if kind == "queue_put":
            body = next(bodies)
            pending += 1
            data = {
                "prompt_id": line["prompt_id"], "graph": copy_graph(body["prompt"]), "depth": pending,
                "context": context_of(body.get("extra_data"), body.get("client_id")),
            }
            kind = "put"
        elif kind == "queue_get":
            pending -= 1
            kind, data = "get", {"prompt_id": line["prompt_id"], "item_id": line["item_id"], "depth": pending}
        elif kind == "add_message":
            told = {name: line["data"][name] for name in MESSAGE_NAMES if name in line["data"]}
            kind, data = "message", {"event": line["event"], **told}
        elif kind == "node_start":
            data = {"prompt_id": line["prompt_id"], "node": line["node"], "type": None}
        elif kind == "node_progress":
            known = steps.setdefault(line["node"], [line["mono_ns"], line["mono_ns"], line["value"], line["value"], line["max"]])
            known[1], known[3] = line["mono_ns"], line["value"]
            continue
        elif kind == "node_finish":
            told = steps.pop(line["node"], None)
            data = {"prompt_id": line["prompt_id"], "node": line["node"], "steps": tuple(told) if told else None}
        elif kind == "load_models_gpu":
            misses = sum(1 for name in line["asked"] if name not in resident)
            resident = {model["class"] for model in line["resident"]}
            kind, data = "use", {"hits": len(line["asked"]) - misses, "misses": misses, "family": None}
        elif kind == "model_load" and line["model"]["class"] not in resident:
            model = line["model"]
            kind, data = "load", {**model, "family": None, "ns": line["ns"]}
        elif kind == "model_unload":
            kind, data = "unload", {**line["model"], "family": None, "ns": 0}
            resident.discard(line["model"]["class"])
        elif kind == "task_done":
            status = line["status"]["status_str"]
            kind, data = "done", {"item_id": line["item_id"], "outputs": copy_outputs(line["outputs"]), "status": status}
        if data is not None:
            yield kind, int(line["wall"] * 1e9), line["mono_ns"], data
