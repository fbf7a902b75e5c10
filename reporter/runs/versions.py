"""The hash of the program and the versions of its packages, on which a measurement depends."""

import hashlib
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from platform import python_version

from reporter import __version__

_PACKAGES = ("torch", "transformers", "tokenizers", "captum", "numpy", "scipy")


@cache
def hash_code() -> str:
    """A hash of the program and its templates."""
    package = Path(str(files("reporter")))
    paths = {*package.rglob("*.py"), *find_templates().rglob("*.*")} - {*(package / "embedded").rglob("*")}
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def list_versions() -> dict[str, str]:
    """The versions of this program and of the packages it computes with, by name; no package is loaded."""
    return {
        "salience-report": __version__,
        "python": python_version(),
        **{name: version(name) for name in _PACKAGES},
    }


def find_templates() -> Path:
    """The folder of templates: in the package where it is installed, beside it in a checkout."""
    package = Path(str(files("reporter")))
    places = (package / "templates", package.parent / "templates")
    return next(place for place in places if (place / "base.html.j2").is_file())
