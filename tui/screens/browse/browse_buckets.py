"""The part of Browse that shows pictures parted into buckets: a list of them at the left, the pictures of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.key_hints import with_keys
from tui.screens.browse.browse_list import BrowseResult, source_of
from tui.screens.browse.browse_state import BrowseState
from tui.widgets.bucket_list import BucketList
from tui.widgets.picture_source import PictureSource

if TYPE_CHECKING:  # NumPy comes after the first paint
    pass


class Buckets(BrowseState):
    """The bucket under the cursor of the list is what the grid shows."""

    _go_to_buckets = False  # when they have come
    _part = ""  # name of the bucket to begin with; empty for the one on show

    def _show_buckets(self, found: BrowseResult, cursor: int) -> PictureSource:
        """List what the pictures are parted into. Returns the pictures to be shown.

        The cursor goes to the bucket that is called as the one before, else to number ``cursor``.
        """
        listed = self.query_one(BucketList)
        buckets = found.ordered.buckets if found.ordered else ()
        name = self._bucket.name if self._bucket else self._part
        at = next((place for place, bucket in enumerate(buckets) if bucket.name == name), cursor)
        listed.show(buckets, cursor=at)
        self._bucket = listed.current
        if listed.has_focus and not buckets:
            self.grid.focus()
        listed.display = bool(buckets)
        self.set_class(bool(buckets), "-parted")
        if buckets and self._go_to_buckets:
            listed.focus()
        self._go_to_buckets = False
        self._behind = found.behind
        return self._bucket_source() or found.source

    def _bucket_source(self) -> PictureSource | None:
        found = self._found
        if self._bucket is None or found is None or found.ordered is None:
            return None
        catalog, ids = self._project.catalog, self._bucket.ids
        source, self._behind = source_of(catalog, found.ordered, ids, self._listed, found.stacks)
        return source

    def on_bucket_list_moved(self) -> None:
        """The bucket under the cursor is what the grid shows."""
        bucket = self.query_one(BucketList).current
        if bucket is None or bucket is self._bucket:
            return
        self._bucket = bucket
        if source := self._bucket_source():
            self.grid.show(source, self._project.thumbnails)
            self.show_header()

    def on_bucket_list_opened(self) -> None:
        """Enter on a bucket goes to its pictures."""
        self.grid.focus()

    def action_chart(self) -> None:
        """Show the buckets as bars; the chosen one is what the grid shows."""
        listed = self.query_one(BucketList)
        if not listed.entries:
            text = "no groups to draw · {browse.order-group-by} groups the pictures by tag, folder, date, …"
            listing = self._found is None or self._listed != self._wanted  # there may be groups in a moment
            self.notify("reading the groups…" if listing else with_keys(text), markup=False)
            return

        def answered(chosen: Bar | None) -> None:
            names = [bucket.name for bucket in listed.entries]  # another program may have changed them meanwhile
            if chosen is not None and chosen.name in names:
                listed.cursor = names.index(chosen.name)
                self.grid.focus()

        from core.charts.bars import Bar
        from tui.screens.dialogs.chart import Chart

        by = self._listed.order.group
        bars = [Bar(bucket.name, len(bucket.ids)) for bucket in listed.entries]
        self.app.push_screen(Chart(f"Pictures by {by.name if by else 'group'}", bars, listed.cursor), answered)
