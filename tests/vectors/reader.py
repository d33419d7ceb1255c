# SPDX-License-Identifier: Apache-2.0
"""What the judges read with: every structure has one encoding, and anything else is Malformed. No code of ours, and none of the makers'."""
import base64
import hashlib
import json
import re
import struct
import unicodedata

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519

from edwards import is_of_prime_order

KEY_ID = re.compile(r"[0-9a-f]{16}\Z")


class Malformed(Exception):
    pass


def is_ignorable(character):
    """Default_Ignorable_Code_Point, derived as the head of its section in DerivedCoreProperties.txt says."""
    point, category = ord(character), unicodedata.category(character)
    if "VARIATION SELECTOR" in unicodedata.name(character, ""):
        return True
    if category == "Cf":
        shown = 0x600 <= point <= 0x605 or point in (0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD)  # Prepended_Concatenation_Mark
        return not (shown or 0xFFF9 <= point <= 0xFFFB or 0x13430 <= point <= 0x13440)
    other = point in (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x3164, 0xFFA0)  # Other_Default_Ignorable_Code_Point
    return other or 0xFFF0 <= point <= 0xFFF8 or 0xE0000 <= point <= 0xE0FFF


def is_seen(character):
    point = ord(character)
    blank = point in (0x2800, 0xFFF9, 0xFFFA, 0xFFFB, 0x1D159)
    nothing = point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF
    kind = unicodedata.category(character) in ("Cc", "Cs", "Co", "Zs", "Zl", "Zp")
    return character == " " or not (kind or blank or nothing or is_ignorable(character))


def is_name(text):
    return 1 <= len(text.encode()) <= 128 and text == text.strip(" ") and all(map(is_seen, text))


class Wire:
    """The encoding of docs/device-protocol.md."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def fixed(self, size):
        if self.at + size > len(self.data):
            raise Malformed
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, size):
        return int.from_bytes(self.fixed(size), "big")

    def blob(self):
        return self.fixed(self.number(4))

    def text(self):
        try:
            return self.blob().decode()
        except UnicodeDecodeError as why:
            raise Malformed from why

    def name(self):
        text = self.text()
        if not is_name(text):
            raise Malformed
        return text

    def key_id(self):
        text = self.text()
        if not KEY_ID.match(text):
            raise Malformed
        return text

    def end(self):
        if self.at != len(self.data):
            raise Malformed


def prefixed(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack(">I", len(data)) + data


def blake2b(size, *parts, key=b""):
    return hashlib.blake2b(b"".join(parts), digest_size=size, key=key).digest()


P = 2**255 - 19
SMALL_ORDER = {0, 1, P - 1, int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
               int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little")}


def is_signing_key(public):
    """Canonical, and no point of small order: looked at by its y alone."""
    y = int.from_bytes(public, "little") % 2**255
    return y < P and y not in SMALL_ORDER


def is_agreement_key(public):
    return shared(b"\1" + bytes(31), public) is not None


def holds(public, message, signature):
    """RFC 8032 without the cofactor; neither the key nor the signature's R is of small order or written in another way."""
    if not is_signing_key(public) or not is_signing_key(signature[:32]):
        return False
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def counts(public, message, signature):
    """The same of what all readers have to judge alike: R has no part of small order, and a key neither, which the log looks at once."""
    return holds(public, message, signature) and is_of_prime_order(signature[:32])


def labelled(label, digest):
    return prefixed(label) + digest


def shared(secret, public):
    """None where it is all zero."""
    try:
        return x25519.X25519PrivateKey.from_private_bytes(secret).exchange(x25519.X25519PublicKey.from_public_bytes(public))
    except ValueError:
        return None


def key_id(public):
    return hashlib.sha256(public).hexdigest()[:16]


def from_base64(text, alphabet=base64.b64decode):
    """Padded base64, the one text of its bytes."""
    try:
        data = alphabet(text.encode("ascii"))
    except (ValueError, UnicodeEncodeError) as why:
        raise Malformed from why
    encode = base64.urlsafe_b64encode if alphabet is base64.urlsafe_b64decode else base64.b64encode
    if encode(data).decode() != text:
        raise Malformed
    return data


def from_base64url(text):
    if "=" in text:
        raise Malformed
    return from_base64(text + "=" * (-len(text) % 4), base64.urlsafe_b64decode)


def refuse(*_):
    raise Malformed


def once(pairs):
    if len(dict(pairs)) != len(pairs):
        raise Malformed
    return dict(pairs)


def json_object(data):
    """A JSON object without a member twice."""
    try:
        value = json.loads(data.decode(), object_pairs_hook=once, parse_constant=refuse)
    except ValueError as why:
        raise Malformed from why
    if not isinstance(value, dict):
        raise Malformed
    return value


def is_whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def certificate(data):
    """(fleet, role, name, key, not before, not after), and what holds it: for a device, and in the log."""
    wire = Wire(data)
    if wire.number(1) != 1:
        raise Malformed
    fields = (wire.fixed(32), wire.number(1), wire.name(), wire.fixed(32), wire.number(8), wire.number(8))
    signature = wire.fixed(64)
    wire.end()
    if fields[1] not in (1, 2):
        raise Malformed
    return fields, lambda issuer, rule=holds: rule(issuer, labelled("ATTESTREAM-1 certificate", data[1:-64]), signature)
