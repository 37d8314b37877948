"""The data frames of each library that people have tables in, and their columns."""

from functools import cached_property

import numpy as np

from .arrays import as_times, usual
from .frames import AnyColumn, ArrayColumn, Distinct, Frame

NAT = np.iinfo(np.int64).min  # that datetime64 has for what is missing


class PandasFrame(Frame):
    """A data frame of pandas, or of what has its methods."""

    is_known = True

    @cached_property
    def columns(self):
        """Its columns."""
        pairs = zip(self.names, self.source.dtypes, strict=True)
        return [PandasColumn(name, dtype, self, j) for j, (name, dtype) in enumerate(pairs)]

    @cached_property
    def is_plain(self):
        """As of any Frame, by its dtypes: thousands of columns may share one."""
        dtypes = {id(dtype): dtype for dtype in self.source.dtypes}.values()
        return all(PandasColumn(None, dtype, self, None).is_plain for dtype in dtypes)

    @cached_property
    def series(self):
        """The columns as pandas has them, all at once: one by one they take five times as long."""
        return [series for _, series in self.source.items()]


class PandasColumn(AnyColumn):
    """A column of a data frame of pandas.

    Parameters
    ----------
    name, dtype :
        As in AnyColumn.
    frame : PandasFrame
        Where it is.
    j : int
        Which of its columns it is.
    """

    def __init__(self, name, dtype, frame, j):
        super().__init__(name, dtype)
        self._frame, self._j = frame, j
        self.announced = getattr(dtype, "categories", None)

    def as_list(self):
        """Return its values as a list."""
        if hasattr(self.dtype, "pyarrow_dtype"):
            return of_arrow(self.name, self._series).as_list()
        return self._series.tolist()

    @cached_property
    def _content(self):
        """`types` and `text`: of strings, pandas finds the distinct ones without making objects."""
        if type(self.dtype).__name__ != "StringDtype":
            return super()._content
        places, values = self._series.factorize()
        values = values.tolist()
        if not values:
            return set(), None
        return {str}, Distinct([*values, None], np.where(places < 0, len(values), places))

    def floats(self):
        """Return its values as an array of float64, NaN where one is missing."""
        return self._series.to_numpy(dtype=np.float64, na_value=np.nan)

    def codes(self):
        """Return the place of each row's value in `announced`, −1 where it is missing, or None."""
        return None if self.announced is None else self._series.cat.codes

    def times(self):
        """Return its times as arrays of datetime64[us], in UTC and by the clock of their zone.

        None where its dtype is of periods.
        """
        if hasattr(self.dtype, "pyarrow_dtype"):
            return of_arrow(self.name, self._series).times()
        if type(self.dtype).__name__ == "DatetimeTZDtype":
            zones = self._series.dt.tz_convert("UTC"), self._series
            return tuple(as_times(series.dt.tz_localize(None).to_numpy()) for series in zones)
        if not isinstance(self.dtype, np.dtype) or self.family != "time":
            return None
        return (as_times(self._series.to_numpy()),) * 2

    @property
    def is_plain(self):
        """Whether it is of numbers and dense: scikit-learn makes a sparse matrix of sparse ones."""
        return super().is_plain and not self._is_sparse

    @property
    def _is_sparse(self):
        return type(self.dtype).__name__ == "SparseDtype"

    @property
    def _series(self):
        series = self._frame.series[self._j]
        return series.sparse.to_dense() if self._is_sparse else series


class PolarsFrame(Frame):
    """A data frame of polars."""

    is_known = True

    @cached_property
    def columns(self):
        """Its columns."""
        return [PolarsColumn(s.name, s.dtype, s) for s in self.source.get_columns()]


