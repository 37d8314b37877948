/* The loops of the compiled epoch, over contiguous arrays, for double and float.

   The header includes itself once for each of the two; NAME(f) is f_double or f_float. All loops
   are plain C that compilers vectorise. GCC and Clang make a clone of each for newer x86-64
   processors, one of which is chosen when the module is loaded; elsewhere there is one version.
   Vectors of 512 bits are for arithmetic (WIDE_LOOPS): loops that wait for memory, and rows that
   do not begin at a multiple of 64 bytes, are slower with them.
   NaN propagates everywhere; exp and its kin are accurate to a few units in the last place over
   their whole range, infinities and subnormal numbers included.
*/
#ifndef REAL

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) \
    && ((defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12) \
        || (defined(__clang__) && __clang_major__ >= 17))
#define CLONES __attribute__((target_clones("arch=x86-64-v3", "default")))
#define WIDE_CLONES \
    __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#elif defined(__GNUC__)
#define CLONES __attribute__((unused)) /* which Clang does not combine with clones */
#define WIDE_CLONES __attribute__((unused))
#endif

#if defined(__GNUC__) && defined(__x86_64__)
#define HAS(set) __builtin_cpu_supports(set)
#endif

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline, unused))
#define LOOPS static CLONES
#define WIDE_LOOPS static WIDE_CLONES
#else
#define INLINE static __inline
#define LOOPS static
#define WIDE_LOOPS static
#endif

typedef ptrdiff_t size;

#define FARTHEST 1e9f /* a standardised value beyond which squares of floats come near overflow */

#define BLOCK 64 /* most units whose sums over bins are kept in registers */

enum activation { IDENTITY, LOGISTIC, TANH, RELU, LEAKY_RELU, ELU, SELU, SOFTPLUS };
enum rule { MOMENTUM, ADAM };

/* One update of θ, as its rule has worked it out from α_t and the count of updates.
   MOMENTUM: v ← ∇ + beta v, θ ← θ − by_gradient ∇ − by_velocity v; without v if beta = 0.
   ADAM: m, v with beta, beta_2; θ ← θ − by_velocity m / (√v root_correction + epsilon).
   Then, with `threshold` > 0, θ ← sign(θ) max(|θ| − threshold, 0); for ADAM, the threshold is
   divided by √v root_correction + epsilon. */
typedef struct {
    enum rule rule;
    double beta, by_gradient, by_velocity;
    double beta_2, root_correction, epsilon;
    double threshold, decay; /* decay = 2 l2: ∇ ← ∇ + decay θ */
} update;

/* 1/k! and 1/(2k+1): the series of exp and of atanh. */
static const double EXP_SERIES[] = {
    1.0, 1.0, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320,
    1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800.0};
static const double ATANH_SERIES[] = {
    1.0, 1.0 / 3, 1.0 / 5, 1.0 / 7, 1.0 / 9, 1.0 / 11, 1.0 / 13, 1.0 / 15, 1.0 / 17, 1.0 / 19,
    1.0 / 21};

#define REAL double
#define NAME(f) f##_double
#define UINT uint64_t
#define ROUNDER 6755399441055744.0 /* 1.5 · 2⁵²: adding it rounds to an integer */
#define BIAS 1023
#define MANTISSA 52
#define LN2_HIGH 0x1.62e42fefa0000p-1
#define LN2_LOW 0x1.cf79abc9e3b3ap-40
#define EXP_TERMS 13
#define ATANH_TERMS 10
#define EXP_LOWEST -746
#define EXP_HIGHEST 710
#define SMALLEST 1e-290
#define FABS fabs
#define SQRT sqrt
#define COPYSIGN copysign
#include "vector_math.h"
#undef REAL
#undef NAME
#undef UINT
#undef ROUNDER
#undef BIAS
#undef MANTISSA
#undef LN2_HIGH
#undef LN2_LOW
#undef EXP_TERMS
#undef ATANH_TERMS
#undef EXP_LOWEST
#undef EXP_HIGHEST
#undef SMALLEST
#undef FABS
#undef SQRT
#undef COPYSIGN

