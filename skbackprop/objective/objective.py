"""The regularised empirical risk J(θ) and its gradient, over all rows or a batch of them."""

import numpy as np

from ..network.graph import Workspace, rows_per_chunk
from .curvature import Curvature
from .soundness import Soundness

SAMPLE = 100  # rows


class Objective:
    """J(θ), which training minimises (the lecture, "empirical risk minimization").

        J(θ) = Σ_t s_t l(f(x_t; θ), y_t) / Σ_t s_t + Ω(W)

    A mini-batch B estimates the same J: Σ_{t∈B} (s_t / mean s) l_t / |B| + Ω(W), with the mean of s
    over all rows. Penalties therefore mean the same for every batch size, weights may be multiplied
    by any constant, and a batch of zero weights is harmless.

    Parameters
    ----------
    graph : FlowGraph
        The network.
    loss : loss
        An entry of LOSSES.
    parameters : ParameterVector
        θ, and where ∇J goes.
    inputs : Inputs
        x_t, of all rows.
    y : ndarray of length n_rows
        Targets, in the form the loss asks for.
    row_weights : ndarray of shape (n_rows,), optional
        s_t > 0, on any scale.
    mean_weight : float, default=1
        What their mean is brought to, where these rows are a part of what J is over.
    rows : ndarray of int, optional
        The rows to use; all by default.
    penalties : sequence of penalties
        The terms of Ω.

    Attributes
    ----------
    rows : ndarray of int
        The rows there are to visit.
    n_rows : int
        How many they are.
    n_weights : int
        How many of the parameters are weights: the first ones.
    theta, gradient : ndarray of shape (n_parameters,)
        θ and ∇J.
    widest : int
        The number of weights of the layer that has most.
    smooth, proximal : list of penalties
        The terms of Ω that have a gradient everywhere, and those with a proximal step.
    """

    rows_per_gradient = 512  # that the compiled epoch propagates at once, where ∇J is over all rows

    def __init__(
        self,
        graph,
        loss,
        parameters,
        inputs,
        y,
        *,
        row_weights=None,
        mean_weight=1.0,
        rows=None,
        penalties=(),
    ):
        self.graph, self.loss, self.parameters = graph, loss, parameters
        self.inputs, self.y = inputs, y
        self.rows = np.arange(len(y)) if rows is None else rows
        self.penalties = list(penalties)
        self.smooth = [p for p in penalties if not hasattr(p, "prox")]
        self.proximal = [p for p in penalties if hasattr(p, "prox")]
        self.n_rows = len(self.rows)
        self.row_weights = row_weights
        if row_weights is not None:
            self.row_weights = row_weights / row_weights[self.rows].mean(dtype=np.float64)
            self.row_weights *= mean_weight
        self.n_weights, self.widest = parameters.n_weights, parameters.widest
        self.theta, self.gradient = parameters.theta, parameters.gradient
        self._workspace = Workspace(parameters.layer_sizes, 0, self.theta.dtype)
        self._scratch = np.empty_like(parameters.weights) if self.proximal else None

    def batches(self, batch_size, order):
        """Yield (h⁰, y, s) of rows in the order given, batch by batch; the last may be short.

        Rows are gathered some batches at a time, so that small batches are views on a block.
        """
        if self._workspace.n_rows < min(batch_size, self.n_rows):
            sizes, dtype = self.parameters.layer_sizes, self.theta.dtype
            self._workspace = Workspace(sizes, batch_size, dtype)
        block_size = self.inputs.block_size(batch_size)
        for start in range(0, len(order), block_size):
            rows = order[start : start + block_size]
            X, y, s = self.inputs.gather(rows), self.y[rows], self.row_weights
            s = None if s is None else s[rows]
            if len(rows) <= batch_size:
                yield X, y, s
                continue
            for first in range(0, len(rows), batch_size):
                batch = slice(first, first + batch_size)
                yield X[batch], y[batch], None if s is None else s[batch]

    def chunks(self):
        """Yield (h⁰, y, s) of all rows, as many at a time as suit the cache."""
        sizes = self.inputs.n_entries, *self.parameters.layer_sizes[1:]
        return self.batches(rows_per_chunk(sizes), self.rows)

    def batch(self, rows):
        """Return (h⁰, y, s) of a few rows, of which nothing is read around."""
        with self.inputs.pages():
            (batch,) = self.batches(len(rows), rows)
        return batch

    def fprop(self, X):
        """Return aᴸ⁺¹ of a batch, in a buffer that the next one overwrites."""
        H, _ = self._workspace.first(X.shape[0])
        return self.graph.fprop(self.parameters.layers, X, H)

    def batch_loss(self, X, y, s=None):
        """Return Σ s_t l_t over a batch."""
        losses = self.loss.fprop(self.fprop(X), y)
        return float(losses.sum(dtype=np.float64)) if s is None else float(losses @ s)

    def batch_gradient(self, X, y, s=None):
        """Return Σ s_t l_t over a batch; leave the gradient of its estimate of J, without the
        penalties that have a prox, in `gradient`.
        """
        total = self.batch_loss(X, y, s)
        H, grad_H = self._workspace.first(len(y))
        grad_A = self.loss.bprop(H[-1], y)
        grad_A *= 1 / len(y) if s is None else (s / len(y))[:, None]
        parameters = self.parameters
        self.graph.bprop(parameters.layers, parameters.gradient_layers, X, H, grad_H)
        for penalty in self.smooth:
            penalty.add_gradient(parameters.weights, parameters.weight_gradient)
        return total

    def prox(self, step):
        """Apply the proximal steps of the penalties that have one."""
        for penalty in self.proximal:
            penalty.prox(self.parameters.weights, step, self._scratch)

    def penalty(self):
        """Ω(W)."""
        return sum(penalty.value(self.parameters.weights) for penalty in self.penalties)

    def largest_penalty(self, square):
        """A bound on Ω(W) for any θ with |θ|² of at most `square`."""
        return sum(penalty.bound(square, self.n_weights) for penalty in self.penalties)

    def smooth_penalty(self):
        """The part of Ω(W) that has a gradient everywhere."""
        return sum(penalty.value(self.parameters.weights) for penalty in self.smooth)

    def value(self):
        """J(θ) over all rows, computed chunk by chunk."""
        total = sum(self.batch_loss(*chunk) for chunk in self.chunks())
        return total / self.n_rows + self.penalty()

    def sample_value(self):
        """J(θ) as some evenly spaced rows estimate it."""
        places = np.linspace(0, self.n_rows - 1, min(SAMPLE, self.n_rows)).astype(int)
        X, y, s = self.batch(self.rows[places])
        return self.batch_loss(X, y, s) / len(y) + self.penalty()

    def value_and_gradient(self):
        """J(θ) over all rows, and its gradient (a subgradient where Ω has none)."""
        value, gradient = self.smooth_value_and_gradient()
        for penalty in self.proximal:
            value += penalty.value(self.parameters.weights)
            penalty.add_gradient(self.parameters.weights, self.parameters.weight_gradient)
        return value, gradient

    def smooth_value_and_gradient(self):
        """J(θ) over all rows and its gradient, without the penalties that have a prox."""
        total, gradient = 0.0, np.zeros_like(self.gradient)
        for X, y, s in self.chunks():
            total += self.batch_gradient(X, y, s)
            gradient += self.gradient * (len(y) / self.n_rows)
        self.gradient[...] = gradient
        return total / self.n_rows + self.smooth_penalty(), self.gradient

    def curvature(self):
        """Return ∇²J(θ), which follows θ."""
        return Curvature(self)

    def soundness(self):
        """Return what tells whether the network at θ is sound."""
        return Soundness(self)
