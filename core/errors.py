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


class UsageError(PictoscopeError):
    """What was asked for makes no sense: wrong name, value out of range. Exit code 2 on the command line."""


class AlreadyThere(UsageError):
    """A file has the name that another one was to get. Nobody said that it may be replaced."""


class ProjectError(PictoscopeError):
    """A project cannot be created, found or opened."""


class CatalogError(PictoscopeError):
    """The catalog's database cannot be used."""


class UnreadablePicture(PictoscopeError):
    """One picture cannot be read. ``message`` is the reason in words; it costs this picture only."""


class CannotDecode(UnreadablePicture):
    """No picture can be read now: no process or file to be had. Not the picture's fault, so a job ends by it."""


class ModelError(PictoscopeError):
    """A model cannot be found, loaded, or does not do what was asked of it."""


class StoreError(PictoscopeError):
    """The vectors of a vec type cannot be read or written."""


class StoreDamaged(StoreError):
    """Files of a vec type contradict each other in a way that no crash can cause."""


class JournalDamaged(StoreDamaged):
    """A journal has a bad record before good ones. Repairing the vectors keeps every row that matches its checksum."""


class ModelChanged(StoreError):
    """The model that is here is not the one that made the rows: theirs and its must not be mixed."""


class StoreBusy(StoreError):
    """Another process writes this vec type."""


class VectorsMissing(StoreError):
    """An action needs vectors that have not been created yet."""


class JobError(PictoscopeError):
    """A job cannot be started, found or stopped."""


class DiskFull(StoreError):
    """The file system has no room left. What was committed before is kept."""


class Cancelled(PictoscopeError):
    """The person who asked does not want the answer any more."""


class TooManyFiles(PictoscopeError):
    """The limit on open files is reached: the whole run suffers from it, not one file."""
