/* Stochastic gradient descent (solvers/sgd.py) in batches of one dense row, by a shorter way: the
   rank-one gradient h ∇aᵀ of W is never stored, and W moves as soon as it has sent ∇h back. The
   next row passes the first layer while that moves. */

INLINE REAL NAME(dot)(const REAL *__restrict x, const REAL *__restrict y, size n)
{
    REAL sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size j = 0; j < n; j++)
        sum += x[j] * y[j];
    return sum;
}

/* ∇h = W ∇a, then W, which begins in θ at the entry `W`, moves along ∇W = h ∇aᵀ, then
   a_next += W h_next; without the first if grad_h is null, without the last if a_next is. All three
   are done for four rows of W at a time, so that each is fetched from memory once. */
LOOPS void NAME(bprop_and_step)(const Update *u, REAL *theta, size W, const REAL *h,
                                const REAL *grad_a, REAL *grad_h, const REAL *h_next,
                                REAL *a_next, size n_in, size n_out)
{
    for (size first = 0; first < n_in; first += 4) {
        size n_rows = n_in - first < 4 ? n_in - first : 4, begin = W + first * n_out;
        if (grad_h)
            for (size i = 0; i < n_rows; i++)
                grad_h[first + i] = NAME(dot)(theta + begin + i * n_out, grad_a, n_out);
        NAME(step_rows)(u, theta, begin, grad_a, h + first, n_rows, n_out, 1);
        if (a_next)
            NAME(add_rows)(a_next, h_next + first, 1, theta + begin, n_rows, n_out);
    }
}

/* Return h⁰ of a row: in `memory`, or where it is in X, if it is the same there. */
static REAL *NAME(enter)(const Problem *p, const int64_t *row, void *memory)
{
    if (p->inputs.as_it_is)
        return (REAL *)p->inputs.numbers.X + *row * p->layers[0].n_in;
    NAME(gather)(&p->inputs, row, 1, 0, memory);
    return memory;
}

/* Move a layer along ∇b = ∇a and ∇W = h ∇aᵀ, which sends ∇h back first, if that is asked for, and
   sets a_next of the next row, if there is one. */
static void NAME(learn_layer)(Problem *p, size k, const REAL *grad_a, REAL *grad_h,
                              const REAL *h_next, REAL *a_next)
{
    const Layer *layer = &p->layers[k];
    REAL *theta = p->theta;
    p->update.decay = layer->decay;
    NAME(step)(&p->update, theta, layer->b, grad_a, layer->n_out, 0);
    if (a_next)
        memcpy(a_next, theta + layer->b, layer->n_out * sizeof(REAL));
    NAME(bprop_and_step)(&p->update, theta, layer->W, p->H[k], grad_a, grad_h, h_next, a_next,
                         layer->n_in, layer->n_out);
}

/* Make the update for a row, given its h⁰ and a¹; return its s l. */
static double NAME(learn_one)(Problem *p, const int64_t *row, const REAL *h_next, REAL *a_next)
{
    REAL *grad_a = NAME(fprop)(p, 0, 1);
    size k = p->n_layers - 1;
    double total =
        NAME(loss)(&p->loss, grad_a, row, p->y, p->weights, 1, p->layers[k].n_out, 1);
    for (; k > 0; k--) {
        NAME(learn_layer)(p, k, grad_a, p->D[k], NULL, NULL);
        grad_a = p->D[k];
        NAME(activation_bprop)(p->layers[k - 1].g, p->H[k], grad_a, p->layers[k].n_in);
    }
    NAME(learn_layer)(p, 0, grad_a, NULL, h_next, a_next);
    return total;
}

/* Make an update for each row, at its rate, until Σ s l is not finite. Returns -1 where a signal
   has raised an exception. */
static int NAME(run_one_by_one)(Problem *p, const int64_t *order, size n_rows, const double *rates,
                                double *total, size *n_updates)
{
    const Layer *layer = &p->layers[0];
    const REAL *theta = p->theta;
    if (n_rows == 0)
        return 0;
    REAL *h = NAME(enter)(p, order, p->h[0]);
    NAME(affine_fprop)(h, theta + layer->W, theta + layer->b, p->a[0], 1, layer->n_in,
                       layer->n_out);
    for (size i = 0; i < n_rows && isfinite(*total); i++) {
        int has_next = i + 1 < n_rows, other = (i + 1) % 2;
        p->H[0] = h;
        p->H[1] = p->a[i % 2];
        if (has_next)
            h = NAME(enter)(p, order + i + 1, p->h[other]);
        prepare_step(&p->update, rates[i]);
        *total += NAME(learn_one)(p, order + i, h, has_next ? p->a[other] : NULL);
        *n_updates = i + 1;
        if (look_for_signals(p, 1) < 0)
            return -1;
    }
    return 0;
}
