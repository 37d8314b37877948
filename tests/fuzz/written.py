"""Columns as files have them, each with the numbers and categories that it stands for."""

import csv
import datetime
import importlib
import io
from dataclasses import dataclass, field

import numpy as np

MARKS = ["?", "", " ", "NA", "n/a", "-", "--", "null", "None", "nan", "unknown", None]
FEWEST = 30  # distinct strings, of more of which words are made
WRITTEN = 3  # distinct numbers or times: of fewer, text is text
DIGITS = {ord("0") + i: ord("٠") + i for i in range(10)}


def european(v):
    return f"{v:,.2f}".translate({ord(","): ".", ord("."): ","})


def indian(v):
    whole, decimals = f"{abs(v):.2f}".split(".")
    head, tail = whole[:-3], whole[-3:]
    pairs = [head[max(0, i - 2) : i] for i in range(len(head), 0, -2)][::-1]
    return ("-₹" if v < 0 else "₹") + ",".join([*pairs, tail]) + "." + decimals


AS_NUMBERS = [
    lambda v: f"{v:.2f}",
    lambda v: f" {v:+.2f} ",
    lambda v: f"{v:.12e}",
    lambda v: f"{v:,.2f}",
    lambda v: f"${v:,.2f}",
    lambda v: f"(${-v:,.2f})" if v < 0 else f"${v:,.2f}",
    lambda v: f"R$ {v:.2f}",
    lambda v: f"USD {v:,.2f}",
    lambda v: f"{v:.2f}%",
    lambda v: f"{v:,.2f} kg",
    lambda v: f"{v:.2f}°C",
    lambda v: f"{v:,.2f} kr".replace(",", "\u202f"),
    lambda v: f"{v:,.2f}".replace(",", "'"),
    lambda v: f"{v:.2f}".translate(DIGITS),
    lambda v: f"{v:.2f}".replace("-", "−"),
    lambda v: european(v) + " €",
    european,
    indian,
]
AS_TIMES = [
    *("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y%m%dT%H%M%S", "%Y/%m/%d %H:%M", "%c"),
    *("%d %B %Y %I:%M %p", "%d-%b-%Y %H:%M", "%b %d, %Y %H:%M", "%a, %d %b %Y %H:%M:%S GMT"),
    *("%Y-%m-%d", "%d%b%Y", "%d-%b-%y"),
]


@dataclass
class Written:
    """A column, and the numbers and the categories that are to be read of it.

    Categories are values, or values and all that there can be of them. Without `by_hand`, the
    column stands for itself.
    """

    column: list
    numbers: list = field(default_factory=list)
    categories: list = field(default_factory=list)
    by_hand: bool = True


def with_gaps(rng, values, marks):
    """Return text of which some is one of the marks, and where it is not."""
    there = rng.random(len(values)) >= rng.choice([0, 0.2])
    gaps = rng.choice(np.array(marks, dtype=object), len(values))
    return [v if t else g for v, t, g in zip(values, there, gaps, strict=True)], there


def amounts(rng, n):
    """Numbers that are written in one of many ways, with marks of what is missing."""
    numbers = np.round(rng.lognormal(rng.uniform(0, 9), 2, n) * rng.choice([-1, 1, 1], n), 2)
    write = AS_NUMBERS[rng.integers(len(AS_NUMBERS))]
    text, there = with_gaps(rng, list(map(write, numbers)), MARKS)
    if len(set(numbers[there])) < WRITTEN:
        return Written(text, by_hand=False)
    return Written(text, [np.where(there, numbers, np.nan)], [(text, None)])


def dates(rng, n):
    """Times as objects, or as text of one way of writing."""
    span = int(rng.choice([3, 400, 30_000]))
    begin = datetime.datetime(1975, 1, 1) + datetime.timedelta(int(rng.integers(9000)))
    minutes = rng.integers(span * 1440, size=n)
    moments = [begin + datetime.timedelta(minutes=int(m)) for m in minutes]
    if rng.random() < 0.3:
        column, there = with_gaps(rng, moments, [None])
        if rng.random() < 0.5:
            column = [m and m.date() for m in column]
            moments = [datetime.datetime(*m.timetuple()[:3]) for m in moments]
        return times(column, moments, there)
    way = AS_TIMES[rng.integers(len(AS_TIMES))]
    if "%y" in way:
        moments = [m.replace(year=1970 + m.year % 99, day=min(m.day, 28)) for m in moments]
    written = [m.strftime(way) for m in moments]
    moments = [datetime.datetime.strptime(text, way) for text in written]
    text, there = with_gaps(rng, written, MARKS)
    told = [m for m, t in zip(moments, there, strict=True) if t]
    return (
        times(text, moments, there) if len(set(told)) >= WRITTEN else Written(text, by_hand=False)
    )


