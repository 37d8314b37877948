/* Activations (network/activations.py): h = g(a), and ∇a = ∇h ⊙ g'(a) with g' as a function of h.

       logistic      g = 1 / (1 + e⁻ᵃ)                      g' = h − h²
       tanh          g = tanh a                             g' = 1 − h²
       relu          g = max(a, 0)                          g' = 1 or 0
       leaky_relu    g = a or 0.01 a                        g' = 1 or 0.01
       elu           g = a or eᵃ − 1                        g' = min(h, 0) + 1
       selu          g = λ a or λ α (eᵃ − 1)                g' = λ or h + λ α
       softplus      g = log(1 + eᵃ)                        g' = 1 − e⁻ʰ
*/
#ifndef ACTIVATIONS_H
#define ACTIVATIONS_H

enum activation { IDENTITY, LOGISTIC, TANH, RELU, LEAKY_RELU, ELU, SELU, SOFTPLUS };
static const char *activation_names[] = {"identity", "logistic", "tanh", "relu", "leaky_relu",
                                         "elu", "selu", "softplus", NULL};

#define SELU_ALPHA 1.6732632423543772
#define SELU_SCALE 1.0507009873554805

#endif

/* Turn a into h = g(a). */
WIDE_LOOPS void NAME(activation_fprop)(enum activation g, REAL *x, size n)
{
    const REAL scale = (REAL)SELU_SCALE, alpha = (REAL)SELU_ALPHA;
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

/* Turn ∇h into ∇a = ∇h ⊙ g'(a). */
WIDE_LOOPS void NAME(activation_bprop)(enum activation g, const REAL *__restrict h,
                                       REAL *__restrict grad, size n)
{
    const REAL scale = (REAL)SELU_SCALE, alpha = (REAL)SELU_ALPHA;
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
