/* Stochastic gradient descent (solvers/sgd.py): the updates of an epoch, batch by batch. A batch
   that is larger than a chunk adds up its gradient chunk by chunk. */
/* `learn_rows` and `learn_part` as the tasks of a team. */
static void NAME(rows_task)(void *problem, size block, size seat)
{
    const Problem *p = problem;
    NAME(learn_rows)(p, block, (REAL *)p->scratch + seat * p->n_scratch);
}

static void NAME(part_task)(void *problem, size number, size seat)
{
    const Problem *p = problem;
    NAME(learn_part)(p, p->parts + number, (REAL *)p->scratch + seat * p->n_scratch);
}

/* Take the chunk at hand forward and back, the update included if it is the last of its batch;
   return its Σ s l. */
static double NAME(learn_chunk)(Problem *p)
{
    double total = 0;
    p->chunk.n_blocks = count_blocks(p->shared, p->chunk.m);
    p->D[p->n_layers] = p->H[p->n_layers];
    team_share(p->team, NAME(rows_task), p, (int)p->chunk.n_blocks);
    for (size block = 0; block < p->chunk.n_blocks; block++)
        total += p->chunk.totals[block];
    team_share(p->team, NAME(part_task), p, (int)p->n_parts);
    return total;
}

/* Ask for the entries of a row of a sparse X that will soon be needed. */
INLINE void NAME(fetch_entries)(const Sparse *X, size row)
{
    size begin = X->indptr[row], n = X->indptr[row + 1] - begin;
    fetch_bytes(X->indices + begin, n * sizeof(int32_t));
    fetch_bytes((const REAL *)X->data + begin, n * sizeof(REAL));
}

/* Take note of what a batch looks up in the rows of W that wait. */
static void NAME(look_ahead)(Problem *p, const int64_t *rows, size n_batch)
{
    const Sparse *X = &p->inputs.sparse;
    const Levels *levels = &p->inputs.levels;
    Lazy *lazy = &p->lazy;
    REAL present = (REAL)levels->present, reached = (REAL)levels->reached;
    size n = 0, n_levels = levels->n_codes - levels->n_trees;
    let_go(lazy);
    for (size i = 0; i < n_batch; i++) {
        size row = rows[i];
        if (X->indptr && i + 2 < n_batch)
            NAME(fetch_entries)(X, rows[i + 2]);
        if (X->indptr)
            n = NAME(note)(lazy, n, X->indices + X->indptr[row],
                           X->indptr[row + 1] - X->indptr[row], 0,
                           (REAL *)X->data + X->indptr[row], 0);
        else {
            const int32_t *codes = levels->codes + row * levels->n_codes;
            n = NAME(note)(lazy, n, codes, n_levels, 0, NULL, present);
            n = NAME(note)(lazy, n, codes + n_levels, levels->n_trees, 0, NULL, reached);
        }
        if (levels->terms)
            n = NAME(note)(lazy, n, levels->terms + levels->begin[row],
                           levels->end[row] - levels->begin[row], levels->n_levels, NULL, present);
        lazy->example_ends[i] = n;
    }
    NAME(order_entries)(lazy, &p->update, p->theta, n_batch, p->layers[0].n_out);
}

/* Add Σ s l of a batch to `total`, and compute its gradient, by which θ moves, or which is left in
   `gradient`. Returns -1 where a signal has raised an exception. */
static int NAME(learn_batch)(Problem *p, const int64_t *rows, size n_batch, int moves,
                             double *total)
{
    double batch_total = 0;
    p->chunk.n_batch = (double)n_batch;
    if (p->lazy.on)
        NAME(look_ahead)(p, rows, n_batch);
    for (size done = 0; done < n_batch;) {
        p->chunk.rows = rows + done;
        p->chunk.m = n_batch - done < p->chunk_size ? n_batch - done : p->chunk_size;
        p->chunk.first = done == 0;
        done += p->chunk.m;
        p->chunk.last = moves && done == n_batch;
        batch_total += NAME(learn_chunk)(p);
        if (look_for_signals(p, p->chunk.m) < 0)
            return -1;
    }
    *total += batch_total;
    return 0;
}

/* Ask for the rows of the next chunk, of which so many are left. */
INLINE void NAME(fetch_next)(const Problem *p, const int64_t *rows, size n_left)
{
    size n = p->batch_size < p->chunk_size ? p->batch_size : p->chunk_size;
    if (!p->inputs.sparse.indptr)
        NAME(fetch_rows)(&p->inputs, rows, n_left < n ? n_left : n);
}

/* Make an update for each batch, at its rate, until Σ s l is not finite. Returns -1 where a signal
   has raised an exception. */
static int NAME(run)(Problem *p, const int64_t *order, size n_rows, const double *rates,
                     double *total, size *n_updates)
{
    int outcome = 0;
    if (p->one_by_one)
        return NAME(run_one_by_one)(p, order, n_rows, rates, total, n_updates);
    p->H[0] = p->h[0];
    begin_lazy(p, rates, 1 + (n_rows - 1) / p->batch_size);
    for (size done = 0; done < n_rows && isfinite(*total) && !outcome; done += p->batch_size) {
        size n_left = n_rows - done, n_batch = n_left < p->batch_size ? n_left : p->batch_size;
        if (p->lazy.on && p->lazy.now == 0)
            begin_window(p, rates + *n_updates, 1 + (n_left - 1) / p->batch_size);
        prepare_step(&p->update, rates[(*n_updates)++]);
        NAME(fetch_next)(p, order + done + n_batch, n_left - n_batch);
        outcome = NAME(learn_batch)(p, order + done, n_batch, 1, total);
        if (p->lazy.on && ++p->lazy.now == WINDOW)
            NAME(catch_up_all)(&p->lazy, &p->update, p->theta, p->layers[0].n_out);
    }
    if (p->lazy.on)
        NAME(catch_up_all)(&p->lazy, &p->update, p->theta, p->layers[0].n_out);
    p->lazy.on = 0;
    return outcome;
}

/* Return |θ|² of n parameters. */
LOOPS double NAME(square)(const REAL *theta, size n)
{
    REAL sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size i = 0; i < n; i++)
        sum += theta[i] * theta[i];
    return (double)sum;
}

/* Compute Σ s l of some rows, as one batch, and leave its gradient in `gradient`. Returns -1
   where a signal has raised an exception. */
static int NAME(backpropagate)(Problem *p, const int64_t *rows, size n_rows, double *total)
{
    p->H[0] = p->h[0];
    if (NAME(learn_batch)(p, rows, n_rows, 0, total) < 0)
        return -1;
    NAME(levels_clear)(&p->inputs.levels, p->gradient, p->layers[0].n_out);
    return 0;
}
