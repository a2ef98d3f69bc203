"""What it takes to compute vectors of all pictures, judged by those that were computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.models import rates
from core.project import Project
from core.text import byte_size, count, duration, rate

_FLOAT = 4  # bytes of a number in a row


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of one vec type.

    Attributes:
        vec_type: its name.
        pictures: that have no row yet and did not fail.
        size: bytes of their rows.
        rate: pictures a second; None if not measured.
    """

    vec_type: str
    pictures: int
    size: int
    rate: float | None

    @property
    def seconds(self) -> float | None:
        """That all of them take; None if unknown."""
        return self.pictures / self.rate if self.rate else None

    @property
    def text(self) -> str:
        """What all pictures would take, in words."""
        if not self.pictures:
            return f"{self.vec_type} is complete"
        takes = "an unknown time" if self.seconds is None else f"about {duration(self.seconds)}"
        speed = f" ({rate(self.rate)})" if self.rate else ""
        rest = count(self.pictures, "more picture")
        return f"{self.vec_type}: {rest} would take {takes}{speed} and {byte_size(self.size)} of disk"


def forecast(project: Project, names: Sequence[str], measured: Mapping[str, float]) -> list[Forecast]:
    """Forecast vec types, in this order; names that are not there, and imported ones, are left out.

    Args:
        project: open.
        names: of vec types.
        measured: pictures a second by the name of a vec type, as its last job did; for others the speed of the model
            that this machine remembers.
    """
    remembered = rates.known()
    statuses = {status.vec_type.name: status for status in project.statuses()}
    forecasts = []
    for status in (statuses[name] for name in names if name in statuses and not statuses[name].vec_type.is_imported):
        name, left = status.vec_type.name, status.total - status.done - status.failed
        speed = measured.get(name) or remembered.get(status.vec_type.model)
        forecasts.append(Forecast(name, left, left * status.dim * _FLOAT, speed))
    return forecasts
