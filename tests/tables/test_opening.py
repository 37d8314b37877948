"""A table in any container is read as what it holds, or refused with what to pass instead."""

import copy
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from columns import TEXT, frame, read, values
from containers import COLUMNS, CONTAINERS, NOT_READ, Capsule, arrow, dicts, module, records
from models import same_parameters
from numpy.testing import assert_array_equal
from scipy import sparse

from skbackprop import BackpropClassifier
from skbackprop.tables.choice import mask_of

each_container = pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS)
ROWS = np.random.default_rng(0).integers(0, 4, 40)
LARGE = {name: [column[i] for i in ROWS] for name, column in COLUMNS.items()}
Y = (ROWS > 1).astype(int)


def small(**options):
    return BackpropClassifier(
        **{"hidden_layer_sizes": (4,), "max_iter": 3, "random_state": 0} | options
    )


# What is read


@each_container
@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_of_each_dtype_in_each_container_has_its_values(make, name):
    table = read(make({"n": [4, 3, 2, 1], name: COLUMNS[name]}))
    if name.split()[-1] in ("text", "boolean"):
        assert values(table.categories[0]) == COLUMNS[name]
        assert (table.number_names, table.category_names) == (["n"], [name])
    else:
        assert_array_equal(table.numbers, np.array([[4, 3, 2, 1], COLUMNS[name]], float).T)
        assert (table.number_names, table.categories) == (["n", name], ())


@each_container
def test_a_model_is_the_same_whatever_the_container_in_fit_and_later(make):
    X = pd.DataFrame(LARGE)
    expected = small(early_stopping=True).fit(X, Y)
    model = small(early_stopping=True).fit(make(LARGE), Y)
    assert same_parameters(model, expected)
    assert model.feature_names_in_.tolist() == list(LARGE)
    assert_array_equal(model.get_input_names(), expected.get_input_names())
    assert_array_equal(model.predict_proba(X), expected.predict_proba(X))
    assert_array_equal(expected.predict_proba(make(LARGE)), expected.predict_proba(X))


@each_container
def test_numbers_alone_are_the_same_whatever_the_container(make):
    numbers = {name: LARGE[name] for name in ("float", "integer", "missing integer")}
    expected = small().fit(pd.DataFrame(numbers), Y)
    model = small().fit(make(numbers), Y)
    assert same_parameters(model, expected) and model.is_categorical_ is None
    given = expected.predict_proba(make(numbers))
    assert_array_equal(given, expected.predict_proba(pd.DataFrame(numbers)))


@each_container
def test_a_scorer_sees_rows_of_what_came(make):
    shown = []

    def scoring(model, X, y):
        shown.append((type(X), len(X)))
        return (model.predict(X) == y).mean()

    given = make(LARGE | {"n": list(range(40))})  # equal rows would be held out together
    small(early_stopping=True, scoring=scoring).fit(given, Y)
    kind = type(given)
    if hasattr(kind, "__arrow_c_stream__") and kind not in (pd.DataFrame, pl.DataFrame):
        kind = module("pyarrow").Table
    assert {shown_kind for shown_kind, _ in shown} == {kind}
    assert len(set(shown)) == 1 and 0 < shown[0][1] < len(Y) / 2


@each_container
def test_columns_in_another_order_or_too_few_are_refused_by_name(make):
    model = small().fit(pd.DataFrame(LARGE), Y)
    swapped = {name: LARGE[name] for name in ["integer", "float", *list(LARGE)[2:]]}
    if make is dicts:  # whose order says nothing
        given = model.predict_proba(make(swapped))
        assert_array_equal(given, model.predict_proba(make(LARGE)))
    else:
        with pytest.raises(
            ValueError, match="'integer' stands where 'float' was; pass the columns"
        ):
            model.predict(make(swapped))
    if make is not dicts:
        with pytest.raises(ValueError, match=r"missing: \['float'\]|missing:\n- float"):
            model.predict(make({name: LARGE[name] for name in list(LARGE)[1:]}))


def test_a_model_without_names_takes_a_table_with_names():
    numbers = {name: LARGE[name] for name in ("float", "integer")}
    X = pd.DataFrame(numbers)
    model = small().fit(X.to_numpy(), Y)
    for given in (arrow(numbers), dicts(numbers), records(numbers)):
        assert_array_equal(model.predict_proba(given), model.predict_proba(X.to_numpy()))


