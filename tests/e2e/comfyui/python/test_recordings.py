"""What a real ComfyUI did, as its observer saw it, is what the node tells."""

import json
import unittest

import recording
from comfyui_pegbar import encode
from comfyui_pegbar.assemble import Assembler


def play(facts, **options):
    told = {"span": [], "record": []}
    assembler = Assembler(lambda kind, item: told[kind].append(item), picture_of, **options)
    for fact in facts:
        assembler.take(*fact)
    return assembler, told


def picture_of(run, picture):
    return {"node": picture["node"], "image_id": picture["filename"], "uri": "file:///" + picture["filename"], "width": 64, "height": 64}


class Observed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lines = recording.lines("observer-inprocess")
        cls.assembler, cls.told = play(recording.observed())
        cls.roots = {span["attributes"]["comfyui.prompt_id"]: span for span in cls.told["span"] if span["name"] == "comfyui prompt"}
        cls.ids = [line["prompt_id"] for line in cls.lines if line["kind"] == "queue_put"]
        cls.graphs = dict(zip(cls.ids, recording.accepted_graphs()))

    def of(self, prompt_id, kind="span"):
        trace = prompt_id.replace("-", "")
        return [one for one in self.told[kind] if one.get("trace_id") == trace]

    def seen(self, kind, prompt_id):
        return [line for line in self.lines if line["kind"] == kind and line.get("prompt_id") == prompt_id]

    def done(self):
        items = {line["item_id"]: line["prompt_id"] for line in self.lines if line["kind"] == "queue_get"}
        return {items[line["item_id"]]: line for line in self.lines if line["kind"] == "task_done"}

    def test_every_prompt_that_ended_is_told_once_and_none_stays_open(self):
        self.assertEqual(sorted(self.roots), sorted(self.done()))
        self.assertEqual(len([span for span in self.told["span"] if span["name"] == "comfyui prompt"]), len(self.roots))
        self.assertEqual(self.assembler.runs, {})

    def test_outcomes_are_those_of_the_history(self):
        for prompt_id, line in self.done().items():
            last = line["status"]["messages"][-1]
            expected = {"execution_success": "succeeded", "execution_interrupted": "cancelled", "execution_error": "failed"}[last[0]]
            self.assertEqual(self.roots[prompt_id]["attributes"]["pegbar.outcome"], expected, prompt_id)

    def test_errors_have_the_code_of_their_cause(self):
        codes = {}
        for prompt_id, line in self.done().items():
            last = line["status"]["messages"][-1]
            if last[0] == "execution_error":
                told = self.roots[prompt_id]["error"]
                codes[(last[1]["exception_type"], last[1]["exception_message"].strip()[:24])] = told[0]
                self.assertNotIn("/COMFYUI", told[1])
        self.assertEqual({codes[key] for key in codes if "Memory" in key[0]}, {"oom"})
        self.assertEqual({code for (kind, text), code in codes.items() if "enforce fail" in text or "CUDA out" in text}, {"oom"})
        self.assertEqual(codes[("RuntimeError", "pegbar fixture: delibera")], "internal")

    def test_nodes_are_spans_with_the_times_that_the_hooks_saw(self):
        for prompt_id in self.roots:
            spans = {span["attributes"]["comfyui.node_id"]: span for span in self.of(prompt_id) if "comfyui.node_id" in span["attributes"]}
            started = {line["node"]: line for line in reversed(self.seen("node_start", prompt_id))}
            finished = {line["node"]: line for line in self.seen("node_finish", prompt_id)}
            executed = {node for node, span in spans.items() if not span["attributes"]["comfyui.cached"]}
            self.assertEqual(executed, set(started), prompt_id)
            for node in set(finished) & set(started):
                span = spans[node]
                seen = finished[node]["mono_ns"] - started[node]["mono_ns"]
                self.assertEqual(span["end_ns"] - span["start_ns"], seen)
            for node in set(started) - set(finished):
                self.assertTrue(spans[node]["error"] or spans[node]["attributes"].get("comfyui.unfinished"))

    def test_cached_nodes_are_spans_without_duration(self):
        for line in self.lines:
            if line["kind"] == "add_message" and line["event"] == "execution_cached":
                cached = [span for span in self.of(line["data"]["prompt_id"]) if span["attributes"].get("comfyui.cached")]
                self.assertLessEqual(set(line["data"]["nodes"]), {span["attributes"]["comfyui.node_id"] for span in cached})
                self.assertTrue(all(span["end_ns"] == span["start_ns"] for span in cached))

    def test_waits_and_latencies_are_those_of_the_queue(self):
        for prompt_id, done in self.done().items():
            put, get = self.seen("queue_put", prompt_id)[0], self.seen("queue_get", prompt_id)[0]
            root = self.roots[prompt_id]
            self.assertAlmostEqual(root["attributes"]["pegbar.queue.wait_ms"], (get["mono_ns"] - put["mono_ns"]) / 1e6, places=2)
            self.assertEqual(root["end_ns"] - root["start_ns"], done["mono_ns"] - put["mono_ns"])

    def test_settings_are_those_of_the_graph(self):
        prompt_id = self.ids[0]
        attributes = self.roots[prompt_id]["attributes"]
        self.assertEqual(self.graphs[prompt_id]["prompt"]["3"]["inputs"]["seed"], 42)
        expected = {
            "pegbar.model.version": "pegbar-random-sd15.safetensors", "pegbar.sampler": "euler", "pegbar.scheduler": "normal",
            "pegbar.steps": 4, "pegbar.cfg": 7.0, "pegbar.seed": "42", "pegbar.denoise": 1.0, "pegbar.width": 64, "pegbar.height": 64,
            "pegbar.loras": [{"id": "pegbar-a.safetensors", "weight": 0.8}, {"id": "pegbar-b.safetensors", "weight": 0.5}],
            "pegbar.prompt": "a wooden toy house on a hill, morning light", "pegbar.negative_prompt": "text, watermark",
            "pegbar.workload": "single_image", "comfyui.pictures": 1, "comfyui.nodes": 9, "comfyui.nodes_executed": 9,
            "comfyui.workflow_id": "pegbar-fixture",
        }
        self.assertEqual({name: attributes.get(name) for name in expected}, expected)
        self.assertEqual([span["name"] for span in self.of(prompt_id) if "pegbar.stage" in span["attributes"]], ["preprocess", "generate", "postprocess"])

    def test_steps_per_second_are_those_between_the_steps(self):
        prompt_id = self.ids[0]
        steps = self.seen("node_progress", prompt_id)
        expected = (len(steps) - 1) * 1e9 / (steps[-1]["mono_ns"] - steps[0]["mono_ns"])
        self.assertAlmostEqual(self.roots[prompt_id]["attributes"]["comfyui.steps_per_second"], expected, places=3)

    def test_pictures_are_those_that_this_run_wrote(self):
        for prompt_id, line in self.done().items():
            cached = {node for message in line["status"]["messages"] if message[0] == "execution_cached" for node in message[1]["nodes"]}
            files = [one for node, output in line["outputs"].items() if node not in cached for one in output.get("images", [])]
            saved = [one for one in files if one["type"] == "output"] or [one for one in files if one["type"] == "temp"]
            told = [record["image_id"] for record in self.of(prompt_id, "record") if record["type"] == "artifact"]
            self.assertEqual(told, [one["filename"] for one in saved])
            self.assertEqual(self.roots[prompt_id]["attributes"]["comfyui.pictures"], len(saved))
            counted = [span["attributes"].get("pegbar.images", 0) for span in self.of(prompt_id) if "pegbar.stage" in span["attributes"]]
            self.assertEqual(sum(counted), len(saved))

    def test_nodes_made_at_run_time_lie_under_the_node_that_made_them(self):
        spans = {span["attributes"].get("comfyui.node_id"): span for span in self.told["span"] if "." in str(span["attributes"].get("comfyui.node_id"))}
        self.assertTrue(spans)
        for node, span in spans.items():
            if not span["attributes"]["comfyui.cached"]:
                parents = [one for one in self.told["span"] if one["span_id"] == span["parent"]]
                self.assertEqual(parents[0]["attributes"]["comfyui.node_id"], node.split(".")[0])

    def test_boundaries_of_a_picture_come_in_their_order(self):
        boundaries = [record for record in self.of(self.ids[0], "record") if record["type"] == "boundary"]
        ordered = [one["boundary"] for one in sorted(boundaries, key=lambda one: one["timestamp"])]
        expected = ["prompt_received", "model_loaded", "inference_started", "inference_finished", "frame_emitted", "postprocess_done"]
        self.assertEqual(sorted(ordered), sorted(expected))
        self.assertEqual(ordered[:4], expected[:4])

    def test_identities_are_the_same_when_told_again_and_differ_from_each_other(self):
        _, again = play(recording.observed())
        self.assertEqual([span["span_id"] for span in again["span"]], [span["span_id"] for span in self.told["span"]])
        self.assertEqual(again["record"], self.told["record"])
        ids = [(span["trace_id"], span["span_id"]) for span in self.told["span"]]
        self.assertEqual(len(ids), len(set(ids)))
        events = [record["event_id"] for record in self.told["record"]]
        self.assertEqual(len(events), len(set(events)))

    def test_nothing_is_told_that_must_not_leave(self):
        body = encode.traces_body({}, "0", self.told["span"]) + encode.records_body(self.told["record"])
        for secret in (b"traceback", b"current_inputs", b"client-a", b"/COMFYUI", b"extra_pnginfo"):
            self.assertNotIn(secret, body)

    def test_prompts_stay_where_that_is_wished(self):
        _, told = play(recording.observed(), with_prompts=False)
        body = encode.traces_body({}, "0", told["span"]) + encode.records_body(told["record"])
        self.assertNotIn(b"wooden toy house", body)
        self.assertIn(b"pegbar.prompt.length", body)


