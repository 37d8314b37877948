"""Columns of dates, times of the day and durations."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from columns import arrow, column_of, frame, read, values
from numpy.testing import assert_allclose, assert_array_equal

from skbackprop.tables.kinds.times import Times, calendar, moment_of_text, orders

NAN = np.nan
DAYS = [datetime.date(2020, 2, 28), datetime.date(2020, 3, 1), None, datetime.date(2019, 12, 31)]
MOMENTS = [day and datetime.datetime.combine(day, datetime.time(6)) for day in DAYS]
BERLIN = [m and m.astimezone(datetime.timezone(datetime.timedelta(hours=1))) for m in MOMENTS]
HELD = {
    "datetime64": pd.Series(pd.to_datetime(MOMENTS)),
    "datetime64[s]": pd.Series(pd.to_datetime(MOMENTS)).astype("datetime64[s]"),
    "with a zone": pd.Series(pd.to_datetime(MOMENTS)).dt.tz_localize("Asia/Tokyo"),
    "objects with a zone": pd.Series(BERLIN, dtype=object),
    "dates": pd.Series(DAYS, dtype=object),
    "timestamps": pd.Series([m and pd.Timestamp(m) for m in MOMENTS], dtype=object),
    "days": pd.Series(pd.PeriodIndex(pd.to_datetime(MOMENTS), freq="D")),
    "pl.Date": pl.Series("c", DAYS),
    "pl.Datetime": pl.Series("c", MOMENTS),
    "pl.Datetime with a zone": pl.Series("c", MOMENTS).dt.replace_time_zone("Asia/Tokyo"),
    "ISO": pd.Series([day and day.isoformat() for day in DAYS]),
    "pl.String": pl.Series("c", [m and f"{m}" for m in MOMENTS]),
}


@pytest.mark.parametrize("column", HELD.values(), ids=HELD)
def test_dates_are_days_since_the_first_one_however_they_are_held(column):
    table = read(frame(column))
    assert_allclose(table.numbers[:, 1], [59, 61, NAN, 0], atol=1e-12)
    assert table.number_names[1].startswith("c in days since 2019-12-")
    parts = dict(zip(table.category_names, map(values, table.categories), strict=True))
    assert parts["c month"] == [2, 3, None, 12]
    assert parts["c day"] == [28, 1, None, 31]
    assert parts["c weekday"] == [4, 6, None, 1]


def test_dates_of_arrow_are_read_too():
    table = read(frame(arrow(DAYS, "date32")))
    assert_array_equal(table.numbers[:, 1], [59, 61, NAN, 0])


def test_the_calendar_is_that_of_datetime(rng):
    moments = [
        datetime.datetime(1900, 1, 1) + datetime.timedelta(hours=int(h))
        for h in rng.integers(2e6, size=500)
    ]
    parts = calendar(np.array(moments, "M8[us]"))
    for name in ("month", "day", "hour"):
        assert parts[name].tolist() == [getattr(moment, name) for moment in moments]
    assert parts["weekday"].tolist() == [moment.weekday() for moment in moments]


def test_a_part_that_is_the_same_in_all_rows_is_left_out():
    table = read(frame(pd.Series(pd.to_datetime(["2020-01-06", "2021-01-04", "2022-01-03"]))))
    assert table.category_names == ["c day"]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.Series(pd.to_timedelta([36, 12, None], unit="h")), [1.5, 0.5, NAN]),
        (
            pl.Series("c", [datetime.timedelta(hours=36), datetime.timedelta(hours=12), None]),
            [1.5, 0.5, NAN],
        ),
        (
            pd.Series([datetime.timedelta(1.5), datetime.timedelta(0.5), None], dtype=object),
            [1.5, 0.5, NAN],
        ),
    ],
    ids=["timedelta64", "pl.Duration", "objects"],
)
def test_durations_are_days(column, expected):
    table = read(frame(column))
    assert_array_equal(table.numbers[:, 1], expected)
    assert (table.number_names[1], table.category_names) == ("c in days", [])


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["06:00", "18:00:00", "12:00 pm"]),
        pd.Series([datetime.time(6), datetime.time(18), datetime.time(12)], dtype=object),
        pl.Series("c", [datetime.time(6), datetime.time(18), datetime.time(12)]),
    ],
    ids=["text", "objects", "pl.Time"],
)
def test_times_of_the_day_are_parts_of_it_and_hours(column):
    table = read(frame(column))
    assert_array_equal(table.numbers[:, 1], [0.25, 0.75, 0.5])
    assert (table.number_names[1], table.category_names) == ("c in days", ["c hour"])
    assert values(table.categories[0]) == [6, 18, 12]


WRITTEN = {
    "2020-03-01": (2020, 3, 1),
    "2020/3/1": (2020, 3, 1),
    "2020-03": (2020, 3, 1),
    "2020-03-01T05:06:07.25": (2020, 3, 1, 5, 6, 7, 250000),
    "2020-03-01 05:06": (2020, 3, 1, 5, 6),
    "01Mar2020": (2020, 3, 1),
    "1 March 2020": (2020, 3, 1),
    "Sunday, 1 Mar. 2020": (2020, 3, 1),
    "March 1st, 2020": (2020, 3, 1),
    "Sept 3, 2020 12:30 am": (2020, 9, 3, 0, 30),
    "Mar-2020": (2020, 3, 1),
    "05:06 PM": (1970, 1, 1, 17, 6),
}


@pytest.mark.parametrize(("text", "expected"), WRITTEN.items(), ids=WRITTEN)
def test_ways_of_writing_a_time(text, expected):
    assert moment_of_text(text, {}) == datetime.datetime(*expected)


@pytest.mark.parametrize(
    ("text", "utc"),
    [("2020-03-01T01:00Z", 1), ("2020-03-01T01:00+05:30", -4.5), ("2020-03-01 01:00 -0200", 3)],
)
def test_a_zone_that_is_written_counts(text, utc):
    midnight = datetime.datetime(2020, 3, 1, tzinfo=datetime.UTC)
    assert moment_of_text(text, {}) == midnight + datetime.timedelta(hours=utc)


def test_the_order_of_day_and_month_is_that_of_the_rows_that_tell():
    assert orders(["17/08/2017", "01/03/2016"]) == {"/": True}
    assert orders(["1/28/2011", "1/7/2011", "25-05-2013"]) == {"/": False, "-": True}
    assert orders(["17/08/2017", "08/17/2017"]) == {} == orders(["01/02/2013", "05/06/2015"])
    read_first = moment_of_text("01/03/2016", {"/": True}), moment_of_text("01/03/16", {"/": False})
    assert read_first == (datetime.datetime(2016, 3, 1), datetime.datetime(2016, 1, 3))


NO_TIMES = {
    "an order that no row tells": ["01/02/2013", "02/03/2014", "05/06/2015"],
    "years": ["2012", "2013", "2014"],
    "digits": ["20120105", "20120106", "20120107"],
    "words": ["May", "June", "July"],
    "days that are none": ["2020-02-30", "2020-02-31", "2021-02-29"],
    "versions": ["1.2.3", "1.2.4", "2.0.0"],
    "two of them only": ["2020-01-01", "2020-01-02"],
}


@pytest.mark.parametrize("text", NO_TIMES.values(), ids=NO_TIMES)
def test_other_text_is_none(text):
    assert not Times.takes(column_of(pd.Series(text)))


def test_text_that_is_no_time_is_missing_and_a_column_of_it_is_refused():
    X = frame(pd.Series(["2020-01-01", "2020-01-02", "2020-01-04"]))
    kind = read(X).columns.kinds[1]
    days, *_ = kind.read(column_of(pd.Series(["2020-01-03", "soon", None])))
    assert_array_equal(days, [2, NAN, NAN])
    assert np.isnan(kind.read(column_of(pd.Series([None, "?"], dtype=object)))[0]).all()
    for other in (pd.Series(["soon", "later"]), pd.Series([3, 4])):
        with pytest.raises(ValueError, match="column 'c' of X holds no dates or times, which it"):
            kind.read(column_of(other))


def test_a_step_of_one_day_is_seen_in_float32_over_centuries():
    days = pd.Series(pd.date_range("1700-01-01", "2200-01-01", unit="s"))
    x = read(frame(days)).numbers[:, 1]
    z = ((x - x.mean()) / x.std()).astype(np.float32)
    assert (np.diff(z) > 0).all() and (np.diff(x) == 1).all()
