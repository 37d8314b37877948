"""The rules of 'auto': one for each hyper-parameter, a function of numbers that data come to."""

import math

BATCH_SIZE, FEW_REPEATS = 32, 100
LARGEST_BATCH, ROWS_OF_LARGER = 128, 512  # of many rows: one for so many of them
ROWS_FOR_LEAVES = 1000, 50_000  # that leaves of trees are tried for
FEW_ROWS = 24  # too few to choose l2 by validation
STRONG_L2, STRONGEST_L2 = 32, 64  # by what l2 is multiplied for these, and at the most
SHARE = 0.5  # of the epochs, that are trained to choose l2
SPLIT_ROWS, MOST_SPLITS = 320, 4  # rows of all splits together by which l2 is chosen
MAX_ITER, TOL = 200, 3e-4  # where the rate does not fall to 0 at the end of training;
EPOCHS, MANY_ROWS, FEWEST_EPOCHS, ENOUGH_UPDATES = 20, 8000, 5, 1000  # where it does,
EPOCHS_OF_NUMBERS = 30  # and the loss has a lower pace
DEEP_ROWS, WIDTH, DEEP_WIDTH = 8192, 128, 64  # more rows than these have two layers
PACE_OF_DEEP = 0.5  # at the most, of several hidden layers
LARGE_INPUTS = 200  # a mean of |h⁰|² from which the rate is lower
SMALLEST_STEP = 512  # rows
LAST_L2 = 0.1  # of the strength of the other layers


def batch_size(n_rows, n_distinct, pace=1.0):
    """Return the rows of a batch: n / 512 for n different rows, from 32 to 128; or all of fewer,
    also of up to 100 that are repeats of no more than 32.

    So few repeats are trained on as weights are, digit by digit. Of many rows there are updates
    enough for probabilities, and larger batches are faster; a loss of a lower pace, of numbers,
    falls on with each update, and stays at 32.
    """
    if n_distinct <= BATCH_SIZE and n_rows <= FEW_REPEATS:
        return n_rows
    by_rows = min(n_rows, n_distinct) // ROWS_OF_LARGER if pace == 1 else 0
    return min(n_rows, max(BATCH_SIZE, min(LARGEST_BATCH, by_rows)))


def hidden_layer_sizes(n_distinct, n_hidden=None, of_numbers=False):
    """Return the units of each hidden layer: 128 in one or, above 8192 rows, 64 in each of two.

    Many rows tell what depth adds, fewer do not; both take about as long. Equal rows count once.
    Numbers, which tell more than classes, have a layer of 128 and one of 64 for any number of rows.
    A number of layers may be given.
    """
    if of_numbers:
        n_hidden = 2 if n_hidden is None else n_hidden
        return [WIDTH, *[DEEP_WIDTH] * n_hidden][:n_hidden]
    if n_hidden is None:
        n_hidden = 2 if n_distinct > DEEP_ROWS else 1
    return [DEEP_WIDTH if n_hidden > 1 else WIDTH] * n_hidden


