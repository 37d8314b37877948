"""Columns of times: dates, with the time of the day or without, times of the day, and durations.

What is written as text is read only where the order of day, month and year is certain: the year has
four digits and stands first, or the month has a name, or some rows of the column, all of one mind,
have a day beyond the 12th.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

import numpy as np

from ..arrays import as_times
from ..frames import is_missing
from .categories import MISSING, Category
from .text_numbers import NEARLY_ALL, is_mark, warn_unread

TYPES = date, time, timedelta, np.datetime64, np.timedelta64
MONTHS = "january february march april may june july august september october november december"
MONTHS = {name[:n]: i for i, name in enumerate(MONTHS.split(), 1) for n in (3, 4, len(name))}
WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
MONTH, DAY, YEAR = (
    r"(?P<month>[a-z]{3,9})\.?",
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?",
    r"(?P<year>\d{4})",
)
CLOCK = (
    r"(?P<hour>\d{1,3}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[ap])\.?m\.?)?"
)
ZONES = {"z": 0, "utc": 0, "gmt": 0, "cet": 1, "cest": 2}  # in hours
ZONES |= {"edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6, "mst": -7, "pdt": -7, "pst": -8}
ZONE = rf"(?:\s*(?P<zone>{'|'.join(ZONES)}|[+-]\d{{2}}(?::?\d{{2}})?))?"
NUMERIC = r"(?P<first>\d{1,2})(?P<mark>[-/.])(?P<second_>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})"
DATES = (
    YEAR + r"(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})",
    YEAR + r"-(?P<month>\d{2})",
    NUMERIC,
    rf"{WEEKDAY}{DAY}[-/.\s]*{MONTH}[-/,\s]*(?P<year>\d{{4}}|\d{{2}})",
    rf"{WEEKDAY}{MONTH}[-/\s]*{DAY},?[-/\s]+{YEAR}",
    rf"{MONTH}[-/,\s]+{YEAR}",
)
WAYS = [
    *(re.compile(rf"{way}(?:[t,\s]+{CLOCK}{ZONE})?", re.IGNORECASE) for way in DATES),
    re.compile(rf"{WEEKDAY}{MONTH}\s+{DAY}\s+{CLOCK}{ZONE}\s+{YEAR}", re.IGNORECASE),  # ctime
    re.compile(
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)T(?P<hour>\d\d)(?P<minute>\d\d)"
        rf"(?:(?P<second>\d\d)(?:[.,](?P<fraction>\d{{1,9}}))?)?{ZONE}",
        re.IGNORECASE,
    ),
]
SINCE = re.compile(rf"(?:(?P<days>-?\d{{1,6}})\s+days?,?\s+\+?)?{CLOCK}", re.IGNORECASE)  # midnight
WAYS.append(SINCE)
EPOCH = np.datetime64("1970-01-01")
SEVERAL = 3  # distinct times: where there are fewer, levels tell as much
MICROSECONDS_OF_A_DAY = 86_400_000_000
PARTS = {"month": range(1, 13), "day": range(1, 32), "weekday": range(7), "hour": range(24)}


class Times:
    """A column of times: the days since the first one, and the month, day, weekday and hour.

    Parameters
    ----------
    first : int
        The first time of training, in microseconds since 1970 began; 0 where times are those of a
        day, or durations.
    parts : list of str
        Which of the keys of PARTS differ between rows: levels for each of them.
    day_first : dict
        For each mark between numbers, whether the day is written before the month.
    """

    words = "dates or times"

    def __init__(self, first, parts, day_first):
        self.first, self.parts, self.day_first = first, parts, day_first

    @property
    def numbers(self):
        """The names of the numbers."""
        day = np.datetime64(self.first, "us").astype("M8[D]")
        return (f"in days since {day}" if self.first else "in days",)

    @property
    def categories(self):
        """The names of the categories."""
        return tuple(self.parts)

    @staticmethod
    def takes(column):
        """Whether a column holds times, by its dtype or by nearly all of its distinct strings."""
        if column.family == "time":
            return True
        if column.strings is not None:
            return are_times(column)
        types = column.types if column.family == "object" else ()
        return bool(types) and all(map(is_time, types))

    @classmethod
    def learn(cls, column):
        """Return the kind that knows the first time of a column, and what differs between rows."""
        day_first = orders(column.strings or ())
        times, local = read_times(column, day_first)
        times, local = times[~np.isnat(times)], local[~np.isnat(times)]
        of_one_day = (times.astype("M8[D]") == EPOCH).all()
        if len(times) == 0 or is_of_durations(column) or (tells_no_date(column) and not of_one_day):
            return cls(0, [], day_first)
        first = 0 if of_one_day else int(times.min().astype(np.int64))
        differing = [name for name, x in calendar(local).items() if len(np.unique(x)) > 1]
        return cls(first, differing, day_first)

    def read(self, column):
        """Return the days since the first time, and the Category of each part.

        Raises
        ------
        ValueError
            The values are of a type that is no time, or durations where dates were.
        """
        refuse_others(column, is_of_dates=self.first != 0)
        times, local = read_times(column, self.day_first)
        there = ~np.isnat(times)
        if not there.any():
            warn_unread(column, "dates or times")
        days = np.full(len(times), np.nan)
        days[there] = (times[there].astype(np.int64) - self.first) / MICROSECONDS_OF_A_DAY
        parts = calendar(np.where(there, local, np.datetime64(0, "us")))
        return days, *(as_category(parts[name], PARTS[name], there) for name in self.parts)


def is_of_durations(column):
    """Whether the times of a column are durations, by its type."""
    if column.family == "object":
        kinds = column.types
        return bool(kinds) and all(issubclass(k, timedelta | np.timedelta64) for k in kinds)
    return str(column.dtype).lower().startswith(("timedelta", "duration"))


def tells_no_date(column):
    """Whether a column is of text that is a time of the day or a duration."""
    told = (string for string in column.strings or () if not is_mark(string))
    return any(SINCE.fullmatch(string.strip()) for string in told)


def is_time(kind):
    """Whether values of a type are times; `to_timestamp` is of a period of pandas."""
    return issubclass(kind, TYPES) or hasattr(kind, "to_timestamp")


def as_category(values, possible, there):
    """Return some of the possible integers as a Category, missing where they are not `there`."""
    places = np.where(there, values - possible.start, MISSING).astype(np.int32)
    return Category(list(possible), places, True)


def refuse_others(column, is_of_dates):
    """Refuse a later column of what is no time and no text, or of durations where dates were."""
    others = column.family in ("number", "decimal", "bool") or (
        column.family == "object"
        and any(not (is_time(k) or issubclass(k, str)) for k in column.types)
    )
    if others and any(not is_missing(value) for value in column.objects()):
        raise ValueError(
            f"column {column.name!r} of X holds no dates or times, which it held in training: give "
            "them as datetimes, or written as they were in fit."
        )
    if is_of_dates and is_of_durations(column):
        raise ValueError(
            f"column {column.name!r} of X holds durations where training has had dates: give dates."
        )


def calendar(times):
    """Return the month, the day of the month, the weekday and the hour of each time."""
    days = times.astype("M8[D]")
    months = days.astype("M8[M]")
    return {
        "month": months.astype(np.int64) % 12 + 1,
        "day": (days - months.astype("M8[D]")).astype(np.int64) + 1,
        "weekday": (days.astype(np.int64) + 3) % 7,  # 1970 began on a Thursday; Monday is 0
        "hour": (times - days).astype("m8[h]").astype(np.int64),
    }


def read_times(column, day_first):
    """Return the times of a column, in UTC and by the clock of their zone, NaT for what is none.

    Returns
    -------
    pair of ndarray of datetime64[us] of shape (n_rows,)
    """
    known = column.times()
    if known is not None:
        return known
    pair_of, distinct = column.once(pairs_of, day_first), column.distinct
    pairs = np.array([pair_of[v] for v in distinct.values], dtype="M8[us]").reshape(-1, 2)
    return pairs[distinct.places, 0], pairs[distinct.places, 1]


def pairs_of(column, day_first):
    """Return the pair of each distinct value of a column."""
    return {value: as_pair(moment(value, day_first)) for value in column.distinct.values}


def as_pair(moment):
    """Return a datetime in UTC and by the clock of its zone, both without the zone."""
    if moment is None or isinstance(moment, np.datetime64):
        return moment, moment
    try:
        utc = moment if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:  # a day beyond the years 1 to 9999
        return None, None
    return utc.replace(tzinfo=None), moment.replace(tzinfo=None)


def moment(value, day_first):
    """Return a value as a datetime; None where it is none."""
    if isinstance(value, str):
        return moment_of_text(value.strip(), day_first)
    if is_missing(value):
        return None
    if hasattr(value, "to_timestamp"):  # a period of pandas
        value = value.to_timestamp()
    if isinstance(value, np.datetime64):  # of any year
        return as_times(value)
    if isinstance(value, np.timedelta64):
        return as_times(value)
    if isinstance(value, timedelta):
        of_day = timedelta(0, value.seconds, value.microseconds)
        return as_times(np.timedelta64(value.days, "D")) + np.timedelta64(of_day, "us")
    if isinstance(value, datetime):
        try:
            return datetime.fromisoformat(value.isoformat(timespec="microseconds"))
        except ValueError:  # a timestamp of pandas, of any year
            return as_times(value.to_datetime64())
    if isinstance(value, date):
        return datetime.combine(value, time())
    if isinstance(value, time):
        return datetime.combine(date(1970, 1, 1), value.replace(tzinfo=None))
    return None


# What is written as text


def are_times(column):
    """Whether nearly all strings of a column are times, and several; a hundred tell first."""
    told = [string for string in column.strings if not is_mark(string)]
    day_first = orders(column.strings)
    first = [moment(string, day_first) for string in told[:100]]
    if not told or first.count(None) > (1 - NEARLY_ALL) * len(first):
        return False
    pair_of = column.once(pairs_of, day_first)
    times = [pair_of[string][0] for string in told if pair_of[string][0] is not None]
    return len(times) >= NEARLY_ALL * len(told) and len(set(times)) >= SEVERAL


def orders(strings):
    """Return for each mark whether the day precedes the month, where all rows that tell agree.

    A mark of which no row tells has the order of the others.
    """
    seen = {}
    for match in filter(None, map(re.compile(NUMERIC).match, map(str.strip, strings))):
        first, second = int(match["first"]), int(match["second_"])
        of_mark = seen.setdefault(match["mark"], set())
        if max(first, second) > 12:
            of_mark.add(first > second)
    told = set().union(*seen.values())
    found = {mark: of_mark or told for mark, of_mark in seen.items()}
    return {mark: order == {True} for mark, order in found.items() if len(order) == 1}


def moment_of_text(string, day_first):
    """Return what a string says as a datetime; None where it is no time, or not certain."""
    match = next(filter(None, (way.fullmatch(string) for way in WAYS)), None)
    if match is None:
        return None
    said = {name: text for name, text in match.groupdict().items() if text is not None}
    if "first" in said:
        if said["mark"] not in day_first:
            return None
        names = ("day", "month") if day_first[said["mark"]] else ("month", "day")
        said |= dict(zip(names, (said["first"], said["second_"]), strict=True))
    return as_datetime(said)


def as_datetime(said):
    """Return the datetime of a year, a month and so on, as they are written, or None.

    Without a year, it is a time since the midnight in which 1970 began.
    """
    year, month = said.get("year", "1970"), said.get("month", "1").lower()
    if len(year) == 2:
        year = ("19" if year >= "70" else "20") + year
    month = MONTHS.get(month, month)
    hour = int(said.get("hour", 0))
    if "half" in said:
        hour = hour % 12 + 12 * (said["half"].lower() == "p")
    rest = [
        said.get("minute", 0),
        said.get("second", 0),
        said.get("fraction", "0").ljust(6, "0")[:6],
    ]
    days = int(said.get("days", 0))
    if "year" not in said:
        days, hour = days + hour // 24, hour % 24
    try:
        numbers = [int(n) for n in (year, month, said.get("day", 1), hour, *rest)]
        return datetime(*numbers, zone_of(said.get("zone"))) + timedelta(days)
    except (ValueError, OverflowError):
        return None


def zone_of(text):
    """Return a zone that is written as 'Z', 'EST' or '+02:00'; None where there is none."""
    if text is None or text[0] not in "+-":
        return None if text is None else timezone(timedelta(hours=ZONES[text.lower()]))
    minutes = int(text[1:3]) * 60 + int(text[3:].strip(":") or 0)
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
