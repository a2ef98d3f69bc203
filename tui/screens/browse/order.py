"""The dialog behind ``o``: how pictures are ordered, and what parts them into groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Label, Select

from core.catalog.catalog import Picture
from core.errors import PictoscopeError
from core.filters.ordering import DEFAULT_ORDER, SPANS, Order, Sortable, Span, sortables
from core.key_hints import with_keys
from core.labels.properties import Properties, PropertyDefinition
from core.project import Project
from core.text import printable
from core.vectors.vec_types import VecTypeStatus
from tui.messages import NotRead
from tui.screens.dialogs.form import Form
from tui.widgets.cells import shorten
from tui.widgets.field_help import FieldHelp
from tui.widgets.form_controls import ChoiceSelect
from tui.widgets.form_select import FormSelect
from tui.widgets.vec_type_select import VecTypeSelect

_PATH, _SIMILARITY, _BY = "path", "similarity", "by "  # no property's value begins as another's
_NO_GROUPS = "none"
_NAME = 36  # cells of the name of a picture
_HELP = {
    "order-by": "what the pictures are ordered by: a fact of the file, tags, a property, or likeness to one picture",
    "direction": "which end comes first",
    "vec_type": "which vec type to use: it says what is similar",
    "group-by": "what parts the pictures into groups, listed at the left",
    "span": "how long each group of dates is",
}


class OrderDialog(Form["Order | None"]):
    """Asks for an order. Ends with it (that changes nothing for Reset), or with None.

    Args:
        project: whose pictures are ordered.
        order: as it is now.
        picture: the one under the cursor, which others may resemble; None for none.
    """

    BINDINGS = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("enter", "order", "Order", show=False),
    ]

    class _Known(Message, bubble=False):
        """What the project has: properties that people made, and vectors."""

        def __init__(self, properties: Sequence[PropertyDefinition], statuses: Sequence[VecTypeStatus]) -> None:
            super().__init__()
            self.properties = properties
            self.statuses = statuses

    def __init__(self, project: Project, order: Order, picture: Picture | None) -> None:
        super().__init__()
        self._project = project
        self._order = order
        self._picture = picture
        made = (one for one in (order.by, order.group) if one)
        self._sortables = {one.name: one for one in (*sortables(()), *made)}

    def compose(self) -> ComposeResult:
        """A row for each question, then the buttons."""
        order = self._order
        by = _SIMILARITY if order.like else _BY + order.by.name if order.by else _PATH
        with Vertical(classes="dialog form") as box:
            box.border_title = "Order"
            yield _row("order by", FormSelect(self._orders(), value=by, allow_blank=False, compact=True, id="order-by"))
            yield _row("direction", FormSelect([("", 0)], value=0, allow_blank=False, compact=True, id="direction"))
            yield _row("vec type", VecTypeSelect(needs_text=False, preferred=order.vec_type))
            group = _BY + order.group.name if order.group else _NO_GROUPS
            yield _row(
                "group by", FormSelect(self._groups(), value=group, allow_blank=False, compact=True, id="group-by")
            )
            yield _row("dates by", ChoiceSelect(SPANS, order.span, id="span"))
            yield FieldHelp(_HELP)
            with Horizontal(classes="buttons"):
                yield Button(with_keys("Cancel  {order-dialog.cancel}"), id="cancel", compact=True)
                yield Button("Reset", id="reset", compact=True)
                yield Button(with_keys("Order  {order-dialog.order}"), id="order", variant="primary", compact=True)

    def on_mount(self) -> None:
        """What does not matter is not there."""
        self._show_directions(int(self._order.descending))
        self._show_rows()
        self.query_one("#order-by").focus()
        self.run_worker(self._find_out, thread=True, group="order")

    def _find_out(self) -> None:
        try:
            self.post_message(self._Known(Properties(self._project.catalog).all(), self._project.statuses()))
        except (PictoscopeError, OSError) as error:
            self.post_message(NotRead(error))

    def on_order_dialog__known(self, message: _Known) -> None:
        """What people made can order too."""
        for one in sortables(message.properties):
            self._sortables[one.name] = one
        for name, choices in (("order-by", self._orders()), ("group-by", self._groups())):
            select = cast("Select[str]", self.query_one(f"#{name}", Select))
            value = select.value
            select.set_options(choices)
            select.value = value
        self.query_one(VecTypeSelect).show_statuses(message.statuses)

    def on_select_changed(self, event: Select.Changed) -> None:
        """Other questions, other words."""
        if event.select.id == "order-by":
            by = self._chosen("order-by")
            self._show_directions(int(by is not None and by.kind == "date"))
        if event.select.id in ("order-by", "group-by"):
            self._show_rows()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "order":
                self.action_order()
            case "reset":
                self.dismiss(DEFAULT_ORDER)
            case _:
                self.dismiss(None)

    def action_order(self) -> None:
        """Close with the chosen order."""
        similar = self.query_one("#order-by", Select).value == _SIMILARITY
        vec_type = self.query_one(VecTypeSelect).given
        if similar and not self.query_one(VecTypeSelect).usable:
            self.complain(with_keys("There are no vectors yet: create some in Settings ({settings}) first."))
            return
        like, name = self._order.like, self._order.like_name
        if similar and self._picture:
            like, name = self._picture.key, self._picture.name
        self.dismiss(
            Order(
                by=self._chosen("order-by"),
                descending=not similar and self.query_one("#direction", Select).value == 1,
                like=like if similar else b"",
                like_name=name if similar else "",
                vec_type=vec_type if similar else "",
                group=self._chosen("group-by"),
                span=cast("Span", self.query_one("#span", ChoiceSelect).given),
            )
        )

    def _chosen(self, select: str) -> Sortable | None:
        value = str(self.query_one(f"#{select}", Select).value)
        return self._sortables.get(value.removeprefix(_BY)) if value.startswith(_BY) else None

    def _orders(self) -> list[tuple[Text, str]]:
        orders = [(Text("path"), _PATH)]
        name = self._picture.name if self._picture else self._order.like_name
        if name:
            orders.append((Text(f"similarity to {shorten(printable(name), _NAME)}"), _SIMILARITY))
        return [*orders, *self._named()]

    def _groups(self) -> list[tuple[Text, str]]:
        return [(Text("nothing"), _NO_GROUPS), *self._named()]

    def _named(self) -> list[tuple[Text, str]]:
        return [(Text(printable(name)), _BY + name) for name in self._sortables if name != "path"]

    def _show_directions(self, chosen: int) -> None:
        by = self._chosen("order-by")
        select = cast("Select[int]", self.query_one("#direction", Select))
        select.set_options((Text(words), number) for number, words in enumerate(by.directions if by else ("",)))
        select.value = chosen if by else 0

    def _show_rows(self) -> None:
        group = self._chosen("group-by")
        shown = {
            "direction": self._chosen("order-by") is not None,
            "vec_type": self.query_one("#order-by", Select).value == _SIMILARITY,
            "span": group is not None and group.kind == "date",
        }
        for name, there in shown.items():
            row = self.query_one(f"#{name}").parent
            if row is not None:
                cast("Widget", row).display = there


def _row(title: str, control: Widget) -> Horizontal:
    return Horizontal(Label(title, classes="name", markup=False), control, classes="row")
