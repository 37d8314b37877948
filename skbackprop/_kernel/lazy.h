/* Rows of W that a batch does not touch: those of levels and terms that do not occur in it, and of
   columns of a sparse X that are 0 in it.

   Their ∇ is 0 but for the penalty. With momentum and without L1, an update (updates.h) then is the
   same linear map for all entries of such rows and of their velocity v,

       [v, W] ← [v, W] M_t,    M_t = [ β, −d β | λ, 1 − (c + d) λ ],    λ = 2 l2,

   where c and d are `by_gradient` and `by_velocity` at the rate of the update. With L1 and without
   momentum, it is a linear map that is cut off,

       [1, |W|] ← [1, max(|W| (1 − c λ) − t, 0)],    M_t = [ 1, −t | 0, 1 − c λ ],

   and so are several in a row, as what is 0 stays 0. So a row is left alone until a batch touches
   it, or the epoch ends. The product M of the maps that it has missed is then made up for. For L1
   that is done at once; else the row is read as it would be, and moves by all at one go:

       a += h [v, W] M,    [v, W] ← [v, W] M M_t + ∇ [1, −(c + d)]    (a: the column of W alone)

   Products over 2ᵏ updates, from the multiples of 2ᵏ on, are at hand for every k; those of any
   stretch are put together from them. Every WINDOW updates all rows are brought up to date, so that
   this takes little memory.
*/
#ifndef LAZY_H
#define LAZY_H

#define WINDOW_LEVELS 12
#define WINDOW (1 << WINDOW_LEVELS) /* updates */
#define AHEAD 8                     /* rows that are fetched from memory before their turn */

typedef struct {
    double vv, vW, Wv, WW; /* of v ← v vv + W Wv, and W ← v vW + W WW */
} Map;

typedef struct {
    Map missed, moved; /* without and with the update at hand */
} Stretch;

typedef struct {
    int pays;       /* whether most rows are left alone by most batches */
    int on;         /* whether they are; else all move with every batch */
    int cut_off;    /* by L1 */
    size n, W;      /* how many rows there are, and where the first begins in θ */
    int32_t *seen;  /* for each row, the updates of this window that it has had */
    int32_t *place; /* for each row, its place among those that the batch touches, or −1 */
    Map *products;  /* over 2ᵏ updates, those of each k after those of the one before */
    int32_t now;    /* updates of this window so far */
    Stretch *known; /* for each number in `seen`, the product of those since then, */
    int32_t *known_at; /* and at which `now` */
    /* The rows that the batch touches, what these had seen, and where the entries of each end among
       those in order; of each entry, example by example, the place of its row, and h; where those
       of each example end; and in the order of rows, the example of each entry, and h */
    size n_rows;
    int32_t *rows, *since, *ends, *places, *examples;
    size *example_ends;
    void *h, *ordered;
} Lazy;

/* Return the map that is first one and then the other. */
static Map product(Map first, Map then)
{
    Map both = {first.vv * then.vv + first.vW * then.Wv, first.vv * then.vW + first.vW * then.WW,
                first.Wv * then.vv + first.WW * then.Wv, first.Wv * then.vW + first.WW * then.WW};
    return both;
}

/* Return what an update makes of a row that its batch does not touch. */
static Map map_of_update(const Update *u)
{
    if (u->l1 > 0) {
        Map map = {1, -u->threshold, 0, 1 - u->by_gradient * u->decay};
        return map;
    }
    double c = u->by_gradient, d = u->beta == 0 ? 0 : u->by_velocity;
    Map map = {u->beta, -d * u->beta, u->decay, 1 - (c + d) * u->decay};
    return map;
}

/* Fill in the products over a window of n updates, given the maps of each as the first of them. */
static void multiply_out(Lazy *lazy, size n)
{
    Map *level = lazy->products, *next = level + WINDOW;
    for (size width = WINDOW; n > 1; n /= 2) {
        for (size i = 0; i < n / 2; i++)
            next[i] = product(level[2 * i], level[2 * i + 1]);
        width /= 2;
        level = next;
        next += width;
    }
}

/* Return the product over the updates from `begin` to `end` of the window. */
static Map multiply_maps(const Lazy *lazy, size begin, size end)
{
    Map all = {1, 0, 0, 1};
    while (begin < end) {
        const Map *level = lazy->products;
        size k = 0;
        while (!(begin >> k & 1) && begin + ((size)2 << k) <= end)
            level += WINDOW >> k++;
        all = product(all, level[begin >> k]);
        begin += (size)1 << k;
    }
    return all;
}