/* Between the dtypes of X and of the network */
LOOPS void cast_to_double(double *__restrict h, const float *__restrict x, size n)
{
    for (size i = 0; i < n; i++)
        h[i] = x[i];
}

LOOPS void cast_to_float(float *__restrict h, const double *__restrict x, size n)
{
    for (size i = 0; i < n; i++)
        h[i] = (float)x[i];
}

#define REAL float
#define NAME(f) f##_float
#define UINT uint32_t
#define ROUNDER 12582912.0f
#define BIAS 127
#define MANTISSA 23
#define LN2_HIGH 0x1.63p-1f
#define LN2_LOW -0x1.bd0106p-13f
#define EXP_TERMS 7
#define ATANH_TERMS 5
#define EXP_LOWEST -104
#define EXP_HIGHEST 89
#define SMALLEST 1e-30f
#define FABS fabsf
#define SQRT sqrtf
#define COPYSIGN copysignf
#include "vector_math.h"

#else

/* 2ᵏ for an integer k within the exponents of normal numbers. */
INLINE REAL NAME(power_of_2)(REAL k)
{
    REAL shifted = k + (ROUNDER + BIAS);
    UINT bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits <<= MANTISSA;
    memcpy(&shifted, &bits, sizeof bits);
    return shifted;
}

INLINE REAL NAME(rounded)(REAL x)
{
    return (x + ROUNDER) - ROUNDER;
}

/* x = k ln 2 + r with |r| ≤ ln 2 / 2; returns Σ_{j ≥ 1} rʲ / j! = eʳ − 1. */
INLINE REAL NAME(reduced_expm1)(REAL x, REAL *k)
{
    *k = NAME(rounded)(x * (REAL)1.4426950408889634);
    REAL r = (x - *k * LN2_HIGH) - *k * LN2_LOW, sum = (REAL)EXP_SERIES[EXP_TERMS];
#pragma GCC unroll 16
    for (int j = EXP_TERMS - 1; j > 1; j--)
        sum = sum * r + (REAL)EXP_SERIES[j];
    return r + (r * r) * sum;
}

INLINE REAL NAME(one_exp)(REAL x)
{
    REAL k, half;
    x = x > EXP_HIGHEST ? EXP_HIGHEST : x;
    x = x < EXP_LOWEST ? EXP_LOWEST : x;
    x = NAME(reduced_expm1)(x, &k) + 1;
    half = NAME(rounded)(k * (REAL)0.5);
    return x * NAME(power_of_2)(half) * NAME(power_of_2)(k - half);
}

/* eˣ − 1 = 2 (2ᵏ⁻¹ (eʳ − 1) + (2ᵏ⁻¹ − ½)) */
INLINE REAL NAME(one_expm1)(REAL x)
{
    REAL k, bounded = x > EXP_HIGHEST ? EXP_HIGHEST : x;
    bounded = bounded < -64 ? -64 : bounded;
    REAL e = NAME(reduced_expm1)(bounded, &k), power = NAME(power_of_2)(k - 1);
    e = 2 * (power * e + (power - (REAL)0.5));
    return FABS(x) < SMALLEST ? x : e;
}

/* tanh |x| = −e / (e + 2), e = exp(−2 |x|) − 1 */
INLINE REAL NAME(one_tanh)(REAL x)
{
    REAL e = NAME(one_expm1)(-2 * FABS(x));
    return COPYSIGN(-e / (e + 2), x);
}

/* 1 / (1 + e) or e / (1 + e), e = exp(−|x|) */
INLINE REAL NAME(one_logistic)(REAL x)
{
    REAL e = NAME(one_exp)(-FABS(x));
    return (x < 0 ? e : 1) / (1 + e);
}

/* max(x, 0) + log(1 + e), e = exp(−|x|);
   log(1 + e) = log c + 2 atanh((1 + e − c) / (1 + e + c)), c = 1 or 2 */
