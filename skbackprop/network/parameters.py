"""The parameters θ of a network, in one flat array with a view for each layer."""

import itertools

import numpy as np


class ParameterVector:
    """All weights and biases of a network, and their gradient, each one flat array.

        θ = [ W¹ | W² | … | Wᴸ⁺¹ | b¹ | … | bᴸ⁺¹ ]      ∇θ likewise

    The weights come first and the biases after, so that what concerns weights alone (the
    penalties) works on one slice, and an update of all of θ is one operation on one array.

    Parameters
    ----------
    layer_sizes : sequence of int
        Numbers of units from the inputs to the outputs, H_0 … H_{L+1}.
    dtype : dtype, default=float64
        float32 or float64.

    Attributes
    ----------
    layer_sizes : list of int
        H_0 … H_{L+1}.
    theta, gradient : ndarray of shape (n_parameters,)
        θ and ∇θ.
    widest : int
        The number of weights of the layer that has most.
    weights, weight_gradient : ndarray of shape (n_weights,)
        Their first part: the views on all weights.
    layers, gradient_layers : list of (W, b)
        Their views by layer: W of shape (H_{k-1}, H_k), b of shape (H_k,).
    """

    def __init__(self, layer_sizes, dtype=np.float64):
        self.layer_sizes = list(layer_sizes)
        self.shapes = list(itertools.pairwise(layer_sizes))
        self.n_weights = sum(n_in * n_out for n_in, n_out in self.shapes)
        self.widest = max(n_in * n_out for n_in, n_out in self.shapes)
        self.theta = np.zeros(self.n_weights + sum(layer_sizes[1:]), dtype=dtype)
        self.gradient = np.zeros_like(self.theta)
        self.weights = self.theta[: self.n_weights]
        self.weight_gradient = self.gradient[: self.n_weights]
        self.layers = self.views(self.theta)
        self.gradient_layers = self.views(self.gradient)

    def views(self, flat):
        """Return the pairs (W, b), layer by layer, as views on an array laid out like θ."""
        layers, w, b = [], 0, self.n_weights
        for n_in, n_out in self.shapes:
            W = flat[w : w + n_in * n_out].reshape(n_in, n_out)
            layers.append((W, flat[b : b + n_out]))
            w, b = w + n_in * n_out, b + n_out
        return layers
