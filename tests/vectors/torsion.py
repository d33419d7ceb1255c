# SPDX-License-Identifier: Apache-2.0
"""Keys and signatures with a part of small order, of which libraries do not say the same: with whole numbers alone, in affine coordinates."""
import hashlib
import itertools

from primitives import Signing

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
NEUTRAL = (0, 1)


def add(a, b):
    """The law of the twisted Edwards curve -x^2 + y^2 = 1 + d x^2 y^2."""
    (x1, y1), (x2, y2) = a, b
    product = D * x1 * x2 * y1 * y2
    return ((x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P)


def times(number, point):
    out = NEUTRAL
    for bit in bin(number)[2:]:
        out = add(out, out)
        if bit == "1":
            out = add(out, point)
    return out


def encode(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def decode(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y % 2**255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert x * x % P == square
    return (x if x & 1 == sign else P - x, y)


BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
EIGHTH = decode(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"))
PARTS = {8: EIGHTH, 4: times(2, EIGHTH), 2: times(4, EIGHTH)}


def numbers_of(seed):
    """The secret number and what makes nonces (RFC 8032, section 5.1.5)."""
    hashed = hashlib.sha512(seed).digest()
    return int.from_bytes(hashed[:32], "little") & (2**254 - 8) | 2**254, hashed[32:]


def challenge(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


class OddSignatures:
    """Another pair's key; what it signs has a part of that order in R, and holds for who multiplies by the cofactor."""

    def __init__(self, pair, order):
        self.seed, self.public, self.id, self.private, self.part = pair.seed, pair.public, pair.id, self, PARTS[order]

    def sign(self, message):
        secret, prefix = numbers_of(self.seed)
        nonce = challenge(prefix, message) % ORDER
        r = encode(add(times(nonce, BASE), self.part))
        return r + ((nonce + challenge(r, self.public, message) * secret) % ORDER).to_bytes(32, "little")


class OddKey:
    """A pair whose public key has a part of that order. What it signs holds with the cofactor and without it: a nonce is looked for."""

    def __init__(self, name, order):
        pair = Signing(name)
        self.seed, self.private = pair.seed, self
        self.public = encode(add(decode(pair.public), PARTS[order]))
        self.id = hashlib.sha256(self.public).hexdigest()[:16]

    def sign(self, message):
        secret, prefix = numbers_of(self.seed)
        for tried in itertools.count():
            nonce = challenge(prefix, tried.to_bytes(4, "big"), message) % ORDER
            r = encode(times(nonce, BASE))
            asked = challenge(r, self.public, message) % ORDER
            if asked % 8 == 0:
                return r + ((nonce + asked * secret) % ORDER).to_bytes(32, "little")
