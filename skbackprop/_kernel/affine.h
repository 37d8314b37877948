/* The affine box (network/affine.py). With examples as rows, H is (m, n_in), W (n_in, n_out), and A
   (m, n_out):

       A = H W + b,    ∇W = Hᵀ ∇A,    ∇b = Σ_rows ∇A,    ∇H = ∇A Wᵀ

   by BLAS, or by plain loops where these are quicker than its call. Of sparse rows, which are those
   of a CSR matrix X, only the entries are met.
*/
#ifndef AFFINE_H
#define AFFINE_H

#define SMALL_PRODUCT (1 << 14) /* multiplications below which plain loops are quicker */
#define NARROW 10               /* columns that are taken several rows at a time */
#define VECTOR_BYTES 32
#define MOST_VECTORS 2 /* of rows at a time */
#define TILE 64        /* columns of A that are transposed at a time: a multiple of 4 */

typedef struct {
    const void *data;
    const int32_t *indices;
    const int64_t *indptr; /* null if X is dense */
} Sparse;

#endif

/* BLAS: C ← alpha op(A) op(B) + beta C in Fortran's order. The module sets it when it is loaded. */
static void (*NAME(gemm))(char *trans_a, char *trans_b, int *m, int *n, int *k, REAL *alpha,
                          REAL *A, int *lda, REAL *B, int *ldb, REAL *beta, REAL *C, int *ldc);

static void NAME(multiply)(char *trans_a, char *trans_b, size m, size n, size k, const REAL *A,
                           size lda, const REAL *B, size ldb, REAL beta, REAL *C, size ldc)
{
    int sizes[] = {(int)m, (int)n, (int)k, (int)lda, (int)ldb, (int)ldc};
    REAL one = 1;
    NAME(gemm)(trans_a, trans_b, sizes, sizes + 1, sizes + 2, &one, (REAL *)A, sizes + 3,
               (REAL *)B, sizes + 4, &beta, C, sizes + 5);
}

/* y += Σ_i x_i B_i over the m rows of B, four rows at a time; x is strided. */
INLINE void NAME(add_rows)(REAL *__restrict y, const REAL *x, size stride, const REAL *B, size m,
                           size n)
{
    size i = 0, j;
    for (; i + 4 <= m; i += 4) {
        REAL x0 = x[i * stride], x1 = x[(i + 1) * stride];
        REAL x2 = x[(i + 2) * stride], x3 = x[(i + 3) * stride];
        const REAL *B0 = B + i * n, *B1 = B0 + n, *B2 = B1 + n, *B3 = B2 + n;
        for (j = 0; j < n; j++)
            y[j] += (x0 * B0[j] + x1 * B1[j]) + (x2 * B2[j] + x3 * B3[j]);
    }
    for (; i < m; i++)
        for (j = 0; j < n; j++)
            y[j] += x[i * stride] * B[i * n + j];
}

INLINE void NAME(add_product_of_width)(REAL *__restrict C, const REAL *A, size row_stride,
                                       size stride, const REAL *B, size m, size k, const size n)
{
    for (size i = 0; i < m; i++)
        NAME(add_rows)(C + i * n, A + i * row_stride, stride, B, k, n);
}

#ifdef __GNUC__
typedef REAL NAME(vector)
    __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(REAL)), may_alias));

/* C += Tᵀ B for as many rows of C as there are numbers in some vectors, summed up in the order of
   `add_rows`. k is a multiple of four. */