class OlderVersions(unittest.TestCase):
    """Before the progress registry, times of nodes come from the messages to the client."""

    def test_nodes_follow_one_another(self):
        for name in ("v0.3.40-s03-diffusion", "v2024-10-s03-diffusion"):
            told, graph = self.play(name)
            nodes = [span for span in told["span"] if span["attributes"].get("comfyui.cached") is False]
            self.assertEqual({span["attributes"]["comfyui.node_id"] for span in nodes}, set(graph), name)
            sampler = next(span for span in nodes if span["name"] == "KSampler")
            self.assertEqual(sampler["attributes"]["comfyui.steps_done"], graph["3"]["inputs"]["steps"])
            self.assertGreater(sampler["attributes"]["comfyui.steps_per_second"], 0)

    def play(self, name):
        body = json.loads(recording.prompts(name)[0][0])
        prompt_id = json.loads(recording.prompts(name)[0][2])["prompt_id"]
        facts = [("put", 0, 0, {"prompt_id": prompt_id, "graph": body["prompt"], "context": {}, "depth": 1})]
        facts.append(("get", 1, 1, {"prompt_id": prompt_id, "item_id": 0, "depth": 0}))
        for line in recording.lines(name):
            message = json.loads(line["text"]) if line["kind"] == "ws_text" else {}
            data, at = message.get("data") or {}, int(line["t"] * 1e9)
            if message.get("type") in ("executing", "progress"):
                facts.append((message["type"], at, at, data))
            elif str(message.get("type")).startswith("execution_"):
                facts.append(("message", at, at, {"event": message["type"], **data}))
        facts.append(("done", at, at, {"item_id": 0, "outputs": {}, "status": "success"}))
        return play(facts)[1], body["prompt"]


class Rejections(unittest.TestCase):
    def test_every_refusal_becomes_a_rejected_request_that_says_why(self):
        from comfyui_pegbar.worker import answered

        for body, status, answer in recording.prompts("s05-validation-error"):
            if status not in (200, 400):
                continue
            sent = json.loads(body)
            graph = sent.get("prompt") or {}
            kind, data = answered({"status": status, "body": answer.encode(), "graph": graph, "context": {}, "depth": 0})
            if status == 200:
                self.assertEqual(kind, "answer")
                self.assertGreater(data["node_errors"], 0)
                continue
            _, told = play([(kind, 10**18, 0, data)])
            root = told["span"][-1]
            self.assertEqual((root["attributes"]["pegbar.outcome"], root["error"][0]), ("rejected", "invalid_config"))
            self.assertTrue(root["error"][1])


if __name__ == "__main__":
    unittest.main()
