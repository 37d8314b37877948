"""Stochastic gradient descent: the reference epoch, and the loop over epochs around it."""

import itertools
import math

import numpy as np

from .checkpoint import Checkpoint, DivergenceError, UnmeasurableError
from .orders import BlockOrders, random_orders
from .schedules import RateTable
from .threads import threads_of

MAX_HALVINGS = 10
RETRIES = 2  # of an epoch, before going back to the start of training
LARGE = 1e6  # a norm of θ up to which it is sound
EXPLOSION = 1e3  # an epoch whose loss is so many times that of the start has diverged
EARLY = 10  # epochs, in which a learning rate that is too high may cost a layer all its units
REVIVALS = 5  # halvings of the rate to save them


class ReferenceEpoch:
    """The updates of an epoch in numpy: what the compiled epoch must equal.

    Parameters
    ----------
    objective : Objective
        J(θ); θ is moved in place.
    update : update rule
        An entry of UPDATES, made for θ.
    batch_size : int
        Rows of a batch.
    """

    shares = False  # work among threads of its own

    def __init__(self, objective, update, batch_size):
        self.objective, self.update, self.batch_size = objective, update, batch_size

    def run(self, order, rates):
        """Make one update for each batch of rows in this order, at its rate.

        Returns
        -------
        total : float
            Σ s l. After the batch that makes it infinite or NaN, no more updates are made.
        n_updates : int
            How many were made.
        """
        objective, update = self.objective, self.update
        theta, gradient = objective.theta, objective.gradient
        total, n_updates = 0.0, 0
        batches = objective.batches(self.batch_size, order)
        for batch, rate in zip(batches, rates.tolist(), strict=False):
            total += objective.batch_gradient(*batch)
            update.step(theta, gradient, rate)
            if objective.proximal:
                objective.prox(update.prox_step(rate, objective.n_weights))
            n_updates += 1
            if not math.isfinite(total):
                break
        return total, n_updates