def test_a_table_whose_columns_are_all_of_single_precision_is_trained_in_it():
    pa = module("pyarrow")
    single = {name: np.linspace(0, 1, 40, dtype="f4") for name in "ab"}
    tables = [pa.table(single), np.rec.fromarrays([*single.values()], names=["a", "b"])]
    half = pa.table({"a": single["a"], "b": pa.array(single["b"].astype("f2"))})
    for X in [*tables, half]:
        assert read(X).numbers.dtype == np.float32
        assert small().fit(X, Y).predict_proba(X).dtype == np.float32
    assert read(pa.table(single).append_column("c", pa.array(range(40)))).numbers.dtype == float


def test_an_array_of_objects_or_a_list_is_read_by_its_columns():
    rows = [[0.5, "red"], [None, "blue"], [1.5, None]]
    for X in (np.array(rows, dtype=object), rows):
        table = read(X)
        assert values(table.categories[0]) == ["red", "blue", None]
        assert_array_equal(table.numbers[:, 0], [0.5, np.nan, 1.5])
    assert len(read(np.array([["a", "b"], ["c", "d"]])).categories) == 2


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, arrow, np.asarray])
def test_columns_of_nothing_are_the_same_everywhere(make):
    if make is np.asarray:
        table = read(np.array([[None, 1.5], [None, 2.5]], dtype=object))
    else:
        table = read(make({"x0": [None, None], "x1": [1.5, 2.5]}))
    assert values(table.categories[0]) == [None, None]
    assert (table.number_names, table.category_names) == (["x1"], ["x0"])


# Arrow


def test_a_dictionary_of_arrow_announces_its_values_over_all_chunks():
    pa = module("pyarrow")
    chunks = [pa.array(v).dictionary_encode() for v in (["a", "b"], ["c", None, "a"])]
    (category,) = read(pa.table({"c": pa.chunked_array(chunks)})).categories
    assert category.announced and category.values == ["a", "b", "c"]
    assert values(category) == ["a", "b", "c", None, "a"]
    odd = pa.DictionaryArray.from_arrays([0, 1, None], ["a", None])
    assert values(read(pa.table({"c": odd})).categories[0]) == ["a", None, None]


@pytest.mark.parametrize("kind", ["int8", "uint64", "float16", "float32", "bool_", "decimal128"])
def test_dtypes_of_arrow_are_numbers_or_booleans(kind):
    pa = module("pyarrow")
    dtype = pa.decimal128(30, 2) if kind == "decimal128" else getattr(pa, kind)()
    data = (
        np.array([1, 0], "f2")
        if kind == "float16"
        else [True, None]
        if kind == "bool_"
        else [1, None]
    )
    table = read(pa.table({"n": [1, 2], "c": pa.array(data, dtype)}))
    if kind == "bool_":
        assert values(table.categories[0]) == [True, None]
    else:
        assert_array_equal(table.numbers[:, 1], np.array(data, float))


def test_two_columns_of_one_name_are_two_columns():
    pa = module("pyarrow")
    X = pa.Table.from_arrays([pa.array([1.0]), pa.array([2.0])], names=["a", "a"])
    assert_array_equal(read(X).numbers, [[1, 2]])


def test_a_stream_without_pyarrow_is_refused(monkeypatch):
    X = Capsule(arrow({"a": [1.0]}))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ValueError, match=r"Capsule, which pyarrow cannot read .*pyarrow.*: pass a"):
        read(X)


# Dicts


def test_dicts_may_leave_out_what_is_missing_and_have_no_key_that_is_new():
    model = small().fit(dicts(LARGE), Y)
    X = pd.DataFrame(LARGE)
    given = model.predict_proba([{"text": "red", "float": 0.5}])
    alone = X[:1].assign(text="red", float=0.5)
    alone[[name for name in LARGE if name not in ("text", "float")]] = None
    assert_array_equal(given, model.predict_proba(alone))
    with pytest.raises(ValueError, match="The feature names should match"):
        model.predict([{"text": "red", "colour": "red"}])
    assert model.predict(tuple(dicts(LARGE))).shape == (40,)


# Masks, bytes, strings, numbers of other packages


