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


class Path:
    """The way of some rows from a(0) to a(1) through a network.

    Parameters
    ----------
    network : Network
        Of float64.
    start : ndarray of shape (H_1,)
        a(0), the pre-activations of the first layer.
    change : ndarray of shape (n_rows, H_1)
        a(1) − a(0).
    """

    def __init__(self, network, start, change):
        self.activations = [ACTIVATIONS[name] for name in network.activations]
        self.layers, self.start, self.change = network.layers, start, change

    def at(self, t):
        """Return (aᵏ, hᵏ) of all layers at t; of the last, aᴸ⁺¹ twice."""
        A, states = self.start + t * self.change, []
        for (W, b), g in zip(self.layers[1:], self.activations, strict=True):
            H = g.fprop(A.copy())
            states.append((A, H))
            A = affine.fprop(H, W, b, np.empty((len(H), len(b))))
        return [*states, (A, A)]

    def slopes(self, before, after):
        """Return the secants of g in all hidden layers, between two points."""
        points = zip(self.activations, before[:-1], after[:-1], strict=True)
        return [secant(g, *point, *next_point) for g, point, next_point in points]

    def bprop(self, slopes, grad_A):
        """Return ∇a¹ from ∇aᴸ⁺¹, of shape (…, n_rows, H)."""
        for (W, _), slope in zip(self.layers[:0:-1], slopes[::-1], strict=True):
            grad_A = (grad_A @ W.T) * slope
        return grad_A


def secant(g, A, H, next_A, next_H):
    """Return (g(a') − g(a)) / (a' − a), and g' where a' is a."""
    change = next_A - A
    same = np.abs(change) <= SAME * (1 + np.abs(A))
    slope = next_H - H
    np.divide(slope, change, out=slope, where=~same)
    if same.any():
        middle = g.fprop((A[same] + next_A[same]) / 2)
        slope[same] = g.derivative(middle, out=np.empty_like(middle))
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
    """Return G of each network, of shape (n_values, n_rows, H_1), by so many steps.

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
            total[m] = total[m] + path.bprop(slopes, grads[m])
        before, A, f = after, next_A, next_f
    return [G / n_steps for G in total]


def reached(paths, head, t):
    """Return the states of all networks at t, their outputs A, and f."""
    points = [path.at(t) for path in paths]
    A = np.array([states[-1][0] for states in points])
    return points, A, head.value(A)
