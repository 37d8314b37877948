"""Stochastic gradient descent: the reference epoch, and the loop over epochs around it."""

import math

import numpy as np

from .checkpoint import Checkpoint
from .orders import BlockOrders, PagedEpoch, RandomOrders, random_orders
from .outcome import Outcome
from .rescue import Rescue
from .schedules import RateTable
from .threads import threads_of


class ReferenceEpoch:
    """The updates of an epoch in numpy: what the compiled epoch must equal.

        θ ← θ − α_t ∇J_B(θ),    by the update rule, for one batch B after the other

    and after each, the proximal step of the penalties that have one.

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

        for N epochs:  for each batch B of all rows:  θ ← θ − α_t ∇J_B(θ),  t ← t + 1

    The order of an epoch is a function of (seed, number of the epoch) alone, so training can be
    resumed anywhere. An epoch that training cannot go on from is taken back, and made again at a
    lower learning rate: see `Rescue`.

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
    t, n_epochs : int
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
    memory : dict of ndarray
        What the update rule remembers.
    """

    unit, goal = "epochs", "its loss had stopped falling by"  # what warnings say of it
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
        n_epochs=0,
        compiled=None,
    ):
        self.objective, self.update, self.schedule = objective, update, schedule
        self.alpha, self.batch_size, self.slowdown = alpha, batch_size, slowdown
        self.t, self.n_epochs = t, n_epochs
        self.n_halvings, self.n_revivals, self.memory = 0, 0, update.memory
        is_random = shuffle and batch_size < objective.n_rows
        self._orders = random_orders(seed, objective.rows, row_bytes) if is_random else None
        self._rates = RateTable(schedule, horizon)
        self.epoch = compiled or ReferenceEpoch(objective, update, batch_size)
        self._n_updates = -(-objective.n_rows // batch_size)
        self._live = [objective.theta, *update.memory.values()]

    def minimize(self, max_iter, monitor):
        """Run epochs until `max_iter`, a plateau or a request of the monitor's observers.

        Returns
        -------
        Outcome
            CONVERGED, MAX_ITER, STOPPED, or INTERRUPTED by KeyboardInterrupt, with θ and all else
            as it was at the end of the last epoch that the monitor has noted.

        Raises
        ------
        DivergenceError
            Even after ten halvings of α.
        """
        rescue = Rescue(self, monitor)
        try:
            with threads_of(self.epoch, self.batch_size * self.objective.widest):
                rescue.begin(max_iter)
                while rescue.n_epochs < max_iter:
                    monitor.epoch_begins()
                    plateau = rescue.sound_epochs(max_iter)
                    if monitor.stopped:
                        return Outcome.STOPPED
                    if plateau and not self._lower_rate(monitor):
                        return Outcome.CONVERGED
        except KeyboardInterrupt:
            if rescue.n_epochs == 0:
                raise
            rescue.go_back()
            return Outcome.INTERRUPTED
        return Outcome.MAX_ITER

    def run_epoch(self):
        """Make one update for each batch; return the mean loss they met, with Ω at the start."""
        penalty = self.objective.penalty()
        order = self.objective.rows if self._orders is None else self._orders[self.n_epochs]
        rates = self._rates(self.alpha * self.slowdown, self.t, self._n_updates)
        epoch = self.epoch
        if isinstance(self._orders, BlockOrders):
            epoch = PagedEpoch(epoch, self._orders, self.batch_size, self.objective.inputs)
        total, n_updates = epoch.run(order, rates)
        self.t += n_updates
        self.n_epochs += 1
        return total / self.objective.n_rows + penalty

    @property
    def runs_several(self):
        """Whether several epochs can be made at once."""
        return hasattr(self.epoch, "run_all") and isinstance(self._orders, RandomOrders)

    def run_epochs(self, n_most):
        """Make up to so many epochs at once; return the largest of the mean losses they met,
        without Ω, and of |θ|² before and after each.
        """
        orders = self._orders.some(self.n_epochs, n_most)
        n = len(orders) * self._n_updates
        rates = self._rates(self.alpha * self.slowdown, self.t, n)
        total, square, n_updates = self.epoch.run_all(orders, rates)
        self.t += n_updates
        self.n_epochs += len(orders)
        return total / self.objective.n_rows, square

    def rate(self):
        """Return α_t."""
        return float(self._rates(self.alpha * self.slowdown, self.t, 1)[0])

    def halve_rate(self):
        """Go on at α/2."""
        self.n_halvings += 1
        self.slowdown /= 2

    def _lower_rate(self, monitor):
        """Lower α after a plateau; return whether to go on."""
        factor = self.schedule.after_plateau(self.alpha * self.slowdown)
        if factor is not None:
            self.slowdown *= factor
            monitor.look_ahead_again()
        return factor is not None or monitor.exhaustive

    def checkpoint(self, notes=None, spare=None):
        """Return all that the epochs so far have left behind, and the monitor's notes; in the
        memory of a checkpoint to spare, if there is one.
        """
        return Checkpoint(self._live, self.t, self.n_epochs, notes, spare)

    def restore(self, checkpoint):
        """Go back to a checkpoint."""
        for live, saved in zip(self._live, checkpoint.arrays, strict=True):
            np.copyto(live, saved)
        self.t, self.n_epochs = checkpoint.t, checkpoint.n_epochs
