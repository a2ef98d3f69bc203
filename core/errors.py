"""Typed errors. Each says in one line what is wrong and, in its hint, what to do next."""

from __future__ import annotations


class PictoscopeError(Exception):
    """Base of every error that a person is meant to read.

    Args:
        message: what is wrong, one line.
        hint: what to do next, one line; may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Ended(BaseException):
    """A signal to end now. Not an ``Exception``: cleanup runs, but no handler mistakes it for an error.

    Args:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class UsageError(PictoscopeError):
    """The request is invalid: wrong name, value out of range. Exit code 2 on the command line."""


class AlreadyExists(UsageError):
    """A file with the target name exists, and replacing it was not requested."""


class NameTaken(UsageError):
    """A label has this name, and replacing it was not requested.

    Attributes:
        held: what would be lost by replacing it, in words: ``it holds 3 pictures``.
    """

    def __init__(self, message: str, held: str) -> None:
        super().__init__(message, "choose another name, or replace it")
        self.held = held


class ProjectError(PictoscopeError):
    """A project cannot be created, found or opened."""


class CatalogError(PictoscopeError):
    """The catalog's database cannot be used."""


class UnreadablePicture(PictoscopeError):
    """One picture cannot be read. ``message`` is the reason; other pictures are not affected."""


class CannotDecode(UnreadablePicture):
    """No picture can be read now, because no process or file can be opened. Ends a job: the picture is not at fault."""


class ModelError(PictoscopeError):
    """A model cannot be found or loaded, or does not support the request."""


class StoreError(PictoscopeError):
    """The vectors of a vec type cannot be read or written."""


class UnsafeFile(StoreError):
    """A file of a project is not a regular file, but a link, a pipe or a device. It was not opened."""


class StoreDamaged(StoreError):
    """Files of a vec type are inconsistent in a way that no crash can cause."""


class JournalDamaged(StoreDamaged):
    """A journal has a bad record before good ones. Repairing the vectors keeps every row that matches its checksum."""


class ModelChanged(StoreError):
    """The available model differs from the one that computed the rows: their rows must not be mixed."""


class StoreMoved(StoreError):
    """The open files no longer have their names: another program moved, deleted or replaced them."""


class StoreBusy(StoreError):
    """Another process writes this vec type."""


class VectorsMissing(StoreError):
    """An action needs vectors that have not been created yet."""


class TooFewVectors(VectorsMissing):
    """An action needs vectors of more pictures than there are. Restart computes the rest.

    Args:
        message: as :class:`PictoscopeError` takes it.
        hint: likewise.
        vec_type: name of the vectors.
    """

    def __init__(self, message: str, hint: str = "", vec_type: str = "") -> None:
        super().__init__(message, hint)
        self.vec_type = vec_type


class JobError(PictoscopeError):
    """A job cannot be started, found or stopped."""


class DiskFull(StoreError):
    """The file system is full. What was committed before is kept."""


class Cancelled(PictoscopeError):
    """The user cancelled the request."""


class TooManyFiles(PictoscopeError):
    """The limit on open files is reached, which affects the whole run."""
