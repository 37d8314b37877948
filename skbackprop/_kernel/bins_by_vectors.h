/* ∇W of columns in bins, by vectors of one instruction set: what bins.h has as plain loops.

   Compilers do not keep sums over several vectors in registers from these, which makes them three
   times slower than they need be. bins.h includes this file for each of the sets: VARIANT(f) is the
   name of f for one of them, TARGET its attribute, BYTES the size of its vectors.
*/
typedef REAL VARIANT(vector) __attribute__((vector_size(BYTES), aligned(sizeof(REAL)), may_alias));

/* As `bins_bprop_of_width` does, for so many vectors of units. */
TARGET INLINE void VARIANT(bins_bprop_of_vectors)(REAL *grad_W, const REAL *grad_A,
                                                  const int64_t *starts, size n_columns,
                                                  const size *places, size n_places,
                                                  size n_blocks, const int32_t *rows,
                                                  const REAL *fractions, size n, int fresh,
                                                  const size n_vectors)
{
    size j, first = starts[0];
    for (size c = 0; c < n_columns; c++) {
        VARIANT(vector) after[4] = {0}, sum[4];
        for (size b = starts[c + 1] - 1; b >= starts[c]; b--) {
            VARIANT(vector) *grad_w = (VARIANT(vector) *)(grad_W + (b - first) * n);
#pragma GCC unroll 4
            for (j = 0; j < n_vectors; j++)
                sum[j] = after[j];
            for (size k = b; k < n_blocks * n_places; k += n_places)
                for (size i = places[k]; i < places[k + 1]; i++) {
                    const REAL f = fractions[i];
                    const VARIANT(vector) *grad_a =
                        (const VARIANT(vector) *)(grad_A + rows[i] * n);
#pragma GCC unroll 4
                    for (j = 0; j < n_vectors; j++) {
                        sum[j] += f * grad_a[j];
                        after[j] += grad_a[j];
                    }
                }
#pragma GCC unroll 4
            for (j = 0; j < n_vectors; j++)
                if (fresh)
                    grad_w[j] = sum[j];
                else
                    grad_w[j] += sum[j];
        }
    }
}

/* As `bins_bprop` does, for whole vectors; returns for how many units that is. */
TARGET static size VARIANT(bins_bprop)(REAL *grad_W, const REAL *grad_A, const int64_t *starts,
                                       size n_columns, const size *places, size n_places,
                                       size n_blocks, const int32_t *rows, const REAL *fractions,
                                       size n, int fresh)
{
    const size lanes = BYTES / sizeof(REAL);
    size j = 0;
    for (; j + 4 * lanes <= n; j += 4 * lanes)
        VARIANT(bins_bprop_of_vectors)(grad_W + j, grad_A + j, starts, n_columns, places,
                                       n_places, n_blocks, rows, fractions, n, fresh, 4);
    for (; j + 2 * lanes <= n; j += 2 * lanes)
        VARIANT(bins_bprop_of_vectors)(grad_W + j, grad_A + j, starts, n_columns, places,
                                       n_places, n_blocks, rows, fractions, n, fresh, 2);
    for (; j + lanes <= n; j += lanes)
        VARIANT(bins_bprop_of_vectors)(grad_W + j, grad_A + j, starts, n_columns, places,
                                       n_places, n_blocks, rows, fractions, n, fresh, 1);
    return j;
}

#undef VARIANT
#undef TARGET
#undef BYTES