def test_what_is_masked_is_missing():
    X = np.ma.masked_array([[1.0, -999], [2, 3], [4, 5]], [[0, 1], [0, 0], [0, 0]])
    for dtype in ("f8", "f4", "f2", "i8", "i2", "u1"):
        table = read(X.astype(dtype) if dtype != "u1" else abs(X % 200).astype("u1"))
        assert_array_equal(np.isnan(table.numbers), X.mask)
        assert table.numbers.dtype == ("f4" if dtype in ("f4", "f2") else "f8")
    hidden = np.ma.masked_array(X.data, X.mask, fill_value=7.0)
    expected = small().fit(np.where(X.mask, np.nan, X.data), [0, 1, 1])
    model = small().fit(hidden, [0, 1, 1])
    assert same_parameters(model, expected)
    assert_array_equal(model.predict_proba(X), model.predict_proba(np.where(X.mask, np.nan, X)))
    text = np.ma.masked_array([["a", "x"], ["b", "y"]], [[0, 1], [0, 0]])
    assert values(read(text).categories[1]) == [None, "y"]
    logical = np.ma.masked_array([[True, True]], [[0, 1]])
    assert [values(c) for c in read(logical).categories] == [[True], [None]]
    objects = np.ma.masked_array(np.array([["a", 1], ["b", 2]], object), [[1, 0], [0, 1]])
    assert values(read(objects).categories[0]) == [None, "b"]
    assert_array_equal(read(objects).numbers, [[1], [np.nan]])


def test_an_empty_mask_is_none():
    X = np.ma.masked_array([[1.0, 2]], fill_value=1.0)
    assert np.shares_memory(read(X).numbers, X.data) and type(read(X).numbers) is np.ndarray


@pytest.mark.parametrize(
    "make",
    [
        lambda v: np.char.encode(np.array([v]).T, "utf-8"),
        lambda v: [[x.encode()] for x in v],
        lambda v: np.array([[x.encode()] for x in v], dtype=object),
        lambda v: pd.DataFrame({"x0": [x.encode() for x in v]}),
        lambda v: pd.DataFrame({"x0": pd.Categorical([x.encode() for x in v])}),
        lambda v: pl.DataFrame({"x0": [x.encode() for x in v]}),
        lambda v: arrow({"x0": [x.encode() for x in v]}),
        lambda v: [{"x0": x.encode()} for x in v],
        lambda v: np.array([(x.encode(),) for x in v], [("x0", "S5")]),
    ],
    ids=["array", "list", "objects", "pandas", "category", "polars", "arrow", "dicts", "records"],
)
def test_bytes_are_text_where_they_are_utf_8(make):
    words = ["red", "grün", "red"]
    assert values(read(make(words)).categories[0]) == words
    model = small().fit(make(words), [0, 1, 0])
    assert model.categories_[0].tolist() in (["red"], ["grün", "red"])


@pytest.mark.parametrize(
    "X",
    [
        np.array([[b"\xff"]]),
        pd.DataFrame({"x0": [b"\xff"]}),
        pl.DataFrame({"x0": [b"\xff"]}),
        [{"x0": b"\xff"}],
    ],
    ids=["array", "pandas", "polars", "dicts"],
)
def test_other_bytes_are_refused_with_how_to_decode_them(X):
    with pytest.raises(ValueError, match="column 'x0' holds bytes that are not UTF-8: decode them"):
        read(X)


@pytest.mark.skipif(not hasattr(getattr(np, "dtypes", None), "StringDType"), reason="of numpy 2")
@pytest.mark.parametrize("options", [{}, {"na_object": None}, {"na_object": np.nan}], ids=str)
def test_strings_of_any_length_of_numpy_are_text(options):
    dtype = np.dtypes.StringDType(**options)
    rows = [["a", "1"], ["b", options.get("na_object", "2")]]
    table = read(np.array(rows, dtype))
    assert values(table.categories[0]) == ["a", "b"]
    assert values(table.categories[1]) == ["1", None if options else "2"]


