/* Elementary functions, which numpy and scipy.special have for the reference:

       eˣ,    eˣ − 1,    tanh x,    1 / (1 + e⁻ˣ),    log(1 + eˣ)

   They are accurate to a few units in the last place over their whole range, infinities and
   subnormal numbers included, and NaN propagates.
*/
#ifndef ELEMENTARY_H
#define ELEMENTARY_H

#include <math.h>
#include <string.h>

#define SQRT_double sqrt
#define SQRT_float sqrtf
#define FABS_double fabs
#define FABS_float fabsf
#define COPYSIGN_double copysign
#define COPYSIGN_float copysignf

#define BITS_double uint64_t
#define BITS_float uint32_t
#define BIAS_double 1023
#define BIAS_float 127
#define MANTISSA_double 52
#define MANTISSA_float 23
#define ROUNDER_double 6755399441055744.0 /* 1.5 · 2⁵²: adding it rounds to an integer */
#define ROUNDER_float 12582912.0f
#define LN2_HIGH_double 0x1.62e42fefa0000p-1
#define LN2_HIGH_float 0x1.63p-1f
#define LN2_LOW_double 0x1.cf79abc9e3b3ap-40
#define LN2_LOW_float -0x1.bd0106p-13f
#define EXP_TERMS_double 13
#define EXP_TERMS_float 7
#define EXP_LOWEST_double -746
#define EXP_LOWEST_float -104
#define EXP_HIGHEST_double 710
#define EXP_HIGHEST_float 89
#define ATANH_TERMS_double 10
#define ATANH_TERMS_float 5
#define SMALLEST_double 1e-290
#define SMALLEST_float 1e-30f

/* 1/k! and 1/(2k+1): the series of exp and of atanh. */
static const double EXP_SERIES[] = {
    1.0, 1.0, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320,
    1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800.0};
static const double ATANH_SERIES[] = {
    1.0, 1.0 / 3, 1.0 / 5, 1.0 / 7, 1.0 / 9, 1.0 / 11, 1.0 / 13, 1.0 / 15, 1.0 / 17, 1.0 / 19,
    1.0 / 21};

#endif

/* 2ᵏ for an integer k within the exponents of normal numbers. */
INLINE REAL NAME(power_of_2)(REAL k)
{
    REAL shifted = k + (NAME(ROUNDER) + NAME(BIAS));
    NAME(BITS) bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits <<= NAME(MANTISSA);
    memcpy(&shifted, &bits, sizeof bits);
    return shifted;
}

INLINE REAL NAME(rounded)(REAL x)
{
    return (x + NAME(ROUNDER)) - NAME(ROUNDER);
}

/* x = k ln 2 + r with |r| ≤ ln 2 / 2; returns Σ_{j ≥ 1} rʲ / j! = eʳ − 1. */
INLINE REAL NAME(reduced_expm1)(REAL x, REAL *k)
{
    *k = NAME(rounded)(x * (REAL)1.4426950408889634);
    REAL r = (x - *k * NAME(LN2_HIGH)) - *k * NAME(LN2_LOW);
    REAL sum = (REAL)EXP_SERIES[NAME(EXP_TERMS)];
#pragma GCC unroll 16
    for (int j = NAME(EXP_TERMS) - 1; j > 1; j--)
        sum = sum * r + (REAL)EXP_SERIES[j];
    return r + (r * r) * sum;
}

INLINE REAL NAME(one_exp)(REAL x)
{
    REAL k, half;
    x = x > NAME(EXP_HIGHEST) ? NAME(EXP_HIGHEST) : x;
    x = x < NAME(EXP_LOWEST) ? NAME(EXP_LOWEST) : x;
    x = NAME(reduced_expm1)(x, &k) + 1;
    half = NAME(rounded)(k * (REAL)0.5);
    return x * NAME(power_of_2)(half) * NAME(power_of_2)(k - half);
}

/* eˣ − 1 = 2 (2ᵏ⁻¹ (eʳ − 1) + (2ᵏ⁻¹ − ½)) */
INLINE REAL NAME(one_expm1)(REAL x)
{
    REAL k, bounded = x > NAME(EXP_HIGHEST) ? NAME(EXP_HIGHEST) : x;
    bounded = bounded < -64 ? -64 : bounded;
    REAL e = NAME(reduced_expm1)(bounded, &k), power = NAME(power_of_2)(k - 1);
    e = 2 * (power * e + (power - (REAL)0.5));
    return NAME(FABS)(x) < NAME(SMALLEST) ? x : e;
}

/* tanh |x| = −e / (e + 2), e = exp(−2 |x|) − 1 */
INLINE REAL NAME(one_tanh)(REAL x)
{
    REAL e = NAME(one_expm1)(-2 * NAME(FABS)(x));
    return NAME(COPYSIGN)(-e / (e + 2), x);
}

/* 1 / (1 + e) or e / (1 + e), e = exp(−|x|) */
INLINE REAL NAME(one_logistic)(REAL x)
{
    REAL e = NAME(one_exp)(-NAME(FABS)(x));
    return (x < 0 ? e : 1) / (1 + e);
}

/* max(x, 0) + log(1 + e), e = exp(−|x|);
   log(1 + e) = log c + 2 atanh((1 + e − c) / (1 + e + c)), c = 1 or 2 */
INLINE REAL NAME(one_softplus)(REAL x)
{
    REAL e = NAME(one_exp)(-NAME(FABS)(x));
    int large = e > (REAL)0.41421356237309503;
    REAL s = (large ? e - 1 : e) / (e + (large ? 3 : 2)), z = s * s;
    REAL sum = (REAL)ATANH_SERIES[NAME(ATANH_TERMS)];
#pragma GCC unroll 16
    for (int j = NAME(ATANH_TERMS) - 1; j > 0; j--)
        sum = sum * z + (REAL)ATANH_SERIES[j];
    s = 2 * (s + s * (z * sum)) + (large ? (REAL)0.6931471805599453 : 0);
    s = e < NAME(SMALLEST) ? e : s;
    return (x > 0 ? x : 0) + s;
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
