# SPDX-License-Identifier: Apache-2.0
"""Real services for demo, tests, measurements and fault runs: Kafka, Mosquitto, any process, temporary folders.

    import services                       # scripts/lib is on sys.path

    kafka = services.kafka()              # our own node, or the cluster of ATS_KAFKA_CONFIG / ATS_KAFKA_BOOTSTRAP
    kafka.bootstrap, kafka.prefix         # "127.0.0.1:40123", "ats."
    kafka.environment()                   # for processes that shall find it: subprocess.run(..., env={**os.environ, **...})
    kafka.tool("org.apache.kafka.tools.TopicCommand", "--list")
    kafka.kill(); kafka.restart()         # own node only: kill -9, then same port and data

    broker = services.Mosquitto("2.0.21", plugin="build/dev/attestream.so")
    broker.options["fleet"] = broker.add("fleet")      # copied to where the broker's user can read it
    broker.start()                                     # or: code, log = broker.run_until_exit()
    broker.port, broker.log.read_text()
    broker.kill(); broker.start()                      # same port, same folder
    services.mosquitto_versions()                      # ["2.0.11", "2.0.21"]; on Debian 13 its own alone

    gate = services.Process([...], folder / "x.log"); gate.wait_for_text("ready"); gate.stop()

Each object is a context manager. Whatever is still there when the program ends (return, exception, Ctrl-C, SIGTERM, SIGHUP) is
stopped and removed, newest first. What is not installed raises Missing: print it and exit with services.EXIT_MISSING:

    sys.exit(services.run(main))          # does that

Threads: create and use one object in one thread.
"""
import atexit
import contextlib
import os
import pathlib
import pwd
import random
import re
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CACHE = ROOT / ".cache"
KAFKA_LIB = CACHE / "kafka" / "lib"
LOOPBACK = "127.0.0.1"
EXIT_MISSING = 3
PORT_TRIES = 5
BROKER_USER = "mosquitto"


class Missing(Exception):
    """Something is not installed; the text says what, and how to get it."""


class ServiceError(Exception):
    """A service did not start or died; the text holds the end of its log."""


def run(main):
    """Calls main() and returns its exit code; Missing becomes a message and exit code 3, a signal 128 + its number."""
    try:
        return main() or 0
    except Interrupted as interrupted:
        return interrupted.exit_code
    except Missing as error:
        print(f"missing: {error}", file=sys.stderr)
        return EXIT_MISSING


# ---- what is alive, and its end ------------------------------------------------------------------------------------------

class Interrupted(KeyboardInterrupt):
    """Ctrl-C, SIGTERM or SIGHUP. A KeyboardInterrupt, because test runners swallow every other exception."""

    def __init__(self, number):
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_alive = []
_handlers = False
_held = 0
_pending = None


def _on_signal(number, _frame):
    global _pending
    if _held:
        _pending = number
        return
    # From here on the end is under way: a second signal must not cut it short.
    for other in _ENDING:
        signal.signal(other, signal.SIG_IGN)
    raise Interrupted(number)


@contextlib.contextmanager
def _uninterrupted():
    """So that our end never meets something that exists but is not registered yet."""
    global _held, _pending, _handlers
    if not _handlers and threading.current_thread() is threading.main_thread():
        _handlers = True
        atexit.register(close_all)
        for number in _ENDING:
            signal.signal(number, _on_signal)
    _held += 1
    try:
        yield
    finally:
        _held -= 1
        if not _held and _pending is not None:
            number, _pending = _pending, None
            _on_signal(number, None)


def _forget(thing):
    if thing in _alive:
        _alive.remove(thing)


def close_all():
    """Stops and removes everything, newest first; called by itself at the program's end."""
    while _alive:
        thing = _alive.pop()
        try:
            thing.close()
        except Exception as error:  # the rest must still be closed
            print(f"while closing {thing}: {error}", file=sys.stderr)


