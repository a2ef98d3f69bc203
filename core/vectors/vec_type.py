"""A vec type: a model and its options, and the name that encodes both."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import UsageError
from core.models import catalogue, folder_models
from core.models.catalogue import ModelSpec
from core.text import printable

GREY_SUFFIX = "+grey"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\+grey)?")
# Keys such as hf:ORG/NAME have characters that do not belong in a folder name. Neither hub names nor those of open_clip
# and timm contain "--", and no catalogue key begins with one of these and a point: the mapping is reversible.
_FORMS = ("hf", "open_clip", "timm", "folder", catalogue.OWN)


@dataclass(frozen=True, slots=True)
class VecType:
    """A model and its options.

    Attributes:
        model: its key, see :func:`core.models.catalogue.find`; for a folder ``folder:NAME``, for imported vectors
            ``own:NAME``.
        greyscale: whether pictures are converted to greyscale first.
    """

    model: str
    greyscale: bool = False

    @property
    def name(self) -> str:
        """As in ``effnet-lite0+grey`` or ``hf.ORG--NAME``; also the name of its folder."""
        form, colon, rest = self.model.partition(":")
        stem = f"{form}.{rest.replace('/', '--')}" if colon else self.model
        return stem + (GREY_SUFFIX if self.greyscale else "")

    @property
    def spec(self) -> ModelSpec:
        """The model's entry in the catalogue.

        Raises:
            UsageError: the catalogue has no such model.
        """
        return catalogue.find(self.model)

    @property
    def is_imported(self) -> bool:
        """Whether its rows were made elsewhere: no model here computes more of them."""
        return self.model.startswith(f"{catalogue.OWN}:")

    @property
    def restart_command(self) -> str:
        """The command that adds missing rows."""
        return self.create_command if self.is_imported else f"pictoscope vectors restart {self.name}"

    @property
    def create_command(self) -> str:
        """The command that creates its vectors, with a flag for each of its options."""
        if self.is_imported:
            return f"pictoscope vectors import FILE --as {self.model.partition(':')[2]}"
        return f"pictoscope vectors create {self.model}{' --greyscale' if self.greyscale else ''}"

    @classmethod
    def parse(cls, name: str) -> VecType:
        """The vec type of this name.

        Raises:
            UsageError: not the form of a name.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} is not the name of a vec type", "it is a model's key, or KEY+grey")
        stem = name.removesuffix(GREY_SUFFIX)
        form, point, rest = stem.partition(".")
        model = f"{form}:{rest.replace('--', '/')}" if point and form in _FORMS else stem
        vec_type = cls(model, name.endswith(GREY_SUFFIX))
        if vec_type.is_imported:
            _check_imported(vec_type)
        return vec_type

    @classmethod
    def imported(cls, name: str) -> VecType:
        """The vec type of imported vectors that a person calls ``name`` (or ``own.name``).

        Raises:
            UsageError: they cannot be called so.
        """
        vec_type = cls(f"{catalogue.OWN}:{name.removeprefix(f'{catalogue.OWN}.')}")
        _check_imported(vec_type)
        return vec_type

    @classmethod
    def of(cls, model: str, greyscale: bool = False) -> VecType:
        """The vec type of a model as a person names it: a key, or the path of a folder, which is remembered.

        Raises:
            UsageError: there is no such model, or its name holds what a file's name must not.
        """
        spec = catalogue.find(model)
        if spec.folder:
            folder_models.remember(spec.folder)
        vec_type = cls(spec.key, greyscale)
        if cls.parse(vec_type.name) != vec_type:
            raise UsageError(f"{model!r} cannot be the name of a vec type", "give its local folder instead")
        return vec_type

    def __str__(self) -> str:
        return self.name


def _check_imported(vec_type: VecType) -> None:
    name = vec_type.model.partition(":")[2]
    if not catalogue.is_own_name(name):
        raise UsageError(
            f"vectors of your own cannot be called {printable(name[:100])!r}",
            "use up to 60 letters, digits, points, and single hyphens; begin with a letter or digit",
        )
    if vec_type.greyscale:
        raise UsageError(
            f"{vec_type.model} has no greyscale form: its rows are imported", "import those under another name"
        )