def times(column, moments, there):
    """Return what the times of a column stand for: days since the first, and what varies."""
    pairs = list(zip(moments, there, strict=True))
    told = [m for m, t in pairs if t]
    if not told:
        return Written(column, by_hand=False)
    first = min(told)
    days = [(m - first) / datetime.timedelta(1) if t else np.nan for m, t in pairs]
    parts = {
        (1, 13): lambda m: m.month,
        (1, 32): lambda m: m.day,
        (0, 7): lambda m: m.weekday(),
        (0, 24): lambda m: m.hour,
    }
    varying = [(ends, of) for ends, of in parts.items() if len(set(map(of, told))) > 1]
    categories = [
        ([of(m) if t else None for m, t in pairs], list(range(*ends))) for ends, of in varying
    ]
    return Written(column, [days], categories)


def words(rng, n):
    """Several words, or one of a few."""
    column, _ = with_gaps(rng, [f"{a} {b}" for a, b in rng.choice(VOCABULARY, (n, 2))], [None, ""])
    return Written(column, by_hand=False)


VOCABULARY = ["Senior", "driver", "of", "buses", "Éditeur", "日本", "7", "naïve", "x", "fire"]


def levels(rng, n):
    """One of three strings, a mark among them."""
    column = rng.choice(np.array(["a", "b", rng.choice(["?", "", "c"])], dtype=object), n).tolist()
    return Written(column, categories=[(column, None)])


def numbers(rng, n):
    """Numbers that are numbers."""
    column, there = with_gaps(rng, rng.normal(size=n).tolist(), [None])
    if not there.any():
        return Written(column, by_hand=False)
    return Written(column, [[np.nan if v is None else v for v in column]])


def nothing(rng, n):
    """All are missing, or all are the same mark."""
    column = [MARKS[rng.integers(len(MARKS))]] * n
    return Written(column, by_hand=False)


SORTS = [amounts, amounts, dates, dates, words, levels, numbers, nothing]


# What holds them


def objects(columns):
    """Return columns as arrays of objects, which no library has a second thought about."""
    arrays = {name: np.empty(len(values), object) for name, values in columns.items()}
    for name, values in columns.items():
        arrays[name][:] = values
    return arrays


def of_pandas(dtype):
    def make(columns):
        import pandas as pd

        columns = objects(columns) if dtype is object else columns
        X = pd.DataFrame(columns, dtype=dtype if dtype is object else None)
        return X.convert_dtypes() if dtype == "convert" else X

    return make


def of_polars(columns):
    import polars as pl

    return pl.DataFrame(columns, strict=False)


def of_pyarrow(columns):
    import pyarrow as pa

    return pa.table(columns)


def dicts(columns):
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def records(columns):
    table = np.empty(len(next(iter(columns.values()))), [(name, "O") for name in columns])
    for name, values in columns.items():
        table[name] = values
    return table


def matrix(columns):
    return np.stack(list(objects(columns).values()), axis=1)


def file_of(columns):
    """Return the columns as the text of a CSV file."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerows([list(columns), *zip(*columns.values(), strict=True)])
    return text.getvalue()


def read_by_pandas(columns):
    import pandas as pd

    return pd.read_csv(
        io.StringIO(file_of(columns)), skip_blank_lines=False, float_precision="round_trip"
    )


def read_by_polars(columns):
    import polars as pl

    try:
        return pl.read_csv(io.StringIO(file_of(columns)), infer_schema_length=None)
    except pl.exceptions.ComputeError:  # other digits than 0 to 9 count as numbers at first
        return read_by_pandas(columns)


def is_there(name):
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


HOLDERS = {
    "objects in pandas": of_pandas(object),
    "pandas": of_pandas(None),
    "dtypes of pandas": of_pandas("convert"),
    "polars": of_polars,
    "dicts": dicts,
    "records": records,
    "a matrix of objects": matrix,
    **({"pyarrow": of_pyarrow} if is_there("pyarrow") else {}),
}
READERS = {"read_csv of pandas": read_by_pandas, "read_csv of polars": read_by_polars}


def as_read(part, values, is_numeric):
    """Return what a part stands for where a reader of files has made these values of it."""
    values = [None if v != v else v for v in values]
    if is_numeric:
        return Written(values, [[np.nan if v is None else v for v in values]])
    categories = [(values, None) if p is None else (v, p) for v, p in part.categories]
    return Written(values, part.numbers, categories, part.by_hand)


def by_hand(parts):
    """Return a frame of pandas with what the columns stand for, and which are categories."""
    import pandas as pd

    table, chosen = {}, []
    for j, part in enumerate(parts):
        for k, values in enumerate(part.numbers):
            table[f"number {j} {k}"] = np.array(values, dtype=float)
    for j, part in enumerate(parts):
        own = [] if part.by_hand else [(part.column, None)]
        for k, (values, possible) in enumerate([*part.categories, *own]):
            name = f"category {j} {k}"
            table[name] = objects({name: values})[name]
            if possible is not None:
                table[name] = pd.Categorical(values, categories=possible)
            if part.by_hand or len({v for v in values if v is not None}) <= FEWEST:
                chosen.append(name)
    return pd.DataFrame(table), chosen