INLINE REAL NAME(one_softplus)(REAL x)
{
    REAL e = NAME(one_exp)(-FABS(x));
    int large = e > (REAL)0.41421356237309503;
    REAL s = (large ? e - 1 : e) / (e + (large ? 3 : 2)), z = s * s;
    REAL sum = (REAL)ATANH_SERIES[ATANH_TERMS];
#pragma GCC unroll 16
    for (int j = ATANH_TERMS - 1; j > 0; j--)
        sum = sum * z + (REAL)ATANH_SERIES[j];
    s = 2 * (s + s * (z * sum)) + (large ? (REAL)0.6931471805599453 : 0);
    s = e < SMALLEST ? e : s;
    return (x > 0 ? x : 0) + s;
}

INLINE REAL NAME(clip)(REAL x, REAL bound)
{
    x = x > bound ? bound : x;
    return x < -bound ? -bound : x;
}

WIDE_LOOPS void NAME(vector_exp)(REAL *x, size n)
{
    for (size i = 0; i < n; i++)
        x[i] = NAME(one_exp)(x[i]);
}

WIDE_LOOPS void NAME(vector_expm1)(REAL *x, size n)
{
    for (size i = 0; i < n; i++)
        x[i] = NAME(one_expm1)(x[i]);
}

/* h = g(a), in place. */
WIDE_LOOPS void NAME(activation_fprop)(enum activation g, REAL *x, size n)
{
    const REAL scale = (REAL)1.0507009873554805, alpha = (REAL)1.6732632423543772;
    size i;
    switch (g) {
    case IDENTITY:
        break;
    case LOGISTIC:
        for (i = 0; i < n; i++)
            x[i] = NAME(one_logistic)(x[i]);
        break;
    case TANH:
        for (i = 0; i < n; i++)
            x[i] = NAME(one_tanh)(x[i]);
        break;
    case RELU:
        for (i = 0; i < n; i++)
            x[i] = x[i] < 0 ? 0 : x[i];
        break;
    case LEAKY_RELU:
        for (i = 0; i < n; i++)
            x[i] *= x[i] < 0 ? (REAL)0.01 : 1;
        break;
    case ELU:
        for (i = 0; i < n; i++) {
            REAL e = NAME(one_expm1)(x[i]);
            x[i] = x[i] < 0 ? e : x[i];
        }
        break;
    case SELU:
        for (i = 0; i < n; i++) {
            REAL e = alpha * NAME(one_expm1)(x[i]);
            x[i] = scale * (x[i] < 0 ? e : x[i]);
        }
        break;
    case SOFTPLUS:
        for (i = 0; i < n; i++)
            x[i] = NAME(one_softplus)(x[i]);
        break;
    }
}

/* Turn ∇h into ∇a = ∇h ⊙ g'(a), with g' as a function of h. */
WIDE_LOOPS void NAME(activation_bprop)(enum activation g, const REAL *__restrict h,
                                       REAL *__restrict grad, size n)
{
    const REAL scale = (REAL)1.0507009873554805, alpha = (REAL)1.6732632423543772;
    size i;
    switch (g) {
    case IDENTITY:
        break;
    case LOGISTIC:
        for (i = 0; i < n; i++)
            grad[i] *= h[i] - h[i] * h[i];
        break;
    case TANH:
        for (i = 0; i < n; i++)
            grad[i] *= 1 - h[i] * h[i];
        break;
    case RELU:
        for (i = 0; i < n; i++)
            grad[i] *= h[i] > 0 ? (REAL)1 : 0;
        break;
    case LEAKY_RELU:
        for (i = 0; i < n; i++)
            grad[i] *= h[i] > 0 ? 1 : (REAL)0.01;
        break;
    case ELU:
        for (i = 0; i < n; i++)
            grad[i] *= (h[i] < 0 ? h[i] : 0) + 1;
        break;
    case SELU:
        for (i = 0; i < n; i++)
            grad[i] *= h[i] > 0 ? scale : h[i] + scale * alpha;
        break;
    case SOFTPLUS:
        for (i = 0; i < n; i++)
            grad[i] *= -NAME(one_expm1)(-h[i]);
        break;
    }
}

/* z = (x − mean) · inverse_scale and h = z / √(1 + (z / clip)²), or h = z without a clip (0), or
   h = x without a mean; a NaN x counts as its `fill`, if given. */
