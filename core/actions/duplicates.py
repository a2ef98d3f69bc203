"""The duplicates action: groups of copies of a picture, which copy to keep, and which are redundant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.actions.answer import Answer, Group, Match
from core.actions.definition import Action, Context
from core.actions.naming import called
from core.actions.parameter_fields import (
    choice_field,
    number_field,
    switch_field,
    text_field,
    vec_type_field,
    where_field,
    words_field,
)
from core.errors import VectorsMissing
from core.text import byte_size, count

if TYPE_CHECKING:
    from core.actions.copy_groups import Copy, CopyGroup, Duplicates

_ALSO = ("mirrored", "rotated", "cropped")
UNDECIDED, ALL, REST, MARKED = "undecided", "all", "rest", "marked"


@dataclass(frozen=True, kw_only=True)
class DuplicatesParameters:
    """Parameters of :data:`DUPLICATES`."""

    vec_type: str = vec_type_field(optional=True)
    threshold: float = number_field(
        "threshold",
        "minimum cosine of pictures to compare: by default what copies reach with this model; "
        "with a number, every pair that reaches it is also shown as nearly alike",
        default=0.0,
        least=0.5,
        most=1.0,
        auto=True,
        advanced=True,
    )
    reference: str = text_field(
        "reference", "folders whose pictures are always kept, separated by `:`", default="", advanced=True
    )
    also: str = words_field(
        "also", "also find copies that are `mirrored`, `rotated` or `cropped` (slower)", tuple(_ALSO), advanced=True
    )
    ignore: str = words_field(
        "ignore",
        "pairs to leave out: in the `same-folder`, or taken in one `burst` (same camera within 2 s; `burst:10`: 10 s)",
        ("same-folder", "burst:"),
        advanced=True,
    )
    where: str | tuple[str, ...] = where_field()
    list: str = choice_field(
        "list",
        "`undecided` groups, `all` groups, the redundant `rest` (one list, for scripts: the same bytes, and what you "
        "marked), or what you `marked` alone",
        (UNDECIDED, ALL, REST, MARKED),
        default=UNDECIDED,
    )
    undecided: bool = switch_field(
        "undecided",
        "with `--list rest`: also copies with different bytes that nobody has reviewed",
        only_with=("list", REST),
    )


def duplicates(context: Context, parameters: DuplicatesParameters) -> Answer:
    """Groups of copies, the best copy first; each match's remark says why it is kept or redundant. Deletes nothing.

    Raises:
        UsageError: no such vectors, folder or picture. StoreDamaged: the vectors cannot be read.
    """
    return as_answer(find_groups(context, parameters, read=True), parameters)


def find_groups(context: Context, parameters: DuplicatesParameters, *, read: bool = False) -> Duplicates:
    """The groups that the review works on; see :func:`core.actions.duplicate_groups.find_duplicates`.

    Moves of files that a kill interrupted are completed or reverted first; the note says so.

    Raises:
        VectorsMissing: a threshold is given, and there are no vectors to compare.
    """
    from core.actions.duplicate_groups import DuplicateSearch, find_duplicates
    from core.actions.pair_rules import PairRules
    from core.images.turns import Also
    from core.moves.aside import FOLDER_NAME, recover_moves

    settled = recover_moves(context.project.path / FOLDER_NAME, roots=context.project.folders)
    search = DuplicateSearch(
        parameters.vec_type,
        parameters.threshold or None,
        parameters.reference,
        parameters.where,
        read=read,
        also=[Also(word) for word in parameters.also.split(",") if word],
        rules=PairRules.parse(parameters.ignore),
    )
    duplicates = find_duplicates(context, search)
    if not duplicates.vec_type and parameters.threshold:
        raise VectorsMissing(
            f"{called('threshold')}: {duplicates.note}", "leave it out, or create vectors that can be compared"
        )
    return replace(duplicates, note="; ".join(filter(None, (duplicates.note, settled)))) if settled else duplicates


def as_answer(duplicates: Duplicates, parameters: DuplicatesParameters) -> Answer:
    """The groups as an answer."""
    title = f"at {duplicates.threshold:g}" if duplicates.threshold else "by bytes"
    groups = [group for group in duplicates.groups if parameters.list != UNDECIDED or not group.decided]
    if parameters.list in (REST, MARKED):
        going = [copy for group in groups for copy in _listed(group, parameters)]
        # A script removes the listed files: a copy whose labels are not yet on the kept copy is not listed.
        rest = [copy for copy in going if not copy.labels]
        answers = [Group(_rest_name(rest, parameters.list), tuple(_match(copy) for copy in rest))]
        labelled = len(going) - len(rest)
    else:
        labelled = 0
        answers = [_group(group) for group in groups] or [Group("no duplicates", ())]
    answer = Answer("duplicates", duplicates.vec_type, title, tuple(answers), duplicates.note)
    settled = sum(group.decided for group in duplicates.groups)
    if parameters.list == UNDECIDED and settled:
        answer = answer.with_note(f"{count(settled, 'group')} already decided: not shown")
    if parameters.list == REST and not parameters.undecided:
        waiting = sum(
            not copy.keep for group in groups for copy in group.copies if copy not in _listed(group, parameters)
        )
        if waiting:
            answer = answer.with_note(
                f"{count(waiting, 'copy', 'copies')} with different bytes not decided: review them, or add "
                f"{called('undecided')}"
            )
    if labelled:
        why = "their labels are missing on the kept copy (the review carries them over)"
        answer = answer.with_note(f"{count(labelled, 'file')} left out: {why}")
    return answer


def _listed(group: CopyGroup, parameters: DuplicatesParameters) -> list[Copy]:
    """The copies that a script may remove: those decided, and those with the same bytes as a kept file."""
    going = [copy for copy in group.copies if not copy.keep]
    if parameters.list == MARKED:
        return [copy for copy in going if copy.decided]
    if parameters.undecided:
        return going
    staying = {copy.file.key for copy in group.copies if copy.keep and copy.is_distinct_file}
    found = []
    for copy in going:
        if copy.decided or copy.file.key in staying:
            found.append(copy)
        else:  # redundant only by different bytes, which nobody has reviewed: keep it, and drop others with its bytes
            staying.add(copy.file.key)
    return found


def _group(group: CopyGroup) -> Group:
    scores = [copy.score for copy in group.copies if copy.score is not None]
    name = f"{count(len(group.copies), 'copy', 'copies')}, {byte_size(group.bytes_to_free)} to free"
    if group.kind == "nearly alike":
        name = f"{count(len(group.copies), 'picture')} nearly alike"
    return Group(name, tuple(_match(copy) for copy in group.copies), min(scores, default=None), group.kind)


def _match(copy: Copy) -> Match:
    return Match(copy.file.key, copy.file.path, copy.score, copy.remark)


def _rest_name(rest: list[Copy], which: str) -> str:
    size = byte_size(sum(copy.file.size for copy in rest))
    return f"{count(len(rest), 'file')} {'redundant' if which == REST else 'marked'}, {size}"


DUPLICATES = Action(
    name="duplicates",
    command="duplicates",
    title="Duplicates",
    help="find copies of the same picture: which to keep and why, which are redundant",
    key="d",
    parameters=DuplicatesParameters,
    run=duplicates,
    short="Dupes",
)
