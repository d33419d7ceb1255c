# SPDX-License-Identifier: Apache-2.0
"""Whether files hold a secret, in any form in which a program would write it: raw, hexadecimal, base64 of either alphabet."""
import base64

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519

RAW = (serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())


def forms_of(data):
    """Without padding, so that it does not matter what follows."""
    encoded = [base64.b64encode(data), base64.urlsafe_b64encode(data)]
    return {data, data.hex().encode(), data.hex().upper().encode(), *(each.rstrip(b"=") for each in encoded)}


class Sweep:
    def __init__(self):
        self.forms = {}  # bytes -> what they are

    def add_bytes(self, what, data):
        for form in forms_of(data):
            self.forms[form] = what

    def add_text(self, what, text):
        self.forms[text.encode()] = what

    def add_token(self, device, token):
        """All of it, and its signature: head and claims are no secret."""
        self.add_text(f"token of {device}", token)
        self.add_text(f"token's signature of {device}", token.rsplit(".", 1)[1])

    def add_keys(self, folder):
        """Each private key below a folder."""
        for path in folder.rglob("*.key.pem"):
            key = serialization.load_pem_private_key(path.read_bytes(), None)
            if isinstance(key, (ed25519.Ed25519PrivateKey, x25519.X25519PrivateKey)):
                self.add_bytes(path.name, key.private_bytes(*RAW))

    def search(self, files, planted=False):
        """What is found, as (file, what); `planted`: as if all of it stood in the first."""
        found = []
        for i, path in enumerate(files):
            text = path.read_bytes() + (b"\n".join(self.forms) if planted and i == 0 else b"")
            found += [(path.name, what) for form, what in self.forms.items() if form in text]
        return found