INLINE void NAME(add_vectors)(REAL *C, const REAL *T, size stride, const REAL *B, size k, size n,
                              const size n_vectors)
{
    const size n_rows = n_vectors * VECTOR_BYTES / sizeof(REAL);
    for (size j = 0; j < n; j++) {
        NAME(vector) sum[MOST_VECTORS];
        REAL c[MOST_VECTORS * VECTOR_BYTES / sizeof(REAL)];
        const REAL *b = B + j;
        size i, v;
        for (i = 0; i < n_rows; i++)
            c[i] = C[i * n + j];
        memcpy(sum, c, n_vectors * VECTOR_BYTES);
        for (i = 0; i < k; i += 4, b += 4 * n) {
            const NAME(vector) *t0 = (const void *)(T + i * stride);
            const NAME(vector) *t1 = (const void *)(T + (i + 1) * stride);
            const NAME(vector) *t2 = (const void *)(T + (i + 2) * stride);
            const NAME(vector) *t3 = (const void *)(T + (i + 3) * stride);
#pragma GCC unroll 4
            for (v = 0; v < n_vectors; v++)
                sum[v] += (t0[v] * b[0] + t1[v] * b[n]) + (t2[v] * b[2 * n] + t3[v] * b[3 * n]);
        }
        memcpy(c, sum, n_vectors * VECTOR_BYTES);
        for (i = 0; i < n_rows; i++)
            C[i * n + j] = c[i];
    }
}

/* C += A B for narrow B and C, by vectors along the columns of A, of which there are a multiple of
   four; returns for how many rows. */
LOOPS size NAME(add_narrow_product)(REAL *C, const REAL *A, size row_stride, size stride,
                                    const REAL *B, size m, size k, size n)
{
    const size lanes = VECTOR_BYTES / sizeof(REAL);
    REAL T[TILE * VECTOR_BYTES / sizeof(REAL)];
    size i = 0;
    if (row_stride == 1)
        for (; i + MOST_VECTORS * lanes <= m; i += MOST_VECTORS * lanes)
            NAME(add_vectors)(C + i * n, A + i, stride, B, k, n, MOST_VECTORS);
    for (; i + lanes <= m && stride == 1; i += lanes)
        for (size begin = 0; begin < k; begin += TILE) {
            size length = k - begin < TILE ? k - begin : TILE;
            for (size j = 0; j < length; j++)
                for (size l = 0; l < lanes; l++)
                    T[j * lanes + l] = A[(i + l) * row_stride + begin + j];
            NAME(add_vectors)(C + i * n, T, lanes, B + begin * n, length, n, 1);
        }
    return i;
}
#endif

/* C += A B for small matrices; A is (m, k) with any strides, B (k, n) and C (m, n) contiguous.
   The inner loop is over n: it is unrolled for the smallest. */
LOOPS void NAME(add_product_by_rows)(REAL *__restrict C, const REAL *A, size row_stride,
                                     size stride, const REAL *B, size m, size k, size n)
{
#define WIDTH(w) \
    case w: \
        NAME(add_product_of_width)(C, A, row_stride, stride, B, m, k, w); \
        break
    switch (n) {
        WIDTH(1);
        WIDTH(2);
        WIDTH(3);
        WIDTH(4);
        WIDTH(5);
        WIDTH(6);
        WIDTH(7);
        WIDTH(8);
        WIDTH(9);
        WIDTH(10);
    default:
        NAME(add_product_of_width)(C, A, row_stride, stride, B, m, k, n);
    }
#undef WIDTH
}

/* Do so; rows of C that are shorter than a vector are taken several at a time. */
static void NAME(add_product)(REAL *__restrict C, const REAL *A, size row_stride, size stride,
                              const REAL *B, size m, size k, size n)
{
    size done = 0, whole = k - k % 4;
#ifdef __GNUC__
    if (n <= NARROW && whole > 0) {
        done = NAME(add_narrow_product)(C, A, row_stride, stride, B, m, whole, n);
        NAME(add_product_by_rows)(C, A + whole * stride, row_stride, stride, B + whole * n, done,
                                  k - whole, n);
    }
#endif
    NAME(add_product_by_rows)(C + done * n, A + done * row_stride, row_stride, stride, B, m - done,
                              k, n);
}

/* B = Aᵀ, A of shape (m, n). */
LOOPS void NAME(transpose)(REAL *__restrict B, const REAL *__restrict A, size m, size n)
{
    for (size i = 0; i < m; i++)
        for (size j = 0; j < n; j++)
            B[j * m + i] = A[i * n + j];
}

