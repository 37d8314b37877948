"""The answers of a network, or of several as one, explained by columns of the table."""

import numpy as np

from ..estimator.state import fitted_columns, fitted_network, fitted_targets
from ..inputs.by_column import ByColumn, apart
from ..network.graph import rows_per_chunk
from ..network.network import Network, within
from ..network.path import Path, integrate, states
from ..tables.encoding import one_hot
from .fitted_checks import fitted_ensemble

REFINEMENT, MOST_STEPS = 3, 729  # 3⁶
ROWS, PATHS = 256, 128  # at once, from one start and from several
ROUNDING = 1e-12  # of f, below which no change matters
FLOAT64 = np.dtype(np.float64)
BOUND = 1e50  # of inputs: what comes of larger ones may not be finite


class Head:
    """f: a quantity of some outputs, of networks that answer as one.

    Parameters
    ----------
    quantity : quantity
        A function of the outputs A of all networks, with its gradient.
    outputs : list of int
        The outputs to explain.
    """

    def __init__(self, quantity, outputs):
        self.quantity, self.outputs = quantity, outputs

    def value(self, A):
        """Return f, of shape (n_values, n_rows)."""
        return np.array([self.quantity.value(A, k) for k in self.outputs])

    def gradient(self, A):
        """Return ∇A, of shape (n_networks, n_values, n_rows, n_outputs)."""
        return np.stack([self.quantity.gradient(A, k) for k in self.outputs], axis=1)


