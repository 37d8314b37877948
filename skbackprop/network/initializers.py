"""First values of the weights; biases start at 0."""

import math


class GlorotUniform:
    """W_ij ~ U[−r, r], r = √6 / √(H_k + H_{k−1}) (the lecture, "initialization").

    References
    ----------
    Glorot & Bengio, Understanding the difficulty of training deep feedforward neural networks,
    AISTATS 2010.
    """

    def fill(self, layers, rng):
        """Draw all W, layer by layer, from the Generator `rng`; set all b to 0."""
        for W, b in layers:
            r = math.sqrt(6 / (W.shape[0] + W.shape[1]))
            W[...] = rng.uniform(-r, r, size=W.shape)
            b.fill(0)