/* Forget what the last batch has touched. */
static void let_go(Lazy *lazy)
{
    for (size j = 0; j < lazy->n_rows; j++)
        lazy->place[lazy->rows[j]] = -1;
    lazy->n_rows = 0;
}

/* Return what the rows have missed which have had as many updates as `seen`: of those that a batch
   touches, many have missed the same ones. */
INLINE const Map *missed(Lazy *lazy, size seen)
{
    Stretch *known = lazy->known + seen;
    if (lazy->known_at[seen] != lazy->now) {
        known->missed = multiply_maps(lazy, seen, lazy->now);
        known->moved = product(known->missed, lazy->products[lazy->now]);
        lazy->known_at[seen] = lazy->now;
    }
    return &known->missed;
}

/* Return the place of a row among those that the batch touches. */
INLINE int32_t place_of(Lazy *lazy, size row)
{
    int32_t place = lazy->place[row];
    if (place < 0) {
        place = lazy->place[row] = (int32_t)lazy->n_rows++;
        lazy->rows[place] = (int32_t)row;
        lazy->ends[place] = 0;
    }
    return place;
}

/* Count up where the entries of each row begin, once they have been counted. */
static void begin_rows(Lazy *lazy)
{
    int32_t begin = 0;
    for (size place = 0; place < lazy->n_rows; place++) {
        int32_t n = lazy->ends[place];
        lazy->ends[place] = begin;
        begin += n;
    }
}

#endif

/* Move n entries of W, and of v where there is one, by a map. */
INLINE void NAME(apply)(const Map *map, REAL *__restrict W, REAL *__restrict v, size n)
{
    const REAL vv = (REAL)map->vv, vW = (REAL)map->vW, Wv = (REAL)map->Wv, WW = (REAL)map->WW;
    if (v) {
#pragma omp simd
        for (size j = 0; j < n; j++) {
            REAL before = v[j];
            v[j] = before * vv + W[j] * Wv;
            W[j] = before * vW + W[j] * WW;
        }
    }
    else
        for (size j = 0; j < n; j++)
            W[j] *= WW;
}

/* Shrink n entries of W by a map that is cut off. */
INLINE void NAME(shrink)(const Map *map, REAL *__restrict W, size n)
{
    const REAL t = (REAL)-map->vW, WW = (REAL)map->WW;
    for (size j = 0; j < n; j++)
        W[j] = W[j] * WW - NAME(clip)(W[j] * WW, t);
}

/* Ask for the entries of W and v, where there is one, of a row that will soon be needed. */
INLINE void NAME(fetch)(const Lazy *lazy, const Update *u, const REAL *theta, size row, size n)
{
    fetch_bytes(theta + lazy->W + row * n, n * sizeof(REAL));
    if (u->m)
        fetch_bytes((const REAL *)u->m + lazy->W + row * n, n * sizeof(REAL));
}

/* Bring a row up to date. */
INLINE void NAME(catch_up)(Lazy *lazy, const Update *u, REAL *theta, size row, size n)
{
    size begin = lazy->W + row * n;
    if (lazy->seen[row] == lazy->now)
        return;
    if (lazy->cut_off)
        NAME(shrink)(missed(lazy, lazy->seen[row]), theta + begin, n);
    else
        NAME(apply)(missed(lazy, lazy->seen[row]), theta + begin,
                    u->m ? (REAL *)u->m + begin : NULL, n);
    lazy->seen[row] = lazy->now;
}

/* Bring all rows up to date, and begin another window. */
LOOPS void NAME(catch_up_all)(Lazy *lazy, const Update *u, REAL *theta, size n)
{
    for (size row = 0; row < lazy->n; row++) {
        NAME(catch_up)(lazy, u, theta, row, n);
        lazy->seen[row] = 0;
    }
    lazy->now = 0;
}

/* Take note of the entries of an example: of rows counted on from `first`, each h, or `present`. */
INLINE size NAME(note)(Lazy *lazy, size n, const int32_t *rows, size n_rows, size first,
                       const REAL *h, REAL present)
{
    for (size j = 0; j < n_rows; j++) {
        if (rows[j] < 0)
            continue;
        int32_t place = place_of(lazy, first + rows[j]);
        lazy->ends[place]++;
        lazy->places[n] = place;
        ((REAL *)lazy->h)[n++] = h ? h[j] : present;
    }
    return n;
}

