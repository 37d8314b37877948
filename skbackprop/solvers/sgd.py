"""Stochastic gradient descent: the reference epoch, and the loop over epochs around it."""

import itertools
import math

import numpy as np

from .._kernel.bind import compiled_epoch
from ..threads import few_blas_threads

MAX_HALVINGS = 10
RETRIES = 2  # of an epoch, before going back to the start of training
ROWS_PER_DRAW = 2**12  # of random orders
LARGE = 1e6  # a norm of θ up to which it is sound
EXPLOSION = 1e3  # an epoch whose loss is so many times that of the start has diverged


class DivergenceError(ArithmeticError):
    """Training diverges at every learning rate tried."""


class RandomOrders:
    """Random orders of rows, each a function of (seed, rows, number of the epoch) alone.

    Orders of few rows are drawn for some epochs at once. Philox is a counter-based generator: the
    number of such a block is the highest word of its counter, so that blocks draw from streams
    that never meet.

    References
    ----------
    Salmon, Moraes, Dror & Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011,
    doi:10.1145/2063384.2063405.
    """

    def __init__(self, seed, rows):
        self._bits = np.random.Philox(seed)
        self._generator = np.random.Generator(self._bits)
        self._start = self._bits.state
        self._rows = np.broadcast_to(rows, (max(1, ROWS_PER_DRAW // len(rows)), len(rows)))
        self._orders, self._block = np.empty(self._rows.shape, rows.dtype), None

    def __getitem__(self, epoch):
        """Return the rows in the order of an epoch; it is overwritten by the next call."""
        block, place = divmod(epoch, len(self._rows))
        if block != self._block:
            self._start["state"]["counter"][3] = block
            self._bits.state = self._start
            self._generator.permuted(self._rows, axis=1, out=self._orders)
            self._block = block
        return self._orders[place]


class SGD:
    """Visits all rows once an epoch, in random order, with an update of θ after each batch.

    An epoch that diverges (to weights or a loss that are not finite, or a loss that has grown a
    thousandfold) is taken back and repeated at half the learning rate. Should that fail twice, θ
    had gone astray before, and training starts again. The order of an epoch is a function of
    (seed, number of the epoch) alone, so training can be resumed anywhere.

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
    state : dict of ndarray
        What the update rule remembers.
    """

    unit, goal = "epochs", "its loss had stopped falling by"
    cure = "lower learning_rate_init, momentum, l1 or l2"

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
        self.alpha, self.batch_size, self.slowdown = alpha, batch_size, slowdown
        self.t, self.epoch = t, epoch
        self.n_halvings, self.state = 0, update.state
        is_random = shuffle and batch_size < objective.n_rows
        self._orders = RandomOrders(seed, objective.rows) if is_random else None
        self._compiled = compiled_epoch(objective, update, schedule, batch_size)
        self._live = [objective.theta, *update.state.values()]
        self._start = self._saved = Checkpoint(self._live, t, epoch)

    def rate(self):
        """Return α_t."""
        return self.schedule.rate(self.alpha * self.slowdown, self.t)

    def minimize(self, max_iter, monitor):
        """Run epochs until `max_iter`, a plateau or a request of the monitor's observers.

        Returns
        -------
        str
            'converged', 'max_iter', 'stopped' on request, or 'interrupted' by KeyboardInterrupt,
            with θ and all else as it was at the end of the last epoch that the monitor has noted.

        Raises
        ------
        DivergenceError
            Even after ten halvings of α.
        """
        try:
            with few_blas_threads(self.batch_size * self.objective.parameters.widest):
                limit = self._loss_limit()
                while self._n_done() < max_iter:
                    monitor.epoch_begins()
                    loss = self._stable_epoch(limit, monitor)
                    plateau = monitor.epoch_ends(loss, self.rate())
                    self._saved = Checkpoint(self._live, self.t, self.epoch, monitor.notes())
                    if monitor.stopped:
                        return "stopped"
                    if plateau and not self._slow_down(monitor):
                        return "converged"
        except KeyboardInterrupt:
            if self._n_done() == 0:
                raise
            self._restore(self._saved)
            monitor.go_back(self._saved.notes)
            return "interrupted"
        return "max_iter"

    def _n_done(self):
        """Return how many epochs have been made and noted."""
        return self._saved.epoch - self._start.epoch

    def _slow_down(self, monitor):
        """Lower α after a plateau; return whether to go on."""
        factor = self.schedule.after_plateau(self.alpha * self.slowdown)
        if factor is not None:
            self.slowdown *= factor
            monitor.look_ahead_again()
        return factor is not None or monitor.exhaustive

    def _loss_limit(self):
        """Return the loss above which an epoch has diverged."""
        with np.errstate(all="ignore"):
            start = self.objective.sample_value()
        return EXPLOSION * max(1.0, start) if math.isfinite(start) else math.inf

    def _stable_epoch(self, limit, monitor):
        """Run one epoch, again at half the rate for as long as it diverges."""
        for n_failed in itertools.count(1):
            with np.errstate(all="ignore"):
                loss = self._run_epoch()
                if loss <= limit and math.isfinite(loss) and self._is_sound(limit):
                    return loss
            self._restore(self._saved)
            if self.n_halvings == MAX_HALVINGS:
                raise DivergenceError(
                    f"training diverges even at a learning rate of {self.rate():.3g}"
                )
            self.n_halvings += 1
            self.slowdown /= 2
            if n_failed > RETRIES:
                self._restore(self._start)
                self._saved = self._start
                monitor.start_again()

    def _is_sound(self, limit):
        """Return whether θ is finite and, where it is large, the loss at it has not exploded."""
        theta = self.objective.theta
        if theta.dot(theta) < LARGE**2:
            return True
        loss = self.objective.sample_value()
        return loss <= limit and math.isfinite(loss) and bool(np.isfinite(theta).all())

    def _run_epoch(self):
        """Make one update for each batch; return the mean loss they met, with Ω at the start."""
        penalty = self.objective.penalty()
        order = self.objective.rows if self._orders is None else self._orders[self.epoch]
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

    def _restore(self, checkpoint):
        """Go back to a checkpoint."""
        for live, saved in zip(self._live, checkpoint.arrays, strict=True):
            np.copyto(live, saved)
        self.t, self.epoch = checkpoint.t, checkpoint.epoch


class Checkpoint:
    """All that an epoch leaves behind: copies of θ and of the state of its update rule, the counts
    of updates and epochs, and the monitor's notes.

    It is not changed, but replaced as a whole: an interrupt finds the one before or the one after.
    """

    def __init__(self, arrays, t, epoch, notes=None):
        self.arrays = [array.copy() for array in arrays]
        self.t, self.epoch, self.notes = t, epoch, notes
