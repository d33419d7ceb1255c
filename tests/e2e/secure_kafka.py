# SPDX-License-Identifier: Apache-2.0
"""A Kafka node of our own that also listens with TLS and SASL/PLAIN: a site's cluster, as far as its clients can tell."""
import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from world import services

USER, PASSWORD = "attestream", 'pass "word" \\ with marks'


def certificate():
    """(key, certificate) as PEM texts, self-signed, for loopback, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kafka under test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(services.LOOPBACK))])
    signed = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
              .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
              .not_valid_after(now + datetime.timedelta(days=1)).add_extension(loopback, critical=False)
              .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256()))
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private.decode(), signed.public_bytes(serialization.Encoding.PEM).decode()


class SecureKafka(services.Kafka):
    def _write_properties(self, controller):
        super()._write_properties(controller)
        self.secure_port = services.free_port()
        private, public = certificate()
        store, authority = self.folder.path / "server.pem", self.folder.path / "ca.pem"
        store.write_text(private + public)
        authority.write_text(public)
        quoted = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
        login = (f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}="{quoted}";').replace("\\", "\\\\")
        path = self.folder.path / "server.properties"
        changed = {
            "listeners": f",SECURE://{services.LOOPBACK}:{self.secure_port}",
            "advertised.listeners": f",SECURE://{services.LOOPBACK}:{self.secure_port}",
            "listener.security.protocol.map": ",SECURE:SASL_SSL",
        }
        lines = [line + changed.get(line.partition("=")[0], "") for line in path.read_text().splitlines()]
        lines += ["ssl.keystore.type=PEM", f"ssl.keystore.location={store}", "sasl.enabled.mechanisms=PLAIN",
                  f"listener.name.secure.plain.sasl.jaas.config={login}"]
        path.write_text("\n".join(lines) + "\n")

    def client_properties(self, path):
        """Writes a file of librdkafka properties for the secure listener."""
        path.touch(mode=0o600)
        path.write_text(f"bootstrap.servers={services.LOOPBACK}:{self.secure_port}\nsecurity.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n"
                        f"sasl.username={USER}\nsasl.password={PASSWORD}\nssl.ca.location={self.folder.path / 'ca.pem'}\n")
        return path
