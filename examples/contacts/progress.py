"""How far a load is: what was acknowledged, in a file that is whole at any moment, and what was refused."""

import csv, itertools, json, os, sys, threading, time

REFUSED = "refused.csv"
OUTCOMES = ("created", "updated", "refused")


class Stop(Exception):
    """Why it cannot go on."""


class Progress:
    """Numbers of rows in ranges, and how many rows had which outcome; refused rows in a file of their own."""

    def __init__(self, path, refused_path, what):
        self.path, self.lock = path, threading.Lock()
        self.state = {"what": what, "done": [], "refused_bytes": 0, **dict.fromkeys(OUTCOMES, 0)}
        self.state["refused_path"] = refused_path or REFUSED
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                kept = json.load(file)
            if kept["what"] == what:
                self.state |= kept
            elif kept["done"]:
                raise Stop(f"{path} is about another load: remove it, or choose another with --checkpoint")
        elif refused_path and os.path.exists(refused_path):
            raise Stop(f"{refused_path} is there already: move it away, or choose another with --refused")
        else:
            # What an earlier load refused is still to be put right, and may be what is loaded now.
            self.state["refused_path"] = refused_path or first_free(REFUSED)
        self.refused_path = self.state["refused_path"]
        self.save()
        self.refused = open(self.refused_path, "a", newline="", encoding="utf-8")
        # What was noted after the last checkpoint is sent again, and noted again.
        self.refused.truncate(self.state["refused_bytes"])
        self.begin, self.before, self.told = time.monotonic(), self.count(), 0

    def missing(self, rows):
        """Those that were not acknowledged before now."""
        done = self.state["done"]
        return (row for row in rows if not any(first <= row.number <= last for first, last in done))

    def acknowledge(self, batch, header):
        """Notes rows that have an outcome."""
        # Of what was refused before, only the latest line and reason are told.
        told = len(list(itertools.takewhile(lambda name: name.startswith("#"), header)))
        refused = [[row.line, row.reason, *row.cells[told:]] for row in batch if row.outcome == "refused"]
        with self.lock:
            if refused:
                titles = [] if self.state["refused"] else [["#line", "#reason", *header[told:]]]
                csv.writer(self.refused).writerows(titles + refused)
                self.state["refused_bytes"] = flushed(self.refused)
            for row in batch:
                self.state[row.outcome] += 1
            self.state["done"] = joined(self.state["done"] + [[row.number, row.number] for row in batch])
            self.save()
            if time.monotonic() - self.told > 1:
                self.told = time.monotonic()
                print(self, file=sys.stderr, flush=True)

    def save(self):
        """Replaces the file."""
        with open(f"{self.path}.new", "w", encoding="utf-8") as file:
            json.dump(self.state, file)
            flushed(file)
        os.replace(f"{self.path}.new", self.path)

    def end(self):
        """Leaves only what is still of use."""
        os.remove(self.path)
        if not self.state["refused"]:
            os.remove(self.refused_path)

    def count(self):
        """The rows that have an outcome."""
        return sum(self.state[outcome] for outcome in OUTCOMES)

    def __str__(self):
        rate = (self.count() - self.before) / (time.monotonic() - self.begin)
        counts = ", ".join(f"{self.state[outcome]:,} {outcome}" for outcome in OUTCOMES)
        return f"{self.count():,} contacts ({counts}), {rate:,.0f} contacts/s"


def first_free(name):
    """The first name of these that no file has: refused.csv, refused-2.csv, and so on."""
    stem, ending = os.path.splitext(name)
    names = itertools.chain([name], (f"{stem}-{number}{ending}" for number in itertools.count(2)))
    return next(name for name in names if not os.path.exists(name))


def flushed(file):
    """The size of a file that is on the disk now."""
    file.flush()
    os.fsync(file.fileno())
    return os.fstat(file.fileno()).st_size


def joined(ranges):
    """The same numbers in as few ranges as can be."""
    few = []
    for first, last in sorted(ranges):
        if few and first <= few[-1][1] + 1:
            few[-1][1] = max(few[-1][1], last)
        else:
            few.append([first, last])
    return few
