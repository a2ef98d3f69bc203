"""The action: which pictures are least like the collection."""

from __future__ import annotations

from dataclasses import dataclass

from core.actions.answer import Answer, Group
from core.actions.definition import Action, Context
from core.actions.parameter_fields import vec_type_field, where_field, whole_field


@dataclass(frozen=True, kw_only=True)
class UnusualParameters:
    """The form, the arguments of the command and the checks of values are made from these fields."""

    vec_type: str = vec_type_field()
    where: str | tuple[str, ...] = where_field()
    top: int = whole_field("show", "number of pictures to show", default=20, least=1, most=100_000)


def unusual(context: Context, parameters: UnusualParameters) -> Answer:
    """The pictures whose cosine to the mean of all is lowest. Imports NumPy here: ``--help`` must not wait for it."""
    import numpy as np

    from core.actions.scope import matches, scope
    from core.arrays import normalise
    from core.search.nearest import cosines
    from core.search.whitening import fit_whitening

    looked_at = scope(context, parameters.vec_type, parameters.where, least=2)
    rows, numbers = looked_at.snapshot.rows, looked_at.numbers
    scores = cosines(rows, normalise(fit_whitening(rows, numbers).mean))  # blocks of the mapped file, never all rows
    context.check_stop()
    lowest = numbers[np.argsort(scores[numbers], kind="stable")[: parameters.top]]
    found = matches(context, looked_at.keys_of(lowest), scores[lowest].tolist())
    name = str(looked_at.vec_type)
    return Answer("unusual", name, "unusual pictures", (Group("unusual", found),), note=looked_at.note)


UNUSUAL = Action(
    name="unusual",
    command="unusual",
    title="Unusual pictures",
    help="find the pictures that are least like the collection",
    key="ctrl+u",
    parameters=UnusualParameters,
    run=unusual,
)