def keep_all():
    """Leaves all running when the program ends; returns (pids, folders), newest first, for the text that says how to end them."""
    things = list(reversed(_alive))
    _alive.clear()
    pids = [thing.pid for thing in things if isinstance(thing, Process) and thing.running]
    return pids, [thing.path for thing in things if isinstance(thing, TempDir)]


class _Closing:
    """A context manager that ends in close()."""

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.close()


class TempDir(_Closing):
    """A temporary folder that others may pass through; with owner, that user's (as root only)."""

    def __init__(self, name="run", owner=None):
        with _uninterrupted():
            self.path = pathlib.Path(tempfile.mkdtemp(prefix=f"attestream-{name}-"))
            _alive.append(self)
        self.path.chmod(0o755)
        self.owner = owner if os.geteuid() == 0 else None
        self.give(self.path)

    def give(self, path):
        """Makes the owner the owner of path and of all below it."""
        if self.owner is None:
            return
        for inner in [path, *(path.rglob("*") if path.is_dir() else [])]:
            shutil.chown(inner, self.owner, self.owner)

    def close(self):
        shutil.rmtree(self.path, ignore_errors=True)
        _forget(self)


class Process(_Closing):
    """A child in a session of its own, so that Ctrl-C reaches it through us alone. Output goes to the file log, appended."""

    def __init__(self, command, log, env=None, cwd=None, stdin=subprocess.DEVNULL):
        self.command = [str(part) for part in command]
        self.log = pathlib.Path(log)
        try:
            with _uninterrupted(), open(self.log, "ab") as output:
                self.child = subprocess.Popen(self.command, stdin=stdin, stdout=output, stderr=output, cwd=cwd,
                                              env={**os.environ, **(env or {})}, start_new_session=True)
                _alive.append(self)
        except FileNotFoundError as error:
            raise Missing(f"{error.filename} (run scripts/setup, or build it)") from error

    def __str__(self):
        return f"{pathlib.Path(self.command[0]).name} (pid {self.pid})"

    @property
    def pid(self):
        return self.child.pid

    @property
    def running(self):
        return self.child.poll() is None

    @property
    def returncode(self):
        return self.child.poll()

    def signal(self, number):
        if self.running:
            self.child.send_signal(number)

    def wait(self, timeout_s=30):
        """Waits for its end and returns the exit code."""
        code = self.child.wait(timeout_s)
        _forget(self)
        return code

    def stop(self, timeout_s=30):
        """SIGTERM; SIGKILL if that does not end it in time. Returns the exit code."""
        self.signal(signal.SIGTERM)
        try:
            return self.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self):
        """SIGKILL. Returns the exit code."""
        self.signal(signal.SIGKILL)
        return self.wait()

    def close(self):
        self.stop(10)

    def log_tail(self, lines=20):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def wait_until(self, ready, what, timeout_s=60):
        """Returns what ready() returns once that is true; ServiceError when the process ends first or the time is over."""
        deadline = time.monotonic() + timeout_s
        while True:
            result = ready()
            if result:
                return result
            if not self.running:
                raise ServiceError(f"{self} ended with code {self.returncode} before {what}:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise ServiceError(f"{self}: not {what} within {timeout_s} s:\n{self.log_tail()}")
            try:
                self.child.wait(0.02)  # comes back at once when the process ends
            except subprocess.TimeoutExpired:
                pass

    def wait_for_text(self, text, timeout_s=60):
        """Waits until the log holds text (a regular expression); returns the match."""
        pattern = re.compile(text, re.MULTILINE)
        return self.wait_until(lambda: pattern.search(self.log.read_text(errors="replace")), f"logging {text!r}", timeout_s)


# ---- ports ---------------------------------------------------------------------------------------------------------------

# Below the ports that Linux gives to connections going out, which come by the thousand in floods.
SERVER_PORTS = range(10240, 32768)


def free_ports(count):
    """Ports that were free a moment ago. Another program may take one meanwhile: who starts a server retries."""
    sockets = []
    try:
        while len(sockets) < count:
            sockets.append(socket.socket())
            try:
                sockets[-1].bind((LOOPBACK, random.choice(SERVER_PORTS)))
            except OSError:
                sockets.pop().close()
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def free_port():
    return free_ports(1)[0]


def accepts(port):
    """Whether something listens on that port of loopback."""
    try:
        with socket.create_connection((LOOPBACK, port), 1):
            return True
    except OSError:
        return False


PORT_TAKEN = re.compile(r"Address already in use|BindException")


# ---- Kafka ---------------------------------------------------------------------------------------------------------------

# A broker that lives for a minute spends most of it on being compiled: the tests take the quick compiler and the collector of one thread.
COLLECTOR = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1") if os.environ.get("ATS_TEST_SHORT_LIVED") else ("-XX:+UseG1GC",)
# Kafka's classes as the first broker of a test run has left them, so that those after it need not load each anew: half of what a start
# costs. Java leaves it aside where it does not fit, and is not asked to talk about that.
CLASS_ARCHIVE = CACHE / "kafka" / "classes.jsa"


def class_archive():
    if not os.environ.get("ATS_TEST_SHORT_LIVED") or not CLASS_ARCHIVE.exists():
        return ()
    return (f"-XX:SharedArchiveFile={CLASS_ARCHIVE}", "-Xlog:disable")


def make_class_archive():
    """For the runs to come; without it they are slower, so what goes wrong is told by whoever starts a broker next."""
    if CLASS_ARCHIVE.exists():
        return
    beside = CLASS_ARCHIVE.with_suffix(f".{os.getpid()}")
    try:
        with Kafka(java_options=(f"-XX:ArchiveClassesAtExit={beside}", "-Xlog:disable")) as kafka:
            kafka.tool("org.apache.kafka.tools.TopicCommand", "--list")
            kafka.stop()
        beside.rename(CLASS_ARCHIVE)
    except (ServiceError, OSError, subprocess.TimeoutExpired):
        beside.unlink(missing_ok=True)


def java():
    """The java program."""
    found = shutil.which("java")
    if not found:
        raise Missing("java (run scripts/setup, which installs Debian's openjdk headless package)")
    return found


def kafka_class_path():
    """Kafka's jars as a Java class path."""
    if not any(KAFKA_LIB.glob("kafka-clients-*.jar")):
        raise Missing(f"Apache Kafka's jars in {KAFKA_LIB.relative_to(ROOT)} (run scripts/setup, which needs the network once)")
    return f"{KAFKA_LIB}/*"


def java_command(arguments):
    """java for a small program of Kafka's."""
    return [java(), "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", *class_archive(),
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", *map(str, arguments)]


def run_java(arguments, timeout_s=120, **more):
    """Runs java with Kafka's jars and returns the completed process, text captured; its exit code is the caller's to judge."""
    return subprocess.run(java_command(arguments), capture_output=True, text=True, timeout=timeout_s, check=False,
                          stdin=more.pop("stdin", subprocess.DEVNULL), **more)


def kafka(**options):
    """The cluster that the environment names, else a node of our own."""
    if os.environ.get("ATS_KAFKA_CONFIG") or os.environ.get("ATS_KAFKA_BOOTSTRAP"):
        return ExternalKafka()
    return Kafka(**options)


class _Cluster(_Closing):
    """What both kinds of Kafka offer: bootstrap, prefix, config (a librdkafka properties file or None), java_config."""
    bootstrap = None
    prefix = "ats."
    config = None
    java_config = None

    def environment(self):
        """What makes our programs use this cluster."""
        if self.config:
            return {"ATS_KAFKA_CONFIG": str(self.config), "ATS_KAFKA_BOOTSTRAP": ""}
        return {"ATS_KAFKA_BOOTSTRAP": self.bootstrap, "ATS_KAFKA_CONFIG": ""}

    def tool(self, name, *arguments, timeout_s=120, text=None):
        """Runs one of Kafka's command line classes with --bootstrap-server added (text is its standard input); returns its output."""
        more = {"input": text, "stdin": None} if text is not None else {}
        command = ["-cp", kafka_class_path(), name, "--bootstrap-server", self.bootstrap]
        if self.java_config:
            command += ["--command-config", str(self.java_config)]
        done = run_java([*command, *arguments], timeout_s, **more)
        if done.returncode != 0:
            raise ServiceError(f"{name} {' '.join(map(str, arguments))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout


class Kafka(_Cluster):
    """One Kafka node (broker and controller in one JVM) on loopback, in a temporary folder. Started when constructed."""
    # For one node and small machines; callers override by properties=.
    PROPERTIES = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "auto.create.topics.enable": "false",
        "num.partitions": "1",
        "default.replication.factor": "1",
        # After kill -9 a restart waits until the controller has given up the node's former life (9 s by default).
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        "offsets.topic.num.partitions": "4",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # A rebalance starts with the first member; a dead one may be noticed as early as its session says.
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "log.cleaner.dedupe.buffer.size": "16777216",
        "log.retention.hours": "-1",
    }

    def __init__(self, properties=None, heap="1g", prefix="ats.", java_options=()):
        self.class_path = kafka_class_path()
        self.prefix = prefix
        self.properties = {**self.PROPERTIES, **(properties or {})}
        self.heap = heap
        self.java_options = java_options
        self.folder = TempDir("kafka")
        self.log = self.folder.path / "kafka.log"
        self.process = None
        self._start_on_new_ports()

    @property
    def pid(self):
        return self.process.pid

    def start(self, timeout_s=60):
        """Starts it again after stop() or kill(), on the same port and data; returns when it answers."""
        before = self.log.stat().st_size if self.log.exists() else 0
        self.process = Process(
            [java(), f"-Xmx{self.heap}", "-Xms256m", *COLLECTOR, "-Djava.awt.headless=true",
             # What a killed JVM leaves (unpacked libraries, counters) goes with the folder.
             f"-Djava.io.tmpdir={self.folder.path}", "-XX:-UsePerfData",
             "-Dorg.slf4j.simpleLogger.defaultLogLevel=info", "-Dorg.slf4j.simpleLogger.showDateTime=true",
             *(self.java_options or class_archive()), "-cp", self.class_path, "kafka.Kafka", self.folder.path / "server.properties"], self.log)
        try:
            self.process.wait_until(lambda: answers_kafka(self.port), "answering", timeout_s)
        except ServiceError as error:
            with open(self.log, "rb") as log:
                log.seek(before)
                taken = PORT_TAKEN.search(log.read().decode(errors="replace"))
            self.process.close()
            if taken:
                raise PortTaken(str(error)) from error
            raise

    def stop(self):
        return self.process.stop()

    def kill(self):
        return self.process.kill()

    def restart(self):
        if self.process.running:
            self.stop()
        self.start()

    def close(self):
        if self.process:
            # Its data goes with it, so there is nothing that an orderly end would save.
            self.process.kill()
        self.folder.close()

    def _start_on_new_ports(self):
        for tries_left in reversed(range(PORT_TRIES)):
            self.port, controller = free_ports(2)
            self.bootstrap = f"{LOOPBACK}:{self.port}"
            self._write_properties(controller)
            self._format()
            try:
                return self.start()
            except PortTaken:
                if not tries_left:
                    raise

    def _write_properties(self, controller):
        ours = {
            "listeners": f"PLAINTEXT://{LOOPBACK}:{self.port},CONTROLLER://{LOOPBACK}:{controller}",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{self.port}",
            "controller.quorum.voters": f"1@{LOOPBACK}:{controller}",
            "log.dirs": str(self.folder.path / "data"),
        }
        lines = [f"{name}={value}\n" for name, value in {**ours, **self.properties}.items()]
        (self.folder.path / "server.properties").write_text("".join(lines))

    def _format(self):
        """Empty storage is the same for every node of a version, and Java takes a second to make it: it is made once and copied."""
        data = self.folder.path / "data"
        shutil.rmtree(data, ignore_errors=True)
        version = next(KAFKA_LIB.glob("kafka-clients-*.jar")).stem
        kept = KAFKA_LIB.parent / f"empty-{version}-node-{self.properties['node.id']}"
        if not kept.exists():
            self._format_with_java()
            with tempfile.TemporaryDirectory(dir=kept.parent) as beside:
                made = pathlib.Path(beside) / "data"
                shutil.copytree(data, made)
                with contextlib.suppress(OSError):  # somebody else was first
                    made.rename(kept)
            return
        shutil.copytree(kept, data)

    def _format_with_java(self):
        # A Kafka UUID is 16 random bytes in URL-safe base64; this alphabet's leading "-" would read as an option.
        cluster = "A" + secrets.token_urlsafe(16)[1:22]
        done = run_java(["-cp", self.class_path, "kafka.tools.StorageTool", "format", "-t", cluster,
                         "-c", self.folder.path / "server.properties"])
        if done.returncode != 0:
            raise ServiceError(f"Kafka's storage could not be formatted:\n{done.stdout}{done.stderr}")


class PortTaken(ServiceError):
    """Somebody took the port between asking the kernel and listening."""


def answers_kafka(port):
    """Whether a Kafka broker answers an ApiVersions request (it does so once its start is complete)."""
    request = struct.pack(">hhih", 18, 0, 7, -1)  # ApiVersions, version 0, correlation id 7, no client id
    try:
        with socket.create_connection((LOOPBACK, port), 1) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            connection.settimeout(5)
            head = connection.recv(10, socket.MSG_WAITALL)
            return len(head) == 10 and struct.unpack(">iih", head)[1:] == (7, 0)
    except OSError:
        return False


class ExternalKafka(_Cluster):
    """The cluster of ATS_KAFKA_CONFIG (a file of librdkafka properties) or ATS_KAFKA_BOOTSTRAP. The topic prefix is random; all
    topics that begin with it are deleted by close()."""

    def __init__(self):
        self.properties = self._read()
        self.bootstrap = self.properties.get("bootstrap.servers") or self.properties.get("metadata.broker.list")
        if not self.bootstrap:
            raise Missing(f"bootstrap.servers in {self.config} (add it, or set ATS_KAFKA_BOOTSTRAP)")
        self.prefix = f"ats-{secrets.token_hex(4)}."
        self.folder = TempDir("external-kafka")
        self.folder.path.chmod(0o700)
        self.java_config = self.folder.path / "client.properties"
        self.java_config.touch(mode=0o600)
        self.java_config.write_text("".join(f"{name}={value}\n" for name, value in java_properties(self.properties).items()))
        self._admin = self._connect()
        _alive.append(self)

    def __str__(self):
        return f"Kafka at {self.bootstrap}"

    def close(self):
        try:
            ours = [name for name in self._admin.list_topics(timeout=30).topics if name.startswith(self.prefix)]
            for name, result in (self._admin.delete_topics(ours, operation_timeout=30) if ours else {}).items():
                try:
                    result.result(60)
                except Exception as error:
                    raise ServiceError(f"topic {name} could not be deleted from {self.bootstrap}: {error}") from error
        finally:
            self.folder.close()
            _forget(self)

    def _read(self):
        name = os.environ.get("ATS_KAFKA_CONFIG")
        if not name:
            return {"bootstrap.servers": os.environ["ATS_KAFKA_BOOTSTRAP"]}
        self.config = pathlib.Path(name).resolve()
        try:
            return read_properties(self.config)
        except OSError as error:
            raise Missing(f"the file of ATS_KAFKA_CONFIG: {error}") from error

    def _connect(self):
        try:
            from confluent_kafka.admin import AdminClient
        except ImportError as error:
            raise Missing("python3-confluent-kafka (run scripts/setup)") from error
        admin = AdminClient({**self.properties, "log_level": "0"})
        try:
            admin.list_topics(timeout=15)
        except Exception as error:
            raise Missing(f"a Kafka that answers at {self.bootstrap}: {error} (start it, or unset ATS_KAFKA_CONFIG and "
                          "ATS_KAFKA_BOOTSTRAP to use one of our own)") from error
        return admin


def read_properties(path):
    """name=value lines of a librdkafka properties file."""
    properties = {}
    for line in pathlib.Path(path).read_text().splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            name, _, value = line.partition("=")
            properties[name.strip()] = value.strip()
    return properties


def java_properties(properties):
    """The same connection in the words of Kafka's Java client: TLS with PEM files, SASL with user and password."""
    def same(name):
        return properties.get(name)

    user, password = same("sasl.username"), same("sasl.password")
    mechanism = same("sasl.mechanism") or same("sasl.mechanisms")
    result = {"bootstrap.servers": same("bootstrap.servers") or same("metadata.broker.list"),
              "security.protocol": (same("security.protocol") or "plaintext").upper(), "sasl.mechanism": mechanism}
    if user is not None and mechanism:
        module = "scram.ScramLoginModule" if mechanism.startswith("SCRAM") else "plain.PlainLoginModule"
        quoted = [value.replace("\\", "\\\\").replace('"', '\\"') for value in (user, password or "")]
        result["sasl.jaas.config"] = (f"org.apache.kafka.common.security.{module} required "
                                      f'username="{quoted[0]}" password="{quoted[1]}";').replace("\\", "\\\\")
    if same("ssl.ca.location"):
        result |= {"ssl.truststore.type": "PEM", "ssl.truststore.location": same("ssl.ca.location")}
    if same("ssl.certificate.location"):
        result |= {"ssl.keystore.type": "PEM", "ssl.key.password": same("ssl.key.password"),
                   "ssl.keystore.certificate.chain": _pem_value(same("ssl.certificate.location")),
                   "ssl.keystore.key": _pem_value(same("ssl.key.location"))}
    if same("ssl.endpoint.identification.algorithm") == "none":
        result["ssl.endpoint.identification.algorithm"] = ""
    return {name: value for name, value in result.items() if value is not None}


def _pem_value(path):
    """A PEM file as the value of a Java property."""
    return pathlib.Path(path).read_text().strip().replace("\n", "\\n")


# ---- Mosquitto -----------------------------------------------------------------------------------------------------------

def _mosquitto_programs():
    """Version to program, oldest first: the system's own, and what scripts/setup has unpacked beside it."""
    programs = []
    for path in [pathlib.Path("/usr/sbin/mosquitto"), *CACHE.glob("mosquitto-*/usr/sbin/mosquitto")]:
        if path.exists():
            text = subprocess.run([path, "-h"], capture_output=True, text=True, check=False).stdout
            found = re.match(r"mosquitto version ([0-9.]+)", text)
            if found:
                programs.append((found[1], path))
    return dict(sorted(programs, key=lambda program: [int(part) for part in program[0].split(".")]))


def mosquitto_versions():
    """The versions that are here, oldest first."""
    return list(_mosquitto_programs())


class Mosquitto(_Closing):
    """A stock Mosquitto on loopback with its folder, both of user mosquitto (when we are root; else both are ours). Not started when
    constructed: set options, add() files, then start()."""

    def __init__(self, version=None, plugin=None, options=None, extra_conf="", first_conf="", env=None, anonymous=None):
        programs = _mosquitto_programs()
        if not programs:
            raise Missing("mosquitto (run scripts/setup)")
        self.version = version or next(iter(programs))
        if self.version not in programs:
            raise Missing(f"mosquitto {self.version}; here are {', '.join(programs)} (run scripts/setup)")
        self.program = programs[self.version]
        self.env = env or {}
        self.options = dict(options or {})
        self.extra_conf, self.first_conf = extra_conf, first_conf
        self.anonymous = plugin is None if anonymous is None else anonymous
        self.folder = TempDir("mosquitto", BROKER_USER if _has_user(BROKER_USER) else None)
        self.path = self.folder.path
        self.log = self.path / "mosquitto.log"
        self.plugin = self.add(plugin) if plugin else None
        self.process = None
        self.port = None

    def add(self, source, name=None, mode=None):
        """Copies a file or folder into the broker's folder, owned by its user; returns the new path."""
        source = pathlib.Path(source)
        target = self.path / (name or source.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not source.exists():
            raise Missing(f"{source} (build it first)")
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            # Never written in place: a running broker may have it mapped.
            shutil.copy2(source, target.with_name(target.name + ".new"))
            os.replace(target.with_name(target.name + ".new"), target)
        if mode is not None:
            target.chmod(mode)
        self.folder.give(self.path / target.relative_to(self.path).parts[0])
        return target

    def make_folder(self, name):
        """A folder of the broker's user, for state; returns its path."""
        path = self.path / name
        path.mkdir(parents=True, exist_ok=True)
        self.folder.give(self.path / path.relative_to(self.path).parts[0])
        return path

    @property
    def pid(self):
        return self.process.pid

    @property
    def running(self):
        return self.process is not None and self.process.running

    def start(self, timeout_s=30):
        """Starts it, the first time on a new port, then always on the same; returns when it accepts connections."""
        first = self.port is None
        for tries_left in reversed(range(PORT_TRIES)):
            if first:
                self.port = free_port()
            start_of_log = self._launch()
            try:
                return self.process.wait_until(lambda: accepts(self.port), "listening", timeout_s)
            except ServiceError:
                self.process.close()
                if not tries_left or not PORT_TAKEN.search(self._log_from(start_of_log)):
                    raise

    def run_until_exit(self, timeout_s=30):
        """For a configuration that the broker must refuse: starts it, waits for its end, returns (exit code, log of this run)."""
        if self.port is None:
            self.port = free_port()
        start_of_log = self._launch()
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise ServiceError(f"mosquitto {self.version} runs, though it should have refused:\n{self.process.log_tail()}") from None
        return code, self._log_from(start_of_log)

    def reload(self):
        """SIGHUP."""
        self.process.signal(signal.SIGHUP)

    def stop(self, timeout_s=30):
        return self.process.stop(timeout_s)

    def kill(self):
        return self.process.kill()

    def restart(self):
        if self.running:
            self.stop()
        self.start()

    def wait_for_text(self, text, timeout_s=30):
        return self.process.wait_for_text(text, timeout_s)

    def close(self):
        if self.process:
            self.process.close()
        self.folder.close()

    def _launch(self):
        (self.path / "mosquitto.conf").write_text(self._configuration())
        start_of_log = self.log.stat().st_size if self.log.exists() else 0
        self.process = Process([self.program, "-c", self.path / "mosquitto.conf"], self.log, self.env, cwd=self.path)
        return start_of_log

    def _log_from(self, start):
        with open(self.log, "rb") as log:
            log.seek(start)
            return log.read().decode(errors="replace")

    def _configuration(self):
        lines = [
            self.first_conf,  # what Mosquitto wants before anything else: per_listener_settings
            f"user {BROKER_USER}",  # as root only: else it runs as who started it
            f"listener {self.port} {LOOPBACK}",
            "set_tcp_nodelay true",
            f"allow_anonymous {'true' if self.anonymous else 'false'}",
            "log_dest stderr",
            "log_timestamp_format %Y-%m-%dT%H:%M:%S",
        ]
        if self.plugin:
            lines.append(f"plugin {self.plugin}")
            for name, value in self.options.items():
                text = str(value).lower() if isinstance(value, bool) else value
                lines.append(f"plugin_opt_{name} {text}")
        return "\n".join([*lines, self.extra_conf, ""])


def _has_user(name):
    try:
        pwd.getpwnam(name)
        return True
    except KeyError:
        return False