class SGD:
    """Visits all rows once an epoch, in random order, with an update of θ after each batch.

    An epoch that diverges (to weights, outputs or a loss that are not finite, or a loss that has
    grown a thousandfold) is taken back and repeated at half the learning rate. Should that fail
    twice, θ had gone astray before, and training starts again. So it does, too, after one of its
    first epochs in which a layer of rectifiers has lost all its units, which no later update brings
    back. The order of an epoch is a function of (seed, number of the epoch) alone, so training can
    be resumed anywhere.

    Parameters
    ----------
    objective : Objective
        J(θ); θ is moved in place.
    update : update rule
        An entry of UPDATES, made for θ.
    schedule : schedule
        An entry of SCHEDULES.
    horizon : Horizon
        The updates at which training begins and ends.
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
    row_bytes : int
        What a row of a dense X takes; the rows of a large one are shuffled within windows.
    t, epoch : int
        Updates and epochs made before.
    compiled : object, optional
        What makes the updates of an epoch in the place of `ReferenceEpoch`, by the same `run`; in
        `n_threads` threads, if it `shares` the work.

    Attributes
    ----------
    n_halvings : int
        How often α was halved.
    n_revivals : int
        How often of these because the outputs had ceased to depend on the inputs.
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
        horizon,
        alpha,
        batch_size,
        shuffle,
        seed,
        row_bytes=0,
        slowdown=1.0,
        t=0,
        epoch=0,
        compiled=None,
    ):
        self.objective, self.update, self.schedule = objective, update, schedule
        self.alpha, self.batch_size, self.slowdown = alpha, batch_size, slowdown
        self.t, self.epoch = t, epoch
        self.n_halvings, self.n_revivals, self.state = 0, 0, update.state
        self._may_die, self._dead_value, self._first_slowdown = False, math.inf, slowdown
        is_random = shuffle and batch_size < objective.n_rows
        self._orders = random_orders(seed, objective.rows, row_bytes) if is_random else None
        self._rates = RateTable(schedule, horizon)
        self.updates = compiled or ReferenceEpoch(objective, update, batch_size)
        self._n_updates = -(-objective.n_rows // batch_size)
        self._live = [objective.theta, *update.state.values()]
        self._start = self._saved = Checkpoint(self._live, t, epoch)

    def rate(self):
        """Return α_t."""
        return float(self._rates(self.alpha * self.slowdown, self.t, 1)[0])

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
            with threads_of(self.updates, self.batch_size * self.objective.widest):
                limit = self._loss_limit()
                self._may_die = max_iter > 1 and self.epoch < EARLY and self._is_mortal()
                while self._n_done() < max_iter:
                    monitor.epoch_begins()
                    plateau = self._stable_epoch(limit, monitor)
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
        """Run one epoch, again at half the rate for as long as it diverges, and tell the monitor.

        Returns
        -------
        bool
            Whether what is watched has reached a plateau.
        """
        for n_failed in itertools.count(1):
            with np.errstate(all="ignore"):
                loss = self._run_epoch()
                sound = loss <= limit and math.isfinite(loss) and self._is_sound(limit)
                died = sound and self._has_died(loss)
            if died:
                self._revive(monitor)
                continue
            unmeasurable = None
            if sound:
                try:
                    return monitor.epoch_ends(loss, self.rate())
                except UnmeasurableError as error:
                    unmeasurable = error
                    self._restore(self._start)
                    monitor.evaluate()  # raises if there is no measuring at the start either
            self._restore(self._saved)
            if self.n_halvings == MAX_HALVINGS:
                raise unmeasurable or DivergenceError(
                    f"training diverges even at a learning rate of {self.rate():.3g}"
                )
            self._retreat(n_failed, monitor)

    def _retreat(self, n_failed, monitor):
        """Halve α and, when an epoch has failed too often, go back to the start of training."""
        self.n_halvings += 1
        self.slowdown /= 2
        if n_failed > RETRIES:
            self._start_again(monitor)

    def _start_again(self, monitor):
        """Go back to the start of training."""
        self._restore(self._start)
        self._saved = self._start
        monitor.start_again()

    def _is_sound(self, limit):
        """Return whether θ and the outputs of all rows are finite, and have not exploded.

        Where the norms of θ and the inputs do not prove it, all rows are looked at.
        """
        objective, theta = self.objective, self.objective.theta
        square = float(theta.dot(theta))
        if square < LARGE**2 and objective.is_surely_finite(math.sqrt(square)):
            return True
        loss = objective.value()
        return loss <= limit and math.isfinite(loss) and bool(np.isfinite(theta).all())

    def _is_mortal(self):
        """Whether a layer may lose all its units, and none has yet."""
        return self.objective.graph.may_die and not self.objective.is_constant()

    def _has_died(self, loss):
        """Whether an early epoch has left outputs that do not depend on the inputs; or those that
        do, at a lower rate, are no better than these after all.
        """
        if not self._may_die or self.epoch > EARLY or self.n_halvings == MAX_HALVINGS:
            return False
        if self.objective.is_constant():
            self._dead_value = min(self._dead_value, self.objective.value())
            return True
        self._may_die = self.epoch < EARLY
        return not self._may_die and loss > self._dead_value

    def _revive(self, monitor):
        """Begin again at half of α; where that has been of no use, at α itself, whatever comes.

        Constant outputs are what training finds then, since penalties ask for them or there is
        nothing to learn.
        """
        self._start_again(monitor)
        if self._may_die and self.n_revivals < REVIVALS:
            self.n_revivals, self.n_halvings = self.n_revivals + 1, self.n_halvings + 1
            self.slowdown /= 2
            return
        self.n_halvings -= self.n_revivals
        self.slowdown = self._first_slowdown / 2**self.n_halvings
        self.n_revivals, self._may_die, self._dead_value = 0, False, math.inf

    def _run_epoch(self):
        """Make one update for each batch; return the mean loss they met, with Ω at the start."""
        penalty = self.objective.penalty()
        order = self.objective.rows if self._orders is None else self._orders[self.epoch]
        rates = self._rates(self.alpha * self.slowdown, self.t, self._n_updates)
        run = self._run_windows if isinstance(self._orders, BlockOrders) else self.updates.run
        total, n_updates = run(order, rates)
        self.t += n_updates
        self.epoch += 1
        return total / self.objective.n_rows + penalty

    def _run_windows(self, order, rates):
        """Do what `updates.run` does, window by window, each of which is fetched before."""
        total, n_updates = 0.0, 0
        with self.objective.inputs.pages() as pages:
            for window in self._orders.windows(self.batch_size):
                pages.fetch(order[window])
                window_total, n = self.updates.run(order[window], rates[n_updates:])
                total, n_updates = total + window_total, n_updates + n
                if not math.isfinite(total):
                    break
        return total, n_updates

    def _restore(self, checkpoint):
        """Go back to a checkpoint."""
        for live, saved in zip(self._live, checkpoint.arrays, strict=True):
            np.copyto(live, saved)
        self.t, self.epoch = checkpoint.t, checkpoint.epoch
