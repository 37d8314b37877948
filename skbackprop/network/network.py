"""A network as a value: what training makes, and prediction, evaluation and export read."""

import numpy as np

from .activations import ACTIVATIONS
from .graph import FlowGraph, Workspace, rows_per_chunk


class Network:
    """f(x; θ) up to the pre-activations of its outputs, from a table on.

        h⁰ = T(x),   hᵏ = gᵏ(bᵏ + Wᵏ hᵏ⁻¹)  for k = 1 … L,   aᴸ⁺¹ = bᴸ⁺¹ + Wᴸ⁺¹ hᴸ

    It has no state of its own: any number of threads may ask it at once.

    Parameters
    ----------
    encoding : Encoding
        T: its `inputs(table, dtype)` are what h⁰ is gathered from.
    activations : sequence of str
        The names of g¹ … gᴸ, as ACTIVATIONS has them.
    layers : sequence of (W, b)
        The parameters, W of shape (n_in, n_out); not copied, so that a network in training shows
        what θ is at any time.
    """

    def __init__(self, encoding, activations, layers):
        self.encoding = encoding
        self.activations = tuple(activations)
        self.layers = tuple(layers)

    @property
    def dtype(self):
        """float32 or float64: what it computes in."""
        return self.layers[0][0].dtype

    @property
    def layer_sizes(self):
        """H_0 … H_{L+1}."""
        return [len(self.layers[0][0]), *(len(b) for _, b in self.layers)]

    def overflows(self, table):
        """Whether the network cannot compute the outputs of a row of the table as it is."""
        return not np.isfinite(self.propagate(table, len(self.layers), tame=False)).all()

    def propagate(self, table, depth, tame=True):
        """Compute hᵏ of the rows of a table, k = depth, chunk by chunk; of the last layer, aᴸ⁺¹.

        Where a row overflows, its inputs are clipped, and what comes of them, so that finite
        parameters give a finite answer to inputs beyond all measure; unless it is not to `tame`.
        """
        layers = self.layers[:depth]
        *below, activation = [ACTIVATIONS[name] for name in (*self.activations, "identity")[:depth]]
        sizes, dtype = self.layer_sizes[: depth + 1], self.dtype
        with np.errstate(all="ignore"):
            inputs, graph = self.encoding.inputs(table, dtype), FlowGraph(below)
        step = min(rows_per_chunk([inputs.n_entries, *sizes[1:]]), inputs.n_rows)
        workspace = Workspace(sizes, step, dtype)
        H = np.empty((inputs.n_rows, sizes[-1]), dtype=dtype)
        bound = np.finfo(dtype).max ** (1 / len(sizes))
        largest = np.finfo(dtype).max / 4  # differences are finite, too
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            for start in range(0, inputs.n_rows, step):
                rows = slice(start, min(start + step, inputs.n_rows))
                out, _ = workspace.first(rows.stop - rows.start)
                H[rows] = activation.fprop(graph.fprop(layers, inputs.gather(rows), out))
                part = H[rows]
                if tame and not (part.max() <= largest and part.min() >= -largest):
                    self._check_finite()
                    clipped = within(inputs.gather(rows), bound)
                    lost = ~np.isfinite(part).all(axis=1)
                    part[lost] = activation.fprop(graph.fprop(layers, clipped, out))[lost]
                    np.clip(np.nan_to_num(part), -largest, largest, out=part)
        return H

    def _check_finite(self):
        """Refuse parameters that are not finite."""
        for k, (W, b) in enumerate(self.layers):
            if not (np.isfinite(W).all() and np.isfinite(b).all()):
                raise ValueError(
                    f"coefs_[{k}] or intercepts_[{k}] is not finite: the model has been changed "
                    "since it was fitted; fit it anew with warm_start=False."
                )


def within(H, bound):
    """Clip inputs so absurdly large that pre-activations would overflow."""
    if isinstance(H, np.ndarray):
        np.nan_to_num(H, copy=False)  # ∞ · 0, in a column that was constant, is 0
        return np.clip(H, -bound, bound, out=H)
    if hasattr(H, "dense"):
        within(H.dense, bound)
    elif H.nnz and np.abs(H.data).max() > bound:
        H = H.copy()
        np.clip(H.data, -bound, bound, out=H.data)
    return H
