"""A vec type: a model and its options, and the name that says both."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import UsageError
from core.models import catalogue, folder_models
from core.models.catalogue import ModelSpec

_GREY = "+grey"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\+grey)?")
# Keys such as hf:ORG/NAME hold characters that a folder's name should not. Neither hub names nor those of open_clip and
# timm hold "--", and no model of the catalogue begins with one of these and a point: the name leads back to the key.
_FORMS = ("hf", "open_clip", "timm", "folder")


@dataclass(frozen=True, slots=True)
class VecType:
    """A model and its options.

    Attributes:
        model: its key, see :func:`core.models.catalogue.find`; for a folder ``folder:NAME``.
        greyscale: whether colour is dropped before the model looks.
    """

    model: str
    greyscale: bool = False

    @property
    def name(self) -> str:
        """As in ``effnet-lite0+grey`` or ``hf.ORG--NAME``; also the name of its folder."""
        form, colon, rest = self.model.partition(":")
        stem = f"{form}.{rest.replace('/', '--')}" if colon else self.model
        return stem + (_GREY if self.greyscale else "")

    @property
    def spec(self) -> ModelSpec:
        """The model's line of the catalogue.

        Raises:
            UsageError: the catalogue has no such model.
        """
        return catalogue.find(self.model)

    @classmethod
    def parse(cls, name: str) -> VecType:
        """The vec type of this name.

        Raises:
            UsageError: not the form of a name.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} is not the name of a vec type", "it is a model's key, or KEY+grey")
        stem = name.removesuffix(_GREY)
        form, point, rest = stem.partition(".")
        model = f"{form}:{rest.replace('--', '/')}" if point and form in _FORMS else stem
        return cls(model, name.endswith(_GREY))

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
