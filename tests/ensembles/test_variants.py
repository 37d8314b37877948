"""How the networks of an ensemble differ."""

import pytest
from models import ensemble


def test_by_default_variants_are_deeper_without_bins_and_with_leaves_of_trees(iris):
    network = {"hidden_layer_sizes": (8, 5), "activation": ("tanh", "relu")}
    model = ensemble(variants="auto", network=network).fit(*iris)
    deeper = {"hidden_layer_sizes": (8, 3, 3), "activation": ("tanh", "relu", "relu")}
    without, leaves = ({"numeric_encoding": name} for name in (None, "leaves"))
    assert model.variants_ == [{}, deeper, deeper | without, leaves]
    layers = [member.n_layers_ for member in model.estimators_]
    assert len(layers) == 14
    assert layers[:12] == [4] * 3 + [5] * 6 + [4] * 3
    model = ensemble(variants="auto", network=network | leaves).fit(*iris)
    others = {"numeric_encoding": "piecewise"}
    assert model.variants_ == [{}, deeper, deeper | without, others]
    model = ensemble(variants="auto", network=network | {"numeric_encoding": None}).fit(*iris)
    assert model.variants_ == [{}, deeper]
    assert ensemble(variants="auto", network={"hidden_layer_sizes": ()}).fit(*iris).variants_ == [
        {}
    ]


def test_where_a_rule_decides_on_layers_there_are_variants_of_both_depths(iris):
    model = ensemble(0, variants="auto", network={"hidden_layer_sizes": "auto"}).fit(*iris)
    sizes = [variant.get("hidden_layer_sizes") for variant in model.variants_]
    assert sizes == [(128,), (64, 64), (64, 64), (128,)]


def test_a_variant_that_fails_hardly_counts(iris):
    X, y = iris
    model = ensemble(variants=[{"max_iter": 40}, {"max_iter": 1}]).fit(X, y)
    assert model.variant_weights_[0] > 0.9


@pytest.mark.parametrize(
    ("variants", "error"),
    [
        ([], "variants must be 'auto', None or a list of dicts"),
        ([{}, 3], "variants must be 'auto', None or a list of dicts"),
        ("deep", "The 'variants' parameter"),
        ([{}, {"l3": 1}], r"variants\[1\]: Invalid parameter 'l3'"),
        ([{"l2": -1.0}], r"variants\[0\]: The 'l2' parameter"),
        ([{"class_weight": "balanced"}], r"variants\[0\] sets class_weight"),
        ([{}, {"activation": "rulu"}], r"variants\[1\]: activation must be among"),
        ([{"hidden_layer_sizes": (-1,)}], r"variants\[0\]: hidden_layer_sizes must be"),
        ([{1: 2}], r"variants\[0\]: keywords must be strings"),
    ],
)
def test_variants_that_make_no_sense_are_refused(iris, variants, error):
    with pytest.raises(ValueError, match=error):
        ensemble(variants=variants).fit(*iris)


@pytest.mark.parametrize(
    ("network", "error"),
    [
        ({"l1": -1}, "^The 'l1' parameter"),
        ({"hidden_layer_sizes": "abc"}, "^The 'hidden_layer_sizes' parameter"),
        ({"activation": None}, "^The 'activation' parameter"),
        ({"activation": "rulu"}, "^activation must be among"),
    ],
)
def test_what_is_wrong_with_the_estimator_is_not_blamed_on_variants(iris, network, error):
    with pytest.raises(ValueError, match=error):
        ensemble(variants="auto", network=network).fit(*iris)


def test_fitted_variants_do_not_change_with_the_parameter(iris):
    model = ensemble(0, variants=[{}]).fit(*iris)
    model.variants.append({"l1": 1.0})
    model.variants[0]["l2"] = 1.0
    assert model.variants_ == [{}]
