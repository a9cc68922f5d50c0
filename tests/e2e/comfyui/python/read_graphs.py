"""Reads a JSON list of API graphs from standard input and writes what the node makes of each."""

import json
import sys

import recording  # noqa: F401  (puts the node on the path)
from comfyui_pegbar.graph import read_graph, workflow_hash
from comfyui_pegbar.run import Run
from comfyui_pegbar.stages import workload_of

told = []
for graph in json.load(sys.stdin):
    run = Run("p", graph, {}, 0, 0)
    nodes = [run.start_node(node_id, class_type, 0) for node_id, class_type in run.shape.classes.items()]
    told.append({
        "settings": read_graph(graph), "hash": workflow_hash(graph), "samplers": sorted(run.shape.samplers),
        "stages": {node.id: node.stage.name for node in nodes}, "workload": workload_of(run.shape, run.settings),
    })
json.dump(told, sys.stdout)
