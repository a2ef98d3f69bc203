"""A project with vectors of the real models, as tests of actions have it."""

from tests.core.actions.conftest import context

__all__ = ["context"]
