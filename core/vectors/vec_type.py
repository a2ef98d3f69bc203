"""A vec type: a model and its options, and the name that says both."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import UsageError
from core.models import catalogue
from core.models.catalogue import ModelSpec

_GREY = "+grey"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(\+grey)?")


@dataclass(frozen=True, slots=True)
class VecType:
    """A model and its options.

    Attributes:
        model: key in the catalogue.
        greyscale: whether colour is dropped before the model looks.
    """

    model: str
    greyscale: bool = False

    @property
    def name(self) -> str:
        """As in ``effnet-lite0+grey``; also the name of its folder."""
        return self.model + (_GREY if self.greyscale else "")

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
        return cls(name.removesuffix(_GREY), name.endswith(_GREY))

    def __str__(self) -> str:
        return self.name
