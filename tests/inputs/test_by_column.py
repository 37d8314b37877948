import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from skbackprop.inputs import by_column
from skbackprop.inputs.by_column import ByColumn
from skbackprop.inputs.gather import EncodedRows


@pytest.mark.parametrize("n_dense", [7, 3, 0])
def test_the_sums_are_those_of_the_formula_for_inputs_of_any_sort(rng, n_dense, monkeypatch):
    monkeypatch.setattr(by_column, "CHUNK_ELEMENTS", 20)  # a few entries at a time
    shares = np.eye(4)[[0, 2, 0, 1, 1, 3, 3]]
    shares[[2, 5]] = [[0, 0.5, 0.5, 0], [0.25, 0, 0, 0.75]]  # of inputs that columns share
    W, G = rng.normal(size=(7, 5)), rng.normal(size=(2, 6, 5))
    H = rng.normal(size=(6, 7)) * (rng.random((6, 7)) < 0.5)
    origin = rng.normal(size=7)
    each = (H - origin) * (G @ W.T)
    expected = each @ shares
    looked_up = sparse.csr_matrix(H[:, n_dense:])
    rows = {7: H, 3: EncodedRows(H[:, :n_dense], looked_up), 0: looked_up}[n_dense]
    sums = ByColumn(W, sparse.csr_matrix(shares), origin, n_dense)
    assert_allclose(sums(rows, G), expected, atol=1e-12)
    s = rng.normal(size=7)
    assert_allclose(G @ sums.of_inputs(s).T, ((s - origin) * (G @ W.T)) @ shares, atol=1e-12)
