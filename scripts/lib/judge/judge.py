# SPDX-License-Identifier: Apache-2.0
"""The tests' independent judge: Kafka's own Java client reads the topics, Debian's python3-avro decodes the values. It shares no code
with what it judges; what it knows of our formats is written down here a second time on purpose.

    import judge                                     # scripts/lib/judge and scripts/lib are on sys.path

    records = judge.dump(cluster, "ats.decisions")   # or prefix="ats."; cluster: of services.py; read_committed by default
    records[0].topic, .partition, .offset, .timestamp, .key, .value, .headers, .header("ce_id")

    schemas = judge.Schemas(ROOT / "schemas")        # every .avsc below, by id
    schemas.decode(records[0].value)                 # Confluent framing + Avro -> dict; Undecodable if anything is wrong
    schemas.name(records[0].value)                   # full name of the record's schema
"""
import base64
import dataclasses
import hashlib
import io
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import services  # noqa: E402

SOURCE = HERE / "TopicDump.java"


class Undecodable(Exception):
    """A value is not what its framing and schema say."""


@dataclasses.dataclass(frozen=True)
class Record:
    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list  # of (name, bytes or None), in their order

    def header(self, name):
        """The last value of that header as text, None if there is none."""
        for each, value in reversed(self.headers):
            if each == name:
                return None if value is None else value.decode()
        return None


def compiled():
    """The folder with TopicDump's class files, compiled when the source is new."""
    folder = services.CACHE / "judge" / hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]
    if folder.is_dir():
        return folder
    if not shutil.which("javac"):
        raise services.Missing("javac (run scripts/setup, which installs Debian's openjdk headless JDK)")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as new:
        done = subprocess.run(["javac", "-cp", services.kafka_class_path(), "-d", f"{new}/classes", SOURCE],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise services.ServiceError(f"TopicDump.java does not compile:\n{done.stderr}")
        try:
            pathlib.Path(new, "classes").rename(folder)
        except OSError:  # another run was faster
            if not folder.is_dir():
                raise
    return folder


class _Reader:
    """TopicDump in a Java that stays, since a start of Java costs more than most topics do. It ends with this process, or with close()."""

    idle = []  # a dump takes one of these, or starts another
    lock = threading.Lock()

    def __init__(self):
        self.process = subprocess.Popen(services.java_command(["-cp", f"{compiled()}:{services.kafka_class_path()}", "TopicDump", "--serve"]),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def close(self):
        self.process.kill()
        self.process.wait()

    def ask(self, arguments, timeout_s):
        """The records' lines, and the line that ends them."""
        late = threading.Timer(timeout_s, self.process.kill)
        late.start()
        try:
            self.process.stdin.write("\t".join(map(str, arguments)) + "\n")
            self.process.stdin.flush()
            lines = []
            for line in self.process.stdout:
                lines.append(json.loads(line))
                if "code" in lines[-1]:
                    return lines[:-1], lines[-1]
        except BrokenPipeError:
            pass
        finally:
            late.cancel()
        raise services.ServiceError(f"TopicDump ended, or had not answered after {timeout_s} s")


def dump(cluster, *topics, prefix=None, isolation="read_committed", timeout_s=120):
    """Returns the Records of topics (or of all whose name begins with prefix) up to their present end, in order per partition."""
    arguments = ["--bootstrap", cluster.bootstrap, "--isolation", isolation, "--timeout-s", timeout_s]
    if cluster.java_config:
        arguments += ["--config", cluster.java_config]
    if prefix:
        arguments += ["--prefix", prefix]
    elif not topics:
        raise ValueError("dump() needs topics or a prefix")
    with _Reader.lock:
        reader = _Reader.idle.pop() if _Reader.idle else None
    reader = reader or _Reader()
    try:
        records, end = reader.ask([*arguments, *topics], timeout_s + 60)
    except BaseException:
        reader.close()
        raise
    with _Reader.lock:
        _Reader.idle.append(reader)
    if end["code"] != 0:
        raise services.ServiceError(f"TopicDump: exit code {end['code']}\n{end['why']}")
    return [_record(each) for each in records]


def _record(fields):
    return Record(fields["topic"], fields["partition"], fields["offset"], fields["timestamp"], _bytes(fields["key"]),
                  _bytes(fields["value"]), [(name, _bytes(value)) for name, value in fields["headers"]])


def _bytes(text):
    return None if text is None else base64.b64decode(text, validate=True)


def schema_id(text):
    """The id of a schema: the first 31 bits of SHA-256 of its stored text (bytes)."""
    return int.from_bytes(hashlib.sha256(text).digest()[:4], "big") >> 1


class Schemas:
    """Avro schemas by id, from .avsc files or folders of them."""

    def __init__(self, *places):
        self._texts = {}
        self._parsed = {}
        for place in map(pathlib.Path, places):
            for path in [place] if place.is_file() else sorted(place.rglob("*.avsc")):
                self.add(path.read_bytes())

    def add(self, text):
        """Takes a schema's text as it is stored; returns its id."""
        number = schema_id(text)
        if self._texts.setdefault(number, text) != text:
            raise ValueError(f"two schemas have the id {number}")
        return number

    def name(self, value):
        """The full name of the record that a framed value holds."""
        return self._schema(self._unframe(value)[0]).fullname

    def decode(self, value):
        """The fields of a framed value. Logical types stay what is stored: a timestamp-millis is a number."""
        from avro.io import BinaryDecoder, DatumReader

        number, body = self._unframe(value)
        stream = io.BytesIO(body)
        try:
            fields = DatumReader(self._schema(number)).read(BinaryDecoder(stream))
        except Undecodable:
            raise
        except Exception as error:  # python3-avro raises a dozen kinds for bad bytes
            raise Undecodable(f"{self._schema(number).fullname}: {type(error).__name__}: {error}") from error
        rest = len(body) - stream.tell()
        if rest:
            raise Undecodable(f"{self._schema(number).fullname}: {rest} bytes after the value")
        return fields

    @staticmethod
    def _unframe(value):
        if value is None or len(value) < 5 or value[0] != 0:
            raise Undecodable(f"not Confluent's framing: {value[:16].hex() if value is not None else 'no value'}")
        return int.from_bytes(value[1:5], "big"), value[5:]

    def _schema(self, number):
        try:
            import avro.schema
        except ImportError as error:
            raise services.Missing("python3-avro (run scripts/setup)") from error
        if number not in self._texts:
            raise Undecodable(f"no schema has the id {number}")
        if number not in self._parsed:
            self._parsed[number] = avro.schema.parse(json.dumps(_without_logical_types(json.loads(self._texts[number]))))
        return self._parsed[number]


def _without_logical_types(schema):
    if isinstance(schema, dict):
        return {name: _without_logical_types(value) for name, value in schema.items() if name != "logicalType"}
    if isinstance(schema, list):
        return [_without_logical_types(value) for value in schema]
    return schema
