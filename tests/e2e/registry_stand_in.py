# SPDX-License-Identifier: Apache-2.0
"""A Schema Registry as Confluent's API has it, as far as schemas are registered, looked up and read: it allocates ids by counting, in memory.
It shares no code with anything of ours, and stands in for a real one, which no package that the tests may install brings."""
import base64
import http.server
import json
import ssl
import threading


class Registry:
    def __init__(self, first_id=1, user_info=None, certificate=None):
        self.first_id, self.user_info = first_id, user_info
        self.schemas = {}  # by id: the text
        self.subjects = {}  # ids of each, in the order of its versions
        self.compatibility = {}
        self.asked = []  # (method, path)
        self.refusing, self.failing = None, 0  # a message for 409; how many answers are 503
        self.lock = threading.Lock()
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with registry.lock:
                    registry.asked.append((self.command, self.path))
                    status, said = registry.answer(self.command, self.path.split("?")[0].strip("/").split("/"), body, self.headers.get("Authorization"))
                text = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    @staticmethod
    def words(text):
        """The schema whatever the space between its words, as the real one compares."""
        return json.dumps(json.loads(text))

    def give_id(self, text):
        for number, stored in self.schemas.items():
            if self.words(stored) == self.words(text):
                return number
        number = self.first_id + len(self.schemas)
        self.schemas[number] = text
        return number

    def answer(self, method, parts, body, authorization):
        if self.user_info and authorization != "Basic " + base64.b64encode(self.user_info.encode()).decode():
            return 401, {"error_code": 401, "message": "Unauthorized"}
        if self.failing > 0:
            self.failing -= 1
            return 503, {"error_code": 50301, "message": "no leader"}
        if parts[0] == "config" and method == "PUT":
            self.compatibility[parts[1]] = json.loads(body)["compatibility"]
            return 200, json.loads(body)
        if parts[:2] == ["schemas", "ids"]:
            text = self.schemas.get(int(parts[2]))
            return (200, {"schema": text}) if text is not None else (404, {"error_code": 40403, "message": "Schema not found"})
        if method == "POST" and parts[0] == "subjects":
            return self.post(parts, json.loads(body)["schema"])
        if parts == ["subjects"]:
            return 200, sorted(self.subjects)
        return 404, {"error_code": 404, "message": "HTTP 404 Not Found"}

    def post(self, parts, text):
        known = self.subjects.get(parts[1], [])
        if len(parts) == 2:
            if not known:
                return 404, {"error_code": 40401, "message": "Subject not found"}
            for version, number in enumerate(known, 1):
                if self.words(self.schemas[number]) == self.words(text):
                    return 200, {"subject": parts[1], "version": version, "id": number, "schema": self.schemas[number]}
            return 404, {"error_code": 40403, "message": "Schema not found"}
        if self.refusing:
            return 409, {"error_code": 409, "message": self.refusing}
        number = self.give_id(text)
        if number not in known:
            self.subjects[parts[1]] = [*known, number]
        return 200, {"id": number}
