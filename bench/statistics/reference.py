"""Writes the reference values that the special functions are tested against.

    python3 bench/statistics/reference.py > src/kernel/statistics/reference.csv      (needs mpmath: apt-get install python3-mpmath)

Arguments are the doubles that they look like; values are rounded to 17 digits at the end. Nothing here shares a method with ours: power
series of positive terms with 330 digits, so that even a tail of 1e-290 may be taken from 1, and quantiles by bisection.
"""
from mpmath import mp, mpf, erfc, exp, gamma, log, loggamma, nstr, sqrt

mp.dps = 330
rows = []


def row(name, *numbers):
    *arguments, value = numbers
    rows.append(",".join([name, *(repr(float(a)) for a in arguments), nstr(value, 17, min_fixed=0, max_fixed=0)]))


def series(ratio):
    """1 + r(1) + r(1)r(2) + ... to the last of the digits."""
    total = term = mpf(1)
    n = 0
    while term > total * mpf(10) ** -mp.dps:
        n += 1
        term *= ratio(n)
        total += term
    return total


def normal_tail(z):
    return erfc(mpf(z) / sqrt(mpf(2))) / 2


def gamma_below(a, x):
    a, x = mpf(a), mpf(x)
    return exp(a * log(x) - x - loggamma(a + 1)) * series(lambda n: x / (a + n))


def beta_below(a, b, x, y=None):
    """I_x(a, b); y is 1 - x."""
    a, b, x = mpf(a), mpf(b), mpf(x)
    y = 1 - x if y is None else mpf(y)
    if x > y:
        return 1 - beta_below(b, a, y, x)
    factor = exp(a * log(x) + b * log(y) + loggamma(a + b) - loggamma(a + 1) - loggamma(b))
    return factor * series(lambda n: (a + b + n - 1) / (a + n) * x)


def student_tail(t, df):
    t, df = mpf(t), mpf(df)
    return beta_below(df / 2, mpf(1) / 2, df / (df + t * t), t * t / (df + t * t)) / 2


def chi_below(x, df):
    return gamma_below(mpf(df) / 2, mpf(x) / 2)


def chi_tail(x, df):
    return 1 - chi_below(x, df)


def inverse(tail, goal, low, high, digits=60):
    """Bisection on the logarithm of x, of a tail that falls."""
    mp.dps = digits
    low, high = log(mpf(low)), log(mpf(high))
    for _ in range(75):
        middle = (low + high) / 2
        low, high = (middle, high) if tail(exp(middle)) > goal else (low, middle)
    mp.dps = 330
    return exp(low)


for z in [0, 0.01, 0.5, 1, 1.96, 2.5, 2.9, 3.5, 5, 8, 12, 20, 30, 37, -0.3, -2, -8]:
    row("normalTail", z, normal_tail(z))
for p in [0.4999, 0.3, 0.1, 0.025, 0.01, 1e-3, 1e-6, 1e-10, 1e-50, 1e-100, 1e-290]:
    row("normalQuantile", p, inverse(normal_tail, mpf(p), 1e-5, 50, 330))
for x in [1e-8, 0.1, 0.499, 0.5, 0.9, 0.999999, 1.000001, 1.3, 1.499, 1.5, 1.999999, 2.000001, 2.4, 3, 5.5, 9.99, 10, 33.3, 171, 1e4, 1e9]:
    row("logGamma", x, loggamma(mpf(x)))
for a in [0.25, 0.5, 1, 2.5, 10, 55.5, 1000, 30000]:
    for share in [1e-4, 0.3, 0.9, 1, 1.1, 2]:
        x = float(mpf(a) * mpf(share))
        below = gamma_below(a, x)
        above = 1 - below
        if below > 1e-290:
            row("gammaBelow", a, x, below)
        if above > 1e-290:
            row("gammaAbove", a, x, above)
for a, b in [(0.5, 0.5), (0.5, 30), (1, 1), (2, 5), (14, 15), (100, 3), (500, 700), (20000, 30000), (1e6, 40)]:
    for x in [1e-9, 0.001, 0.1, 0.3, 0.4, 0.5, 0.58, 0.75, 0.97, 0.9999]:
        if a >= 1000 and not abs(x - a / (a + b)) < 0.05:
            continue
        below, above = beta_below(a, b, x), beta_below(b, a, 1 - mpf(x), x)
        if below > 1e-290:
            row("betaBelow", a, b, x, below)
        if above > 1e-290:
            row("betaAbove", a, b, x, above)
for df in [0.5, 1, 2, 3.7, 10, 39, 40, 41.5, 100, 1000, 54321.5, 2e6, 1e9]:
    for t in [1e-6, 0.3, 1, 1.96, 3, 5, 6.3, 8, 15, 30]:
        value = student_tail(t, df)
        if value > 1e-290:
            row("studentTail", t, df, value)
for df in [0.5, 1, 2, 3.7, 10, 45, 1000, 2e6]:
    for p in [0.4, 0.1, 0.025, 1e-3, 1e-6, 1e-12, 1e-30]:
        if df == 0.5 and p < 1e-12:
            continue
        row("studentQuantile", p, df, inverse(lambda t: student_tail(t, df), mpf(p), 1e-3, 1e30))
for df in [1, 2, 3, 7, 20, 100, 1000]:
    for share in [1e-6, 0.2, 0.8, 1, 1.5, 4, 15]:
        x = df * share
        if chi_tail(x, df) > 1e-290:
            row("chiSquareTail", x, df, chi_tail(x, df))
        if chi_below(x, df) > 1e-290:
            row("chiSquareBelow", x, df, chi_below(x, df))
    for p in [1 - 1e-3, 0.95, 0.5, 0.05, 1e-3, 1e-9, 1e-40]:
        row("chiSquareQuantile", p, df, inverse(lambda x: chi_tail(x, df), mpf(p), 1e-10, 1e6, 100))
for f, d1, d2 in [(1, 2, 3), (3.5, 4, 20), (10, 1, 1000), (0.2, 5, 5), (50, 3, 40), (2, 100, 80)]:
    row("fTail", f, d1, d2, beta_below(mpf(d2) / 2, mpf(d1) / 2, d2 / (d2 + d1 * mpf(f))))
for below, a, b in [(0.025, 1, 100), (0.025, 14, 15), (0.975, 15, 14), (1e-6, 3, 9998), (0.005, 0.5, 0.5), (0.5, 300, 2), (1e-12, 40, 60)]:
    odds = inverse(lambda o: -beta_below(a, b, o / (1 + o), 1 / (1 + o)), -mpf(below), 1e-40, 1e20)
    row("betaQuantile", below, a, b, odds / (1 + odds))
print("\n".join(rows))