LOOPS void NAME(standardize)(REAL *__restrict h, const REAL *__restrict x,
                             const REAL *__restrict fill, const REAL *__restrict mean,
                             const REAL *__restrict inverse_scale, REAL clip, size n)
{
    size i;
    if (fill) {
        for (i = 0; i < n; i++)
            h[i] = x[i] != x[i] ? fill[i] : x[i];
        x = h;
    }
    if (mean)
        for (i = 0; i < n; i++)
            h[i] = (x[i] - mean[i]) * inverse_scale[i];
    else if (!fill)
        memcpy(h, x, n * sizeof(REAL));
    if (mean && clip > 0)
        for (i = 0; i < n; i++) {
            REAL z = h[i] < -FARTHEST ? -FARTHEST : h[i] > FARTHEST ? FARTHEST : h[i];
            REAL ratio = z / clip;
            h[i] = z / SQRT(1 + ratio * ratio);
        }
}

/* h = present where the column of x that is meant is NaN, else 0. */
LOOPS void NAME(indicate_missing)(REAL *h, const REAL *x, const int32_t *columns, REAL present,
                                  size n)
{
    for (size i = 0; i < n; i++)
        h[i] = x[columns[i]] != x[columns[i]] ? present : 0;
}

/* Sort the m rows by the bins of one column: `rows` from places[b] on are those in bin b, with how
   far into the bin they are (0 to 1) in `fractions`. The places of the first bin begin at `first`.
   Rows before the first bin or after the last count as in it. X is (…, n_columns). */
LOOPS void NAME(sort_into_bins)(const REAL *X, size n_columns, size column, const REAL *fill,
                                const int64_t *order, size m, const REAL *lower,
                                const REAL *inverse_width, size n_bins, REAL *__restrict x,
                                int32_t *__restrict bin, size first, size *places, int32_t *rows,
                                REAL *fractions)
{
    size i, b;
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
        rows[place] = (int32_t)i;
    }
    for (b = n_bins - 1; b > 0; b--)
        places[b] = places[b - 1];
    places[0] = first - m;
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

/* C += A B for small matrices; A is (m, k) with any strides, B (k, n) and C (m, n) contiguous.
   The inner loop is over n: it is unrolled for the smallest. */
LOOPS void NAME(add_product)(REAL *__restrict C, const REAL *A, size row_stride, size stride,
                             const REAL *B, size m, size k, size n)
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

/* Each of the m rows of A becomes b. */
LOOPS void NAME(fill_rows)(REAL *A, const REAL *b, size m, size n)
{
    for (size i = 0; i < m; i++)
        memcpy(A + i * n, b, n * sizeof(REAL));
}

/* b += the sum of the m rows of A. */
LOOPS void NAME(add_row_sum)(REAL *__restrict b, const REAL *A, size m, size n)
{
    for (size i = 0; i < m; i++)
        for (size j = 0; j < n; j++)
            b[j] += A[i * n + j];
}

/* B = Aᵀ, A of shape (m, n). */
LOOPS void NAME(transpose)(REAL *__restrict B, const REAL *__restrict A, size m, size n)
{
    for (size i = 0; i < m; i++)
        for (size j = 0; j < n; j++)
            B[j * m + i] = A[i * n + j];
}

/* y += a x */
INLINE void NAME(one_axpy)(REAL a, const REAL *__restrict x, REAL *__restrict y, size n)
{
    for (size j = 0; j < n; j++)
        y[j] += a * x[j];
}

/* a += Σ x_i W_i over the entries x_i of a sparse row. */
LOOPS void NAME(sparse_fprop)(const REAL *x, const int32_t *index, size n_entries,
                              const REAL *W, REAL *a, size n)
{
    for (size i = 0; i < n_entries; i++)
        NAME(one_axpy)(x[i], W + index[i] * n, a, n);
}

/* ∇W_i += x_i ∇a over the entries x_i of a sparse row. */
LOOPS void NAME(sparse_bprop)(const REAL *x, const int32_t *index, size n_entries,
                              REAL *grad_W, const REAL *grad_a, size n)
{
    for (size i = 0; i < n_entries; i++)
        NAME(one_axpy)(x[i], grad_a, grad_W + index[i] * n, n);
}

