"""Lines of progress."""

import re

import numpy as np
import pytest
from models import plain


def fast(**hyper_parameters):
    return plain(**{"max_iter": 7, "tol": None, "random_state": 0} | hyper_parameters)


def printed_epochs(capsys):
    return [int(line.split()[1]) for line in capsys.readouterr().out.splitlines()]


def test_a_line_has_all_that_is_measured(iris, capsys):
    model = fast(early_stopping=True, scoring="accuracy", verbose=True).fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    number = r"(\d\S*)"
    pattern = (
        rf"epoch +{number}   loss {number}   validation loss {number}   score {number}   "
        rf"learning rate {number}   {number} s"
    )
    found = np.array([re.fullmatch(pattern, line).groups() for line in lines], dtype=float)
    measured = [
        range(1, 8),
        model.loss_curve_,
        model.validation_loss_curve_,
        model.validation_scores_,
    ]
    np.testing.assert_allclose(found[:, :4].T, measured, atol=1e-6)
    assert (np.diff(found[:, 4]) < 0).all()
    assert (np.diff(found[:, 5]) >= 0).all()


def test_validation_loss_and_score_are_left_out_where_they_are_not_measured(iris, capsys):
    fast(verbose=True).fit(*iris)
    assert not re.search("validation|score", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("verbose", "epochs"),
    [
        (False, []),
        (0, []),
        (True, [1, 2, 3, 4, 5, 6, 7]),
        (1, [1, 2, 3, 4, 5, 6, 7]),
        (3, [3, 6, 7]),
        (7, [7]),
        (100, [7]),
    ],
)
def test_an_int_prints_every_so_many_epochs_and_the_last_one(iris, capsys, verbose, epochs):
    fast(verbose=verbose).fit(*iris)
    assert printed_epochs(capsys) == epochs


def test_a_warm_start_goes_on_counting(iris, capsys):
    model = fast(verbose=5, warm_start=True).fit(*iris)
    model.fit(*iris)
    assert printed_epochs(capsys) == [5, 7, 10, 14]


def test_partial_fit_counts_over_all_calls(iris, capsys):
    model = fast(verbose=3)
    for _ in range(7):
        model.partial_fit(*iris, classes=[0, 1, 2])
    assert printed_epochs(capsys) == [3, 6]
