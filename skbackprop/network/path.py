"""Integrated gradients along a straight path of inputs, as sums of secants.

The integral of the gradient of f along the path from h⁰(0) to h⁰(1) tells what each input adds to
f(1) − f(0) (Sundararajan, Taly & Yan, 2017). The pre-activations of the first layer move in a line
as well, from a(0) to a(1), so that all there is to integrate is ∇a:

    f(1) − f(0) = Σ_i Δh_i Σ_j W_ij G_j,    G = ∫₀¹ ∇a f(a(t)) dt,    a(t) = a(0) + t (a(1) − a(0))

The path is cut into equal steps. In each, backpropagation takes the secant of g in the place of g':

    ∇H = ∇A Wᵀ,    ∇A = ∇H ⊙ (Δh / Δa)

What one step gives thus adds up to the change of f in it, and the sum of all steps to that on the
whole way, to rounding, however many there are. With n steps, G is right to O(1/n²), also where g
has a kink.

References
----------
Sundararajan, Taly & Yan, Axiomatic attribution for deep networks, ICML 2017, arXiv:1703.01365.
Shrikumar, Greenside & Kundaje, Learning important features through propagating activation
differences, ICML 2017, arXiv:1704.02685 (the rescale rule, which is one step).
"""

import numpy as np

from . import affine
from .activations import ACTIVATIONS

SAME = 1e-8  # a relative change of a, below which rounding spoils the secant more than g' differs


def states(network, A):
    """Return (aᵏ, hᵏ) of all layers from a¹, of shape (…, H_1); of the last, aᴸ⁺¹ twice."""
    found = []
    for (W, b), name in zip(network.layers[1:], network.activations, strict=True):
        H = ACTIVATIONS[name].fprop(A.copy())
        found.append((A, H))
        A = affine.fprop(flat(H), W, b, np.empty((H[..., 0].size, len(b))))
        A = A.reshape(*H.shape[:-1], len(b))
    return [*found, (A, A)]


def flat(A):
    """Return an array with one axis for all rows."""
    return A.reshape(-1, A.shape[-1])


class Path:
    """The ways of some rows from a(0) to a(1) through a network.

    Parameters
    ----------
    network : Network
        Of float64.
    begin, end : list of (ndarray, ndarray)
        The `states` at a(0), of shape (n_starts, 1, H), and at a(1), of shape (n_rows, H).
    """

    def __init__(self, network, begin, end):
        self.network, self.begin, self.end = network, begin, end
        self.change = end[0][0] - begin[0][0]

    def at(self, t):
        """Return the states at t."""
        if t in (0, 1):
            return self.end if t else self.begin
        return states(self.network, self.begin[0][0] + t * self.change)

    def outputs(self, point):
        """Return a of the last layer at a point, a row for each way."""
        A = point[-1][0]
        return flat(np.broadcast_to(A, (*self.change.shape[:-1], A.shape[-1])))

    def slopes(self, before, after):
        """Return the secants of g in all hidden layers, between two points."""
        points = zip(self.network.activations, before[:-1], after[:-1], strict=True)
        return [secant(ACTIVATIONS[g], *point, *next_point) for g, point, next_point in points]

    def bprop(self, slopes, grad_A):
        """Return ∇a¹, of shape (n_values, n_starts, n_rows, H_1), from ∇aᴸ⁺¹."""
        n_values = len(grad_A)
        grad_A = grad_A.reshape(n_values, *self.change.shape[:-1], -1)
        for (W, _), slope in zip(self.network.layers[:0:-1], slopes[::-1], strict=True):
            grad_A = (flat(grad_A) @ W.T).reshape(n_values, *slope.shape)
            grad_A *= slope
        return grad_A


def secant(g, A, H, next_A, next_H):
    """Return (g(a') − g(a)) / (a' − a), and g' where a' is a."""
    change, slope = next_A - A, next_H - H
    smallest = np.abs(A)
    smallest += 1
    smallest *= SAME
    same = np.abs(change) <= smallest
    with np.errstate(all="ignore"):
        slope /= change
    if same.any():
        middle = g.fprop(A + change / 2)
        np.copyto(slope, g.derivative(middle, out=np.empty_like(middle)), where=same)
    return slope


def head_secant(head, before, after, gain):
    """Return ∇A of the head f, corrected so that Σ ∇A ⊙ ΔA = Δf in each row.

    It is the gradient in the middle and, along ΔA, what that lacks: a discrete gradient (Gonzalez,
    J. Nonlinear Sci. 6, 1996, doi:10.1007/BF02440162).

    Parameters
    ----------
    head : head
        Its `value(A)` is f of shape (n_values, n_rows), and its `gradient(A)` ∇A.
    before, after : ndarray of shape (n_networks, n_rows, n_outputs)
        A at two points.
    gain : ndarray of shape (n_values, n_rows)
        Δf.

    Returns
    -------
    ndarray of shape (n_networks, n_values, n_rows, n_outputs)
    """
    change = after - before
    grad_A = head.gradient(before + change / 2)
    lacking = gain - np.einsum("mvtk,mtk->vt", grad_A, change)
    square = np.einsum("mtk,mtk->t", change, change)
    share = np.divide(lacking, square, out=np.zeros_like(lacking), where=square > 0)
    return grad_A + np.einsum("vt,mtk->mvtk", share, change)


def integrate(paths, head, n_steps):
    """Return G of each network, of shape (n_values, n_starts, n_rows, H_1), by so many steps.

    Parameters
    ----------
    paths : list of Path
        Of the networks that answer together.
    head : head
        f, of the outputs of all of them: see `head_secant`.
    n_steps : int
        How many.
    """
    total = [0.0] * len(paths)
    before, A, f = reached(paths, head, 0.0)
    for step in range(1, n_steps + 1):
        after, next_A, next_f = reached(paths, head, step / n_steps)
        grads = head_secant(head, A, next_A, next_f - f)
        for m, path in enumerate(paths):
            slopes = path.slopes(before[m], after[m])
            total[m] += path.bprop(slopes, grads[m])
        before, A, f = after, next_A, next_f
    return [G / n_steps for G in total]


def reached(paths, head, t):
    """Return the states of all networks at t, their outputs A, and f."""
    points = [path.at(t) for path in paths]
    A = np.array([path.outputs(point) for path, point in zip(paths, points, strict=True)])
    return points, A, head.value(A)