/* Each of the m rows of A becomes b. */
LOOPS void NAME(fill_rows)(REAL *A, const REAL *b, size m, size n)
{
    for (size i = 0; i < m; i++)
        memcpy(A + i * n, b, n * sizeof(REAL));
}

/* A = H W + b */
static void NAME(affine_fprop)(const REAL *H, const REAL *W, const REAL *b, REAL *A, size m,
                               size n_in, size n_out)
{
    NAME(fill_rows)(A, b, m, n_out);
    if (m == 1 || m * n_in * n_out < SMALL_PRODUCT)
        NAME(add_product)(A, H, n_in, 1, W, m, n_in, n_out);
    else
        NAME(multiply)("N", "N", n_out, m, n_in, W, n_out, H, n_in, 1, A, n_out);
}

/* ∇W += Hᵀ ∇A for `n_units` of the units of H, where ∇W is 0 before if `fresh`. */
static void NAME(affine_bprop_weights)(const REAL *H, const REAL *grad_A, REAL *grad_W, size m,
                                       size n_in, size n_out, size n_units, int fresh)
{
    if (m * n_in * n_out >= SMALL_PRODUCT) {
        NAME(multiply)("N", "T", n_out, n_units, m, grad_A, n_out, H, n_in, fresh ? 0 : 1, grad_W,
                       n_out);
        return;
    }
    if (fresh)
        memset(grad_W, 0, n_units * n_out * sizeof(REAL));
    NAME(add_product)(grad_W, H, 1, n_in, grad_A, n_units, m, n_out);
}

/* ∇b += Σ_rows ∇A, where ∇b is 0 before if `fresh`. */
LOOPS void NAME(affine_bprop_biases)(const REAL *grad_A, REAL *__restrict grad_b, size m,
                                     size n_out, int fresh)
{
    if (fresh)
        memset(grad_b, 0, n_out * sizeof(REAL));
    for (size i = 0; i < m; i++)
        for (size j = 0; j < n_out; j++)
            grad_b[j] += grad_A[i * n_out + j];
}

/* ∇H = ∇A Wᵀ; W_T is for the transpose of a small W. */
static void NAME(affine_bprop_inputs)(const REAL *W, const REAL *grad_A, REAL *grad_H, size m,
                                      size n_in, size n_out, REAL *W_T)
{
    if (m * n_in * n_out >= SMALL_PRODUCT) {
        NAME(multiply)("T", "N", n_in, m, n_out, W, n_out, grad_A, n_out, 0, grad_H, n_in);
        return;
    }
    NAME(transpose)(W_T, W, n_in, n_out);
    memset(grad_H, 0, m * n_in * sizeof(REAL));
    NAME(add_product)(grad_H, grad_A, n_out, 1, W_T, m, n_out, n_in);
}

/* y += a x */
INLINE void NAME(one_axpy)(REAL a, const REAL *__restrict x, REAL *__restrict y, size n)
{
    for (size j = 0; j < n; j++)
        y[j] += a * x[j];
}

/* A = X W + b for the given rows of X */
LOOPS void NAME(sparse_fprop)(const Sparse *X, const int64_t *rows, size m, const REAL *W,
                              const REAL *b, REAL *A, size n)
{
    const REAL *x = X->data;
    for (size i = 0; i < m; i++, A += n) {
        memcpy(A, b, n * sizeof(REAL));
        for (int64_t j = X->indptr[rows[i]]; j < X->indptr[rows[i] + 1]; j++)
            NAME(one_axpy)(x[j], W + X->indices[j] * n, A, n);
    }
}

/* ∇W += Xᵀ ∇A for the given rows of X */
LOOPS void NAME(sparse_bprop)(const Sparse *X, const int64_t *rows, size m, REAL *grad_W,
                              const REAL *grad_A, size n)
{
    const REAL *x = X->data;
    for (size i = 0; i < m; i++, grad_A += n)
        for (int64_t j = X->indptr[rows[i]]; j < X->indptr[rows[i] + 1]; j++)
            NAME(one_axpy)(x[j], grad_A, grad_W + X->indices[j] * n, n);
}
