"""The labelled project of the exports."""

from tests.core.export.conftest import folder, labelled, project

__all__ = ["folder", "labelled", "project"]