/* Put the entries of all m examples in the order of their rows, and find what these have missed. */
LOOPS void NAME(order_entries)(Lazy *lazy, const Update *u, REAL *theta, size m, size n)
{
    begin_rows(lazy);
    for (size i = 0, entry = 0; i < m; i++)
        for (; entry < lazy->example_ends[i]; entry++) {
            size k = lazy->ends[lazy->places[entry]]++;
            lazy->examples[k] = (int32_t)i;
            ((REAL *)lazy->ordered)[k] = ((REAL *)lazy->h)[entry];
        }
    for (size place = 0; place < lazy->n_rows; place++) {
        size row = lazy->rows[place];
        if (lazy->cut_off)
            NAME(catch_up)(lazy, u, theta, row, n);
        missed(lazy, lazy->since[place] = lazy->seen[row]);
        lazy->seen[row] = lazy->now + 1;
    }
}

/* a += h [v, W] M of one row, v where there is one. */
INLINE void NAME(add_row)(const Map *map, const REAL *__restrict W, const REAL *__restrict v,
                          REAL h, REAL *__restrict a, size n)
{
    const REAL by_W = h * (REAL)map->WW, by_v = h * (REAL)map->vW;
    size j;
    if (v)
        for (j = 0; j < n; j++)
            a[j] = (a[j] + by_W * W[j]) + by_v * v[j];
    else
        for (j = 0; j < n; j++)
            a[j] += by_W * W[j];
}

/* A += H W for m examples of the batch, from `begin` on. */
LOOPS void NAME(lazy_fprop)(const Lazy *lazy, const Update *u, const REAL *theta, size begin,
                            size m, REAL *A, size n)
{
    size entry = begin ? lazy->example_ends[begin - 1] : 0;
    size n_entries = lazy->example_ends[begin + m - 1];
    for (size i = begin; i < begin + m; i++, A += n)
        for (; entry < lazy->example_ends[i]; entry++) {
            size place = lazy->places[entry], W = lazy->W + lazy->rows[place] * n;
            if (entry + AHEAD < n_entries)
                NAME(fetch)(lazy, u, theta, lazy->rows[lazy->places[entry + AHEAD]], n);
            NAME(add_row)(&lazy->known[lazy->since[place]].missed, theta + W,
                          u->m ? (REAL *)u->m + W : NULL, ((REAL *)lazy->h)[entry], A, n);
        }
}

/* Move a row of W, and of v where there is one, by a map, and along ∇ = h grad. */
INLINE void NAME(move)(const Map *map, REAL kick, REAL *__restrict W, REAL *__restrict v, REAL h,
                       const REAL *__restrict grad, size n)
{
    const REAL vv = (REAL)map->vv, vW = (REAL)map->vW, Wv = (REAL)map->Wv, WW = (REAL)map->WW;
    if (v) {
#pragma omp simd
        for (size j = 0; j < n; j++) {
            REAL before = v[j], gradient = h * grad[j];
            v[j] = before * vv + W[j] * Wv + gradient;
            W[j] = before * vW + W[j] * WW - kick * gradient;
        }
    }
    else {
#pragma omp simd
        for (size j = 0; j < n; j++)
            W[j] = W[j] * WW - kick * (h * grad[j]);
    }
}

/* Move those rows whose places are from `begin` to `end`, given ∇A; `grad` is for the gradient of
   one that has several entries. */
LOOPS void NAME(lazy_step)(const Lazy *lazy, const Update *u, REAL *theta, const REAL *grad_A,
                           size begin, size end, size n, REAL *grad)
{
    const REAL kick = (REAL)(u->by_gradient + (u->m ? u->by_velocity : 0)), *h = lazy->ordered;
    for (size place = begin; place < end; place++) {
        size W = lazy->W + lazy->rows[place] * n, first = place ? lazy->ends[place - 1] : 0;
        size n_entries = lazy->ends[place] - first;
        const REAL *own = grad_A + lazy->examples[first] * n;
        REAL scale = h[first];
        if (place + AHEAD < end)
            NAME(fetch)(lazy, u, theta, lazy->rows[place + AHEAD], n);
        if (n_entries > 1) {
            memset(grad, 0, n * sizeof(REAL));
            for (size k = first; k < first + n_entries; k++)
                NAME(one_axpy)(h[k], grad_A + lazy->examples[k] * n, grad, n);
            own = grad, scale = 1;
        }
        NAME(move)(&lazy->known[lazy->since[place]].moved, kick, theta + W,
                   u->m ? (REAL *)u->m + W : NULL, scale, own, n);
        if (lazy->cut_off)
            for (size j = 0; j < n; j++)
                theta[W + j] -= NAME(clip)(theta[W + j], (REAL)u->threshold);
    }
}
