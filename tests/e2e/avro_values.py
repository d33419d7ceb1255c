# SPDX-License-Identifier: Apache-2.0
"""Random values of Avro schemas as a device writes them and as readers give them back: for test_avro_oracle.py."""
import datetime
import decimal
import json
import struct
import uuid

EPOCH = datetime.datetime(1970, 1, 1)


# ---- values of any schema, without logical types ----

def value_of(random, kind):
    """(JSON that the gate takes, what fastavro reads)."""
    if isinstance(kind, list):
        return value_of(random, random.choice(kind))
    name = kind["type"] if isinstance(kind, dict) else kind
    return MAKERS[name](random, kind)


def of_real(random, _):
    number = random.choice((0.0, 1.5, -2.25, 1e10, random.randint(-10**6, 10**6) / 1024))
    return number, number


def of_text(random, _):
    text = "".join(random.choice("abc äß€\U0001f600\"\\\n\x01") for _ in range(random.randint(0, 12)))
    return text, text


def of_binary(random, kind):
    count = kind["size"] if isinstance(kind, dict) and "size" in kind else random.randint(0, 12)
    value = bytes(random.randrange(256) for _ in range(count))
    return value.decode("latin-1"), value


def of_symbol(random, kind):
    symbol = random.choice(kind["symbols"])
    return symbol, symbol


def of_array(random, kind):
    made = [value_of(random, kind["items"]) for _ in range(random.randint(0, 4))]
    return [item[0] for item in made], [item[1] for item in made]


def of_map(random, kind):
    made = {f"k{i}": value_of(random, kind["values"]) for i in range(random.randint(0, 4))}
    return {key: value[0] for key, value in made.items()}, {key: value[1] for key, value in made.items()}


def of_record(random, kind):
    made = {field["name"]: value_of(random, field["type"]) for field in kind["fields"]}
    names = list(made)
    random.shuffle(names)
    return {name: made[name][0] for name in names}, {name: value[1] for name, value in made.items()}


def same(random, *choices):
    value = random.choice(choices)
    return value, value


MAKERS = {
    "null": lambda random, _: (None, None),
    "boolean": lambda random, _: same(random, True, False),
    "int": lambda random, _: same(random, 0, -1, 2**31 - 1, -2**31, random.randint(-1000, 1000)),
    "long": lambda random, _: same(random, 0, -1, 2**63 - 1, -2**63, random.randint(-10**12, 10**12)),
    "float": of_real, "double": of_real, "string": of_text, "bytes": of_binary, "fixed": of_binary, "enum": of_symbol,
    "array": of_array, "map": of_map, "record": of_record,
}


# ---- logical types: (type, JSON text, what AvroOracle.java shows) ----

def logical_cases(random):
    for make in (decimal_case, uuid_case, date_case, time_case, timestamp_case, duration_case):
        yield make(random)


def decimal_case(random):
    precision = random.choice((1, 4, 9, 18, 19, 38, 77))
    scale = random.randint(0, precision)
    unscaled = random.choice((0, -1, 10**precision - 1, 1 - 10**precision, random.randint(1 - 10**precision, 10**precision - 1),
                              *(sign * 256**k for k in (1, 2, 4) for sign in (1, -1) if 256**k < 10**precision)))
    with decimal.localcontext() as context:
        context.prec = 200
        text = f"{decimal.Decimal(unscaled).scaleb(-scale):f}"
    kind = {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}
    if random.random() < 0.4:
        kind |= {"type": "fixed", "name": "F", "size": precision // 2 + 2}
    plain = unscaled.to_bytes(kind.get("size", unscaled.bit_length() // 8 + 1), "big", signed=True).decode("latin-1")
    forms = [text, json.dumps(text)]
    if not plain.lstrip("-").replace(".", "", 1).isdigit():  # else it is a text of digits
        forms.append(json.dumps(plain))
    if unscaled != 0:
        forms.append(f"{unscaled}e-{scale}")
    return kind, random.choice(forms), text


def uuid_case(random):
    value = uuid.UUID(int=random.getrandbits(128))
    kind = random.choice(({"type": "string"}, {"type": "fixed", "name": "F", "size": 16}))
    return kind | {"logicalType": "uuid"}, json.dumps(str(value)), str(value)


def date_case(random):
    date = datetime.date.fromordinal(random.randint(1, datetime.date.max.toordinal()))
    plain = str(date.toordinal() - datetime.date(1970, 1, 1).toordinal())
    return {"type": "int", "logicalType": "date"}, random.choice((plain, json.dumps(date.isoformat()))), date.isoformat()


def time_case(random):
    unit = random.choice((1000, 1))  # microseconds
    value = random.choice((0, 86_400_000_000 // unit - 1, random.randrange(86_400_000_000 // unit))) * unit
    text = (EPOCH + datetime.timedelta(microseconds=value)).time().isoformat()
    kind = {"type": "int", "logicalType": "time-millis"} if unit == 1000 else {"type": "long", "logicalType": "time-micros"}
    return kind, random.choice((str(value // unit), json.dumps(text))), str(value * 1000)


def timestamp_case(random):
    name, per_second = random.choice((("millis", 10**3), ("micros", 10**6), ("nanos", 10**9)))
    local = random.random() < 0.5
    span = 9_000_000_000 if name == "nanos" else 60_000_000_000
    seconds, part = random.randint(-span, span), random.randrange(per_second)
    begin = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
    offset = 0 if local else random.randint(-839, 839)
    text = (begin + datetime.timedelta(minutes=offset)).strftime("%Y").zfill(4) + (begin + datetime.timedelta(minutes=offset)).strftime("-%m-%dT%H:%M:%S")
    digits = len(str(per_second)) - 1
    text += f".{part:0{digits}d}".rstrip("0").rstrip(".") if random.random() < 0.7 else f".{part:0{digits}d}"
    if not local:
        text += "Z" if offset == 0 else f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
    kind = {"type": "long", "logicalType": ("local-" if local else "") + f"timestamp-{name}"}
    return kind, random.choice((str(seconds * per_second + part), json.dumps(text))), f"{seconds} {part * (10**9 // per_second)}"


def duration_case(random):
    months, days, ms = (random.choice((0, 1, 2**32 - 1, random.randrange(2**32))) for _ in range(3))
    text = f"P{months // 12}Y{months % 12}M{days // 7}W{days % 7}DT{ms // 3_600_000}H{ms // 60_000 % 60}M{ms // 1000 % 60}.{ms % 1000:03d}S"
    plain = struct.pack("<III", months, days, ms).decode("latin-1")
    return {"type": "fixed", "name": "F", "size": 12, "logicalType": "duration"}, random.choice((json.dumps(text), json.dumps(plain))), f"{months} {days} {ms}"
