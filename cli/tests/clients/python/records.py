"""The records file and the hash of the client suites; described in `cli/tests/support/hashes.rs`."""

import hashlib
import json
import struct

INT = struct.Struct(">i")
LONG = struct.Struct(">q")


def read_records(path):
    """Yields (partition, timestamp, key, headers, value) from a records file."""
    with open(path, "rb") as file:
        data = file.read()
    at = 0

    def field():
        nonlocal at
        (length,) = INT.unpack_from(data, at)
        at += 4
        if length < 0:
            return None
        at += length
        return data[at - length : at]

    while at < len(data):
        (partition,) = INT.unpack_from(data, at)
        (timestamp,) = LONG.unpack_from(data, at + 4)
        at += 12
        key = field()
        (header_count,) = INT.unpack_from(data, at)
        at += 4
        headers = [(field().decode(), field()) for _ in range(header_count)]
        yield partition, timestamp, key, headers, field()


class PartitionHash:
    """The two running hashes of one partition."""

    def __init__(self):
        self.count = 0
        self.content = hashlib.sha256()
        self.full = hashlib.sha256()

    def add(self, offset, timestamp, key, headers, value):
        parts = [_field(key), INT.pack(len(headers))]
        for name, header_value in headers:
            parts.append(_field(name.encode()))
            parts.append(_field(header_value))
        parts.append(_field(value))
        fields = b"".join(parts)
        self.content.update(fields)
        self.full.update(struct.pack(">qq", offset, timestamp))
        self.full.update(fields)
        self.count += 1

    def print_line(self, topic, partition):
        line = {
            "topic": topic,
            "partition": partition,
            "count": self.count,
            "content": self.content.hexdigest(),
            "full": self.full.hexdigest(),
        }
        print(json.dumps(line), flush=True)


def _field(value):
    return INT.pack(-1) if value is None else INT.pack(len(value)) + value
