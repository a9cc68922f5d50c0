"""What is known of this ComfyUI and its machine. Every question may go unanswered: versions differ in what they have."""

import os
import platform
import re
import sys
from urllib.parse import quote

CUSTOM_NODES_MOST = 500
VERSION = re.compile(r"^\s*version\s*=\s*[\"']([^\"']{1,40})[\"']", re.M)
MB = 1024 * 1024


def optional(ask, fallback=None):
    try:
        return ask()
    except Exception:  # an observer never breaks its host, whatever a version changed
        return fallback


def resource(config, version):
    """Resource attributes of all spans: who runs what on which machine."""
    port = listen_port()
    facts = {
        "service.name": "comfyui",
        "service.version": comfyui_version(),
        "service.instance.id": "%s:%s" % (config.host, port) if port else config.host,
        "host.name": config.host,
        "os.type": platform.system().lower(),
        "process.runtime.version": platform.python_version(),
        "telemetry.distro.name": "comfyui-pegbar",
        "telemetry.distro.version": version,
        "comfyui.torch_version": optional(lambda: str(sys.modules["torch"].__version__)),
        "comfyui.frontend_version": optional(_frontend_version),
        "comfyui.custom_nodes": optional(custom_nodes, []),
        "pegbar.gpu.type": gpu_type(),
    }
    names = {"tenant", "region", "hardware_class", "traffic_source", "workload"}
    facts.update({"pegbar." + name: value for name, value in config.tags.items() if name in names})
    return {key: value for key, value in facts.items() if value}


def comfyui_version():
    return optional(lambda: __import__("comfyui_version").__version__)


def _frontend_version():
    from importlib.metadata import version

    return version("comfyui-frontend-package")


def listen_port():
    return optional(lambda: __import__("comfy.cli_args", fromlist=["args"]).args.port)


def buffer_folder(config):
    """One for each process of a machine: two that share a folder would send each other's files."""
    base = config.values.get("buffer_dir") or optional(
        lambda: os.path.join(__import__("folder_paths").get_user_directory(), "pegbar"),
        os.path.join(os.path.dirname(os.path.abspath(__file__)), "buffer"),
    )
    name = re.sub(r"[^A-Za-z0-9.-]", "_", "%s-%s" % (config.host, listen_port() or "main"))
    return os.path.join(base, name)


def custom_nodes():
    """Names and versions of the installed node packs: `name@version`, from pyproject.toml or the commit."""
    import folder_paths

    found = []
    for base in folder_paths.get_folder_paths("custom_nodes"):
        for name in sorted(os.listdir(base)):
            if name.startswith((".", "__")) or name.endswith((".disabled", ".example")) or len(found) >= CUSTOM_NODES_MOST:
                continue
            path = os.path.join(base, name)
            version = optional(lambda: _version_of(path)) if os.path.isdir(path) else None
            if version is not None or os.path.isdir(path) or name.endswith(".py"):
                found.append("%s@%s" % (name, version) if version else name)
    return found


def _version_of(path):
    try:
        with open(os.path.join(path, "pyproject.toml"), encoding="utf-8") as file:
            match = VERSION.search(file.read(65_536))
            if match:
                return match.group(1)
    except OSError:
        pass
    with open(os.path.join(path, ".git", "HEAD"), encoding="ascii") as file:
        head = file.read(200).strip()
    if head.startswith("ref: "):
        with open(os.path.join(path, ".git", *head[5:].split("/")), encoding="ascii") as file:
            head = file.read(64).strip()
    return head[:10] if re.match(r"[0-9a-f]{40}", head) else None


def _cuda():
    """(torch, device) where models run on a GPU whose memory can be asked for; None elsewhere."""
    device = sys.modules["comfy.model_management"].get_torch_device()
    return (sys.modules["torch"], device) if getattr(device, "type", None) == "cuda" else None


def gpu_type():
    found = optional(_cuda)
    return optional(lambda: found[0].cuda.get_device_name(found[1])) if found else None


class Memory:
    """Peak of the GPU's memory while a prompt runs, in MiB: the whole device's, sampled, and torch's own, exact.

    Torch's peak counter belongs to the whole process and is never reset by us: it tells something of this prompt
    where it grew.
    """

    def __init__(self):
        self.cuda, self.before = optional(_cuda), 0

    def begin(self):
        if self.cuda:
            self.before = optional(self._torch_peak, 0)

    def used_mb(self):
        if not self.cuda:
            return None
        torch, device = self.cuda
        told = optional(lambda: torch.cuda.mem_get_info(device))
        peak = optional(self._torch_peak, 0)
        used = (told[1] - told[0]) if told else 0
        return int(max(used, peak if peak > self.before else 0) / MB) or None

    def _torch_peak(self):
        torch, device = self.cuda
        return torch.cuda.max_memory_reserved(device)


def place_of(picture):
    """Path of a file that ComfyUI names by folder type, subfolder and name; None where it leads out of that folder."""
    import folder_paths

    base = folder_paths.get_directory_by_type(picture.get("type") or "output")
    if not base:
        return None
    base = os.path.realpath(base)
    # `subfolder` comes with backslashes on Windows and may come with them from elsewhere.
    parts = [part for part in re.split(r"[\\/]", picture.get("subfolder") or "") if part]
    path = os.path.realpath(os.path.join(base, *parts, os.path.basename(picture["filename"])))
    return path if os.path.commonpath([base, path]) == base else None


def file_uri(path):
    path = path.replace("\\", "/")
    return "file://" + quote(path if path.startswith("/") else "/" + path, safe="/:")
