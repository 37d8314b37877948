/* Inputs of columns cut into bins (inputs/bins.py):

       h_b = clip((x − lower_b) · inverse_width_b, 0, 1)

   For an x in bin b, inputs before b are 1, that of b is its fraction f, and those after it are 0,
   so that

       a += Σ_{c < b} W_c + f W_b,      ∇W_b = Σ_{rows in b} f ∇a + Σ_{rows after b} ∇a.

   Rows are sorted by bins, column by column: one pass over the bins of a column sums up on the way.
*/
#ifndef BINS_H
#define BINS_H

#define BLOCK 64 /* most units whose sums over bins are kept in registers */

typedef struct {
    size n_columns, n;                 /* columns of X, and bins of all of them */
    const int32_t *columns;            /* of the i-th, bins starts[i] ≤ b < starts[i + 1] */
    const int64_t *starts;
    const void *lower, *inverse_width; /* in the dtype of X */
    size W;                            /* where the weights of the first bin begin in θ */
    /* For each block of rows, in the order of their bins: which row of the chunk it is, and its
       fraction. Those in bin b are from places[b] on. */
    size *places; /* n + 1 */
    int32_t *rows;
    void *fractions;
    void *x; /* scratch, of one entry for each row */
    int32_t *bin;
} Bins;

#endif

/* Sort m rows, which begin at the row `begin` of their chunk, by the bins of the i-th column. Rows
   before the first bin or after the last count as in it. */
LOOPS void NAME(sort_into_bins)(const Bins *bins, const Numbers *numbers, size i_column,
                                const int64_t *order, size m, REAL *__restrict x,
                                int32_t *__restrict bin, size begin, size *places, int32_t *rows,
                                REAL *fractions)
{
    const size start = bins->starts[i_column], n_bins = bins->starts[i_column + 1] - start;
    const size column = bins->columns[i_column], n_columns = numbers->n;
    const REAL *X = numbers->X, *fill = numbers->fill;
    const REAL *lower = (const REAL *)bins->lower + start;
    const REAL *inverse_width = (const REAL *)bins->inverse_width + start;
    const size offset = begin * bins->n_columns;
    size i, b, first = i_column * m;
    for (i = 0; i < m; i++) {
        x[i] = X[order[i] * n_columns + column];
        x[i] = fill && x[i] != x[i] ? fill[column] : x[i];
        bin[i] = 0;
    }
    for (b = 1; b < n_bins; b++) {
        const REAL bound = lower[b];
        for (i = 0; i < m; i++)
            bin[i] += x[i] >= bound;
    }
    places += start;
    memset(places, 0, n_bins * sizeof(size));
    for (i = 0; i < m; i++)
        places[bin[i]]++;
    for (b = 0; b < n_bins; b++) {
        size count = places[b];
        places[b] = first;
        first += count;
    }
    for (i = 0; i < m; i++) {
        REAL fraction = (x[i] - lower[bin[i]]) * inverse_width[bin[i]];
        size place = places[bin[i]]++;
        fraction = fraction > 1 ? 1 : fraction;
        fractions[place] = fraction < 0 ? 0 : fraction;
        rows[place] = (int32_t)(begin + i);
    }
    for (b = n_bins - 1; b > 0; b--)
        places[b] = places[b - 1] + offset;
    places[0] = first - m + offset;
}

/* Sort a block of m rows, which begins at the row `begin` of its chunk, by the bins of each
   column. */
static void NAME(sort_rows)(const Bins *bins, const Numbers *numbers, const int64_t *order, size m,
                            size begin, size *places, REAL *fractions)
{
    for (size i = 0; i < bins->n_columns; i++)
        NAME(sort_into_bins)(bins, numbers, i, order, m, (REAL *)bins->x + begin,
                             bins->bin + begin, begin, places,
                             bins->rows + begin * bins->n_columns, fractions);
    places[bins->n] = bins->n_columns * (begin + m);
}

/* The units are taken `width` at a time, whose sums stay in registers. */
INLINE void NAME(bins_fprop_of_width)(REAL *__restrict A, const REAL *__restrict W,
                                      const int64_t *starts, size n_columns, const size *places,
                                      const int32_t *rows, const REAL *fractions, size n,
                                      const size width)
{
    size j;
    for (size c = 0; c < n_columns; c++) {
        REAL before[BLOCK] = {0};
        for (size b = starts[c]; b < starts[c + 1]; b++) {
            const REAL *w = W + b * n;
            for (size i = places[b]; i < places[b + 1]; i++) {
                REAL f = fractions[i], *a = A + rows[i] * n;
                for (j = 0; j < width; j++)
                    a[j] += before[j] + f * w[j];
            }
            for (j = 0; j < width; j++)
                before[j] += w[j];
        }
    }
}

