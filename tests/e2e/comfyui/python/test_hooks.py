"""The hooks on stand-ins of ComfyUI: what the host does stays as it is, whatever we do."""

import sys
import types
import unittest
from collections import namedtuple

import recording  # noqa: F401  (puts the node on the path)
from comfyui_pegbar import hooks

Status = namedtuple("ExecutionStatus", "status_str completed messages")


class Queue:
    def __init__(self):
        import threading

        self.queue, self.running, self.mutex = [], {}, threading.RLock()

    def put(self, item):
        self.queue.append(item)

    def get(self, timeout=None):
        if not self.queue:
            return None
        item = self.queue.pop(0)
        self.running[len(self.running)] = item
        return item, len(self.running) - 1

    def task_done(self, item_id, history_result, status=None):
        if item_id not in self.running:
            raise KeyError(item_id)
        return self.running.pop(item_id)

    def wipe_queue(self):
        self.queue = []

    def delete_queue_item(self, function):
        kept = [item for item in self.queue if not function(item)]
        self.queue, changed = kept, len(kept) < len(self.queue)
        return changed


class Executor:
    def add_message(self, event, data, broadcast):
        self.last = (event, data)


class Worker:
    def __init__(self, broken=False):
        self.facts, self.dropped, self.said, self.broken = [], {}, [], broken

    def put(self, kind, data):
        if self.broken:
            raise RuntimeError("our own fault")
        self.facts.append((kind, data))

    def drop(self, reason, count):
        self.dropped[reason] = self.dropped.get(reason, 0) + count

    def say(self, text, good=False):
        self.said.append(text)


class Hooks(unittest.TestCase):
    def setUp(self):
        self.before = {name: sys.modules.get(name) for name in ("server", "execution", "comfy", "comfy.model_management", "comfy_execution", "aiohttp")}
        self.prompts = Queue()
        instance = types.SimpleNamespace(prompt_queue=self.prompts, send_sync=lambda event, data, sid=None: "sent")
        server = types.ModuleType("server")
        server.PromptServer = types.SimpleNamespace(instance=instance)
        execution = types.ModuleType("execution")
        execution.PromptExecutor = type("PromptExecutor", (Executor,), {"add_message": Executor.add_message})
        sys.modules.update({"server": server, "execution": execution, "comfy": None, "comfy.model_management": None, "comfy_execution": None, "aiohttp": None})
        self.instance, self.execution = instance, execution

    def tearDown(self):
        for name, module in self.before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module

    def queue_one(self):
        graph = {"1": {"class_type": "EmptyImage", "inputs": {"width": 64}, "is_changed": [float("nan")]}}
        extra = {"api_key_comfy_org": "secret", "client_id": "tab-1", "extra_pnginfo": {"workflow": {"id": "w", "nodes": ["secret"]}}}
        self.prompts.put((0, "p-1", graph, extra, ["1"], {"sensitive": "secret"}))

    def test_missing_parts_are_named_and_the_rest_works(self):
        worker = Worker()
        found = hooks.install(worker)
        self.assertFalse(found["models"])
        self.assertFalse(found["http"])
        self.assertFalse(found["progress_registry"])
        self.assertTrue(found["PromptQueue.put"] if "PromptQueue.put" in found else found["Queue.put"])

    def test_the_queue_gives_what_it_gave_before(self):
        worker = Worker()
        hooks.install(worker)
        self.queue_one()
        item, item_id = self.prompts.get(timeout=1)
        self.assertEqual((item[1], item_id), ("p-1", 0))
        outputs = {"5": {"images": [{"filename": "a.png", "subfolder": "", "type": "output"}], "text": ["long"]}}
        self.prompts.task_done(item_id, {"outputs": outputs}, status=Status("success", True, []))
        with self.assertRaises(KeyError):
            self.prompts.task_done(99, {})
        self.assertIsNone(self.prompts.get(timeout=0))
        kinds = [kind for kind, _ in worker.facts]
        self.assertEqual(kinds, ["put", "get", "done", "done"])
        self.assertEqual(worker.facts[2][1]["outputs"], {"5": [{"filename": "a.png", "subfolder": "", "type": "output"}]})

    def test_secrets_of_extra_data_are_not_taken_along(self):
        worker = Worker()
        hooks.install(worker)
        self.queue_one()
        told = repr(worker.facts)
        for secret in ("secret", "tab-1", "is_changed"):
            self.assertNotIn(secret, told)
        self.assertEqual(worker.facts[0][1]["context"]["workflow_id"], "w")

    def test_tracebacks_and_inputs_are_not_taken_along(self):
        worker = Worker()
        hooks.install(worker)
        executor = self.execution.PromptExecutor()
        data = {"prompt_id": "p-1", "node_id": "2", "exception_type": "E", "exception_message": "m", "traceback": ["/home/x"], "current_inputs": {"text": ["prompt"]}}
        executor.add_message("execution_error", data, broadcast=False)
        self.assertEqual(executor.last, ("execution_error", data))
        self.assertEqual(set(worker.facts[0][1]), {"event", "prompt_id", "node_id", "exception_type", "exception_message"})

    def test_a_fault_of_ours_is_counted_and_the_host_goes_on(self):
        worker = Worker(broken=True)
        hooks.install(worker)
        self.queue_one()
        item, item_id = self.prompts.get()
        self.prompts.task_done(item_id, {"outputs": None})
        self.assertEqual(self.instance.send_sync("executing", {"node": "1"}), "sent")
        self.assertGreaterEqual(worker.dropped["hook_fault"], 4)

    def test_deleted_prompts_are_seen_by_what_is_left(self):
        worker = Worker()
        hooks.install(worker)
        self.queue_one()
        self.prompts.delete_queue_item(lambda item: item[1] == "p-1")
        self.assertEqual(worker.facts[-1], ("queue", {"ids": []}))


if __name__ == "__main__":
    unittest.main()
