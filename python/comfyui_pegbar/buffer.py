"""Bodies that wait for the server, one file each: what is written survives this process.

Names tell the order, the door and the number of items: `000000000042.traces.17.body`. The oldest go first when the
bound is reached, and what went is counted. Where the disk takes nothing, a short list in memory stands in.
"""

import os
import re

NAME = re.compile(r"(\d{12})\.(traces|records|metrics|thumbnail)(?:\.([0-9A-Za-z_.=-]+?))?\.(\d+)\.body\Z")
# A folder with more files than this is slow to list on every system.
FILES_MOST = 5_000
MEMORY_MOST = 100


class Entry:
    __slots__ = ("seq", "door", "subject", "items", "path", "body", "size")

    def __init__(self, seq, door, subject, items, path, body, size):
        self.seq, self.door, self.subject, self.items = seq, door, subject, items
        self.path, self.body, self.size = path, body, size

    def read(self):
        if self.body is not None:
            return self.body
        with open(self.path, "rb") as file:
            return file.read()


class Buffer:
    def __init__(self, folder, most_bytes, on_drop):
        self.folder, self.most_bytes, self.on_drop = folder, most_bytes, on_drop
        self.entries, self.bytes, self.seq, self.fault = [], 0, 0, None
        try:
            os.makedirs(folder, exist_ok=True)
            for name in sorted(os.listdir(folder)):
                self._found(name)
        except OSError as fault:
            self.fault = str(fault)

    def _found(self, name):
        path = os.path.join(self.folder, name)
        match = NAME.match(name)
        if not match:
            if name.endswith(".part"):  # a process died while it wrote
                _remove(path)
            return
        seq, size = int(match.group(1)), os.path.getsize(path)
        entry = Entry(seq, match.group(2), match.group(3), int(match.group(4)), path, None, size)
        self.entries.append(entry)
        self.bytes += size
        self.seq = max(self.seq, seq)

    def add(self, door, body, items, subject=None):
        """Takes a body as it is sent. Drops the oldest ones where there is no room."""
        self.seq += 1
        name = ".".join(["%012d" % self.seq, door, *([subject] if subject else []), str(items), "body"])
        path = os.path.join(self.folder, name)
        kept = None
        try:
            with open(path + ".part", "wb") as file:
                file.write(body)
            os.replace(path + ".part", path)
            self.fault = None
        except OSError as fault:
            self.fault, kept = str(fault), body
            _remove(path + ".part")
        self.entries.append(Entry(self.seq, door, subject, items, path, kept, len(body)))
        self.bytes += len(body)
        while len(self.entries) > 1 and self._is_full():
            oldest = self.entries[0]
            self.remove(oldest)
            self.on_drop("buffer_full", oldest.items)

    def _is_full(self):
        in_memory = sum(1 for entry in self.entries if entry.body is not None) if self.fault else 0
        return self.bytes > self.most_bytes or len(self.entries) > FILES_MOST or in_memory > MEMORY_MOST

    def remove(self, entry):
        self.entries.remove(entry)
        self.bytes -= entry.size
        if entry.body is None:
            _remove(entry.path)

    @property
    def items(self):
        return sum(entry.items for entry in self.entries)


def _remove(path):
    try:
        os.remove(path)
    except OSError:
        pass
