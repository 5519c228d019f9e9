"""The files of the shopper's pages: scripts, a stylesheet, and the detector where it was built.

The detector (zxing as WebAssembly) is built by ``make ui`` where Node.js is there. Where it was not, pages
offer what is left: the browser's own detector, or a photo that the server looks at.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suyuan.portal.compressing import reads_gzip, smallest
from suyuan.trace.errors import NotFound

_NAMES = (
    *("shopper.css", "speech.js", "tools.js", "shelf.js", "fridge.js", "scan.js", "shop.js"),
    "place.js",  # of the list of places
    "allergens.js",  # of the passport
)
_BUILT = ("detector.js", "zxing_reader.wasm")
_MEDIA_TYPES = {"js": "text/javascript", "css": "text/css", "wasm": "application/wasm"}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
# A worker has the policy that comes with its own script, not that of the page (HTML, "run a worker"). So no
# page ever may compile WebAssembly: only this one file, which sees no document and nothing but pictures.
_OF_DETECTOR = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
}


@cache
def static_files() -> Mapping[str, bytes]:
    """The files that there are, by name."""
    folder = files("suyuan.portal") / "static" / "shopper"
    found = {name: (folder / name).read_bytes() for name in _NAMES}
    built = {name: folder / "built" / name for name in _BUILT}
    if all(one.is_file() for one in built.values()):
        found |= {name: one.read_bytes() for name, one in built.items()}
    return found


def has_detector() -> bool:
    """Whether this installation brings its own detector."""
    return _BUILT[0] in static_files()


@cache
def assets_path() -> str:
    """Where they are served; the path changes with the content, so that they may be kept for ever."""
    digest = sha256()
    for name, content in static_files().items():
        digest.update(name.encode() + b"\0" + sha256(content).digest())
    return f"/assets/shopper/{digest.hexdigest()[:12]}"


def asset(request: Request) -> Response:
    """``/assets/shopper/<hash>/<name>``."""
    name: str = request.path_params["name"]
    content = static_files().get(name)
    if content is None or not request.url.path.startswith(assets_path() + "/"):
        raise NotFound("There is no file of this name here")
    headers = _FOR_EVER | (_OF_DETECTOR if name == _BUILT[0] else {}) | {"Vary": "Accept-Encoding"}
    if reads_gzip(request.headers.get("accept-encoding", "")):
        headers, content = headers | {"Content-Encoding": "gzip"}, smallest(content)
    return Response(content, media_type=_MEDIA_TYPES[name.rpartition(".")[2]], headers=headers)


route = Route("/assets/shopper/{version}/{name}", asset, methods=["GET"])
