/* The flow graph (network/graph.py), over a chunk of rows that stays in the cache:

       aᵏ = bᵏ + Wᵏ hᵏ⁻¹,    hᵏ = gᵏ(aᵏ),    ∇hᵏ⁻¹ = Wᵏᵀ ∇aᵏ,    ∇aᵏ⁻¹ = ∇hᵏ⁻¹ ⊙ g'(aᵏ⁻¹)
       ∇Wᵏ = ∇aᵏ hᵏ⁻¹ᵀ,    ∇bᵏ = ∇aᵏ,    and θ moves

   in two phases, one for each of these lines. The first goes block by block of rows, the second
   part by part of the parameters. Neither blocks nor parts depend on each other, so that threads
   share them; and as their sizes follow from the problem alone, any number of threads computes
   the same bits. Small batches are one block each and not shared.
*/

/* The rows of a matrix of this width from the row `begin` on. */
INLINE REAL *NAME(rows_from)(void *matrix, size begin, size width)
{
    return (REAL *)matrix + begin * width;
}

/* Where the gradient of the entries of θ from W on is summed up: a chunk that is a whole batch
   needs no more than a panel of it at a time. */
INLINE REAL *NAME(gradient_from)(const Problem *p, size W, REAL *panel)
{
    return p->chunk.first && p->chunk.last ? panel : (REAL *)p->gradient + W;
}

/* A += H W for the inputs H in bins, of a block of rows; A is that of the chunk. */
static void NAME(bins_affine)(const Problem *p, const int64_t *rows, size block, size begin, size m,
                              REAL *A)
{
    const Bins *bins = &p->inputs.bins;
    size *places = bins->places + block * (bins->n + 1);
    NAME(gather_bins)(&p->inputs, rows, m, begin, places,
                      NAME(rows_from)(bins->fractions, begin, bins->n_columns));
    NAME(bins_fprop)(A, (REAL *)p->theta + bins->W, bins->starts, bins->n_columns, places,
                     bins->rows, bins->fractions, p->layers[0].n_out);
}

/* a¹ of a block of rows. */
static void NAME(first_affine)(const Problem *p, const int64_t *rows, size block, size begin,
                               size m, REAL *A)
{
    const Inputs *in = &p->inputs;
    const Layer *layer = &p->layers[0];
    const REAL *theta = p->theta, *W = theta + layer->W, *b = theta + layer->b;
    size n = layer->n_out;
    if (in->sparse.indptr) {
        if (p->lazy.on) {
            NAME(fill_rows)(A, b, m, n);
            NAME(lazy_fprop)(&p->lazy, &p->update, theta, begin, m, A, n);
        }
        else
            NAME(sparse_fprop)(&in->sparse, rows, m, W, b, A, n);
        return;
    }
    REAL *H = NAME(rows_from)(p->H[0], begin, in->width);
    NAME(gather)(in, rows, m, begin, H);
    NAME(affine_fprop)(H, W, b, A, m, in->width, n);
    if (in->bins.n > 0)
        NAME(bins_affine)(p, rows, block, begin, m, p->H[1]);
    if (p->lazy.on)
        NAME(lazy_fprop)(&p->lazy, &p->update, theta, begin, m, A, n);
    else if (in->levels.n > 0)
        NAME(levels_fprop)(&in->levels, rows, m, theta + in->levels.W, A, n);
}

/* Take m rows forward from a¹ to aᴸ⁺¹, which is returned. */
static REAL *NAME(fprop)(const Problem *p, size begin, size m)
{
    const REAL *theta = p->theta;
    REAL *H = NAME(rows_from)(p->H[1], begin, p->layers[0].n_out);
    for (size k = 1; k < p->n_layers; k++) {
        const Layer *layer = &p->layers[k];
        REAL *A = NAME(rows_from)(p->H[k + 1], begin, layer->n_out);
        NAME(activation_fprop)(p->layers[k - 1].g, H, m * layer->n_in);
        NAME(affine_fprop)(H, theta + layer->W, theta + layer->b, A, m, layer->n_in, layer->n_out);
        H = A;
    }
    return H;
}

/* Take m rows back from ∇aᴸ⁺¹ to ∇a¹. */
static void NAME(bprop)(const Problem *p, size begin, size m, REAL *scratch)
{
    const REAL *theta = p->theta;
    for (size k = p->n_layers - 1; k > 0; k--) {
        const Layer *layer = &p->layers[k];
        const REAL *grad_A = NAME(rows_from)(p->D[k + 1], begin, layer->n_out);
        const REAL *H = NAME(rows_from)(p->H[k], begin, layer->n_in);
        REAL *grad_H = NAME(rows_from)(p->D[k], begin, layer->n_in);
        NAME(affine_bprop_inputs)(theta + layer->W, grad_A, grad_H, m, layer->n_in, layer->n_out,
                                  scratch);
        NAME(activation_bprop)(p->layers[k - 1].g, H, grad_H, m * layer->n_in);
    }
}