/* a += the rows of W that the codes name; −1 names none. */
LOOPS void NAME(levels_fprop)(const int32_t *codes, size n_codes, const REAL *W, REAL present,
                              REAL *a, size n)
{
    for (size i = 0; i < n_codes; i++)
        if (codes[i] >= 0)
            NAME(one_axpy)(present, W + codes[i] * n, a, n);
}

/* Add present · ∇a to the rows of ∇W that codes from `begin` to `end` name, which are set to 0 when
   first touched. */
LOOPS void NAME(levels_bprop)(const int32_t *codes, size n_codes, size begin, size end,
                              REAL *grad_W, REAL present, uint8_t *touched, const REAL *grad_a,
                              size n)
{
    for (size i = 0; i < n_codes; i++) {
        if (codes[i] < begin || codes[i] >= end)
            continue;
        REAL *grad = grad_W + codes[i] * n;
        if (!touched[codes[i]])
            memset(grad, 0, n * sizeof(REAL));
        NAME(one_axpy)(present, grad_a, grad, n);
        touched[codes[i]] = 1;
    }
}

/* Columns in bins. For an x in bin b, inputs before b are 1, that of b is its fraction f, and those
   after it are 0, so that

       a += Σ_{c < b} W_c + f W_b,      ∇W_b = Σ_{rows in b} f ∇a + Σ_{rows after b} ∇a.

   Rows are sorted by bins: one pass over the bins of a column sums up on the way. The units are
   taken `width` at a time, whose sums stay in registers. Bin b of column c is from starts[c] on. */
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
                                      const int32_t *rows, const REAL *fractions, size n,
                                      int fresh, const size width)
{
    size j, first = starts[0];
    for (size c = 0; c < n_columns; c++) {
        REAL after[BLOCK] = {0};
        for (size b = starts[c + 1] - 1; b >= starts[c]; b--) {
            REAL sum[BLOCK], *grad_w = grad_W + (b - first) * n;
            for (j = 0; j < width; j++)
                sum[j] = after[j];
            for (size i = places[b]; i < places[b + 1]; i++) {
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
                                    size n_columns, const size *places, const int32_t *rows,
                                    const REAL *fractions, size n, int fresh, size begin)
{
#define CALL(w) \
    width = w; \
    NAME(bins_bprop_of_width)(grad_W + j, grad_A + j, starts, n_columns, places, rows, fractions, \
                              n, fresh, w);
    BY_WIDTH(begin, CALL)
#undef CALL
}
#undef BY_WIDTH

#ifdef HAS
#define VARIANT(f) NAME(f##_512)
#define TARGET __attribute__((target("avx512f,fma")))
#define BYTES 64
#include "bins.h"
#undef VARIANT
#undef TARGET
#undef BYTES
#define VARIANT(f) NAME(f##_256)
#define TARGET __attribute__((target("avx2,fma")))
#define BYTES 32
#include "bins.h"
#undef VARIANT
#undef TARGET
#undef BYTES
#endif
#ifdef __GNUC__
#define VARIANT(f) NAME(f##_128)
#define TARGET
#define BYTES 16
#include "bins.h"
#undef VARIANT
#undef TARGET
#undef BYTES
#endif

/* ∇W += Hᵀ ∇A for the inputs H of columns in bins; ∇W, which begins with the first bin of the first
   column, is 0 before if `fresh`. */
static void NAME(bins_bprop)(REAL *grad_W, const REAL *grad_A, const int64_t *starts,
                             size n_columns, const size *places, const int32_t *rows,
                             const REAL *fractions, size n, int fresh)
{
    size done = 0;
#ifdef HAS
    if (HAS("avx512f"))
        done = NAME(bins_bprop_512)(grad_W, grad_A, starts, n_columns, places, rows, fractions, n,
                                    fresh);
    else if (HAS("avx2") && HAS("fma"))
        done = NAME(bins_bprop_256)(grad_W, grad_A, starts, n_columns, places, rows, fractions, n,
                                    fresh);
    else
#endif
#ifdef __GNUC__
        done = NAME(bins_bprop_128)(grad_W, grad_A, starts, n_columns, places, rows, fractions, n,
                                    fresh);
#endif
    NAME(rest_of_bins_bprop)(grad_W, grad_A, starts, n_columns, places, rows, fractions, n, fresh,
                             done);
}

INLINE REAL NAME(dot)(const REAL *__restrict x, const REAL *__restrict y, size n)
{
    REAL sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size j = 0; j < n; j++)
        sum += x[j] * y[j];
    return sum;
}

/* The m rows of θ move along ∇ = x gradᵀ + decay θ: ∇W of one example is an outer product. */
INLINE void NAME(momentum)(const update *u, REAL *__restrict theta, REAL *__restrict v,
                           const REAL *__restrict grad, const REAL *x, size m, size n,
                           int penalised)
{
    const REAL beta = (REAL)u->beta, c = (REAL)u->by_gradient, d = (REAL)u->by_velocity;
    const REAL decay = penalised ? (REAL)u->decay : 0;
    const REAL threshold = penalised ? (REAL)u->threshold : 0;
    size i, j;
    for (i = 0; i < m; i++, theta += n) {
        const REAL x_i = x[i];
        if (v) {
#pragma omp simd
            for (j = 0; j < n; j++) {
                REAL gradient = x_i * grad[j] + decay * theta[j];
                v[j] = beta * v[j] + gradient;
                theta[j] -= c * gradient + d * v[j];
            }
            v += n;
        }
        else {
#pragma omp simd
            for (j = 0; j < n; j++)
                theta[j] -= c * (x_i * grad[j] + decay * theta[j]);
        }
        if (threshold > 0)
            for (j = 0; j < n; j++)
                theta[j] -= NAME(clip)(theta[j], threshold);
    }
}

INLINE void NAME(adam)(const update *u, REAL *__restrict theta, REAL *__restrict m,
                       REAL *__restrict v, const REAL *__restrict grad, const REAL *x,
                       size n_rows, size n, int penalised)
{
    const REAL beta = (REAL)u->beta, beta_2 = (REAL)u->beta_2, d = (REAL)u->by_velocity;
    const REAL root = (REAL)u->root_correction, epsilon = (REAL)u->epsilon;
    const REAL rest = (REAL)(1 - u->beta), rest_2 = (REAL)(1 - u->beta_2);
    const REAL decay = penalised ? (REAL)u->decay : 0;
    const REAL threshold = penalised ? (REAL)u->threshold : 0;
    for (size i = 0; i < n_rows; i++, theta += n, m += n, v += n) {
        const REAL x_i = x[i];
#pragma omp simd
        for (size j = 0; j < n; j++) {
            REAL gradient = x_i * grad[j] + decay * theta[j];
            m[j] = beta * m[j] + rest * gradient;
            v[j] = beta_2 * v[j] + rest_2 * (gradient * gradient);
            REAL scale = SQRT(v[j]) * root + epsilon, moved = theta[j] - d * (m[j] / scale);
            theta[j] = moved - NAME(clip)(moved, threshold / scale);
        }
    }
}

INLINE void NAME(step_rows)(const update *u, REAL *theta, REAL *m, REAL *v, const REAL *grad,
                            const REAL *x, size n_rows, size n, int penalised)
{
    if (u->rule == ADAM)
        NAME(adam)(u, theta, m, v, grad, x, n_rows, n, penalised);
    else
        NAME(momentum)(u, theta, m, grad, x, n_rows, n, penalised);
}

/* Move n parameters; m and v are the state of the rule (m alone, or none, for MOMENTUM). */
LOOPS void NAME(step)(const update *u, REAL *theta, REAL *m, REAL *v, const REAL *grad, size n,
                      int penalised)
{
    const REAL one = 1;
    NAME(step_rows)(u, theta, m, v, grad, &one, 1, n, penalised);
}

/* Move the rows of W for levels along their gradient, which is 0 where they were not touched. */
LOOPS void NAME(step_levels)(const update *u, REAL *W, REAL *m, REAL *v, const REAL *grad,
                             const uint8_t *touched, const REAL *zeros, size n_levels, size n)
{
    const REAL one = 1;
    for (size i = 0; i < n_levels; i++)
        NAME(step_rows)(u, W + i * n, m ? m + i * n : m, v ? v + i * n : v,
                        touched[i] ? grad + i * n : zeros, &one, 1, n, 1);
}

/* For one example: ∇h = W ∇a, then W moves along ∇W = h ∇aᵀ, then a_next += W h_next for the next
   example; without the first if grad_h is null, without the last if a_next is. All three are done
   for four rows of W at a time, so that each is fetched from memory once. */
LOOPS void NAME(bprop_and_step)(const update *u, REAL *W, REAL *m, REAL *v, const REAL *h,
                                const REAL *grad_a, REAL *grad_h, const REAL *h_next,
                                REAL *a_next, size n_in, size n_out)
{
    for (size first = 0; first < n_in; first += 4) {
        size n_rows = n_in - first < 4 ? n_in - first : 4, begin = first * n_out;
        if (grad_h)
            for (size i = 0; i < n_rows; i++)
                grad_h[first + i] = NAME(dot)(W + begin + i * n_out, grad_a, n_out);
        NAME(step_rows)(u, W + begin, m ? m + begin : m, v ? v + begin : v, grad_a, h + first,
                        n_rows, n_out, 1);
        if (a_next)
            NAME(add_rows)(a_next, h_next + first, 1, W + begin, n_rows, n_out);
    }
}

/* Turn the m rows of A into −(e(y) − softmax(a)) · s / n_batch; return Σ s l. Rows of the data
   are in `order`; s may be null. */
WIDE_LOOPS double NAME(softmax_cross_entropy)(REAL *A, const int64_t *order, const int64_t *y,
                                         const double *s, size m, size n, double n_batch)
{
    double total = 0;
    size i, j;
    for (i = 0; i < m; i++) {
        REAL *a = A + i * n, largest = a[0];
        for (j = 1; j < n; j++)
            largest = a[j] > largest ? a[j] : largest;
        for (j = 0; j < n; j++)
            a[j] -= largest;
        total -= (s ? s[order[i]] : 1) * (double)a[y[order[i]]];
    }
    for (i = 0; i < m * n; i++)
        A[i] = NAME(one_exp)(A[i]);
    for (i = 0; i < m; i++) {
        REAL *a = A + i * n, sum = 0;
        double weight = s ? s[order[i]] : 1;
        for (j = 0; j < n; j++)
            sum += a[j];
        total += weight * log((double)sum);
        REAL factor = (REAL)(weight / n_batch), scale = factor / sum;
        for (j = 0; j < n; j++)
            a[j] *= scale;
        a[y[order[i]]] -= factor;
    }
    return total;
}

/* Turn the m rows of A into −(y − σ(a)) · s / n_batch; return Σ s l, the l of a row being the sum of
   its log(1 + exp(z)), z = a or, where y = 1, −a. Their derivative is 1 − exp(−l). */
WIDE_LOOPS double NAME(logistic_cross_entropy)(REAL *A, const int64_t *order, const uint8_t *y,
                                          const double *s, size m, size n, double n_batch)
{
    double total = 0;
    size i, j;
    for (i = 0; i < m; i++)
        for (j = 0; j < n; j++)
            A[i * n + j] *= 1 - 2 * (REAL)y[order[i] * n + j];
    for (i = 0; i < m * n; i++)
        A[i] = NAME(one_softplus)(A[i]);
    for (i = 0; i < m; i++) {
        REAL sum = 0;
        for (j = 0; j < n; j++)
            sum += A[i * n + j];
        total += (s ? s[order[i]] : 1) * (double)sum;
    }
    for (i = 0; i < m * n; i++)
        A[i] = -NAME(one_expm1)(-A[i]);
    for (i = 0; i < m; i++) {
        REAL factor = (REAL)((s ? s[order[i]] : 1) / n_batch);
        for (j = 0; j < n; j++)
            A[i * n + j] *= factor * (1 - 2 * (REAL)y[order[i] * n + j]);
    }
    return total;
}

#endif
