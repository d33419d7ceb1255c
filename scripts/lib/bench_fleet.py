# SPDX-License-Identifier: Apache-2.0
"""A large fleet for measurements: keys from a seed, enrolled by the CLI's own import, so that each is a signed record in the real log."""
import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def public_key(seed, name):
    """As tests/bench/load/seed.h makes it."""
    private = Ed25519PrivateKey.from_private_bytes(hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=32).digest())
    return base64.b64encode(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def enrol(fleet, csv, seed, count):
    """Enrols dev-000000 and so on."""
    names = (f"dev-{i:06d}" for i in range(count))
    csv.write_text("name,public_key\n" + "".join(f"{name},{public_key(seed, name)}\n" for name in names))
    fleet.cli("device", "import", csv)