class PolarsColumn(AnyColumn):
    """A column of a data frame of polars.

    Parameters
    ----------
    name, dtype :
        As in AnyColumn.
    series : Series
        What holds it.
    """

    def __init__(self, name, dtype, series):
        super().__init__(name, dtype)
        self._series = series
        if type(dtype).__name__ == "Enum":
            self.announced = dtype.categories

    @property
    def is_plain(self):
        """Whether it is of numbers that numpy has as well, which are of at most 64 bits."""
        return super().is_plain and not str(self.dtype).endswith("128")

    def as_list(self):
        """Return its values as a list."""
        try:
            return self._series.to_list()
        except (OverflowError, ValueError):  # of years that datetime does not have
            return list(self.times()[1])

    def floats(self):
        """Return its values as an array of float64, NaN where one is missing."""
        return self._series.cast(float).to_numpy()

    def times(self):
        """Return its times as arrays of datetime64[us], in UTC and by the clock of their zone."""
        if self.family != "time":
            return None
        unit = getattr(self.dtype, "time_unit", "D" if str(self.dtype) == "Date" else "ns")
        has_zone = getattr(self.dtype, "time_zone", None) is not None
        local = self._series.dt.replace_time_zone(None) if has_zone else self._series
        return tuple(
            of_integers(series.to_physical().cast(int).fill_null(NAT).to_numpy(), unit)
            for series in (self._series, local)
        )


class ArrowFrame(Frame):
    """A Table of pyarrow."""

    @cached_property
    def columns(self):
        """Its columns."""
        pairs = zip(self.names, self.source.columns, strict=True)
        return [ArrowColumn(name, values.type, values) for name, values in pairs]


class ArrowColumn(AnyColumn):
    """A column of a Table of pyarrow.

    Parameters
    ----------
    name, dtype :
        As in AnyColumn.
    values : ChunkedArray
        What holds it.
    """

    def __init__(self, name, dtype, values):
        super().__init__(name, dtype)
        self._values = values

    @cached_property
    def announced(self):
        """The values of a dictionary; None where it is none, or one of them is missing."""
        if self.family != "category" or not self._unified.num_chunks:
            return None
        values = self._unified.chunk(0).dictionary.to_pylist()
        return None if None in values else values

    @cached_property
    def _unified(self):
        return self._values.unify_dictionaries()

    def as_list(self):
        """Return its values as a list."""
        try:
            return self._values.to_pylist()
        except (OverflowError, ValueError):  # of years that datetime does not have
            return list(self.times()[1])

    def floats(self):
        """Return its values as an array of float64, NaN where one is missing."""
        return self._values.cast("float64", safe=False).to_numpy()

    def times(self):
        """Return its times as arrays of datetime64[us], in UTC and by the clock of their zone."""
        if self.family != "time":
            return None
        unit = getattr(self.dtype, "unit", "D" if str(self.dtype).startswith("date32") else "ms")
        local = self._values
        if getattr(self.dtype, "tz", None) is not None:
            import pyarrow.compute

            local = pyarrow.compute.local_timestamp(local)
        width = f"int{self.dtype.bit_width}"
        return tuple(
            of_integers(values.cast(width).cast("int64").fill_null(NAT).to_numpy(), unit)
            for values in (self._values, local)
        )

    def codes(self):
        """Return the place of each row's value in `announced`, −1 where it is missing, or None."""
        if self.announced is None:
            return None
        places = [chunk.indices.fill_null(-1) for chunk in self._unified.chunks]
        return np.concatenate([chunk.to_numpy() for chunk in places])


def of_arrow(name, series):
    """Return the column of pyarrow that a series of pandas holds."""
    import pyarrow

    values = pyarrow.chunked_array([pyarrow.array(series)])
    return ArrowColumn(name, values.type, values)


def of_integers(numbers, unit):
    """Return integers of a unit since 1970 began as an array of datetime64[us]."""
    return as_times(numbers.astype(f"M8[{unit}]"))


class RecordFrame(Frame):
    """Records of fields, each an array: a structured array, a table of astropy, a list of dicts.

    Parameters
    ----------
    X, names :
        As in Frame.
    field : callable
        Returns that of a name.
    """

    def __init__(self, X, names, field):
        super().__init__(X, names)
        self._field = field

    @cached_property
    def columns(self):
        """Its columns."""
        return [field_column(name, self._field(name)) for name in self.names]


class FieldColumn(ArrayColumn):
    """A column of records, which has a dtype of its own."""

    is_typed = True


def field_column(name, values):
    """Return the column of a field: an array, or what becomes one.

    Raises
    ------
    ValueError
        It has an array for each row.
    """
    values = usual(values if isinstance(values, np.ndarray) else np.asarray(values))
    if values.ndim != 1:
        raise ValueError(
            f"column {name!r} of X holds arrays of shape {values.shape[1:]}: make a column of each "
            "of their entries."
        )
    return FieldColumn(name, values.dtype, np.asarray(values))
