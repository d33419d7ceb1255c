# SPDX-License-Identifier: Apache-2.0
"""Random Avro schemas, and what a next version makes of one: for test_avro_oracle.py."""
import copy

PRIMITIVES = ("boolean", "int", "long", "float", "double", "bytes", "string")
DEFAULTS = {"null": None, "boolean": True, "int": 7, "long": 8, "float": 1.5, "double": 2.5, "bytes": "b", "string": "s"}
LOGICAL = {"int": ("date", "time-millis"), "string": ("uuid",),
           "long": ("time-micros", "timestamp-millis", "timestamp-micros", "local-timestamp-millis", "local-timestamp-micros", "of-tomorrow")}


class Maker:
    """One schema; the names of its types are used up as it goes."""

    def __init__(self, random, logical=0.25):
        self.random = random
        self.logical = logical  # how often a primitive type has a logical one
        self.names = 0

    def name(self, letter):
        self.names += 1
        return f"{letter}{self.names}"

    def record(self, depth=0, name="Event"):
        fields = [self.field(f"f{i}", depth) for i in range(self.random.randint(1, 4))]
        made = {"type": "record", "name": name, "fields": fields}
        if self.random.random() < 0.2:
            made["namespace"] = self.random.choice(("plant", "plant.line"))
        return made

    def field(self, name, depth):
        made = {"name": name, "type": self.type(depth + 1)}
        value = default_of(made["type"])
        if value is not NOTHING and self.random.random() < 0.4:
            made["default"] = value
        return made

    def type(self, depth):
        draw = self.random.random()
        if depth < 4 and draw < 0.14:
            return self.record(depth, self.name("R"))
        if depth < 4 and draw < 0.22:
            return {"type": "array", "items": self.type(depth + 1)}
        if depth < 4 and draw < 0.3:
            return {"type": "map", "values": self.type(depth + 1)}
        if depth < 4 and draw < 0.48:
            return self.union(depth)
        if draw < 0.58:
            made = {"type": "enum", "name": self.name("E"), "symbols": ["A", "B", "C"][:self.random.randint(1, 3)]}
            if self.random.random() < 0.4:
                made["default"] = made["symbols"][0]
            return made
        if draw < 0.66:
            return {"type": "fixed", "name": self.name("X"), "size": self.random.choice((2, 4, 16))}
        return self.primitive()

    def primitive(self):
        kind = self.random.choice(PRIMITIVES)
        if self.random.random() >= self.logical:
            return kind
        if kind == "bytes":
            return {"type": kind, "logicalType": "decimal", "precision": self.random.choice((4, 9)), "scale": 2}
        return {"type": kind, "logicalType": self.random.choice(LOGICAL[kind])} if kind in LOGICAL else kind

    def union(self, depth):
        """Of JSON types that differ, as a contract's must be."""
        branches = ["null", self.random.choice(("int", "long", "double", "float")), self.random.choice(("string", "bytes", "boolean"))]
        if self.random.random() < 0.4:
            branches.append(self.record(depth + 1, self.name("R")))
        self.random.shuffle(branches)
        return branches[:self.random.randint(1, len(branches))]


NOTHING = object()


def default_of(kind):
    """A default for a type, or NOTHING."""
    if isinstance(kind, list):
        return default_of(kind[0])
    name = kind["type"] if isinstance(kind, dict) else kind
    if name in DEFAULTS:
        return NOTHING if isinstance(kind, dict) and kind.get("logicalType") == "uuid" else DEFAULTS[name]
    return {"array": [], "map": {}, "enum": kind["symbols"][0] if name == "enum" else None}.get(name, NOTHING)


def places(kind, hold):
    """(container, key, type) of each type that stands in a schema."""
    yield (*hold, kind)
    if isinstance(kind, list):
        for i, branch in enumerate(kind):
            yield from places(branch, (kind, i))
    elif isinstance(kind, dict) and kind["type"] == "record":
        for field in kind["fields"]:
            yield from places(field["type"], (field, "type"))
    elif isinstance(kind, dict):
        for key in ("items", "values"):
            if key in kind:
                yield from places(kind[key], (kind, key))


def next_version(random, schema):
    """The schema with one to three changes that versions have."""
    changed = copy.deepcopy(schema)
    for _ in range(random.randint(1, 3)):
        holder = {"root": changed}
        change_one(random, *random.choice(list(places(changed, (holder, "root")))))
        changed = holder["root"]
    return changed


def change_one(random, holder, key, kind):
    name = kind["type"] if isinstance(kind, dict) else kind
    if key != "root" and random.random() < 0.15:
        put(holder, key, random.choice((["null", kind], [kind, "null"])) if not isinstance(kind, list) else random.choice(kind))
    elif isinstance(kind, list):
        change_union(random, kind)
    elif name in ("array", "map"):
        put(holder, key, {"type": "array", "items": "int"} if name == "map" else kind["items"])
    elif isinstance(kind, dict) and name in ("record", "enum", "fixed"):
        change_named(random, kind)
    else:
        put(holder, key, Maker(random).primitive())


def put(holder, key, kind):
    """Another type, and so no default of the former one."""
    holder[key] = kind
    if isinstance(holder, dict) and key == "type":
        holder.pop("default", None)
        value = default_of(kind)
        if value is not NOTHING:
            holder["default"] = value


def change_union(random, branches):
    if random.random() < 0.5 and len(branches) > 1:
        branches.pop(random.randrange(len(branches)))
    else:
        branches.insert(random.randint(0, len(branches)), random.choice(("null", "long", "string", "boolean", "float")))


def change_named(random, kind):
    draw = random.random()
    if draw < 0.15:
        if random.random() < 0.6:
            kind.setdefault("aliases", []).append(kind["name"])
        kind["name"] += "x"
    elif draw < 0.25:
        kind["namespace"] = random.choice(("plant", "elsewhere"))
    elif kind["type"] == "fixed":
        kind["size"] = random.choice((2, 4, 16))
    elif kind["type"] == "enum":
        change_symbols(random, kind)
    else:
        change_fields(random, kind)


def change_symbols(random, kind):
    draw = random.random()
    if draw < 0.4:
        kind["symbols"].append(f"S{len(kind['symbols'])}")
    elif draw < 0.7 and len(kind["symbols"]) > 1:
        dropped = kind["symbols"].pop()
        if kind.get("default") == dropped:
            del kind["default"]
    else:
        kind["default"] = kind["symbols"][0]


def change_fields(random, kind):
    draw = random.random()
    fields = kind["fields"]
    field = random.choice(fields)
    if draw < 0.35:
        fields.insert(random.randint(0, len(fields)), Maker(random).field(f"g{len(fields)}", 3))
    elif draw < 0.55 and len(fields) > 1:
        fields.remove(field)
    elif draw < 0.8:
        if random.random() < 0.7:
            field.setdefault("aliases", []).append(field["name"])
        field["name"] = field["name"].replace("f", "h") if random.random() < 0.8 else f"f{random.randint(0, 4)}"
        if field["name"] in field.get("aliases", ()):  # Java's Avro finds such a field twice
            field["aliases"].remove(field["name"])
    elif draw < 0.9:
        random.shuffle(fields)
    else:
        field.pop("default", None)