INLINE void NAME(bins_bprop_of_width)(REAL *__restrict grad_W, const REAL *__restrict grad_A,
                                      const int64_t *starts, size n_columns, const size *places,
                                      size n_places, size n_blocks, const int32_t *rows,
                                      const REAL *fractions, size n, int fresh, const size width)
{
    size j, first = starts[0];
    for (size c = 0; c < n_columns; c++) {
        REAL after[BLOCK] = {0};
        for (size b = starts[c + 1] - 1; b >= starts[c]; b--) {
            REAL sum[BLOCK], *grad_w = grad_W + (b - first) * n;
            for (j = 0; j < width; j++)
                sum[j] = after[j];
            for (size k = b; k < n_blocks * n_places; k += n_places)
                for (size i = places[k]; i < places[k + 1]; i++) {
                    const REAL f = fractions[i], *grad_a = grad_A + rows[i] * n;
                    for (j = 0; j < width; j++) {
                        sum[j] += f * grad_a[j];
                        after[j] += grad_a[j];
                    }
                }
            for (j = 0; j < width; j++)
                grad_w[j] = fresh ? sum[j] : grad_w[j] + sum[j];
        }
    }
}

/* Do `call` for 64, 32, 16, 8 or fewer units from unit j on, until all n are done. */
#define BY_WIDTH(begin, call) \
    for (size j = begin, width; j < n; j += width) { \
        size left = n - j; \
        if (left >= 64) { call(64) } \
        else if (left >= 32) { call(32) } \
        else if (left >= 16) { call(16) } \
        else if (left >= 8) { call(8) } \
        else { call(left) } \
    }

/* A += H W for the inputs H of columns in bins. */
WIDE_LOOPS void NAME(bins_fprop)(REAL *A, const REAL *W, const int64_t *starts, size n_columns,
                                 const size *places, const int32_t *rows, const REAL *fractions,
                                 size n)
{
#define CALL(w) \
    width = w; \
    NAME(bins_fprop_of_width)(A + j, W + j, starts, n_columns, places, rows, fractions, n, w);
    BY_WIDTH(0, CALL)
#undef CALL
}

LOOPS void NAME(rest_of_bins_bprop)(REAL *grad_W, const REAL *grad_A, const int64_t *starts,
                                    size n_columns, const size *places, size n_places,
                                    size n_blocks, const int32_t *rows, const REAL *fractions,
                                    size n, int fresh, size begin)
{
#define CALL(w) \
    width = w; \
    NAME(bins_bprop_of_width)(grad_W + j, grad_A + j, starts, n_columns, places, n_places, \
                              n_blocks, rows, fractions, n, fresh, w);
    BY_WIDTH(begin, CALL)
#undef CALL
}
#undef BY_WIDTH

#ifdef HAS
#define VARIANT(f) NAME(f##_512)
#define TARGET __attribute__((target("avx512f,fma")))
#define BYTES 64
#include "bins_by_vectors.h"
#define VARIANT(f) NAME(f##_256)
#define TARGET __attribute__((target("avx2,fma")))
#define BYTES 32
#include "bins_by_vectors.h"
#endif
#ifdef __GNUC__
#define VARIANT(f) NAME(f##_128)
#define TARGET
#define BYTES 16
#include "bins_by_vectors.h"
#endif

/* ∇W += Hᵀ ∇A for the inputs H of columns in bins; ∇W, which begins with the first bin of the first
   column, is 0 before if `fresh`. Of each bin, the blocks of rows come one after the other, each
   with `n_places` of its own, as if all rows had been sorted together. */
static void NAME(bins_bprop)(REAL *grad_W, const REAL *grad_A, const int64_t *starts,
                             size n_columns, const size *places, size n_places, size n_blocks,
                             const int32_t *rows, const REAL *fractions, size n, int fresh)
{
    size done = 0;
#ifdef HAS
    if (HAS("avx512f"))
        done = NAME(bins_bprop_512)(grad_W, grad_A, starts, n_columns, places, n_places,
                                    n_blocks, rows, fractions, n, fresh);
    else if (HAS("avx2") && HAS("fma"))
        done = NAME(bins_bprop_256)(grad_W, grad_A, starts, n_columns, places, n_places,
                                    n_blocks, rows, fractions, n, fresh);
    else
#endif
#ifdef __GNUC__
        done = NAME(bins_bprop_128)(grad_W, grad_A, starts, n_columns, places, n_places,
                                    n_blocks, rows, fractions, n, fresh);
#endif
    NAME(rest_of_bins_bprop)(grad_W, grad_A, starts, n_columns, places, n_places, n_blocks, rows,
                             fractions, n, fresh, done);
}
