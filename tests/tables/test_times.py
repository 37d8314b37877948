"""Columns of dates, times of the day and durations."""

import datetime
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from columns import arrow, column_of, frame, read, values
from models import fast
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
    "01-MAR-20": (2020, 3, 1),
    "01-Mar-75": (1975, 3, 1),
    "Sun Mar  1 05:06:07 2020": (2020, 3, 1, 5, 6, 7),
    "20200301T050607": (2020, 3, 1, 5, 6, 7),
    "05:06 PM": (1970, 1, 1, 17, 6),
    "30:15:00": (1970, 1, 2, 6, 15),
    "1 days 06:15:00": (1970, 1, 2, 6, 15),
    "-1 days +23:00:00": (1969, 12, 31, 23),
}


@pytest.mark.parametrize(("text", "expected"), WRITTEN.items(), ids=WRITTEN)
def test_ways_of_writing_a_time(text, expected):
    assert moment_of_text(text, {}) == datetime.datetime(*expected)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2020-03-01T01:00Z", 1),
        ("2020-03-01T01:00+05:30", -4.5),
        ("2020-03-01 01:00 -0200", 3),
        ("Mar 1, 2020 1:00 AM PST", 9),
        ("Sun Mar 01 01:00:00 +0000 2020", 1),
    ],
)
def test_a_zone_that_is_written_counts(text, utc):
    midnight = datetime.datetime(2020, 3, 1, tzinfo=datetime.UTC)
    assert moment_of_text(text, {}) == midnight + datetime.timedelta(hours=utc)


def test_the_order_of_day_and_month_is_that_of_the_rows_that_tell():
    assert orders(["17/08/2017", "01/03/2016"]) == {"/": True}
    assert orders(["1/28/2011", "1/7/2011", "25-05-2013"]) == {"/": False, "-": True}
    assert orders(["04/09/2012", "21-08-2013"]) == {"/": True, "-": True}
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


def test_text_that_is_no_time_is_missing_and_a_column_of_it_is_told():
    X = frame(pd.Series(["2020-01-01", "2020-01-02", "2020-01-04"]))
    kind = read(X).columns.kinds[1]
    days, *_ = kind.read(column_of(pd.Series(["2020-01-03", "soon", None])))
    assert_array_equal(days, [2, NAN, NAN])
    assert np.isnan(kind.read(column_of(pd.Series([None, "?"], dtype=object)))[0]).all()
    with pytest.warns(UserWarning, match="column 'c' of X has no dates or times: 'soon' counts as"):
        days, *_ = kind.read(column_of(pd.Series(["soon", "later"])))
    assert np.isnan(days).all()
    for other in (pd.Series([3, 4]), pd.Series([True, None], dtype=object)):
        with pytest.raises(ValueError, match="column 'c' of X holds no dates or times, which it"):
            kind.read(column_of(other))
    with pytest.raises(ValueError, match="column 'c' of X holds durations where training has had"):
        kind.read(column_of(pd.Series(pd.to_timedelta([3, 4]))))


@pytest.mark.parametrize(
    "text", [["0 days 01:00:00", "-1 days +23:00:00", "3 days 00:00:00"], ["1:00", "-", "72:00"]]
)
def test_durations_as_text_are_days(text):
    table = read(frame(pd.Series([*text, "48:00", "60:00"])))
    expected = [np.nan if t == "-" else pd.Timedelta(f"{t}:00" if len(t) < 6 else t) for t in text]
    days = [NAN if t is NAN else t / pd.Timedelta(days=1) for t in expected]
    assert_array_equal(table.numbers[:, 1], [*days, 2, 2.5])
    assert (table.number_names[1], table.category_names) == ("c in days", [])


FAR = [np.datetime64("-20000-01-01"), np.datetime64("NaT"), np.datetime64("30000-01-01")]


