"""Tell versions of our own code apart."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files


def digest(package: str) -> str:
    """Return a digest of the modules of a package, which changes with their code.

    Call it while the package is imported: an upgrade may replace the files of a running process.
    """
    modules = [one for one in files(package).iterdir() if one.name.endswith(".py")]
    return sha256(b"".join(one.read_bytes() for one in sorted(modules, key=str))).hexdigest()
