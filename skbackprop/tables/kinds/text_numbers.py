"""Columns of numbers that are written as text: '$1,200.50', '12 %', '1.234,5 km', '19k'."""

import re
import reprlib
import warnings
from collections import Counter

import numpy as np

from .categories import Categories, Category, as_level
from .refusals import is_number

MISSING_MARKS = {"", "?", "-", "--", ".", "na", "n/a", "n.a.", "#n/a", "nan", "null", "none", "nil"}
MISSING_MARKS |= {"missing", "unknown"}
CURRENCIES = "$€£¥₹₽₩¢₺₫₪₱฿₦₴"
CODES = "usd|eur|gbp|chf|jpy|cny|inr|brl|aud|cad|nzd|sgd|hkd|sek|nok|dkk|pln|zar|mxn|rub|rs|kr"
MINUS = {"-", "−"}
SPACES = " '’"  # between groups of three digits
MAGNITUDES = {"": 1, "k": 1e3, "m": 1e6, "b": 1e9, "mn": 1e6, "bn": 1e9}
MAGNITUDES |= {"kb": 1e3, "mb": 1e6, "gb": 1e9}
WRITTEN = re.compile(
    rf"""(?P<open>\()? \s*                        # (1,200) is negative
    [<>≤≥~≈]? \s* (?P<sign>[-+−]?) \s* (?:[a-z]{{0,3}}[{CURRENCIES}]|(?:{CODES})\.?)? \s*
    (?P<inner>[-−]?)
    (?P<digits>\d[\d.,{SPACES}]*|[.,]\d+) (?P<exponent>e[-+]?\d+)? \+? \s*
    (?P<unit>[%‰"″°]|[{CURRENCIES}]|°?[^\W\d_][^\d\s]{{0,11}}(?:\s[^\W\d_][^\d\s]{{0,11}})?)?
    (?(open)\s*\))""",
    re.VERBOSE | re.IGNORECASE,
)
GROUPED = {mark: re.compile(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+") for mark in "." + SPACES}
GROUPED[","] = re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}")  # and of lakhs
NEARLY_ALL = 0.95
FEWEST = 3  # distinct numbers: where there are fewer, levels tell as much


class TextNumbers:
    """A column of text of which nearly all that is distinct is a number: x, beside its levels.

    Text that is no number is a missing number, and keeps its level.

    Parameters
    ----------
    decimal : '.' or ','
        What stands before the decimals.
    unit : str
        What follows the numbers, in lower case; 'magnitude' where 'k' and 'M' stand side by side.
    """

    words = "numbers written as text"
    numbers = ("as a number",)
    categories = ("",)

    def __init__(self, decimal, unit):
        self.decimal, self.unit = decimal, unit

    @classmethod
    def takes(cls, column):
        """Whether nearly all distinct strings of a column are numbers, written in one way."""
        return column.strings is not None and cls.learn(column) is not None

    @classmethod
    def learn(cls, column):
        """Return the kind that reads the way in which the numbers of a column are written."""
        return column.once(cls._reading)

    @classmethod
    def _reading(cls, column):
        """Return the kind that reads nearly all strings; None where none does."""
        told = [string for string in column.strings if not is_mark(string)]
        matches = [match for match in map(written, told) if match is not None]
        if len(matches) < max(FEWEST, NEARLY_ALL * len(told)):
            return None
        kind = cls(decimal_mark([match["digits"] for match in matches]), common_unit(matches))
        numbers = kind.of(told)
        read = numbers[~np.isnan(numbers)]
        enough = len(read) >= NEARLY_ALL * len(told) and len(np.unique(read)) >= FEWEST
        return kind if enough else None

    def of(self, strings):
        """Return strings as an array of numbers, NaN for what is none."""
        return np.array([self._number(string) for string in strings], dtype=float)

    def _number(self, string):
        match = written(string)
        digits = None if match is None else plain(match["digits"], self.decimal)
        factor = None if match is None else self._factor(unit_of(match))
        if digits is None or factor is None:
            return np.nan
        number = float(digits + (match["exponent"] or "")) * factor
        negative = match["open"] or MINUS & {match["sign"], match["inner"]}
        return np.nan if np.isinf(number) else -number if negative else number

    def _factor(self, unit):
        """Return what a number with this unit is multiplied by; None if it is another unit."""
        if self.unit == "magnitude":
            return MAGNITUDES.get(unit)
        return 1 if unit == self.unit else None

    def read(self, column):
        """Return the numbers, NaN where text is none, and the Category.

        Raises
        ------
        ValueError
            The column holds what is neither text nor numbers, or numbers without their unit.
        """
        (category,) = Categories().read(column)
        if self.unit not in ("", "magnitude") and any(map(is_bare, category.values)):
            raise ValueError(
                f"column {column.name!r} of X holds numbers without their unit: give text, such as "
                f"'7 {self.unit}', as in fit."
            )
        values = [str(as_level(value)) for value in category.values]  # later, numbers may come too
        numbers = np.append(self.of(values), np.nan)[category.places]  # the place −1 is the last
        if np.isnan(numbers).all():
            warn_unread(column, "numbers that are written as in fit")
        return numbers, Category(values, category.places, category.announced)


def is_bare(value):
    """Whether a value is a number itself, not text."""
    return is_number(type(value))


def warn_unread(column, wanted):
    """Warn of text in a column from which nothing has been read, where it is no mark."""
    values = filter(lambda value: isinstance(value, str), column.objects())
    unread = next((reprlib.repr(value) for value in values if not is_mark(value)), None)
    if unread is not None:
        warnings.warn(
            f"column {column.name!r} of X has no {wanted}: {unread} counts as missing.",
            UserWarning,
            stacklevel=9,
        )


def written(string):
    """Return the match of a string that is a number; None where it is none.

    Of several spaces, one is left: else WRITTEN would try each way to share them out.
    """
    return WRITTEN.fullmatch(" ".join(string.split()))


def is_mark(string):
    """Whether a string is one of the usual marks of a missing value."""
    return string.strip().lower() in MISSING_MARKS


def decimal_mark(written):
    """Return what stands before the decimals of digits as they are written: ',' or '.'.

    Of both, the one further to the right; else a comma where points must part groups of three
    digits, or where commas mostly cannot.
    """
    both = [digits for digits in written if "," in digits and "." in digits]
    if both:
        n_commas = sum(digits.rfind(",") > digits.rfind(".") for digits in both)
        return "," if 2 * n_commas > len(both) else "."
    several = [digits for digits in written if digits.count(".") > 1]
    if several and all(GROUPED["."].fullmatch(digits.strip()) for digits in several):
        return ","
    commas = [digits.strip() for digits in written if "," in digits]
    n_grouped = sum(GROUPED[","].fullmatch(digits) is not None for digits in commas)
    return "." if n_grouped >= NEARLY_ALL * len(commas) else ","


def plain(digits, decimal):
    """Return digits as Python reads them; None where the groups are not of three."""
    whole, point, decimals = digits.strip().partition(decimal)
    for mark in {*",.", *SPACES} - {decimal}:
        if mark in whole:
            if not GROUPED[mark].fullmatch(whole):
                return None
            whole = whole.replace(mark, "")
    if not (whole + decimals).isdecimal():
        return None
    return f"{whole or 0}{'.' if point else ''}{decimals}"


def unit_of(match):
    """Return the unit of a number, in lower case, and in the singular."""
    unit = (match["unit"] or "").lower().rstrip(".")
    return unit[:-1] if len(unit) > 3 and unit.endswith("s") else unit


def common_unit(matches):
    """Return the unit that most have, or 'magnitude' where there are several such."""
    units = Counter(map(unit_of, matches))
    if len(units) > 1 and units.keys() <= MAGNITUDES.keys():
        return "magnitude"
    return max(units, key=units.__getitem__)
