/* Rows of W that a batch does not touch: those of levels and terms that do not occur in it, and of
   columns of a sparse X that are 0 in it.

   Their ∇ is 0 but for the penalty. With momentum and without L1, an update (updates.h) then is the
   same linear map for all entries of such rows and of their velocity v,

       [v, W] ← [v, W] M_t,    M_t = [ β, −d β | λ, 1 − (c + d) λ ],    λ = 2 l2,

   where c and d are `by_gradient` and `by_velocity` at the rate of the update. So a row is left
   alone until a batch touches it, or the epoch ends, and is then moved by the product of the maps
   that it has missed. Products over 2ᵏ updates, from the multiples of 2ᵏ on, are at hand for every
   k; those of any stretch are put together from them. Every WINDOW updates all rows are brought up
   to date, so that this takes little memory.
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
    int pays;         /* whether most rows are left alone by most batches */
    int on;           /* whether they are; else all move with every batch */
    size n, W;        /* how many rows there are, and where the first begins in θ */
    uint8_t *touched; /* for each row, whether the batch touches it */
    int32_t *rows;    /* those that it touches, */
    size n_rows;      /* how many they are */
    int32_t *seen;    /* for each row, the updates of this window that it has had */
    Map *products;    /* over 2ᵏ updates, those of each k after those of the one before */
    int32_t now;      /* updates of this window so far */
    Map *known;       /* for each number in `seen`, the product of those since then, */
    int32_t *known_at; /* and at which `now` */
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
        lazy->touched[lazy->rows[j]] = 0;
    lazy->n_rows = 0;
}

/* Return the product of the updates that a row has missed which has had as many as `seen`: of the
   rows that a batch touches, many have missed the same ones. */
INLINE const Map *missed(Lazy *lazy, size seen)
{
    if (lazy->known_at[seen] != lazy->now) {
        lazy->known[seen] = multiply_maps(lazy, seen, lazy->now);
        lazy->known_at[seen] = lazy->now;
    }
    return lazy->known + seen;
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

/* Ask for the entries of W and v, where there is one, of a row that will soon be needed. */
INLINE void NAME(fetch)(const Lazy *lazy, const Update *u, const REAL *theta, size row, size n)
{
#if defined(__GNUC__)
    size begin = lazy->W + row * n;
    for (size j = 0; j < n; j += 64 / sizeof(REAL)) {
        __builtin_prefetch(theta + begin + j, 1);
        if (u->m)
            __builtin_prefetch((const REAL *)u->m + begin + j, 1);
    }
#else
    (void)lazy, (void)u, (void)theta, (void)row, (void)n;
#endif
}

/* Bring a row up to date. */
INLINE void NAME(catch_up)(Lazy *lazy, const Update *u, REAL *theta, size row, size n)
{
    if (lazy->seen[row] == lazy->now)
        return;
    size begin = lazy->W + row * n;
    NAME(apply)(missed(lazy, lazy->seen[row]), theta + begin, u->m ? (REAL *)u->m + begin : NULL,
                n);
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

/* Bring those of the rows up to date that the batch has not touched yet; clear their gradient. */
LOOPS void NAME(touch)(Lazy *lazy, const Update *u, REAL *theta, REAL *gradient,
                        const int32_t *rows, size n_rows, size first, size n)
{
    for (size j = 0; j < n_rows; j++) {
        size row = first + rows[j];
        if (j + AHEAD < n_rows && rows[j + AHEAD] >= 0)
            NAME(fetch)(lazy, u, theta, first + rows[j + AHEAD], n);
        if (rows[j] < 0 || lazy->touched[row])
            continue;
        NAME(catch_up)(lazy, u, theta, row, n);
        memset(gradient + lazy->W + row * n, 0, n * sizeof(REAL));
        lazy->touched[row] = 1;
        lazy->seen[row] = lazy->now + 1;
        lazy->rows[lazy->n_rows++] = (int32_t)row;
    }
}

/* Move those of the rows from `begin` to `end` that the batch touches. */
LOOPS void NAME(lazy_step)(const Lazy *lazy, const Update *u, REAL *theta, const REAL *gradient,
                           size begin, size end, size n)
{
    const REAL one = 1;
    for (size j = 0; j < lazy->n_rows; j++) {
        size row = lazy->rows[j], W = lazy->W + row * n;
        if (j + AHEAD < lazy->n_rows)
            NAME(fetch)(lazy, u, theta, lazy->rows[j + AHEAD], n);
        if (row >= begin && row < end)
            NAME(step_rows)(u, theta, W, gradient + W, &one, 1, n, 1);
    }
}
