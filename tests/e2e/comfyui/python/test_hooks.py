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


class Newer(Hooks):
    """With the progress registry and the model management of a newer ComfyUI."""

    def setUp(self):
        super().setUp()
        progress = types.ModuleType("comfy_execution.progress")
        progress.ProgressHandler = type("ProgressHandler", (), {"__init__": lambda self, name: setattr(self, "name", name), "reset": lambda self: None})
        progress.handlers = {}

        def add_progress_handler(handler):
            progress.handlers[handler.name] = handler
            handler.set_registry(types.SimpleNamespace(dynprompt=types.SimpleNamespace(get_node=lambda node_id: {"class_type": "ImageBlur"})))

        progress.add_progress_handler = add_progress_handler
        package = types.ModuleType("comfy_execution")
        package.progress = progress
        self.execution.reset_progress_state = lambda prompt_id, dynprompt: progress.handlers.clear()
        management = types.ModuleType("comfy.model_management")

        class LoadedModel:
            device = "cuda:0"

            def __init__(self, patcher):
                self.model = patcher

            def model_load(self, *args):
                return "loaded"

            def model_unload(self, *args):
                return True

        def load_models_gpu(models):
            for model in models:
                loaded = next((one for one in management.current_loaded_models if one.model is model), None) or LoadedModel(model)
                loaded.model_load()
                if loaded not in management.current_loaded_models:
                    management.current_loaded_models.append(loaded)

        management.current_loaded_models, management.LoadedModel, management.load_models_gpu = [], LoadedModel, load_models_gpu
        comfy = types.ModuleType("comfy")
        comfy.model_management = management
        sys.modules.update({"comfy_execution": package, "comfy_execution.progress": progress, "comfy": comfy, "comfy.model_management": management})
        self.progress, self.management = progress, management

    def tearDown(self):
        sys.modules.pop("comfy_execution.progress", None)
        super().tearDown()

    def test_missing_parts_are_named_and_the_rest_works(self):
        found = hooks.install(Worker())
        self.assertEqual([name for name in ("progress_registry", "model_management") if not found[name]], [])

    def test_nodes_and_steps_are_heard_in_every_prompt(self):
        worker = Worker()
        hooks.install(worker)
        for _ in range(2):
            self.execution.reset_progress_state("p-1", None)
            handler = self.progress.handlers["pegbar"]
            handler.start_handler("3", {}, "p-1")
            for step in (1, 2, 3):
                handler.update_handler("3", step, 3, {}, "p-1", image=object())
            handler.finish_handler("3", {}, "p-1")
            handler.start_handler("2.0.0.1", {}, "p-1")
            handler.finish_handler("2.0.0.1", {}, "p-1")
        told = [(kind, data["node"], data.get("type")) for kind, data in worker.facts]
        one = [("node_start", "3", None), ("node_finish", "3", None), ("node_start", "2.0.0.1", "ImageBlur"), ("node_finish", "2.0.0.1", None)]
        self.assertEqual(told, one + one)
        self.assertEqual([data["steps"][2:] for _, data in worker.facts if data.get("steps")], [(1, 3, 3), (1, 3, 3)])

    def test_a_model_is_loaded_once_and_found_afterwards(self):
        worker = Worker()
        hooks.install(worker)
        config = type("SDXL", (), {})()
        patcher = types.SimpleNamespace(model=types.SimpleNamespace(model_config=config), model_size=lambda: 7)
        for _ in range(2):
            self.management.load_models_gpu([patcher])
        self.assertTrue(self.management.current_loaded_models[0].model_unload())
        told = [(kind, data.get("hits"), data.get("misses"), data.get("bytes"), data.get("family")) for kind, data in worker.facts]
        self.assertEqual(told, [
            ("use", 0, 1, None, "SDXL"), ("load", None, None, 7, "SDXL"), ("use", 1, 0, None, "SDXL"), ("unload", None, None, 7, "SDXL"),
        ])

    def test_a_fault_of_ours_is_counted_and_the_host_goes_on(self):
        worker = Worker(broken=True)
        hooks.install(worker)
        self.execution.reset_progress_state("p-1", None)
        self.progress.handlers["pegbar"].start_handler("3", {}, "p-1")
        patcher = types.SimpleNamespace(model=None, model_size=lambda: 7)
        self.management.load_models_gpu([patcher])
        self.assertEqual(len(self.management.current_loaded_models), 1)
        self.assertGreaterEqual(worker.dropped["hook_fault"], 3)


if __name__ == "__main__":
    unittest.main()