def n_batches(n_rows, batch_size):
    """Return the updates in an epoch."""
    return -(-n_rows // batch_size)


def max_iter(n_rows, batch_size, falls_to_zero, pace=1.0):
    """Return the epochs: 200 or, where the rate falls to 0 at their end, for n rows

    20 min(1, √(8000 / n)),  at least 5  and  1000 B / n,  as many rows as 1000 batches of B have.

    A loss of a lower pace, of numbers, has 30 in the place of 20.
    """
    if not falls_to_zero:
        return MAX_ITER
    most = EPOCHS if pace == 1 else EPOCHS_OF_NUMBERS
    epochs = max(FEWEST_EPOCHS, round(most * min(1.0, math.sqrt(MANY_ROWS / n_rows))))
    return max(epochs, -(-ENOUGH_UPDATES * min(batch_size, n_rows) // n_rows))


def tol(falls_to_zero):
    """Return 3e-4, or None where training ends when the rate has fallen to 0."""
    return None if falls_to_zero else TOL


def dtype(n_rows, n_distinct, dtype_of_X, in_batches):
    """Return float32 for X of float32, and for several mini-batches by rule, else float64."""
    single = dtype_of_X == "float32" or (in_batches and batch_size(n_rows, n_distinct) < n_rows)
    return "float32" if single else "float64"


def numeric_encoding(standardize, of_numbers=False):
    """Return None where numbers are not standardised, else 'piecewise', or 'target_aware' for what
    predicts numbers.
    """
    if not standardize:
        return None
    return "target_aware" if of_numbers else "piecewise"


def are_leaves_tried(n_distinct):
    """Whether leaves of trees are tried beside bins: for 1000 to 50,000 rows.

    Trees that see fewer rows tell of them alone; more rows are learned well without, and sooner.
    """
    fewest, most = ROWS_FOR_LEAVES
    return fewest <= n_distinct <= most


def pace(of_loss, n_hidden, falls_to_zero):
    """Return by what the first learning rate is multiplied: by the pace that suits the loss.

    Of several hidden layers it is at most 1 / 2 where the rate falls to 0.
    """
    return min(of_loss, PACE_OF_DEEP) if falls_to_zero and n_hidden > 1 else of_loss


def learning_rate_init(rate, effective_size, input_size, n_terms, usual_size=BATCH_SIZE):
    """Return the first learning rate, given one that suits standardised inputs in batches of 32:

        rate · √(min(effective size, usual size) / 32) / (input size · √terms)

    The gradient of few rows is noisy, and the curvature of J grows with the size of the inputs, and
    with the terms of the loss of a row (one for each label): all ask for a lower rate. The usual
    size is that of the rule, at least 32: beyond it, the rate does not grow with the batch.
    """
    calm = math.sqrt(min(effective_size, max(BATCH_SIZE, usual_size)) / BATCH_SIZE)
    return rate * calm / (input_size * math.sqrt(n_terms))


def effective_size(batch_size, n_rows, largest_weight):
    """Return how many rows of equal weight make steps as noisy as those of the heaviest mini-batch:

        B² / Σ_t s_t²

    for B rows of weights s_t, of mean 1 over all n rows: the largest weight s, and others of the
    mean (n − s) / (n − 1) that is left for them.

    References
    ----------
    Kish, Survey sampling, 1965 (the effective size of a weighted sample).
    """
    heaviest = min(largest_weight, n_rows)
    other = 1.0 if n_rows == math.inf else (n_rows - heaviest) / max(1, n_rows - 1)
    return batch_size**2 / (heaviest**2 + (batch_size - 1) * other**2)


def input_size(root_mean_square):
    """Return how large inputs that are not standardised count: at least 1."""
    return max(1.0, root_mean_square)


def input_size_of_many(mean_square):
    """Return how large many inputs count, by the mean of |h⁰|²: |h⁰|² / 200, at least 1."""
    return max(1.0, mean_square / LARGE_INPUTS)


def l2_factor(n_rows, n_classes):
    """Return by what noise multiplies the strength of the L2 penalty:

        max(8 (m / 1500 · 2 / K)^0.4, min(64, 32 (24 / n)²))

    m is the step of n rows, K the number of classes. A few rows tell little more than how frequent
    the classes are.
    """
    of_few = min(STRONGEST_L2, STRONG_L2 * (FEW_ROWS / n_rows) ** 2)
    return max(8 * (step_of(n_rows) / 1500 * 2 / n_classes) ** 0.4, of_few)


def l2_of_clean_data(n_rows, n_inputs, n_terms):
    """Return the strength of the L2 penalty that suits data without noise,

        2 / m · √(max(1, inputs / 64) · terms)

    for the step m of n rows, but 1 / 128 for 2 / m in the first one.

    A prior on the weights weighs as 1 / n against the mean loss of n rows. The loss of a row is a
    sum of terms, one for each label: many noisy ones overfit more.
    """
    step = step_of(n_rows)
    by_rows = 1 / 128 if step == SMALLEST_STEP else 2 / step
    return by_rows * math.sqrt(max(1.0, n_inputs / 64) * n_terms)


def l2_of_layers(strength, n_layers):
    """Return the strength on each layer: the last of several has a tenth."""
    return [strength] * (n_layers - 1) + [strength * (LAST_L2 if n_layers > 1 else 1.0)]


def is_l2_validated(n_rows, in_batches, partial):
    """Whether l2='validate' chooses by validation, and is not 'auto'.

    Too few rows cannot tell, one call of partial_fit has not seen enough, and the solvers that see
    all rows at once would take too long.
    """
    return in_batches and not partial and n_rows > FEW_ROWS


def weakest_l2_factor(n_rows):
    """Return the lowest factor that l2='validate' tries: 32 (24 / n)⁶, at most 32."""
    return STRONG_L2 * min(1.0, FEW_ROWS / n_rows) ** 6


def share_of_epochs(n_rows):
    """Return how many of the epochs the trainings have by which l2='validate' chooses:

        1 / 2 · min(1, (n − 24) / 24)

    The share begins at 0, where there is nothing to choose from.
    """
    return SHARE * min(1.0, (n_rows - FEW_ROWS) / FEW_ROWS)


def n_splits(n_rows):
    """Return by how many splits l2='validate' chooses: round(320 / n), from 4 to 1.

    The few rows that are held out of a small table tell little by one split.
    """
    return max(1, min(MOST_SPLITS, round(SPLIT_ROWS / n_rows)))


def step_of(n_rows):
    """Return n rounded up to 512, 2048, 8192 and so on.

    The steps are wide, so that weighted rows mostly have the strength that as many repeats would
    have.
    """
    return SMALLEST_STEP * 4 ** max(0, math.ceil(math.log(max(1, n_rows) / SMALLEST_STEP, 4)))
