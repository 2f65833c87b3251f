"""Read dates and amounts as people and shops write them. The rest of the file settles ambiguous ones."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Literal

from community.api.services.csv_files import InvalidFile
from community.core import currencies

Order = Literal["dmy", "mdy", ""]
Mark = Literal[".", ",", ""]

_CLOCK = r"(?:[T ,]+(?P<h>\d{1,2}):(?P<min>\d\d)(?::(?P<s>\d\d)(?:[.,]\d{1,9})?)?\s*(?P<half>[AaPp][Mm])?)?"
_ZONE = r"\s*(?P<zone>Z|z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d)?"
_YEAR_FIRST = re.compile(
    rf"(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}}){_CLOCK}{_ZONE}", re.ASCII
)
_YEAR_LAST = re.compile(
    rf"(?P<a>\d{{1,2}})(?P<sep>[-/.])(?P<b>\d{{1,2}})(?P=sep)(?P<y>\d{{4}}){_CLOCK}{_ZONE}", re.ASCII
)
_SYMBOLS = {
    "€": "EUR",
    "£": "GBP",
    "US$": "USD",
    "R$": "BRL",
    "₹": "INR",
    "zł": "PLN",
    "Kč": "CZK",
    "Ft": "HUF",
    "₺": "TRY",
    # Several currencies have these.
    **dict.fromkeys(("$", "¥", "kr", "kr."), ""),
}
# Whole amounts are also written as 49,- or 49.–
_NO_CENTS = re.compile(r"(?<=\d)[.,](?:--?|[\u2013\u2014])(?!\d)")
_GROUPS = re.compile(r"(?<=\d)['\u2019 \u2009\u00a0\u202f](?=\d{3}(?!\d))")
_LONGEST_AMOUNT = 80  # characters; longer cells are not amounts, and take long to parse
_DIGITS = re.compile(r"[+-]?\d[\d.,]*(?:[eE][+-]?\d{1,3})?|[+-]?[.,]\d+", re.ASCII)


@dataclass(frozen=True)
class DateReader:
    """Reads dates. `order` says which part of 03/04/2026 is the day; times without a zone are in `zone`."""

    order: Order
    zone: tzinfo

    def read(self, text: str) -> datetime:
        """Return the date and time. Raises ValueError with a message for people."""
        found = _YEAR_FIRST.fullmatch(text)
        last = None if found else _YEAR_LAST.fullmatch(text)
        if found:
            day, month = int(found["d"]), int(found["m"])
        elif last:
            found, first, second = last, int(last["a"]), int(last["b"])
            day_first = last["sep"] == "." or self.order == "dmy" or first > 12
            day, month = (first, second) if day_first else (second, first)
        else:
            raise ValueError("is not a valid date; write it like 2026-03-01 or 2026-03-01T12:00:00Z")
        try:
            return datetime(
                int(found["y"]), month, day, *_clock(found), tzinfo=_zone(found["zone"], self.zone)
            )
        except ValueError as error:
            raise ValueError("is not a date that exists; correct the day, month or time") from error


def _clock(found: re.Match[str]) -> tuple[int, int, int]:
    hour = int(found["h"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0)
    return hour, int(found["min"] or 0), int(found["s"] or 0)


def _zone(text: str | None, default: tzinfo) -> tzinfo:
    if not text:
        return default
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    away = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-away if text[0] == "-" else away)


def order_of_dates(texts: Iterable[tuple[int, str]], *, wanted: Order) -> Order:
    """Return which comes first in dates such as 03/04/2026, judging by all dates in the file.

    Raises InvalidFile if they are all ambiguous or contradict each other.
    """
    doubtful: tuple[int, str] | None = None
    proofs: dict[Order, tuple[int, str]] = {}
    for line, text in texts:
        found = _YEAR_LAST.fullmatch(text)
        if found is None or found["sep"] == ".":
            continue
        first, second = int(found["a"]), int(found["b"])
        if first > 12 >= second:
            proofs.setdefault("dmy", (line, text))
        elif second > 12 >= first:
            proofs.setdefault("mdy", (line, text))
        elif first != second:
            doubtful = doubtful or (line, text)
    if len(proofs) == 2:
        (day_line, day), (month_line, month) = proofs["dmy"], proofs["mdy"]
        raise InvalidFile(
            f"The dates contradict each other: line {day_line} has the day first ({day}), but line {month_line} the month "
            f"({month}). Nothing was imported. Write all dates like 2026-03-01."
        )
    found_order: Order = next(iter(proofs), "")
    if wanted and found_order and wanted != found_order:
        line, text = proofs[found_order]
        raise InvalidFile(f"Line {line}: {text} cannot be read with --dates {wanted}. Nothing was imported.")
    if doubtful and not (wanted or found_order):
        raise InvalidFile(
            f"Line {doubtful[0]}: {doubtful[1]} is ambiguous, and no other date in the file shows which part is the day. Nothing "
            "was imported. Use --dates dmy if the day comes first, or --dates mdy if the month does."
        )
    return wanted or found_order


@dataclass(frozen=True)
class AmountReader:
    """Reads amounts. `mark` is the decimal mark of the file; empty if no amount has an ambiguous one."""

    mark: Mark
    default_currency: str

    def read(self, text: str, currency: str) -> tuple[Decimal, str]:
        """Return the amount, which may be negative, and its currency. Raises ValueError with a message for people."""
        number, inside = _split(text)
        code = currency.strip().upper() or inside or self.default_currency
        if not code:
            raise ValueError("has no currency; add a currency column or use --currency EUR")
        if code not in currencies.CODES:
            raise ValueError(f"is in {code}, which is not an ISO 4217 currency code, such as EUR")
        if inside and inside != code:
            raise ValueError(f"is in {inside}, but the currency column says {code}")
        mark = self.mark or _mark_of(number, code) or "."
        plain = number.replace("," if mark == "." else ".", "").replace(mark, ".")
        if not re.fullmatch(r"[+-]?\d*\.?\d*(?:[eE][+-]?\d{1,3})?", plain, re.ASCII) or not _well_grouped(
            number, mark
        ):
            raise ValueError("is not a valid amount; write it like 1299.00")
        return Decimal(plain), code


def mark_of_amounts(amounts: Iterable[tuple[int, str, str]], *, wanted: Mark) -> Mark:
    """Return the decimal mark, judging by all amounts in the file: (line, text, currency).

    Raises InvalidFile if an amount such as 1,299 remains ambiguous, or if they contradict each other.
    """
    doubtful: tuple[int, str] | None = None
    proofs: dict[Mark, tuple[int, str]] = {}
    for line, text, currency in amounts:
        try:
            number, inside = _split(text)
        except ValueError:
            continue
        if mark := _mark_of(number, currency.strip().upper() or inside):
            proofs.setdefault(mark, (line, text))
        elif re.search(r"[.,]", number):
            doubtful = doubtful or (line, text)
    if len(proofs) == 2 and not wanted:
        (point_line, point), (comma_line, comma) = proofs["."], proofs[","]
        raise InvalidFile(
            f"The amounts contradict each other: line {point_line} has a decimal point ({point}), line {comma_line} a "
            f"decimal comma ({comma}). Nothing was imported. Write all amounts like 1299.00."
        )
    found: Mark = next(iter(proofs), "")
    if doubtful and not (wanted or found):
        raise InvalidFile(
            f"Line {doubtful[0]}: {doubtful[1]} is ambiguous, and no other amount in the file shows the decimal mark. "
            "Nothing was imported. Use --decimal point or --decimal comma."
        )
    return wanted or found


def is_negative(text: str) -> bool:
    """Return whether this is a negative amount, however its sign is written."""
    try:
        return _split(text)[0].startswith("-")
    except ValueError:
        return False


def _split(text: str) -> tuple[str, str]:
    """Return the number without spaces, and the currency written next to it. Raises ValueError."""
    number = _NO_CENTS.sub("", _GROUPS.sub("", text.strip())) if len(text) <= _LONGEST_AMOUNT else ""
    number = number.replace("\u2212", "-")
    sign = ""
    if number.startswith("(") and number.endswith(")"):
        number, sign = number[1:-1].strip(), "-"
    if number.endswith("-"):
        number, sign = number[:-1].strip(), "-"
    found = re.fullmatch(
        r"([+-]?)\s*([^\d.,+\s-]*)\s*([+-]?[\d.,]+(?:[eE][+-]?\d+)?)\s*(\D*)", number, re.ASCII
    )
    if found is None or not _DIGITS.fullmatch(found[3]):
        raise ValueError("is not a valid amount; write it like 1299.00")
    unit = (found[2] + found[4]).strip()
    code = _SYMBOLS.get(unit, unit.upper())
    if code and not re.fullmatch(r"[A-Z]{3}", code):
        raise ValueError("is not a valid amount; write it like 1299.00")
    return sign + found[1] + found[3], code


def _mark_of(number: str, currency: str) -> Mark:
    """Return the decimal mark of one amount; empty if it has none or is ambiguous."""
    digits = re.sub(r"[eE].*", "", number.lstrip("+-"))
    marks = re.sub(r"\d", "", digits)
    if not marks:
        return ""
    other: Mark = "," if marks[-1] == "." else "."
    this: Mark = "." if marks[-1] == "." else ","
    if len(set(marks)) == 2:
        return this
    if len(marks) > 1:
        return other  # 1.299.000
    whole, _, rest = digits.partition(this)
    if len(rest) != 3 or len(whole) > 3 or whole in ("", "0"):
        return this
    # 49.905 KWD must have three decimals; 1.299 may be grouped digits.
    return this if this == "." and currencies.decimals(currency) == 3 else ""


def _well_grouped(number: str, mark: Mark) -> bool:
    """Return whether the groups before the decimal mark have three digits each, so that 1,29 is not read as 129."""
    whole, _, rest = number.lstrip("+-").partition(mark)
    separator = "," if mark == "." else "."
    groups = whole.split(separator)
    is_grouped = len(groups) == 1 or (
        1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])
    )
    return is_grouped and separator not in rest and mark not in rest
