"""Consent to run code. Some models are built by Python files of their repository, which run only with consent.

Consent belongs to the user, not to a project: it is stored in the user's configuration, one file each, for one
model, one revision, and one hash over all its Python files. Changed code needs a new consent. A project can
only record that its vectors were computed by such a model.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tomli_w

from core.errors import ModelError
from core.files import write_atomic
from core.models import hub, hub_cache
from core.models.catalogue import ModelSpec
from core.toml_reader import parse_toml
from core.user_folders import config_folder

FLAG = "--allow-remote-code"


def give(spec: ModelSpec, folder: Path) -> Path:
    """Store the user's consent to run the code in ``folder`` for a model. Returns the file of the consent.

    Raises:
        ModelError: the code is not in the folder. DiskFull, OSError: it cannot be stored.
    """
    content = _content(spec, folder)
    file = _file(content)
    file.parent.mkdir(parents=True, exist_ok=True)
    given = content | {"given": datetime.now(UTC).isoformat(timespec="seconds"), "files": code_files(folder)}
    write_atomic(file, tomli_w.dumps(given).encode("utf-8"))
    return file


def check(spec: ModelSpec, folder: Path) -> None:
    """Check that the user has consented to exactly the code in ``folder``.

    Raises:
        ModelError: there is no consent, or the code has changed; the hint says how to consent.
    """
    content = _content(spec, folder)
    if not _contains(_file(content), content):
        raise refusal(spec, changed=is_given(spec))


def is_given(spec: ModelSpec) -> bool:
    """Whether the user has consented to any code of a model; :func:`check` compares the code itself."""
    return any(_read(file).get("model") == spec.weights for file in sorted(_folder().glob("*.toml")))


def refusal(spec: ModelSpec, *, changed: bool = False) -> ModelError:
    """The error that asks for consent."""
    what = "which is not the code that you consented to" if changed else "which you have not consented to"
    return ModelError(
        f"{spec.key} runs Python code from its repository {spec.weights}, {what}",
        f"read that code; if you trust it: pictoscope models trust {spec.key} ({FLAG} with `vectors create`)",
    )


def code_files(folder: Path) -> list[str]:
    """The Python files of a model, relative to its folder, sorted."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.py"))


def _content(spec: ModelSpec, folder: Path) -> dict[str, Any]:
    """What a consent is for.

    Raises:
        ModelError: the code is in another repository, which no hash of this one covers, or is not on this machine.
    """
    for config in sorted(folder.glob("*.json")):
        references = hub_cache.read_json(config).get("auto_map")
        values = references.values() if isinstance(references, dict) else [references]
        if foreign := next((str(value) for value in values if "--" in str(value)), ""):
            raise ModelError(
                f"{spec.key} takes its code from another repository ({foreign.partition('--')[0]})",
                "only code of a model's own repository is run: choose another model",
            )
    if missing := hub.missing_code(folder):
        raise ModelError(
            f"the code of {spec.key} is not on this machine: {', '.join(missing)}",
            f"if you trust it: pictoscope models trust {spec.key}",
        )
    digest = hashlib.sha256()
    for name in code_files(folder):
        code = (folder / name).read_bytes()
        digest.update(f"{name}\0{len(code)}\0".encode("utf-8", "surrogateescape") + code)
    return {"model": spec.weights, "revision": hub.revision_of(folder), "sha256": digest.hexdigest()}


def _contains(file: Path, content: dict[str, Any]) -> bool:
    stored = _read(file)
    return all(stored.get(name) == value for name, value in content.items())


def _read(file: Path) -> dict[str, Any]:
    try:
        return parse_toml(file.read_bytes())
    except (OSError, tomllib.TOMLDecodeError):
        return {}


def _file(content: dict[str, Any]) -> Path:
    name = re.sub(r"[^A-Za-z0-9]+", "-", content["model"]).strip("-")[-80:]
    whole = hashlib.sha256("\0".join(content.values()).encode("utf-8", "surrogateescape")).hexdigest()
    return _folder() / f"{name}-{whole[:16]}.toml"


def _folder() -> Path:
    return config_folder() / "consent"
