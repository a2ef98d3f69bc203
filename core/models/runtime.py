"""Loads a model with the runtime that suits this machine: OpenVINO on a processor, if a trial chose it; else torch.

A converted model that is in the cache needs no other library: neither torch nor the one that the model came from is
imported. A GPU is left to torch.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from PIL import Image

from core.errors import ModelError, PictoscopeError
from core.models import (
    accelerators,
    backend,
    converted,
    device_processes,
    named_weights,
    openvino_library,
    runtime_trial,
)
from core.models.backend import Log, Model
from core.models.builtin_texts import ConseTexts
from core.models.catalogue import ModelSpec
from core.models.openvino_model import OpenVinoModel
from core.models.options import LoadOptions
from core.models.runtime_trial import Outcome
from core.models.sources import NoSource, Source, source_of

if TYPE_CHECKING:
    from core.models.torch_model import TorchModel

# Converting takes as long as some hundred pictures take torch: for fewer it is not done.
WORTH_CONVERTING = 500
_DRAWN = (320, 240)  # pixels of the pictures that are drawn where there are too few
_FEWEST = 4


@dataclass(frozen=True)
class TrialPictures:
    """The pictures of a job, for the trial of a runtime.

    Attributes:
        count: how many are to be computed.
        read: reads so many of them, RGB; fewer if there are not so many that can be read.
    """

    count: int
    read: Callable[[int], list[Image.Image]]


def load(
    spec: ModelSpec,
    log: Log = lambda line: None,
    options: LoadOptions | None = None,
    pictures: TrialPictures | None = None,
) -> Model:
    """Load a model for a job, on all devices of ``options``; converts it first if that is worth it.

    Raises:
        ModelError: as for :func:`core.models.device_processes.load`; or OpenVINO was asked for and cannot be used.
    """
    options = options or LoadOptions()
    model = _Loading(spec, log, options).model(pictures) if _can_use_openvino(spec, options) else None
    if isinstance(model, OpenVinoModel):
        model.begin()
    return model or device_processes.load(spec, log, options)


def ready(spec: ModelSpec, options: LoadOptions, log: Log = lambda line: None) -> Model | None:
    """The converted model, if there is one that a trial chose; None if the model's library is to be used.

    Raises:
        ModelError: a file of the model is not the published one.
    """
    return _Loading(spec, log, options).model(None) if _can_use_openvino(spec, options) else None


def for_questions(spec: ModelSpec, options: LoadOptions) -> Model:
    """The model as queries need it: converted if it is, and of ``conse`` what reads texts alone, until a picture comes.

    Raises:
        ModelError: as for :func:`core.models.backend.load`.
    """

    return _reads_texts(spec, options.precision, lambda: ready(spec, options) or backend.load(spec, options=options))


def _reads_texts(spec: ModelSpec, precision: str, whole: Callable[[], Model]) -> Model:
    """``whole``, but for the built-in model whose texts need none of it."""
    if spec.backend == "builtin" and spec.text:
        return ConseTexts(spec, precision, whole)
    return whole()


def _can_use_openvino(spec: ModelSpec, options: LoadOptions) -> bool:
    """Whether OpenVINO may be used, as far as that can be told without reading the model's files.

    Raises:
        ModelError: it was asked for and cannot be used.
    """
    if options.runtime == "torch":
        return False
    why = None
    if not openvino_library.is_installed():
        why = "it is not installed", "pip install openvino"
    elif not _is_processor(options.device):
        why = "it runs on the processor only", "--device cpu; or leave out --runtime"
    elif options.precision not in ("auto", *runtime_trial.EQUAL):
        why = f"it does not compute in {options.precision}", "leave out --precision or --runtime"
    if why and options.runtime == "openvino":
        raise ModelError(f"{spec.key} cannot be computed by OpenVINO: {why[0]}", why[1])
    return why is None


def _is_processor(device: str) -> bool:
    """Whether a name of devices means the processor."""
    if device != "auto":
        return device == "cpu"
    return not accelerators.may_be_here() or device_processes.chosen_devices(device) == ["cpu"]


class _Loading:
    """One attempt to use OpenVINO for a model."""

    def __init__(self, spec: ModelSpec, log: Log, options: LoadOptions) -> None:
        self._spec = spec
        self._log = log
        self._options = options
        self._forced = options.runtime == "openvino"
        # The built-in models are computed in float32 on every machine.
        built_in = spec.backend == "builtin" and options.precision == "auto"
        self._asked = "float32" if built_in else options.precision

    def model(self, pictures: TrialPictures | None) -> Model | None:
        """The model; None if its library is to compute it.

        Args:
            pictures: of a job; without, nothing is converted.

        Raises:
            ModelError: OpenVINO was asked for and cannot be used.
        """
        worth = pictures is not None and (self._forced or pictures.count >= WORTH_CONVERTING)
        if not worth and not os.path.isdir(converted.model_folder(self._spec.key)):
            return None  # nothing is known of it: its files need not be read
        if worth and self._spec.backend in named_weights.NAMED_BY:
            backend.fetch(self._spec, self._log)  # its library says where its files are
        try:
            source = source_of(self._spec)
        except NoSource as error:
            self._refuse(str(error))
            return None
        outcome = runtime_trial.known(source, self._asked)
        if outcome is not None and not self._is_chosen(outcome):
            self._refuse(outcome.why)
            return None
        if outcome is not None and (model := self._from_cache(source, outcome)):
            return model
        if pictures is None or not (worth or outcome):
            return None
        return self._tried(source, pictures)

    def _is_chosen(self, outcome: Outcome) -> bool:
        return outcome.equal and (outcome.faster or self._forced)

    def _refuse(self, why: str) -> None:
        """Say why torch computes the model.

        Raises:
            ModelError: OpenVINO was asked for.
        """
        if self._forced:
            raise ModelError(f"{self._spec.key} cannot be computed by OpenVINO: {why}", "leave out --runtime")
        self._log(f"{self._spec.key} is computed by torch: {why}")

    def _from_cache(self, source: Source, outcome: Outcome) -> Model | None:
        """The converted model; None if there is none, or it is not what it should be."""
        try:
            entry = converted.read(source)
            if entry is None:
                return None
            model = self._made_of(entry, outcome.precision)
        except (converted.Unusable, ModelError, KeyError, TypeError, ValueError) as error:
            self._log(f"{self._spec.key}: the converted model in the cache is not used: {error}")
            return None
        self._log(f"{self._spec.key} runs on {model.runs_on}")
        return model

    def _made_of(self, entry: converted.Entry, precision: str) -> Model:
        original = LoadOptions(device="cpu", precision=self._options.precision)
        return OpenVinoModel(
            self._spec,
            entry,
            precision,
            self._options.batch_size,
            lambda: _reads_texts(self._spec, precision, lambda: backend.load(self._spec, self._log, original)),
        )

    def _tried(self, source: Source, pictures: TrialPictures) -> Model | None:
        """Convert the model, compare it with torch, and keep the outcome. Returns the model that is to be used."""
        from core.models.conversion import NotConverted, convert

        original = cast("TorchModel", device_processes.load(self._spec, self._log, self._options))  # see source_of
        if not source.has(original.provenance.sha256.values()):
            self._refuse("its files are not those that were looked at: they were replaced meanwhile")
            return original
        self._log(f"{self._spec.key}: converting it for OpenVINO; this is done once")
        try:
            entry = convert(original, source, self._log)
            model, outcome = self._compared(original, entry, pictures)
            self._remember(source, outcome)
        except NotConverted as error:
            model, outcome = None, Outcome(False, False, "float32", str(error))
            self._remember(source, outcome)
        except (PictoscopeError, OSError) as error:  # of the disk, or of OpenVINO: the next job tries again
            model, outcome = None, Outcome(False, False, "float32", str(error))
        if model is not None and self._is_chosen(outcome):
            self._log(f"{self._spec.key} runs on {model.runs_on}: {outcome.why}")
            return model
        converted.remove(source)
        self._refuse(outcome.why)
        return original

    def _compared(
        self, original: TorchModel, entry: converted.Entry, pictures: TrialPictures
    ) -> tuple[Model | None, Outcome]:
        some = pictures.read(runtime_trial.PICTURES)
        some += _drawn(max(0, _FEWEST - len(some)))
        some = [some[number % len(some)] for number in range(runtime_trial.PICTURES)]
        candidates = [
            lambda precision=precision: self._made_of(entry, precision) for precision in self._precisions(original)
        ]
        outcome, model = runtime_trial.compare(original, candidates, some)
        return model, outcome

    def _precisions(self, original: TorchModel) -> list[str]:
        """In which precisions OpenVINO is tried. Those of few bits only for networks that keep their rows in them."""
        from core.models.torch_model import is_convolutional

        here = openvino_library.precisions()
        if self._asked != "auto":
            return [self._asked] if self._asked in here else []
        return [name for name in here if name == "float32" or not is_convolutional(original.network)]

    def _remember(self, source: Source, outcome: Outcome) -> None:
        """Keep an outcome, also for the precision that the rows will have: questions ask for that."""
        try:
            for asked in {self._asked, outcome.precision} if outcome.faster else {self._asked}:
                runtime_trial.remember(source, asked, outcome)
        except (PictoscopeError, OSError) as error:
            self._log(f"the trial of OpenVINO was not saved: {error}")


def _drawn(count: int) -> list[Image.Image]:
    """Pictures of noise, coarse and fine, the same every time."""
    random = np.random.default_rng(0)
    pictures = []
    for number in range(count):
        coarse = random.integers(0, 256, (3 << number, 4 << number, 3), np.uint8)
        pictures.append(Image.fromarray(coarse, "RGB").resize(_DRAWN, Image.Resampling.BICUBIC))
    return pictures
