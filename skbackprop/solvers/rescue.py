"""Rescues of training by mini-batches from epochs that it cannot go on from."""

import itertools
import math

import numpy as np

from .checkpoint import DivergenceError, UnmeasurableError

MAX_HALVINGS = 10
RETRIES = 2  # of an epoch, before going back to the start of training
EXPLOSION = 1e3  # an epoch whose loss is so many times that of the start has diverged
MARGIN = 2  # times the loss and |θ|², by which epochs made at once are clearly sound
EARLY = 10  # epochs, in which a learning rate that is too high may cost a layer all its units
REVIVALS = 5  # halvings of the rate to save them


class Diverged(Exception):
    """θ, an output or the loss is not finite, or the loss has exploded."""


class Dead(Exception):
    """The outputs do not depend on the inputs, or are no better than those that did not."""


class Rescue:
    """Has each epoch of SGD made until it is one that training can go on from.

    Where it has *diverged* (to weights, outputs or a loss that are not finite, or a loss that has
    grown a thousandfold), the epoch is taken back and repeated at half the learning rate. Should
    that fail twice, θ had gone astray before, and training starts again.

    Where it is *unmeasurable*, because what the monitor is to measure is not finite, the same is
    done, provided that it could be measured at the start.

    Where it is *dead*, because a layer of rectifiers has lost all its units in one of the first
    epochs, which no later update brings back, training starts again at half the learning rate. If
    that is of no use, it starts again at the full one, whatever comes: constant outputs are what
    training finds then, since penalties ask for them or there is nothing to learn.

    Parameters
    ----------
    sgd : SGD
        What makes the epochs, from where it is now.
    monitor : Monitor
        What is told of those that count.
    """

    def __init__(self, sgd, monitor):
        self.sgd, self.monitor = sgd, monitor
        self.soundness = sgd.objective.soundness()
        self._start = self._last = sgd.checkpoint()
        self._spare = None
        self._first_slowdown = sgd.slowdown
        self._is_quick = not monitor.every_epoch and sgd.runs_several

    @property
    def n_epochs(self):
        """How many epochs have been made and noted."""
        return self._last.n_epochs - self._start.n_epochs

    def begin(self, max_iter):
        """Look at the network where training starts."""
        sgd, soundness = self.sgd, self.soundness
        with np.errstate(all="ignore"):
            J = sgd.objective.sample_value()
            self._limit = EXPLOSION * max(1.0, J) if math.isfinite(J) else math.inf
            is_early = max_iter > 1 and sgd.n_epochs < EARLY
            self._may_die = is_early and soundness.may_die and not soundness.is_constant()
        self._dead_value = math.inf

    def sound_epochs(self, max_iter):
        """Make an epoch that training can go on from, and tell the monitor; or several at once, if
        it need not be told of each, all of which training could have gone on from.

        Returns
        -------
        bool
            Whether what is watched has reached a plateau.

        Raises
        ------
        DivergenceError, UnmeasurableError
            Even after ten halvings of α.
        """
        if self._is_quick and not self._may_die:
            try:
                return self._note(self._loss_of_several(max_iter - self.n_epochs))
            except (Diverged, UnmeasurableError):  # or nearly so: one by one, it is seen where
                self.sgd.restore(self._last)
                self._is_quick = False
        for n_failed in itertools.count(1):
            try:
                return self._note(self._sound_loss())
            except Diverged:
                self._retreat(n_failed)
            except UnmeasurableError as error:
                self._measure_start()
                self._retreat(n_failed, error)
            except Dead:
                self._revive()

    def go_back(self):
        """Go back to the end of the last epoch that was noted."""
        self.sgd.restore(self._last)
        self.monitor.go_back(self._last.notes)

    def _note(self, loss):
        """Tell the monitor, and keep what training can go on from; return whether what is watched
        has reached a plateau.
        """
        plateau = self.monitor.epoch_ends(loss, self.sgd.rate())
        before, now = self._last, self.sgd.checkpoint(self.monitor.notes(), self._spare)
        self._last, self._spare = now, None if before is self._start else before
        return plateau

    def _loss_of_several(self, n_most):
        """Make up to so many epochs at once, each clearly sound; return a bound on their losses."""
        with np.errstate(all="ignore"):
            loss, square = self.sgd.run_epochs(n_most)
            loss += self.sgd.objective.largest_penalty(square)
            is_clear = math.isfinite(loss) and MARGIN * loss <= self._limit
            if not (is_clear and self.soundness.is_finite_below(MARGIN * square)):
                raise Diverged
        return loss

    def _sound_loss(self):
        """Make an epoch; return its loss."""
        with np.errstate(all="ignore"):
            loss, limit = self.sgd.run_epoch(), self._limit
            if not (math.isfinite(loss) and loss <= limit and self.soundness.is_finite(limit)):
                raise Diverged
            if self._may_die and self._has_died(loss):
                raise Dead
        return loss

    def _retreat(self, n_failed, error=None):
        """Take the epoch back and halve α; start again if an epoch has failed too often."""
        self.sgd.restore(self._last)
        if self.sgd.n_halvings == MAX_HALVINGS:
            rate = self.sgd.rate()
            diverges = DivergenceError(f"training diverges even at a learning rate of {rate:.3g}")
            raise error or diverges from None
        self.sgd.halve_rate()
        if n_failed > RETRIES:
            self._start_again()

    def _measure_start(self):
        """Raise an error if there is no measuring at the start either."""
        self.sgd.restore(self._start)
        self.monitor.evaluate()

    def _has_died(self, loss):
        """Whether an early epoch has left outputs that do not depend on the inputs; or, once these
        epochs are over, a loss that is above that of such outputs: the lower rate was in vain.
        """
        if self.sgd.n_halvings == MAX_HALVINGS:
            return False
        if self.soundness.is_constant():
            self._dead_value = min(self._dead_value, self.sgd.objective.value())
            return True
        self._may_die = self.sgd.n_epochs < EARLY
        return not self._may_die and loss > self._dead_value

    def _revive(self):
        """Start again at half of α; where that has been of no use, at α itself."""
        sgd = self.sgd
        self._start_again()
        if self._may_die and sgd.n_revivals < REVIVALS:
            sgd.n_revivals += 1
            sgd.halve_rate()
        else:
            sgd.n_halvings -= sgd.n_revivals
            sgd.slowdown = self._first_slowdown / 2**sgd.n_halvings
            sgd.n_revivals, self._may_die = 0, False

    def _start_again(self):
        """Go back to the start of training."""
        self.sgd.restore(self._start)
        self._last = self._start
        self.monitor.start_again()
