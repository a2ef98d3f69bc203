"""The notation of numbers and dates in a table, and its conversion to that of the catalog."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from core.errors import UsageError
from core.names import short_name

Decimal = Literal[".", ","]
DayOrder = Literal["ymd", "dmy", "mdy"]
DECIMALS: tuple[Decimal, ...] = get_args(Decimal)
DAY_ORDERS: tuple[DayOrder, ...] = get_args(DayOrder)
_COMMA_NUMBER = re.compile(r"[+-]?[0-9]+,[0-9]+")
_DAY = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})\2([0-9]{4})")
_MONTH = re.compile(r"([0-9]{1,2})[./-]([0-9]{4})")
_MIDNIGHT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:00)?")
_YEAR_FIRST = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")
_EXAMPLES = {"dmy": "31/12/1999", "mdy": "12/31/1999"}


@dataclass(frozen=True, slots=True)
class Notation:
    """The notation of numbers and dates in a table.

    Attributes:
        decimal: the decimal separator.
        dates: order of day, month and year; ``ymd`` is 1999-12-31, which is unambiguous and read
            with any order.
    """

    decimal: Decimal = "."
    dates: DayOrder = "ymd"

    def number(self, text: str) -> str:
        """Convert a number to a decimal point.

        Raises:
            UsageError: it contains a point, though this table uses decimal commas.
        """
        if self.decimal == ".":
            return text
        if "." in text:
            raise UsageError(f"{short_name(text)} has a point, and --decimal says comma", "write it as 12,5")
        return text.replace(",", ".", 1)

    def as_written(self, number: str) -> str:
        """The inverse of :meth:`number`."""
        return number.replace(".", self.decimal)

    def date(self, text: str) -> str:
        """Convert a date to 1999, 1999-12 or 1999-12-31; the midnight that databases append to a day is dropped.

        Raises:
            UsageError: it is not in the order of this table.
        """
        if midnight := _MIDNIGHT.fullmatch(text):
            return midnight[1]
        if self.dates == "ymd" or _YEAR_FIRST.fullmatch(text):
            return text
        if day := _DAY.fullmatch(text):
            first, second, year = day[1], day[3], day[4]
            month, number = (second, first) if self.dates == "dmy" else (first, second)
            return f"{year}-{int(month):02d}-{int(number):02d}"
        if month_only := _MONTH.fullmatch(text):
            return f"{month_only[2]}-{int(month_only[1]):02d}"
        raise UsageError(
            f"{short_name(text)} is not a date in the order {self.dates}", f"such as {_EXAMPLES[self.dates]}"
        )


PLAIN = Notation()


def looks_like_decimal_comma(text: str) -> bool:
    """Whether ``text`` would be a number if its comma were a decimal point."""
    return bool(_COMMA_NUMBER.fullmatch(text))


def looks_like_local_date(text: str) -> bool:
    """Whether ``text`` is a date with the year last, so that the order of day and month is ambiguous."""
    return bool(_DAY.fullmatch(text))