/* Take a block of rows forward, and their ∇a back. */
static void NAME(learn_rows)(const Problem *p, size block, REAL *scratch)
{
    const Chunk *chunk = &p->chunk;
    size begin = first_row(chunk, block), m = first_row(chunk, block + 1) - begin;
    const int64_t *rows = chunk->rows + begin;
    NAME(first_affine)(p, rows, block, begin, m,
                       NAME(rows_from)(p->H[1], begin, p->layers[0].n_out));
    REAL *A = NAME(fprop)(p, begin, m);
    chunk->totals[block] = NAME(loss)(&p->loss, A, rows, p->y, p->weights, m,
                                      p->layers[p->n_layers - 1].n_out, chunk->n_batch);
    NAME(bprop)(p, begin, m, scratch);
}

/* Add a chunk's ∇W of some units to that of its batch; after the last one, their W moves. */
static void NAME(learn_weights)(const Problem *p, const Update *u, const Part *part, REAL *panel)
{
    const Layer *layer = &p->layers[part->layer];
    size n_in = part->layer > 0 ? layer->n_in : p->inputs.width, n_out = layer->n_out;
    size n = part->end - part->begin, W = layer->W + part->begin * n_out;
    REAL *grad_W = NAME(gradient_from)(p, W, panel);
    NAME(affine_bprop_weights)((REAL *)p->H[part->layer] + part->begin, p->D[part->layer + 1],
                               grad_W, p->chunk.m, n_in, n_out, n, p->chunk.first);
    if (p->chunk.last)
        NAME(step)(u, p->theta, W, grad_W, n * n_out, 1);
}

/* Do so for some columns in bins. */
static void NAME(learn_bins)(const Problem *p, const Update *u, const Part *part, REAL *panel)
{
    const Bins *bins = &p->inputs.bins;
    const int64_t *starts = bins->starts + part->begin;
    size n_columns = part->end - part->begin, n_out = p->layers[0].n_out;
    size W = bins->W + starts[0] * n_out, n_bins = starts[n_columns] - starts[0];
    REAL *grad_W = NAME(gradient_from)(p, W, panel);
    NAME(bins_bprop)(grad_W, p->D[1], starts, n_columns, bins->places, bins->n + 1,
                     p->chunk.n_blocks, bins->rows, bins->fractions, n_out, p->chunk.first);
    if (p->chunk.last)
        NAME(step)(u, p->theta, W, grad_W, n_bins * n_out, 1);
}

/* Move a part of the rows of W that the batch touches; the others wait. */
static void NAME(learn_lazy)(const Problem *p, const Update *u, const Part *part, REAL *panel)
{
    const Lazy *lazy = &p->lazy;
    size begin = lazy->n_rows * part->begin / lazy->n, end = lazy->n_rows * part->end / lazy->n;
    NAME(lazy_step)(lazy, u, p->theta, p->D[1], begin, end, p->layers[0].n_out, panel);
}

/* Do so for some levels, of which only those that occur have a gradient. */
static void NAME(learn_levels)(const Problem *p, const Update *u, const Part *part)
{
    const Levels *levels = &p->inputs.levels;
    size n_out = p->layers[0].n_out;
    if (p->chunk.first)
        memset(levels->touched + part->begin, 0, part->end - part->begin);
    NAME(levels_bprop)(levels, p->chunk.rows, p->chunk.m, part->begin, part->end,
                       (REAL *)p->gradient + levels->W, p->D[1], n_out);
    if (p->chunk.last)
        NAME(levels_step)(levels, u, p->theta, p->gradient, part->begin, part->end, n_out);
}

/* Do so for all weights of a sparse X. */
static void NAME(learn_entries)(const Problem *p, const Update *u)
{
    const Layer *layer = &p->layers[0];
    size n_weights = layer->n_in * layer->n_out;
    REAL *grad_W = (REAL *)p->gradient + layer->W;
    if (p->chunk.first)
        memset(grad_W, 0, n_weights * sizeof(REAL));
    NAME(sparse_bprop)(&p->inputs.sparse, p->chunk.rows, p->chunk.m, grad_W, p->D[1],
                       layer->n_out);
    if (p->chunk.last)
        NAME(step)(u, p->theta, layer->W, grad_W, n_weights, 1);
}

/* Do so for the biases of a layer. */
static void NAME(learn_biases)(const Problem *p, const Update *u, const Part *part)
{
    const Layer *layer = &p->layers[part->layer];
    REAL *grad_b = (REAL *)p->gradient + layer->b;
    NAME(affine_bprop_biases)(p->D[part->layer + 1], grad_b, p->chunk.m, layer->n_out,
                              p->chunk.first);
    if (p->chunk.last)
        NAME(step)(u, p->theta, layer->b, grad_b, layer->n_out, 0);
}

static void NAME(learn_part)(const Problem *p, const Part *part, REAL *panel)
{
    Update u = p->update;
    u.decay = p->layers[part->layer].decay;
    switch (part->kind) {
    case WEIGHTS:
        NAME(learn_weights)(p, &u, part, panel);
        break;
    case BINS:
        NAME(learn_bins)(p, &u, part, panel);
        break;
    case LEVELS:
    case ENTRIES:
        if (p->lazy.on)
            NAME(learn_lazy)(p, &u, part, panel);
        else if (part->kind == LEVELS)
            NAME(learn_levels)(p, &u, part);
        else
            NAME(learn_entries)(p, &u);
        break;
    case BIASES:
        NAME(learn_biases)(p, &u, part);
        break;
    }
}
