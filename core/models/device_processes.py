"""One model on several devices: a process for each, and every batch split among them.

A process each, not threads: the devices then share no interpreter, and one that fails takes only its own process with
it. Pictures are prepared here and go through pipes (:mod:`core.models.frames`): 4,000 of 224 x 224 a second for each
device, measured on a busy machine of two cores, where decoding gives a hundred. Shared memory would be faster, but
would stay behind when a process is killed; a pipe that closes tells the other end.
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

from core.errors import ModelError
from core.models import backend, frames
from core.models.backend import Log, Model, Prepared, Rows
from core.models.catalogue import ModelSpec
from core.models.options import LoadOptions

_PIPE_BYTES = 1 << 20  # the most that Linux gives an ordinary user: twice as fast as the 64 KB of a new pipe
_IN_FLIGHT = 2  # parts of a batch that a device has: one that it computes, one on its way
_PATIENCE = 5.0  # seconds for a process to end

_Item = TypeVar("_Item")
_Frame = tuple[dict[str, Any], list[frames.Stack]]
_Parts = deque[slice]


def load(spec: ModelSpec, log: Log = lambda line: None, options: LoadOptions | None = None) -> Model:
    """Load a model on every device of ``options``: here on one, in a process each on several.

    Raises:
        ModelError: a device is not here; or as of :func:`core.models.backend.load`.
    """
    options = options or LoadOptions()
    devices = chosen_devices(options.device)
    return backend.load(spec, log, options) if len(devices) == 1 else DeviceProcesses(spec, log, options, devices)


def chosen_devices(wanted: str) -> list[str]:
    """Names of the devices that ``wanted`` stands for; errors as of :func:`core.models.device.choose_devices`."""
    from core.models.device import choose_devices

    return [str(device) for device in choose_devices(wanted)]


class DeviceProcesses:
    """See :class:`core.models.backend.Model`. Its processes end with it, and with this process, however it ends."""

    def __init__(self, spec: ModelSpec, log: Log, options: LoadOptions, devices: Sequence[str]) -> None:
        """Start the processes and wait until each has the model.

        Args:
            spec: of the model.
            log: is told what happens on the devices.
            options: their ``batch_size`` is that of each device.
            devices: their names; one that stands there twice gets two processes.

        Raises:
            ModelError: the model cannot be loaded, or no device can hold it.
        """
        self._log = log
        self._children: list[_Child] = []
        self._why: list[_Lost] = []
        # Not __del__ and not only close(): also where loading fails, and where nobody thinks of it.
        self._end = weakref.finalize(self, _close, self._children)
        try:
            self._load(spec, options, devices)
        except BaseException:
            self.close()
            raise
        log(f"{spec.key} runs on {self.runs_on}")

    @property
    def batch_size(self) -> int:
        """Pictures that all devices together take at a time."""
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
        """See :meth:`core.models.backend.Model.encode_pictures`. What a lost device had is computed by the others.

        Raises:
            ModelError: no device is left.
        """
        return self._encode(batch, frames.pack)

    def encode_texts(self, texts: Sequence[str]) -> Rows:
        """See :meth:`core.models.backend.Model.encode_texts`."""
        if not self.longest_text:
            return self._here.encode_texts(texts)  # says that it reads none
        return self._encode(texts, lambda part: ({"texts": list(part)}, []))

    def count_tokens(self, text: str) -> int:
        """See :meth:`core.models.backend.Model.count_tokens`."""
        return self._here.count_tokens(text)

    def close(self) -> None:
        """End the processes."""
        self._end()

    def _load(self, spec: ModelSpec, options: LoadOptions, devices: Sequence[str]) -> None:
        waiting = _with_numbers(devices)
        threads = max(1, _threads() // len(waiting))
        here: Model | None = None
        while waiting:
            # Which precision suits is tried on the first device that can hold the model; the others do the same.
            count = 1 if options.precision == "auto" else len(waiting)
            children = [
                _Child(name, spec, replace(options, device=device), threads) for name, device in waiting[:count]
            ]
            waiting = waiting[count:]
            self._children += children
            # Meanwhile: what prepares pictures, without the weights.
            here = here or backend.load(spec, options=replace(options, device="cpu", prepares_only=True))
            for child in children:
                try:
                    facts = child.wait_for_model()
                except _Lost as lost:
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
                self.close()  # an answer that is under way must not be taken for that of another batch
                raise
            for child, lost in zip(children, ends, strict=True):
                self._pass_on(child)
                if lost:
                    self._lose(child, lost)
        return rows

    def _parts(self, count: int) -> _Parts:
        """A batch in parts: as many as keep each device computing while its next part is on its way."""
        if not self._children:
            raise self._none_left()
        share = -(-count // (_IN_FLIGHT * len(self._children)))
        size = max(1, min(share, *(child.batch_size for child in self._children)))
        return deque(slice(start, min(start + size, count)) for start in range(0, count, size))

    def _pass_on(self, child: _Child) -> None:
        for line in child.take_said():
            self._log(f"{child.name}: {line}")

    def _lose(self, child: _Child, lost: _Lost) -> None:
        self._pass_on(child)
        self._children.remove(child)
        child.close()
        self._why.append(lost)
        rest = f". The job goes on with {_listed(self._children)}" if self._children else ""
        self._log(f"{child.name} is lost: {lost.message}{rest}")

    def _none_left(self) -> ModelError:
        why = "; ".join(dict.fromkeys(lost.message for lost in self._why)) or "its processes were ended"
        hints = [lost.hint for lost in self._why if lost.hint]
        return ModelError(f"no device is left: {why}", hints[-1] if hints else "Restart goes on from what is committed")


class _Lost(Exception):
    """A device, or its process, that can do no more."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class _Child:
    """The process of one device, seen from here."""

    def __init__(self, name: str, spec: ModelSpec, options: LoadOptions, threads: int) -> None:
        """Start it. Its errors go where those of this process go. No file of ours is left open in it: no lock."""
        self.name = name
        self.batch_size = 1
        self._said: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "core.models.device_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # signals to the worker's group are for the worker
            env=os.environ | {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)},
        )
        assert self._process.stdin and self._process.stdout  # noqa: S101  as asked for
        self._requests, self._replies = self._process.stdin, self._process.stdout
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            with contextlib.suppress(OSError):  # more than this user may have: it works with less
                fcntl.fcntl(self._requests, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        with contextlib.suppress(_Lost):  # it is said when its model is waited for
            self._send({"spec": asdict(spec), "options": asdict(options)}, [])

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def wait_for_model(self) -> dict[str, Any]:
        """What the process says of the model that it has loaded.

        Raises:
            _Lost: it could not load it.
        """
        facts, _ = self._receive()
        return facts

    def work(
        self,
        waiting: _Parts,
        items: Sequence[_Item],
        packed: Callable[[Sequence[_Item]], _Frame],
        rows: Rows,
    ) -> _Lost | None:
        """Take parts from ``waiting`` until there are none, and write their rows. What it cannot do it puts back.

        Returns:
            Why it can do no more; None where it can.
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
        except _Lost as lost:
            waiting.extend(sent)
            return lost

    def take_said(self) -> list[str]:
        """Lines that it logged since it was asked."""
        said, self._said = self._said, []
        return said

    def close(self) -> None:
        """End the process: its input ends."""
        for stream in (self._requests, self._replies):
            with contextlib.suppress(OSError):  # what a dead process did not read
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
                self._said.append(header["log"])
            elif "error" in header:
                raise _Lost(header["error"], header["hint"])
            else:
                self.batch_size = header["batch_size"]
                return header, arrays

    def _gone(self) -> _Lost:
        try:
            code = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            return _Lost(f"the process of {self.name} answers no more")
        if code < 0:
            return _Lost(f"the process of {self.name} was killed (signal {-code}; perhaps memory ran out)")
        return _Lost(f"the process of {self.name} ended unexpectedly (code {code}; see worker.log)")


def _close(children: list[_Child]) -> None:
    while children:
        children.pop().close()


def _next(waiting: _Parts) -> slice | None:
    try:
        return waiting.popleft()
    except IndexError:
        return None


def _with_numbers(devices: Sequence[str]) -> list[tuple[str, str]]:
    """Each device with a name of its own: ``cpu`` twice is ``cpu 1`` and ``cpu 2``."""
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
    """Threads that a library would use for one model: as the person set it, else the processors it may use."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    return int(given) if given.isdecimal() else os.cpu_count() or 1
