"""Stochastic gradient descent: the reference epoch, and the loop over epochs around it."""

import math

import numpy as np

from .._kernel.bind import compiled_epoch
from ..threads import few_blas_threads

MAX_HALVINGS = 10


class DivergenceError(ArithmeticError):
    """Training diverges at every learning rate tried."""


class RandomOrders:
    """Random orders, each a function of (seed, number of the epoch) alone.

    Philox is a counter-based generator: the epoch is the highest word of its counter, so that
    epochs draw from streams that never meet.

    References
    ----------
    Salmon, Moraes, Dror & Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011,
    doi:10.1145/2063384.2063405.
    """

    def __init__(self, seed):
        self._bits = np.random.Philox(seed)
        self._generator = np.random.Generator(self._bits)
        self._start = self._bits.state

    def permutation(self, rows, epoch):
        """Return `rows`, or the numbers below it, in the order of an epoch."""
        self._start["state"]["counter"][3] = epoch
        self._bits.state = self._start
        return self._generator.permutation(rows)


class SGD:
    """Visits all rows once an epoch, in random order, with an update of θ after each batch.

    An epoch that diverges (to a loss or weights that are not finite) is taken back and repeated
    at half the learning rate. The order of an epoch is a function of (seed, number of the epoch)
    alone, so training can be resumed anywhere.

    Parameters
    ----------
    objective : Objective
        J(θ); θ is moved in place.
    update : update rule
        An entry of UPDATES, made for θ.
    schedule : schedule
        An entry of SCHEDULES.
    alpha : float
        The learning rate α that the schedule starts from.
    slowdown : float
        What α is multiplied by, after earlier plateaus and divergence.
    batch_size : int
        Rows of a batch.
    shuffle : bool
        Whether the order is random; else rows are visited as they come.
    seed : int
        Of the random orders.
    t, epoch : int
        Updates and epochs made before.

    Attributes
    ----------
    n_halvings : int
        How often α was halved because of divergence.
    """

    def __init__(
        self,
        objective,
        update,
        schedule,
        *,
        alpha,
        batch_size,
        shuffle,
        seed,
        slowdown=1.0,
        t=0,
        epoch=0,
    ):
        self.objective, self.update, self.schedule = objective, update, schedule
        self.alpha, self.batch_size, self.shuffle = alpha, batch_size, shuffle
        self.seed, self.slowdown, self.t, self.epoch = seed, slowdown, t, epoch
        self.n_halvings = 0
        self._orders = RandomOrders(seed)
        self._compiled = compiled_epoch(objective, update, schedule, batch_size)
        self._live = [objective.theta, *update.state.values()]
        self._saved = [array.copy() for array in self._live]
        self._checkpoint()

    def rate(self):
        """Return α_t."""
        return self.schedule.rate(self.alpha * self.slowdown, self.t)

    def minimize(self, max_iter, monitor):
        """Run epochs until `max_iter` or a plateau.

        Returns
        -------
        str
            'converged', 'max_iter', or 'interrupted' by KeyboardInterrupt, with θ as it was at
            the end of the last whole epoch.

        Raises
        ------
        DivergenceError
            Even after ten halvings of α.
        """
        try:
            with few_blas_threads(self.batch_size * self.objective.parameters.widest):
                return self._run_epochs(max_iter, monitor)
        except KeyboardInterrupt:
            if not monitor.epochs:
                raise
            self._restore()
            return "interrupted"

    def _run_epochs(self, max_iter, monitor):
        for _ in range(max_iter):
            loss = self._finite_epoch()
            if monitor.epoch_ends(loss, self.rate()) and not self._slow_down(monitor):
                return "converged"
        return "max_iter"

    def _slow_down(self, monitor):
        """Lower α after a plateau; return whether to go on."""
        factor = self.schedule.after_plateau(self.alpha * self.slowdown)
        if factor is not None:
            self.slowdown *= factor
            monitor.look_ahead_again()
        return factor is not None or monitor.exhaustive

    def _finite_epoch(self):
        """Run one epoch, again at half the rate for as long as it diverges."""
        while True:
            with np.errstate(all="ignore"):
                loss = self._run_epoch()
            if math.isfinite(loss) and np.isfinite(self.objective.theta).all():
                self._checkpoint()
                return loss
            self._restore()
            if self.n_halvings == MAX_HALVINGS:
                raise DivergenceError(
                    f"training diverges even at a learning rate of {self.rate():.3g}"
                )
            self.n_halvings += 1
            self.slowdown /= 2

    def _run_epoch(self):
        """Make one update for each batch; return the mean loss they met, with Ω at the start."""
        penalty = self.objective.penalty()
        order = self._order()
        if self._compiled is None:
            total = self._make_updates(order)
        else:
            total, n_updates = self._compiled.run(order, self.alpha * self.slowdown, self.t)
            self.t += n_updates
        self.epoch += 1
        return total / self.objective.n_rows + penalty

    def _make_updates(self, order):
        """Make one update for each batch of rows in this order; return Σ s l.

        This is the reference for the compiled epoch.
        """
        objective, update = self.objective, self.update
        theta, gradient = objective.theta, objective.gradient
        total = 0.0
        for batch in objective.batches(self.batch_size, order):
            total += objective.batch_gradient(*batch)
            rate = self.rate()
            update.step(theta, gradient, rate)
            if objective.proximal:
                objective.prox(update.prox_step(rate, objective.n_weights))
            self.t += 1
            if not math.isfinite(total):
                break
        return total

    def _order(self):
        """Return the rows in the order of this epoch."""
        n_rows, rows = self.objective.n_rows, self.objective.rows
        if not self.shuffle or self.batch_size >= n_rows:
            return np.arange(n_rows) if rows is None else rows
        return self._orders.permutation(n_rows if rows is None else rows, self.epoch)

    def _checkpoint(self):
        """Remember the end of an epoch."""
        for saved, live in zip(self._saved, self._live, strict=True):
            np.copyto(saved, live)
        self._saved_counts = self.t, self.epoch

    def _restore(self):
        """Go back to the end of the last whole epoch."""
        for saved, live in zip(self._saved, self._live, strict=True):
            np.copyto(live, saved)
        self.t, self.epoch = self._saved_counts