@pytest.mark.parametrize("kind", ["bfloat16", "float8_e4m3fn", "float8_e5m2", "int4"])
def test_numbers_of_ml_dtypes_are_of_float32(kind):
    X = np.arange(6).reshape(3, 2)
    foreign = X.astype(getattr(module("ml_dtypes"), kind))
    assert read(foreign).numbers.dtype == np.float32
    assert_array_equal(read(foreign).numbers, X)
    fields = np.rec.fromarrays([X[:, 0]], dtype=[("a", foreign.dtype)])
    assert_array_equal(read(fields).numbers, X[:, :1])


def test_columns_of_128_bits_are_numbers():
    if not hasattr(pl, "Int128"):
        pytest.skip("of a later polars")
    X = pl.DataFrame({"a": pl.Series([1, None, -3], dtype=pl.Int128)})
    assert_array_equal(read(X).numbers, [[1], [np.nan], [-3]])


@pytest.mark.filterwarnings("ignore")  # of the package itself
def test_views_of_an_anndata_are_read():
    anndata, X = module("anndata"), np.arange(80.0).reshape(40, 2)
    rows = np.arange(40) % 4 > 0
    for given in (X, sparse.csr_matrix(X)):
        part = anndata.AnnData(given)[rows].X
        expected = small().fit(given[rows], Y[rows])
        model = small().fit(part, Y[rows])
        assert same_parameters(model, expected)
        assert_array_equal(model.predict_proba(part), expected.predict_proba(given[rows]))


# Sparse columns of pandas


@pytest.mark.parametrize("fill", [0.0, np.nan, 2.0])
def test_a_frame_of_sparse_columns_alone_is_a_table_like_any_other(fill):
    numbers = {"a": LARGE["integer"], "b": [0.0, 2.0] * 20}
    columns = {
        k: pd.arrays.SparseArray(np.array(v, float), fill_value=fill) for k, v in numbers.items()
    }
    expected = small().fit(pd.DataFrame(numbers), Y)
    model = small().fit(pd.DataFrame(columns), Y)
    assert model.scaler_ is not None and same_parameters(model, expected)
    assert_array_equal(
        expected.predict_proba(pd.DataFrame(columns)), expected.predict_proba(pd.DataFrame(numbers))
    )


def test_sparse_booleans_are_categories():
    X = pd.DataFrame({"a": pd.arrays.SparseArray([True, False, False], fill_value=False)})
    assert values(read(X).categories[0]) == [True, False, False]


# What is refused


@pytest.mark.parametrize(("make", "message"), NOT_READ.values(), ids=NOT_READ)
def test_what_is_no_table_is_refused_with_what_to_pass(make, message):
    X = make()
    model = small().fit(np.eye(2), [0, 1])
    for call in (lambda: small().fit(X, [0, 1]), lambda: model.predict(X)):
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize(
    "column",
    [
        pl.Series("c", [{"a": 1}, {"a": 2}]),
        pl.Series("c", [[1], [2]]),
        pd.Series([{"a": 1}, {}]),
        pd.Series([(1, 2), (3, 4)]),
        pd.Series([np.zeros(2), np.ones(2)]),
    ],
    ids=["Struct", "List", "dicts", "tuples", "arrays"],
)
def test_several_values_in_a_row_are_refused_with_how_to_take_them_apart(column):
    with pytest.raises(ValueError, match=r"column 'c' holds objects .*or a column of each of"):
        read(frame(column))


@pytest.mark.parametrize("make", [copy.copy, lambda X: pl.DataFrame(X.to_dict("list")), arrow])
@pytest.mark.parametrize("n_rows", [0, 3])
def test_no_rows_or_no_columns_are_refused_as_scikit_learn_does(n_rows, make):
    X = frame(pd.Series(TEXT))[:n_rows]
    X = X if n_rows == 0 else X[[]]
    X = make(X.to_dict("list") if make is arrow else X)
    with pytest.raises(ValueError, match=r"Found array with 0 (sample|feature)\(s\)"):
        read(X)


def test_columns_chosen_by_name_are_looked_up_and_not_searched_for():
    compared = []

    class Name(str):
        __hash__ = str.__hash__

        def __eq__(self, other):
            compared.append(1)
            return str.__eq__(self, other)

    names = [f"c{j}" for j in range(500)]
    table = SimpleNamespace(names=list(map(Name, names)), n_columns=len(names))
    assert mask_of(names[::2], table) == [True, False] * 250
    assert len(compared) < 10 * len(names)
