/* What an epoch works on: the network, its rows, the update rule, and the memory for a chunk of
   rows.

   epoch.pyx checks all that comes from outside, and fills it in.
*/
#define MAX_LAYERS 64 /* as checks.py says */

#define BLOCK_ROWS 48 /* at least: BLAS packs all of W for each block */
#define WORK_BETWEEN_SIGNALS (1 << 28) /* multiplications between two looks for Ctrl-C */

typedef struct {
    size n_in, n_out, W, b; /* W and b: where they begin in θ */
    enum activation g;      /* of the outputs; none follows the last layer */
    double decay;           /* 2 l2 */
} Layer;

/* Of the parameters: the weights of some inputs of a layer, of which `begin` and `end` count units,
   columns in bins, or levels; all weights of a sparse X; or all biases of a layer. */
enum part_kind { WEIGHTS, BINS, LEVELS, ENTRIES, BIASES };
typedef struct {
    enum part_kind kind;
    size layer, begin, end;
} Part;

typedef struct {
    const int64_t *rows;
    size m, n_blocks;
    double n_batch;  /* rows of its batch */
    int first, last; /* of its batch; where θ is not to move, none is the last */
    double *totals;  /* Σ s l of each block */
} Chunk;

typedef struct {
    void *theta, *gradient;
    size n_layers;
    Layer layers[MAX_LAYERS];
    Inputs inputs;
    Loss loss;
    size n_rows, batch_size;
    const void *y; /* as losses.h says */
    const double *weights;
    Update update;
    Lazy lazy;
    /* Memory for a chunk: h⁰ … aᴸ⁺¹, ∇a¹ … ∇aᴸ⁺¹, of which the last is aᴸ⁺¹ itself, and for each
       thread, for a small transpose or a panel of ∇W */
    Chunk chunk;
    size chunk_size;
    void *H[MAX_LAYERS + 1], *D[MAX_LAYERS + 1];
    void *scratch;
    size n_scratch;
    int one_by_one; /* batches are of one dense row: memory for h⁰ and a¹ of this and the next one
    */
    void *h[2], *a[2];
    /* What threads share: blocks of rows, if `shared`, and parts of the parameters */
    int shared;
    size n_parts;
    Part *parts;
    team *team;
    double alone_until; /* a time before which the team is not asked for help */
    /* Multiplications of a row, and since the last look for Ctrl-C */
    double row_work, work;
} Problem;

/* Return how many blocks m rows of a chunk are cut into: a power of two, for as many threads. */
static size count_blocks(int shared, size m)
{
    size n = 1;
    while (shared && m / (2 * n) >= BLOCK_ROWS)
        n *= 2;
    return n;
}

/* Return where a block of the chunk begins. */
static size first_row(const Chunk *chunk, size block)
{
    return chunk->m * block / chunk->n_blocks;
}

/* Let Python raise KeyboardInterrupt, once in a while; return -1 if it did. */
static int look_for_signals(Problem *p, size n_rows)
{
    p->work += p->row_work * (double)n_rows;
    if (p->work <= WORK_BETWEEN_SIGNALS)
        return 0;
    p->work = 0;
    PyGILState_STATE state = PyGILState_Ensure();
    int raised = PyErr_CheckSignals();
    PyGILState_Release(state);
    return raised;
}

/* Begin an epoch of n updates, in which rows of W that a batch does not touch are left alone, if
   that pays; not where a weight may change its sign, as what L1 cuts off then is no product. */
static void begin_lazy(Problem *p, const double *rates, size n)
{
    Lazy *lazy = &p->lazy;
    lazy->on = lazy->pays;
    lazy->cut_off = p->update.l1 > 0;
    for (size i = 0; i < n && lazy->cut_off; i++)
        lazy->on = lazy->on && rates[i] * p->layers[0].decay <= 1;
    if (!lazy->on)
        return;
    lazy->n_rows = 0;
    lazy->now = 0;
    memset(lazy->place, -1, lazy->n * sizeof(int32_t));
    memset(lazy->seen, 0, lazy->n * sizeof(int32_t));
}

/* Work out what the updates of a window, of which at most n follow, make of rows left alone. */
static void begin_window(Problem *p, const double *rates, size n)
{
    Update u = p->update;
    u.decay = p->layers[0].decay;
    n = n < WINDOW ? n : WINDOW;
    for (size i = 0; i < n; i++) {
        prepare_step(&u, rates[i]);
        p->lazy.products[i] = map_of_update(&u);
    }
    multiply_out(&p->lazy, n);
    for (size i = 0; i < n; i++)
        p->lazy.known_at[i] = -1;
}
