"""The regularised empirical risk J(θ) and its gradient, over all rows or a batch of them."""

import copy
import itertools
import math

import numpy as np

from ..inputs.gather import sum_of_squares
from ..network.graph import Linearization, Workspace, rows_per_chunk

SAMPLE = 100  # rows
SAFE = 1e-6  # a part of the largest number of a dtype, up to which rounding is no matter
GRADIENT_ROWS = 512  # that the compiled epoch propagates at once for the gradient over all rows
LINEARIZED_ELEMENTS = 2**23  # of h⁰ … aᴸ⁺¹: up to so many are linearised once for many directions


class Objective:
    """What training minimises (the lecture, "empirical risk minimization").

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
    """

    rows_per_gradient = GRADIENT_ROWS

    def __init__(
        self, graph, loss, parameters, inputs, y, *, row_weights=None, rows=None, penalties=()
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
        self.n_weights, self.widest = parameters.n_weights, parameters.widest
        self.theta, self.gradient = parameters.theta, parameters.gradient
        self._layer_sizes = parameters.layer_sizes
        self._workspace = Workspace(self._layer_sizes, 0, self.theta.dtype)
        self._scratch = np.empty_like(parameters.weights) if self.proximal else None
        self._linearized = self._at = self._input_norm = self._ends = None

    def without_curvature(self):
        """Return the names of the parts of J that have no second derivative.

        A penalty with a prox counts among them, whatever methods it has: it is no part of what
        `hessian_vector` multiplies with.
        """
        parts = [(g, "curvature") for g in self.graph.activations] + [(self.loss, "R_bprop")]
        parts += [(penalty, "add_hessian_vector") for penalty in self.smooth]
        without = [part for part, method in parts if not hasattr(part, method)]
        return sorted({type(part).__name__ for part in without + self.proximal})

    def batches(self, batch_size, order):
        """Yield (h⁰, y, s) of rows in the order given, batch by batch; the last may be short.

        Rows are gathered some batches at a time, so that small batches are views on a block.
        """
        if self._workspace.n_rows < min(batch_size, self.n_rows):
            self._workspace = Workspace(self._layer_sizes, batch_size, self.theta.dtype)
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

    def batch_loss(self, X, y, s=None):
        """Return Σ s_t l_t over a batch."""
        H, _ = self._workspace.first(len(y))
        return self._total(self.loss.fprop(self.graph.fprop(self.parameters.layers, X, H), y), s)

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

    def smooth_penalty(self):
        """The part of Ω(W) that has a gradient everywhere."""
        return sum(penalty.value(self.parameters.weights) for penalty in self.smooth)

    def value(self):
        """J(θ) over all rows, computed chunk by chunk."""
        total = sum(self.batch_loss(*chunk) for chunk in self._chunks())
        return total / self.n_rows + self.penalty()

    def sample_value(self):
        """J(θ) as some evenly spaced rows estimate it."""
        places = np.linspace(0, self.n_rows - 1, min(SAMPLE, self.n_rows)).astype(int)
        X, y, s = self._gathered(self.rows[places])
        return self.batch_loss(X, y, s) / len(y) + self.penalty()

    def is_constant(self):
        """Whether the outputs are the same for all rows. Two rows mostly tell that they are not."""
        if self._ends is None:  # kept, since this is asked after each of some epochs
            self._ends = copy.deepcopy(self._gathered(self.rows[[0, -1][: self.n_rows]]))
        value = None
        for X, y, _ in itertools.chain([self._ends], self._chunks()):
            A = self.graph.fprop(self.parameters.layers, X, self._workspace.first(len(y))[0])
            value = A[0].copy() if value is None else value
            if (A != value).any():
                return False
        return True

    def _gathered(self, rows):
        """Return (h⁰, y, s) of a few rows, of which nothing is read around."""
        with self.inputs.pages():
            (batch,) = self.batches(len(rows), rows)
        return batch

    def is_surely_finite(self, norm):
        """Whether the outputs of all rows must be finite, by the norms of inputs and θ.

        That is cheap and mostly so; very deep nets of float32 and huge θ have to be looked at.
        """
        if self._input_norm is None:
            self._input_norm = self._norm_of_inputs()
            self._safe = SAFE * float(np.finfo(self.theta.dtype).max)
        layers, sizes = self.parameters.layers, self._layer_sizes
        if self.graph.bound([(norm, norm)] * len(layers), sizes, self._input_norm) < self._safe:
            return True
        norms = [tuple(math.sqrt(np.vdot(a, a)) for a in layer) for layer in layers]
        return self.graph.bound(norms, sizes, self._input_norm) < self._safe

    def _norm_of_inputs(self):
        """Return what no h⁰ has a larger Euclidean norm than."""
        bound = self.inputs.largest_norm()
        if bound is not None:
            return bound
        total = 0.0
        for start in range(0, self.n_rows, SAMPLE):
            total += sum_of_squares(self.inputs.gather(self.rows[start : start + SAMPLE]))
        return math.sqrt(total)

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
        for X, y, s in self._chunks():
            total += self.batch_gradient(X, y, s)
            gradient += self.gradient * (len(y) / self.n_rows)
        self.gradient[...] = gradient
        return total / self.n_rows + self.smooth_penalty(), self.gradient

    def hessian_vector(self, v):
        """∇²J(θ) v over all rows, exactly; Ω counts where it is smooth.

        The derivative of ∇J in the direction v, by a forward and a backward pass through the graph.
        At the same θ, what does not depend on v is computed once, unless there are very many rows.

        References
        ----------
        Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6(1), 1994,
        doi:10.1162/neco.1994.6.1.147.
        """
        parameters, n = self.parameters, self.n_weights
        layers, directions = parameters.layers, parameters.views(v)
        product, part = np.zeros_like(self.theta), np.empty_like(self.theta)
        for at, scale in self._linearizations():
            R_A = self.graph.R_fprop(layers, directions, at)
            R_grad_A = self.loss.R_bprop(at.F, R_A)
            R_grad_A *= scale
            self.graph.R_bprop(layers, directions, parameters.views(part), at)
            product += part
        for penalty in self.smooth:
            penalty.add_hessian_vector(parameters.weights, v[:n], product[:n])
        return product

    def _linearizations(self):
        """Yield the network at θ, and s / n, on all rows at once or chunk by chunk."""
        if self.n_rows * sum(self._layer_sizes) > LINEARIZED_ELEMENTS:
            for chunk in self._chunks():
                yield self._linearize(*chunk)
            return
        if self._linearized is None or not np.array_equal(self._linearized[0], self.theta):
            (everything,) = self.batches(self.n_rows, self.rows)
            self._linearized = self.theta.copy(), self._linearize(*everything)
        yield self._linearized[1]

    def _linearize(self, X, y, s):
        if self._at is None or len(self._at.F) != len(y):
            self._at = Linearization(self._layer_sizes, len(y), self.theta.dtype)
        at, layers = self._at, self.parameters.layers
        at.X = X.copy()
        self.loss.fprop(self.graph.fprop(layers, X, [*at.H, at.F]), y)
        np.copyto(at.grad_A[-1], at.F)
        grad_A = self.loss.bprop(at.grad_A[-1], y)
        scale = 1 / self.n_rows if s is None else (s / self.n_rows)[:, None]
        grad_A *= scale
        self.graph.linearize(layers, at)
        return at, scale

    def _chunks(self):
        return self.batches(rows_per_chunk(self._layer_sizes), self.rows)

    @staticmethod
    def _total(losses, s):
        return float(losses.sum(dtype=np.float64)) if s is None else float(losses @ s)
