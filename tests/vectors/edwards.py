# SPDX-License-Identifier: Apache-2.0
"""Whether 32 bytes are a point of edwards25519 of prime order (RFC 8032, sections 5.1.3 and 5.1.4), in extended coordinates."""
import functools

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D2 = 2 * -121665 * pow(121666, P - 2, P) % P


def double(p):
    a, b, c = p[0] * p[0], p[1] * p[1], 2 * p[2] * p[2]
    h = a + b
    e, g = h - (p[0] + p[1]) ** 2, a - b
    f = c + g
    return e * f % P, g * h % P, f * g % P, e * h % P


def plus(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = p[3] * D2 * q[3], 2 * p[2] * q[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def decompressed(data):
    """None where it is no point, or not its one text."""
    whole = int.from_bytes(data, "little")
    y, sign = whole & (1 << 255) - 1, whole >> 255
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D2 * pow(2, P - 2, P) * y * y + 1) % P
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    if v * x * x % P == P - u:
        x = x * pow(2, (P - 1) // 4, P) % P
    if v * x * x % P != u or (x == 0 and sign):
        return None
    x = x if x % 2 == sign else P - x
    return x, y, 1, x * y % P


@functools.lru_cache(maxsize=4096)
def is_of_prime_order(data):
    point = decompressed(data)
    if point is None or point[:2] == (0, 1):
        return False
    out = point
    for bit in f"{L:b}"[1:]:
        out = double(out)
        if bit == "1":
            out = plus(out, point)
    return out[0] % P == 0 and (out[1] - out[2]) % P == 0
