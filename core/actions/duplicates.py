"""Duplicates: the same picture several times, the copy to keep, and the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.actions.answer import Answer, Group, Match
from core.actions.definition import Action, Context
from core.actions.parameters import choice_field, number_field, text_field, vec_type_field, where_field
from core.text import byte_size, count

if TYPE_CHECKING:
    from core.actions.duplicate_groups import Copy, CopyGroup, Duplicates

UNDECIDED, ALL, REST, MARKED = "undecided", "all", "rest", "marked"
# Of 150 photographs (demo, effnet-lite0) no two different ones reach 0.85. At 0.90 are found: 94 % of the copies saved
# as JPEG at quality 50, all that lost 5 % of their edges, 96 % of those that lost 10 %, 65 % of those at half their
# size (which here is less than the network sees; larger ones lose less). At 0.95: 57, 99, 47 and 23 %. Series of
# drawings that differ in a detail reach 0.95 too: hence the review, and the note where random pairs reach it.
THRESHOLD = 0.90


@dataclass(frozen=True, kw_only=True)
class DuplicatesParameters:
    """Parameters of :data:`DUPLICATES`."""

    vec_type: str = vec_type_field(optional=True)
    threshold: float = number_field(
        "threshold",
        "how alike copies are (cosine): lower finds more, also what is only similar",
        default=THRESHOLD,
        least=0.5,
        most=1.0,
    )
    reference: str = text_field("reference", "folders whose pictures always stay, `:` between several", default="")
    where: str | tuple[str, ...] = where_field()
    list: str = choice_field(
        "list",
        "`undecided` groups, `all` groups, the `rest` that may go (one list, for scripts), or what you `marked` of it",
        (UNDECIDED, ALL, REST, MARKED),
        default=UNDECIDED,
    )


def duplicates(context: Context, parameters: DuplicatesParameters) -> Answer:
    """Groups of copies, in each the best first; each match's remark says why it stays or may go. Deletes nothing.

    Raises:
        UsageError: no such vectors, folder or picture. StoreDamaged: the vectors cannot be read.
    """
    return as_answer(found(context, parameters), parameters)


def found(context: Context, parameters: DuplicatesParameters) -> Duplicates:
    """What the review works on; see :func:`core.actions.duplicate_groups.find_duplicates`."""
    from core.actions.duplicate_groups import find_duplicates

    return find_duplicates(context, parameters.vec_type, parameters.threshold, parameters.reference, parameters.where)


def as_answer(duplicates: Duplicates, parameters: DuplicatesParameters) -> Answer:
    """As every action answers."""
    title = f"at {parameters.threshold:g}"
    groups = [group for group in duplicates.groups if parameters.list != UNDECIDED or not group.decided]
    if parameters.list in (REST, MARKED):
        rest = [
            copy
            for group in groups
            for copy in group.copies
            if not copy.keep and (copy.decided or parameters.list == REST)
        ]
        answers = [Group(_rest_name(rest, parameters.list), tuple(_match(copy) for copy in rest))]
    else:
        answers = [_group(group) for group in groups] or [Group("no duplicates", ())]
    answer = Answer("duplicates", duplicates.vec_type, title, tuple(answers), duplicates.note)
    settled = sum(group.decided for group in duplicates.groups)
    if parameters.list == UNDECIDED and settled:
        answer = answer.with_note(f"{count(settled, 'group')} decided already: not asked again")
    return answer


def _group(group: CopyGroup) -> Group:
    scores = [copy.score for copy in group.copies if copy.score is not None]
    name = f"{count(len(group.copies), 'copy', 'copies')}, {byte_size(group.to_win)} to win"
    return Group(name, tuple(_match(copy) for copy in group.copies), min(scores, default=None))


def _match(copy: Copy) -> Match:
    return Match(copy.file.key, copy.file.path, copy.score, copy.remark)


def _rest_name(rest: list[Copy], which: str) -> str:
    size = byte_size(sum(copy.file.size for copy in rest))
    return f"{count(len(rest), 'file')} {'that may go' if which == REST else 'marked'}, {size}"


DUPLICATES = Action(
    name="duplicates",
    command="duplicates",
    title="Duplicates",
    help="copies of the same picture: which to keep and why, which may go",
    key="d",
    parameters=DuplicatesParameters,
    run=duplicates,
    short="Dupes",
)
