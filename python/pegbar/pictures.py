"""Pictures: told by reference, shown by a thumbnail, sent in full only when asked."""

from __future__ import annotations

import io
import logging
import os
import uuid
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Tuple, Union

from . import client as clients
from .attributes import attributes_of
from .client import Picture
from .records import record
from .records_generated import ATTRIBUTES
from .spans import tell_picture
from .state import current_state

log = logging.getLogger("pegbar")

THUMB_PX = 512
"""Longest side: what a gallery shows on a dense screen."""
THUMB_QUALITY = 82
MARK = "pegbar_image_id"
"""Under this name a Pillow picture carries its id in `info`, which no format writes into a file."""
FULL_MOST = 64 * 1024 * 1024
"""A picture larger than this is told by reference, not sent."""

Source = Union[str, "os.PathLike[str]", bytes, Any]


def new_image_id() -> str:
    return f"img_{uuid.uuid4().hex}"


def image_id(picture: Any) -> Optional[str]:
    """The id of a picture that an instrumented pipeline returned; None where it has none (arrays, tensors)."""
    info = getattr(picture, "info", None)
    told = info.get(MARK) if isinstance(info, dict) else None
    return told if isinstance(told, str) else None


def image(
    picture: Source = None,
    *,
    image_id: Optional[str] = None,
    uri: Optional[str] = None,
    kind: str = "image",
    thumbnail: bool = True,
    upload: bool = False,
    **fields: Any,
) -> str:
    """
    Tells of a picture and returns its id.

    `picture` is a path, a Pillow picture, or the bytes of a file. A path is told by reference (`file://…`), anything
    else by its thumbnail alone unless `uri` says where it lies; `upload=True` sends it in full. Thumbnails need Pillow
    and are made on the sending thread. `fields` say more about it (`seed`, `width`, `nsfw`, `license`, `consent`, …);
    the model, the LoRAs and the parameters of the request's generate stage are known. Never raises for a picture that
    cannot be read.
    """
    known = image_id or globals()["image_id"](picture) or new_image_id()
    try:
        _tell(picture, known, uri, kind, thumbnail, upload, fields)
    except Exception:  # telling of a picture must not break the making of it
        log.warning("pegbar could not tell of the picture %s", known, exc_info=True)
    return str(known)


def _tell(
    picture: Source, known: str, uri: Optional[str], kind: str, thumbnail: bool, upload: bool, fields: Dict[str, Any]
) -> None:
    path = Path(os.fspath(picture)).absolute() if isinstance(picture, (str, os.PathLike)) else None
    size = _size_of(picture, path)
    told = dict(fields)
    if size is not None:
        told.setdefault("width", size[0])
        told.setdefault("height", size[1])
    where = uri or (path.as_uri() if path is not None else None)
    info = getattr(picture, "info", None)
    if isinstance(info, dict):
        info[MARK] = known
    attributes = attributes_of({**told, "image_uri": where})
    if kind in ("image", "frame"):
        tell_picture(known, attributes)
    if where is not None:
        width, height = told.get("width"), told.get("height")
        extra = {
            name: fields.get(name)
            for name in ("sha256", "collection", "consent", "license", "sequence_id", "request_id")
        }
        count = path.stat().st_size if path is not None and path.exists() else None
        record("artifact", image_id=known, uri=where, kind=kind, width=width, height=height, bytes=count, **extra)
    if picture is None:
        return
    if thumbnail:
        send_thumbnail(picture if path is None else path, known)
    if upload:
        _send_whole(picture, path, known)


def send_thumbnail(picture: Any, known: str) -> bool:
    """Queues a small copy; false where there is nobody to send it, or no Pillow to make it."""
    client = clients.current()
    if client is None or not _has_pillow():
        return False
    data: Callable[[], bytes]
    if isinstance(picture, (bytes, bytearray)):
        data, size = (lambda: _thumb_of_file(io.BytesIO(picture))), len(picture)
    elif isinstance(picture, Path):
        data, size = (lambda: _thumb_of_file(picture)), 0
    elif hasattr(picture, "thumbnail") and hasattr(picture, "size"):
        small = _shrunk(picture)  # now: its owner may draw on it or close it
        data, size = (lambda: _webp(small)), small.width * small.height * 3
    else:
        return False
    client.picture(Picture("thumbnails", known, data, "image/webp", _tenant(client)), size)
    return True


def _send_whole(picture: Any, path: Optional[Path], known: str) -> None:
    client = clients.current()
    if client is None:
        return
    if path is not None:
        length = path.stat().st_size
        if length <= FULL_MOST:
            item = Picture("artifacts", known, path.read_bytes, _type_of(path.suffix), _tenant(client))
            client.picture(item, 0)
    elif isinstance(picture, (bytes, bytearray)):
        client.picture(
            Picture("artifacts", known, bytes(picture), "application/octet-stream", _tenant(client)), len(picture)
        )
    elif hasattr(picture, "save"):
        copy = picture.copy()
        item = Picture("artifacts", known, lambda: _png(copy), "image/png", _tenant(client))
        client.picture(item, copy.width * copy.height * 4)


def _tenant(client: clients.Client) -> Optional[str]:
    """The door of pictures takes the tenant in the address: it has no record to stand in."""
    state = current_state()
    told = state.tags.get(ATTRIBUTES["tenant"]) if state is not None else None
    return str(told) if told is not None else client.settings.tenant


def _size_of(picture: Source, path: Optional[Path]) -> Optional[Tuple[int, int]]:
    size = getattr(picture, "size", None)
    if isinstance(size, tuple) and len(size) == 2:
        return int(size[0]), int(size[1])
    source: Any = path if path is not None else io.BytesIO(picture) if isinstance(picture, (bytes, bytearray)) else None
    if source is None or not _has_pillow():
        return None
    from PIL import Image

    try:
        with Image.open(source) as opened:  # reads the head only
            return int(opened.size[0]), int(opened.size[1])
    except Exception:  # no picture, or one that Pillow does not know
        return None


def _has_pillow() -> bool:
    try:
        import PIL.Image  # noqa: F401
    except ImportError:
        return False
    return True


def _shrunk(picture: Any) -> Any:
    small = (
        picture.copy() if max(picture.size) <= THUMB_PX else picture.reduce(max(1, max(picture.size) // (2 * THUMB_PX)))
    )
    small.thumbnail((THUMB_PX, THUMB_PX))
    return small


def _thumb_of_file(source: Any) -> bytes:
    from PIL import Image

    with Image.open(source) as opened:
        opened.draft("RGB", (THUMB_PX, THUMB_PX))
        opened.thumbnail((THUMB_PX, THUMB_PX))
        return _webp(opened)


def _webp(picture: Any) -> bytes:
    out = io.BytesIO()
    if picture.mode not in ("RGB", "RGBA"):
        picture = picture.convert("RGBA" if "A" in picture.mode else "RGB")
    picture.save(out, "WEBP", quality=THUMB_QUALITY)
    return out.getvalue()


def _png(picture: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
}


def _type_of(suffix: str) -> str:
    return _TYPES.get(suffix.lower(), "application/octet-stream")
