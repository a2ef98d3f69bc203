"""One model on several devices: one process per device, and every batch is split among them.

Processes, not threads: the devices then share no interpreter, and a failing one takes down only its own process.
Pictures are preprocessed here and sent through pipes (:mod:`core.models.frames`): 4,000 of 224 x 224 per second for one
device, measured on a busy two-core machine, where decoding yields a hundred. Shared memory would be faster, but
would be left behind when a process is killed; a closing pipe notifies the other end.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import weakref
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from core.arrays import Rows
from core.errors import ModelError
from core.models import accelerators, backend, frames
from core.models.backend import Log, Model, Prepared
from core.models.catalogue import ModelSpec
from core.models.options import LoadOptions

_PIPE_BYTES = 1 << 20  # the maximum for an ordinary user on Linux: twice as fast as the default 64 KB
_IN_FLIGHT = 2  # parts of a batch per device: one being computed, one in transfer
_PATIENCE = 5.0  # seconds for a process to end

_Item = TypeVar("_Item")
_Frame = tuple[dict[str, Any], list[frames.Stack]]
_Parts = deque[slice]


def load(spec: ModelSpec, log: Log = lambda line: None, options: LoadOptions | None = None) -> Model:
    """Load a model on all devices of ``options``: in this process for one, in one process each for several.

    Raises:
        ModelError: a device is not available; or as for :func:`core.models.backend.load`.
    """
    options = options or LoadOptions()
    devices = chosen_devices(options.device)
    return backend.load(spec, log, options) if len(devices) == 1 else DeviceProcesses(spec, log, options, devices)


def chosen_devices(wanted: str) -> list[str]:
    """Names of the requested devices; errors as for :func:`core.models.device.choose_devices`.

    Where only the processor can be meant torch is not asked: a model that does without it need not wait for its import.
    """
    if wanted == "cpu" or (wanted == "auto" and not accelerators.may_be_here()):
        return ["cpu"]
    from core.models.device import choose_devices

    return [str(device) for device in choose_devices(wanted)]


class DeviceProcesses:
    """A :class:`core.models.backend.Model` on several devices. Its processes end with it and with this process."""

    def __init__(self, spec: ModelSpec, log: Log, options: LoadOptions, devices: Sequence[str]) -> None:
        """Start the processes and wait until each has the model.

        Args:
            spec: of the model.
            log: receives messages about the devices.
            options: their ``batch_size`` is that of each device.
            devices: their names; one that occurs twice gets two processes.

        Raises:
            ModelError: the model cannot be loaded, or no device can hold it.
        """
        self._log = log
        self._children: list[_Child] = []
        self._why: list[_DeviceLost] = []
        # Not __del__ and not only close(): also when loading fails or close() is not called.
        self._end = weakref.finalize(self, _close, self._children)
        try:
            self._load(spec, options, devices)
        except BaseException:
            self.close()
            raise
        log(f"{spec.key} runs on {self.runs_on}")

    @property
    def batch_size(self) -> int:
        """Total batch size of all devices."""
        return max(1, sum(child.batch_size for child in self._children))

    @property
    def runs_on(self) -> str:
        """Devices and precision in words."""
        pids = ", ".join(str(child.pid) for child in self._children)
        return f"{_listed(self._children)}, {self.precision}, processes {pids}"

    def prepare(self, picture: Image.Image) -> Prepared:
        """See :meth:`core.models.backend.Model.prepare`. In this process."""
        return self._here.prepare(picture)

    def encode_pictures(self, batch: Sequence[Prepared]) -> Rows:
        """Encode prepared pictures, shape (n, dim). The parts of a lost device are computed by the others.

        Raises:
            ModelError: no device is left.
        """
        return self._encode(batch, frames.pack)

    def encode_texts(self, texts: Sequence[str]) -> Rows:
        if not self.longest_text:
            return self._here.encode_texts(texts)  # raises: it reads none
        return self._encode(texts, lambda part: ({"texts": list(part)}, []))

    def count_tokens(self, text: str) -> int:
        return self._here.count_tokens(text)

    def unknown_words(self, text: str) -> tuple[str, ...]:
        return self._here.unknown_words(text)

    def close(self) -> None:
        """End the processes."""
        self._end()

    def _load(self, spec: ModelSpec, options: LoadOptions, devices: Sequence[str]) -> None:
        waiting = _with_numbers(devices)
        threads = max(1, _threads() // len(waiting))
        here: Model | None = None
        while waiting:
            # The first device that can hold the model chooses the precision; the others use the same.
            count = 1 if options.precision == "auto" else len(waiting)
            children = [
                _Child(name, spec, replace(options, device=device), threads) for name, device in waiting[:count]
            ]
            waiting = waiting[count:]
            self._children += children
            # Meanwhile load the preprocessing, without the weights.
            here = here or backend.load(spec, options=replace(options, device="cpu", prepares_only=True))
            for child in children:
                try:
                    facts = child.wait_for_model()
                except _DeviceLost as lost:
                    self._lose(child, lost)
                    continue
                options = replace(options, precision=facts["precision"])
                self.spec = replace(here.spec, dim=facts["spec"]["dim"])
                self.longest_text = int(facts["longest_text"])
                self._pass_on(child)
        if here is None or not self._children:
            raise self._none_left()
        self._here = here
        self.provenance = here.provenance
        self.precision = options.precision

    def _encode(self, items: Sequence[_Item], packed: Callable[[Sequence[_Item]], _Frame]) -> Rows:
        """Rows in the order of the items, shape (n, dim)."""
        rows = np.zeros((len(items), self.spec.dim), np.float32)
        waiting = self._parts(len(items))
        while waiting:
            children = list(self._children)
            if not children:
                raise self._none_left()
            try:
                with ThreadPoolExecutor(len(children), thread_name_prefix="device") as pool:
                    ends = list(pool.map(lambda child: child.work(waiting, items, packed, rows), children))
            except BaseException:
                self.close()  # a pending answer must not be taken for that of another batch
                raise
            for child, lost in zip(children, ends, strict=True):
                self._pass_on(child)
                if lost:
                    self._lose(child, lost)
        return rows

    def _parts(self, count: int) -> _Parts:
        """Split a batch into parts so that each device computes one while the next is in transfer."""
        if not self._children:
            raise self._none_left()
        share = -(-count // (_IN_FLIGHT * len(self._children)))
        size = max(1, min(share, *(child.batch_size for child in self._children)))
        return deque(slice(start, min(start + size, count)) for start in range(0, count, size))

    def _pass_on(self, child: _Child) -> None:
        for line in child.take_messages():
            self._log(f"{child.name}: {line}")

    def _lose(self, child: _Child, lost: _DeviceLost) -> None:
        self._pass_on(child)
        self._children.remove(child)
        child.close()
        self._why.append(lost)
        rest = f". The job continues on {_listed(self._children)}" if self._children else ""
        self._log(f"{child.name} is lost: {lost.message}{rest}")

    def _none_left(self) -> ModelError:
        why = "; ".join(dict.fromkeys(lost.message for lost in self._why)) or "its processes were stopped"
        hints = [lost.hint for lost in self._why if lost.hint]
        return ModelError(
            f"no device is left: {why}", hints[-1] if hints else "Restart resumes from the committed rows"
        )


class _DeviceLost(Exception):
    """A device or its process failed."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class _Child:
    """The parent's side of one device's process."""

    def __init__(self, name: str, spec: ModelSpec, options: LoadOptions, threads: int) -> None:
        """Start it. It shares stderr, and inherits no other open file, so that it holds no lock."""
        self.name = name
        self.batch_size = 1
        self._messages: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "core.models.device_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # signals to the worker's group are for the worker
            env=os.environ | {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)},
        )
        assert self._process.stdin and self._process.stdout  # noqa: S101  pipes, see above
        self._requests, self._replies = self._process.stdin, self._process.stdout
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            with contextlib.suppress(OSError):  # above the user's limit: a smaller pipe works too
                fcntl.fcntl(self._requests, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        with contextlib.suppress(_DeviceLost):  # raised again by wait_for_model
            self._send({"spec": asdict(spec), "options": asdict(options)}, [])

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def wait_for_model(self) -> dict[str, Any]:
        """Wait until the process has loaded the model, and return what it reports of it.

        Raises:
            _DeviceLost: it could not load it.
        """
        facts, _ = self._receive()
        return facts

    def work(
        self,
        waiting: _Parts,
        items: Sequence[_Item],
        packed: Callable[[Sequence[_Item]], _Frame],
        rows: Rows,
    ) -> _DeviceLost | None:
        """Encode parts from ``waiting`` until it is empty, and write their rows. A part that fails is put back.

        Returns:
            Why the device failed; None if it did not.
        """
        sent: _Parts = deque()
        try:
            while True:
                while len(sent) < _IN_FLIGHT and (part := _next(waiting)):
                    sent.append(part)
                    self._send(*packed(items[part]))
                if not sent:
                    return None
                _, (computed,) = self._receive()
                rows[sent[0]] = computed
                sent.popleft()
        except _DeviceLost as lost:
            waiting.extend(sent)
            return lost

    def take_messages(self) -> list[str]:
        """Lines logged since the last call."""
        messages, self._messages = self._messages, []
        return messages

    def close(self) -> None:
        """End the process by closing its stdin."""
        for stream in (self._requests, self._replies):
            with contextlib.suppress(OSError):  # unread data of a dead process
                stream.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _send(self, header: dict[str, Any], stacks: Sequence[frames.Stack]) -> None:
        try:
            frames.write(self._requests, header, stacks)
        except OSError:
            raise self._gone() from None

    def _receive(self) -> tuple[dict[str, Any], list[frames.Array]]:
        while True:
            frame = frames.read(self._replies)
            if frame is None:
                raise self._gone()
            header, arrays = frame
            if "log" in header:
                self._messages.append(header["log"])
            elif "error" in header:
                raise _DeviceLost(header["error"], header["hint"])
            else:
                self.batch_size = header["batch_size"]
                return header, arrays

    def _gone(self) -> _DeviceLost:
        try:
            code = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            return _DeviceLost(f"the process of {self.name} no longer responds")
        if code < 0:
            return _DeviceLost(f"the process of {self.name} was killed (signal {-code}; perhaps memory ran out)")
        return _DeviceLost(f"the process of {self.name} ended unexpectedly (code {code}; see worker.log)")


def _close(children: list[_Child]) -> None:
    while children:
        children.pop().close()


def _next(waiting: _Parts) -> slice | None:
    try:
        return waiting.popleft()
    except IndexError:
        return None


def _with_numbers(devices: Sequence[str]) -> list[tuple[str, str]]:
    """Unique names: ``cpu`` twice is ``cpu 1`` and ``cpu 2``."""
    times, seen = Counter(devices), Counter[str]()
    named = []
    for device in devices:
        seen[device] += 1
        named.append((f"{device} {seen[device]}" if times[device] > 1 else device, device))
    return named


def _listed(children: Sequence[_Child]) -> str:
    names = [child.name for child in children]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _threads() -> int:
    """Threads that a library would use for one model: the user's setting, else the number of usable CPUs."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    return int(given) if given.isdecimal() else os.cpu_count() or 1