@pytest.mark.parametrize("unit", ["D", "s", "ms", "us"])
@pytest.mark.parametrize("library", ["numpy", "objects", "polars", "arrow", "pandas of arrow"])
def test_years_beyond_those_of_datetime_are_days_too(unit, library):
    times = np.array(FAR).astype(f"M8[{unit}]")
    if library == "polars":
        if unit in "Ds":
            pytest.skip("polars has no such dtype")
        X = pl.DataFrame(
            {"n": [1, 2, 3], "c": pl.Series(times.astype(int)).cast(pl.Datetime(unit))}
        )
        X = X.with_columns(pl.when(pl.col("n") != 2).then(pl.col("c")))
    elif "arrow" in library:
        pa = pytest.importorskip("pyarrow", exc_type=ImportError)
        kind = pa.date32() if unit == "D" else pa.timestamp(unit)
        c = pa.array(times.astype(int).astype("i4" if unit == "D" else "i8"), mask=np.isnat(times))
        X = pa.table({"n": [1, 2, 3], "c": c.cast(kind)})
        X = X.to_pandas(types_mapper=pd.ArrowDtype) if "pandas" in library else X
    else:
        X = np.zeros(3, [("n", "f8"), ("c", times.dtype if library == "numpy" else "O")])
        X["c"] = times if library == "numpy" else list(times)
    days = read(X).numbers[:, 1]
    assert_array_equal(days, [0, NAN, (FAR[2] - FAR[0]).astype(int)])


def test_times_beyond_64_bits_of_microseconds_are_as_far_away_as_can_be():
    far = np.array([-(10**17), 0, 10**17], "M8[s]")
    days = read(frame(pd.Series(far, dtype="M8[s]"))).numbers[:, 1]
    assert (np.diff(days) > 24e6).all() and np.isfinite(days).all()


@pytest.mark.parametrize("nothing", [np.datetime64("NaT"), pd.NaT, None])
def test_no_time_among_objects_is_missing(nothing):
    column = pd.Series(
        [np.datetime64("2020-01-03"), nothing, datetime.date(2020, 1, 1)], dtype=object
    )
    assert_array_equal(read(frame(column)).numbers[:, 1], [2, NAN, 0])
    alone = read(frame(pd.Series([nothing] * 3, dtype=object)))
    assert np.isnan(alone.numbers[:, 1:]).all() and alone.columns.all_names == ["n", "c"]


@pytest.mark.parametrize(
    "far",
    [
        datetime.timedelta.max,
        np.timedelta64(10**16, "s"),
        np.datetime64("300000-01-01"),
        pd.Timestamp(np.datetime64("20000-01-01", "s")),
    ],
    ids=lambda far: type(far).__name__,
)
def test_a_time_beyond_all_calendars_is_late_among_objects_too(far):
    near = np.timedelta64(1, "D") if "delta" in type(far).__name__ else np.datetime64("2020-01-01")
    days = read(frame(pd.Series([near, far, near], dtype=object))).numbers[:, 1]
    assert days[1] > 6e6 + days[0] and days[0] == days[2]


def test_periods_are_times_as_objects_too():
    months = pd.Series(list(pd.period_range("2020-01", periods=3, freq="M")), dtype=object)
    assert_array_equal(read(frame(months)).numbers[:, 1], [0, 31, 60])


def test_a_row_is_read_as_it_is_among_others(unconverged):
    days = [f"2020-01-{i:02}" for i in range(1, 31)]
    X = pd.DataFrame(
        {"day": [*days, "soon"], "pay": ["$3,000", *(f"${i}" for i in range(29)), "no"]}
    )
    model = fast().fit(X, np.arange(31) % 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        rows = [model.predict_proba(X.iloc[[i]]) for i in range(31)]
    assert_allclose(np.vstack(rows), model.predict_proba(X), atol=1e-6)


def test_a_step_of_one_day_is_seen_in_float32_over_centuries():
    days = pd.Series(pd.date_range("1700-01-01", "2200-01-01", unit="s"))
    x = read(frame(days)).numbers[:, 1]
    z = ((x - x.mean()) / x.std()).astype(np.float32)
    assert (np.diff(z) > 0).all() and (np.diff(x) == 1).all()
