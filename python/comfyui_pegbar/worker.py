"""The thread that does everything which is not a hook: it puts facts together, keeps them on disk and sends them."""

import gzip
import json
import os
import queue
import threading
import time

from . import encode, host, media
from .assemble import Assembler
from .buffer import Buffer
from .ids import digest
from .sender import Sender

# Facts that wait for this thread; a prompt of 30 nodes has some 80. What comes then is dropped and counted.
FACTS_MOST = 50_000
FLUSH_S, IDLE_S, MEMORY_S = 1.0, 1.0, 0.25
# How far the end of a killed prompt may be from the truth.
MARK_S = 5.0
BATCH_MOST = 500
# A stop must not hold up the end of ComfyUI.
STOP_S = 3.0
THUMBNAILS_MOST, THUMBNAIL_PX = 256, 384
REPORT_S = 60.0


class Worker:
    def __init__(self, config, version, say):
        self.config, self.version, self.say = config, version, say
        self.facts, self.stopping = queue.SimpleQueue(), threading.Event()
        self.dropped, self.reported, self.drop_lock = {}, {}, threading.Lock()
        self.spans, self.records, self.thumbnails = [], [], []
        self.flush_at = self.report_at = self.mark_at = 0.0
        self.started_ns, self.is_over = time.time_ns(), False
        self.assembler = Assembler(self._emit, self._inspect, config.tags, config.queue, config.with_prompts)
        self.assembler.tell.host = config.host
        self.thread = threading.Thread(target=self._run, name="pegbar", daemon=True)
        self.marker, self.buffer, self.sender, self.resource, self.memory = None, None, None, None, None

    # For hooks: any thread, never blocks, never raises.

    def put(self, kind, data):
        if self.is_over or self.facts.qsize() >= FACTS_MOST:
            self.drop("stopped" if self.is_over else "facts_full", 1)
            return
        self.facts.put((kind, time.time_ns(), time.perf_counter_ns(), data))

    def drop(self, reason, count):
        with self.drop_lock:
            self.dropped[reason] = self.dropped.get(reason, 0) + count

    def start(self):
        self.thread.start()

    def stop(self):
        """Ends the thread in order: what is known goes to disk, and is sent if that is quick."""
        self.stopping.set()
        self.facts.put(None)
        self.thread.join(STOP_S)

    def status(self):
        sender, buffer = self.sender, self.buffer
        return {
            "version": self.version, "server": self.config.url, "sent": sender.sent if sender else 0,
            "buffered": buffer.items if buffer else 0, "buffered_bytes": buffer.bytes if buffer else 0,
            "waiting_facts": self.facts.qsize(), "open_prompts": len(self.assembler.runs), "dropped": dict(self.dropped),
            "problem": sender.problem if sender else None, "buffer_problem": buffer.fault if buffer else None,
        }

    # The thread -------------------------------------------------------------------------------------------------------

    def _run(self):
        try:
            self._open()
        except Exception as fault:  # the render goes on, whatever happens here
            self.is_over = True
            self.say("stopped by a fault of its own: %r" % fault)
            return
        while not self.stopping.is_set():
            try:
                self._turn()
            except Exception as fault:
                self.drop("fault", 1)
                self.say("a fault of its own: %r" % fault)
                self.stopping.wait(IDLE_S)
        self._end()

    def _end(self):
        try:
            self._drain(0)
            self._flush(force=True)
            self.sender.pump(time.monotonic() + 1.0)
        except Exception as fault:
            self.say("a fault of its own at the end: %r" % fault)
        self.is_over = True

    def _open(self):
        folder = host.buffer_folder(self.config)
        self.buffer = Buffer(os.path.join(folder, "queue"), self.config.buffer_bytes, self.drop)
        agent = "comfyui-pegbar/%s" % self.version
        self.sender = Sender(self.config, self.buffer, self.drop, self.say, agent)
        self.marker = os.path.join(folder, "open.json")
        self.resource = host.resource(self.config, self.version)
        self.memory = host.Memory()
        self._close_lost()

    def _turn(self):
        busy = self.assembler.current is not None
        self._drain(MEMORY_S if busy and self.memory.cuda else IDLE_S)
        if self.assembler.current is not None:
            used = self.memory.used_mb()
            if used:
                self.assembler.take("vram", 0, 0, {"used_mb": used})
        self._flush()
        self._report()
        if not busy and self.thumbnails:
            self._make_thumbnail(*self.thumbnails.pop(0))
        self.sender.pump(time.monotonic() + FLUSH_S)

    def _drain(self, timeout_s):
        """Takes what there is, after waiting for a first fact."""
        told, before = 0, len(self.assembler.runs)
        while told < BATCH_MOST * 10:
            try:
                fact = self.facts.get(timeout=timeout_s) if told == 0 and timeout_s else self.facts.get_nowait()
            except queue.Empty:
                break
            if fact is None:
                break
            told += 1
            self._take(fact)
        if (told and (self.assembler.runs or before)) or (self.assembler.runs and time.monotonic() >= self.mark_at):
            self._mark()

    def _take(self, fact):
        kind, wall_ns, mono_ns, data = fact
        try:
            if kind == "get":
                self.memory.begin()
            elif kind == "done" and self.memory.used_mb():
                self.assembler.take("vram", 0, 0, {"used_mb": self.memory.used_mb()})
            elif kind == "http":
                kind, data = answered(data)
            self.assembler.take(kind, wall_ns, mono_ns, data)
        except Exception as fault:  # one prompt that cannot be told must not silence the next
            self.drop("fault", 1)
            self.say("a fact of kind %s could not be told: %r" % (kind, fault))

    def _emit(self, kind, item):
        (self.spans if kind == "span" else self.records).append(item)
        if len(self.spans) >= BATCH_MOST or len(self.records) >= BATCH_MOST:
            self._flush(force=True)

    def _flush(self, force=False):
        now = time.monotonic()
        if not (self.spans or self.records) or not (force or now >= self.flush_at):
            return
        self.flush_at = now + FLUSH_S
        spans, records, self.spans, self.records = self.spans, self.records, [], []
        if records:
            self.buffer.add("records", pack(encode.records_body(records)), len(records))
        if spans:
            self.buffer.add("traces", pack(encode.traces_body(self.resource, self.version, spans)), len(spans))

    def _report(self):
        """Says what was lost: to the server as a metric, to people in the log."""
        now = time.monotonic()
        if now < self.report_at or self.dropped == self.reported:
            return
        self.report_at, self.reported = now + REPORT_S, dict(self.dropped)
        body = encode.metrics_body(self.resource, self.version, self.reported, self.started_ns, time.time_ns())
        self.buffer.add("metrics", pack(body), 1)
        self.say("lost so far: %s" % ", ".join("%d %s" % (count, why) for why, count in sorted(self.reported.items())))

    # Runs that a killed process leaves open ---------------------------------------------------------------------------

    def _mark(self):
        """Prompts that are known and not over, for the next start."""
        self.mark_at = time.monotonic() + MARK_S
        runs = self.assembler.open_runs()
        try:
            if not runs:
                if os.path.exists(self.marker):
                    os.remove(self.marker)
                return
            with open(self.marker + ".part", "w", encoding="utf-8") as file:
                json.dump({"seen_ns": time.time_ns(), "runs": runs[:1000]}, file)
            os.replace(self.marker + ".part", self.marker)
        except OSError:
            pass  # the buffer's own fault says it

    def _close_lost(self):
        try:
            with open(self.marker, encoding="utf-8") as file:
                kept = json.load(file)
            for marker in kept["runs"]:
                self.assembler.close_lost({**marker, "seen_ns": kept["seen_ns"]}, self.started_ns)
            self._flush(force=True)
            os.remove(self.marker)
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError) as fault:
            self.say("what an earlier process left open cannot be read: %s" % fault)

    # Pictures ---------------------------------------------------------------------------------------------------------

    def _inspect(self, run, picture):
        """A picture by reference: its identity is the digest of its bytes, as it is on import."""
        path = host.optional(lambda: host.place_of(picture))
        facts = media.describe(path) if path else {}
        name = facts.get("sha256") or "comfyui-" + digest(
            run.prompt_id, run.salt, picture["node"], picture.get("subfolder"), picture["filename"])[:32]
        # Without a key a thumbnail goes to the tenant of this machine, and not to one that a prompt names.
        is_ours = bool(self.config.key) or "pegbar.tenant" not in run.said
        if path and facts and is_ours and self.config.with_thumbnails and picture.get("type") == "output":
            if len(self.thumbnails) >= THUMBNAILS_MOST:
                self.thumbnails.pop(0)
                self.drop("thumbnails_full", 1)
            self.thumbnails.append((name, path))
        uri = host.file_uri(path) if path else "comfyui:%s/%s" % (picture.get("type"), picture["filename"])
        return {"node": picture["node"], "image_id": name, "uri": uri, **facts}

    def _make_thumbnail(self, image_id, path):
        try:
            import io

            from PIL import Image

            with Image.open(path) as image:
                image.draft("RGB", (THUMBNAIL_PX, THUMBNAIL_PX))
                image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
                out = io.BytesIO()
                image.convert("RGB").save(out, "WEBP", quality=80)
            self.buffer.add("thumbnail", out.getvalue(), 1, subject=image_id)
        except Exception:  # no Pillow, no file any more, not a picture
            self.drop("thumbnail_failed", 1)


def pack(body):
    return gzip.compress(body, 5, mtime=0)


def answered(data):
    """The answer to a POST /prompt: a refusal, or an acceptance of which parts were refused."""
    try:
        answer = json.loads(data["body"] or b"{}")
    except ValueError:
        answer = {}
    node_errors = answer.get("node_errors")
    node_errors = node_errors if isinstance(node_errors, dict) else {}
    if data["status"] < 400:
        return "answer", {"prompt_id": answer.get("prompt_id"), "node_errors": len(node_errors)}
    error = answer.get("error")
    error = error if isinstance(error, dict) else {"message": str(error or "HTTP %d" % data["status"])}
    told = [str(error.get("message") or ""), str(error.get("details") or "")]
    for node_id, one in node_errors.items():
        for reason in one.get("errors") or ():
            told.append("%s %s: %s %s" % (one.get("class_type"), node_id, reason.get("message"), reason.get("details")))
            break
    return "rejected", {
        "graph": data["graph"], "context": data["context"], "depth": data["depth"], "type": error.get("type"),
        "message": "; ".join(text.strip() for text in told[:4] if text.strip()),
    }
