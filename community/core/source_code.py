"""Tell versions of our own code apart."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files


@cache
def digest(*packages: str) -> str:
    """Return a digest of the modules of these packages, which changes with their code."""
    modules = [one for package in packages for one in files(package).iterdir() if one.name.endswith(".py")]
    return sha256(b"".join(one.read_bytes() for one in sorted(modules, key=str))).hexdigest()