class Starts:
    """Where paths begin: inputs s of each network, and r, their mean.

    The values of paths from several s take the products with all inputs but once, as

        Σ_s (h − s) W G_s = (h − r) W Σ_s G_s − Σ_s (s − r) W G_s

    Parameters
    ----------
    networks : list of Network
        The networks.
    shares : list of CSR matrix of shape (n_inputs, n_columns)
        What each column counts in each input.
    vectors : list of ndarray of shape (n_starts, n_inputs)
        s.
    n_dense : list of int
        How many inputs of each network are not looked up.
    """

    def __init__(self, networks, shares, vectors, n_dense):
        self.networks, self.sums, self.begins, self.products = networks, [], [], []
        for network, own, S, n in zip(networks, shares, vectors, n_dense, strict=True):
            W, b = network.layers[0]
            sums = ByColumn(W, own, S.mean(axis=0), n)
            self.sums.append(sums)
            self.begins.append(states(network, S @ W + b))
            if len(S) > 1:
                self.products.append(np.array([sums.of_inputs(s).T for s in S]))

    def __len__(self):
        return len(self.begins[0][0][0])

    def base(self, head):
        """Return f, averaged over the starts."""
        return head.value(np.array([own[-1][0] for own in self.begins])).mean(axis=1)

    def values(self, head, H, A, n_steps):
        """Return the values of rows by so many steps, averaged over the starts.

        Parameters
        ----------
        head : Head
            f.
        H, A : list of inputs, and of ndarray of shape (n_rows, H_1)
            The rows, and their pre-activations of the first layer, of each network.
        n_steps : int
            How many.

        Returns
        -------
        ndarray of shape (n_values, n_rows, n_columns)
        """
        sums_of_G, of_starts = [0.0] * len(A), 0.0
        ends = list(map(states, self.networks, A))
        at_once = max(1, PATHS // len(A[0]))
        for first in range(0, len(self), at_once):
            part = slice(first, min(first + at_once, len(self)))
            paths = [
                Path(network, [(A[part, None], H[part, None]) for A, H in begin], end)
                for network, begin, end in zip(self.networks, self.begins, ends, strict=True)
            ]
            for m, G in enumerate(integrate(paths, head, n_steps)):
                sums_of_G[m] = sums_of_G[m] + G.sum(axis=1)
                if self.products:
                    of_starts = of_starts + (G @ self.products[m][part]).sum(axis=1)
        of_rows = sum(own(h, G) for own, h, G in zip(self.sums, H, sums_of_G, strict=True))
        return (of_rows - of_starts) / len(self)


class Explained:
    """A fitted model, and the quantity of it that is to be explained.

    Parameters
    ----------
    model : network or ensemble
        Fitted.
    output : str or None
        The name of the quantity; None is the first of those that the targets have.
    target : label or None
        The one output to explain; None is those that the targets propose.
    """

    def __init__(self, model, output, target):
        networks, weights, temperature = parts_of(model)
        self.networks = [in_float64(network) for network in networks]
        self.columns, targets = fitted_columns(model), fitted_targets(model)
        of_columns = one_hot(self.columns.sources, self.columns.n_columns)
        self.shares = [net.encoding.shares @ of_columns for net in networks]
        quantity = quantity_of(targets, output)
        if not targets.explained:
            raise ValueError("The model has been trained on one class: nothing is to be explained.")
        outputs = targets.explained if target is None else [output_of(targets, target)]
        self.output_names = [targets.output_names[k] for k in outputs]
        self.head = Head(quantity(targets, weights, temperature), outputs)
        n_layers = max(len(network.layers) for network in networks)
        is_linear = self.head.quantity.is_linear
        self.is_exact = is_linear and n_layers <= 2  # by a single step
        self.n_steps = 1 if is_linear and n_layers <= 3 else REFINEMENT  # at first

    def compare(self, table, background, by_rows, tol):
        """Return the values by which the rows of a table differ from a background.

        Parameters
        ----------
        table, background : Table
            The rows, and what they are compared with.
        by_rows : bool
            Whether paths start at each row of the background, and not at the mean of its inputs.
        tol : float
            The largest error, relative to the largest value of a row, that settles it.

        Returns
        -------
        values : ndarray of shape (n_values, n_rows, n_columns)
        predictions : ndarray of shape (n_values, n_rows)
        base : ndarray of shape (n_values,)
        n_steps : int
            The most that a row has needed.
        error : float
            The largest estimate that was left.
        """
        inputs = self._inputs(table)
        starts = self._starts(background, by_rows)
        n_values = len(self.head.outputs)
        values = np.zeros((n_values, table.n_rows, self.columns.n_columns))
        predictions = np.empty((n_values, table.n_rows))
        worst, size = np.zeros(2), self._chunk_size()
        for begin in range(0, table.n_rows, size):
            rows = slice(begin, min(begin + size, table.n_rows))
            H = [within(own.gather(rows), BOUND) for own in inputs]
            A = [h @ W + b for h, (W, b) in zip(H, self._first_layers(), strict=True)]
            predictions[:, rows] = self._value(A)
            values[:, rows], *figures = self._settle(starts, H, A, tol)
            worst = np.maximum(worst, figures)
        base = starts.base(self.head)
        return values, predictions, base, int(worst[0]), float(worst[1])

    def _settle(self, starts, H, A, tol):
        """Return the values of some rows, the steps needed, and the estimate of their errors."""
        if self.is_exact:
            return starts.values(self.head, H, A, 1), 1, 0.0
        rounding = ROUNDING * np.abs(self._value(A)).max(axis=0)
        rows, n_steps = np.arange(len(A[0])), self.n_steps
        coarse = starts.values(self.head, H, A, n_steps)
        values, worst = np.empty_like(coarse), 0.0
        while True:
            n_steps *= REFINEMENT
            fine = starts.values(self.head, H, A, n_steps)
            error = (fine - coarse) / (REFINEMENT**2 - 1)  # of O(1/n²)
            values[:, rows] = best = fine + error
            left, largest = np.abs(error).max(axis=2), np.abs(best).max(axis=2)
            done = (left <= tol * largest + rounding[rows]).all(axis=0) | (n_steps >= MOST_STEPS)
            worst = max(worst, left[:, done].max(initial=0.0))
            if done.all():
                return values, n_steps, worst
            rows, coarse = rows[~done], fine[:, ~done]
            H, A = [h[~done] for h in H], [a[~done] for a in A]

    def _value(self, A):
        """Return f from the pre-activations of the first layer of each network."""
        outputs = [states(*pair)[-1][0] for pair in zip(self.networks, A, strict=True)]
        return self.head.value(np.array(outputs))

    def _first_layers(self):
        return [network.layers[0] for network in self.networks]

    def _inputs(self, table):
        """Return what the inputs of each network are gathered from."""
        with np.errstate(all="ignore"):
            return [network.encoding.inputs(table, FLOAT64) for network in self.networks]

    def _starts(self, background, by_rows):
        """Return where the paths begin."""
        inputs, size = self._inputs(background), self._chunk_size()
        n_dense = [
            0 if own.stays_sparse else network.encoding.n_written
            for own, network in zip(inputs, self.networks, strict=True)
        ]
        n = background.n_rows
        starts = [range(k, k + 1) for k in range(n)] if by_rows else [range(n)]
        vectors = [np.array([mean_inputs(own, rows, size) for rows in starts]) for own in inputs]
        return Starts(self.networks, self.shares, vectors, n_dense)

    def _chunk_size(self):
        """Return how many rows to explain at once."""
        largest = min(rows_per_chunk(network.layer_sizes) for network in self.networks)
        return max(1, min(ROWS, 4 * largest // len(self.head.outputs)))


def parts_of(model):
    """Return the networks of a fitted model, what each counts, and the temperature."""
    if hasattr(model, "estimators_"):
        return fitted_ensemble(model)
    return [fitted_network(model)], np.ones(1), 1.0


def in_float64(network):
    """Return the same network, which computes in float64."""
    layers = [(W.astype(FLOAT64), b.astype(FLOAT64)) for W, b in network.layers]
    return Network(network.encoding, network.activations, layers)


def quantity_of(targets, output):
    """Return the quantity of that name, by default the first of those that the targets have."""
    if output is None:
        return next(iter(targets.quantities.values()))
    if not isinstance(output, str) or output not in targets.quantities:
        raise ValueError(f"output must be one of {[*targets.quantities]}; got {output!r}.")
    return targets.quantities[output]


def output_of(targets, target):
    """Return the number of the output with that name."""
    names = targets.output_names
    if np.ndim(target) or target not in names:
        shown = ", ".join(map(repr, names[:10])) + (", ..." if len(names) > 10 else "")
        raise ValueError(f"target must be one of {shown}; got {target!r}.")
    return names.index(target)


def mean_inputs(inputs, rows, step):
    """Return the mean of the inputs of a range of rows, gathered some at a time."""
    total = np.zeros(inputs.n_features)
    for begin in range(rows.start, rows.stop, step):
        H = within(inputs.gather(slice(begin, min(begin + step, rows.stop))), BOUND)
        dense, looked_up = apart(H)
        n = dense.shape[1]
        total[:n] += dense.sum(axis=0)
        if looked_up is not None:
            total[n:] += np.bincount(looked_up.indices, looked_up.data, len(total) - n)
    return total / len(rows)
