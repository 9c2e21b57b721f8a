#!/usr/bin/env python3
"""Loads contacts from a CSV file: each row makes a contact, or changes the one with the same address."""

import argparse, csv, hashlib, http.client, json, os, random, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlsplit

from progress import Progress, Stop

BATCH_ROWS, BATCH_BYTES = 100, 900_000  # The API takes 100 operations and 1 MiB.
ANSWER_SECONDS = 40  # The API answers within 30, or not at all.
PAUSE_FIRST, PAUSE_MAX = 0.2, 10
BUSY = (429, 503)
TRY_AGAIN = (*BUSY, 500, 502, 504)
MORE = """The first line of the file names the fields. An empty cell leaves its field as it is; columns that
begin with # are not sent. The token in ENGINE_TOKEN needs object:create and object:update. Whatever ends
this program, the same command goes on where it was: rows that were sent and not acknowledged are sent
again, which does no harm."""


class Row:
    """A row of the file, its operation as JSON, and what became of it."""

    def __init__(self, number, line, cells, header, options):
        self.number, self.line, self.cells, self.operation = number, line, cells, ""
        self.outcome = self.reason = None
        if len(cells) != len(header):
            self.refuse(f"{len(cells)} cells for {len(header)} fields.")
            return
        sent = {name: cell for name, cell in zip(header, cells) if cell and not name.startswith("#")}
        try:
            fields = [f"{json.dumps(name)}: {value(cell, name in options.json)}" for name, cell in sent.items()]
            match = json.dumps(options.match)
            self.operation = f'{{"op": "upsert", "match": {match}, "fields": {{{", ".join(fields)}}}}}'
        except ValueError:
            self.refuse(f"No JSON in {' or '.join(options.json)}.")

    def refuse(self, reason):
        self.outcome, self.reason = "refused", reason

    def settle(self, result):
        """Takes the outcome, unless it is to be asked for again."""
        problem = result.get("problem")
        if not problem:
            self.outcome = "created" if result["status"] == 201 else "updated"
        elif result["status"] not in BUSY:
            faults = [f"{fault['pointer'].split('/')[-1]}: {fault['detail']}" for fault in problem["errors"]]
            self.refuse(" ".join(faults) or problem["detail"])


def value(cell, is_json):
    """A cell as JSON; of a number all digits stay."""
    if not is_json:
        return json.dumps(cell)
    json.loads(cell, parse_constant=int)  # NaN and the like are no integers, either.
    return cell


def read(file, options):
    """The first line, then all rows, as a stream."""
    reader, line = csv.reader(file, strict=True), 1
    try:
        header = next(reader, [])
        yield header
        line = reader.line_num + 1
        for number, cells in enumerate(reader, 1):
            yield Row(number, line, cells, header, options)
            line = reader.line_num + 1
    except (csv.Error, UnicodeDecodeError) as error:
        raise Stop(f"line {line} is no CSV in UTF-8: {error}") from None


def batches(rows):
    """Rows together, as many as one request takes."""
    batch, size = [], 0
    for row in rows:
        if len(batch) == BATCH_ROWS or batch and size + len(row.operation) > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += len(row.operation)
    if batch:
        yield batch


class Loader:
    """Connections that share the batches, each in a thread."""

    def __init__(self, options, header, rows, progress):
        self.options, self.header, self.progress, self.url = options, header, progress, urlsplit(options.url)
        place = f"/v1/teams/{quote(options.team)}/objects/{quote(options.type)}/batch"
        self.path = self.url.path.rstrip("/") + place
        self.headers = {"Authorization": f"Bearer {options.token}", "Content-Type": "application/json"}
        self.batches, self.lock, self.stopped = batches(rows), threading.Lock(), threading.Event()

    def run(self):
        with ThreadPoolExecutor(self.options.connections) as pool:
            threads = [pool.submit(self.work) for _ in range(self.options.connections)]
            try:
                for thread in threads:
                    thread.result()
            finally:
                self.stopped.set()

    def work(self):
        """Loads one batch after the other; a fault stops the other connections, too."""
        kind = http.client.HTTPSConnection if self.url.scheme == "https" else http.client.HTTPConnection
        connection = kind(self.url.netloc, timeout=ANSWER_SECONDS)
        try:
            while (batch := self.next_batch()) and self.load(connection, batch):
                self.progress.acknowledge(batch, self.header)
        except Exception:
            self.stopped.set()
            raise

    def next_batch(self):
        with self.lock:
            return None if self.stopped.is_set() else next(self.batches, None)

    def load(self, connection, batch):
        """Sends rows until each has its outcome; false if all has stopped before."""
        pause, heard = PAUSE_FIRST, time.monotonic()
        while rows := [row for row in batch if not row.outcome]:
            trouble, told = self.send(connection, rows)
            if told or any(row.outcome for row in rows):
                pause, heard = PAUSE_FIRST, time.monotonic()
            elif time.monotonic() - heard > self.options.patience:
                raise Stop(f"no answer for {self.options.patience} seconds: {trouble}")
            if trouble and self.stopped.wait(max(pause, told) * random.uniform(1, 1.5)):
                return False
            pause = min(2 * pause, PAUSE_MAX)
        return True

    def send(self, connection, rows):
        """Settles rows; else tells what is in the way, and for how many seconds to leave the API alone."""
        body = f'{{"operations": [{", ".join(row.operation for row in rows)}]}}'
        try:
            connection.request("POST", self.path, body, self.headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return f"{self.options.url}: {str(error) or type(error).__name__}", 0
        is_json = answer.headers.get_content_subtype().endswith("json")
        content = json.loads(text) if is_json else {"detail": "This is no answer of the API."}
        if answer.status == 200 and is_json:
            for row, result in zip(rows, content["results"]):
                row.settle(result)
            return None if any(row.outcome for row in rows) else "It is busy.", 0
        trouble = f"{answer.status} {answer.reason}: {content['detail']}"
        if answer.status not in TRY_AGAIN:
            raise Stop(trouble)
        told = answer.headers.get("Retry-After", "")
        return trouble, int(told) if told.isdigit() else 0


def asked():
    """The command line, and the token."""
    parser = argparse.ArgumentParser(description=__doc__, epilog=MORE)
    option = parser.add_argument
    option("file", help="the contacts: CSV in UTF-8, of any size")
    option("--url", default="http://127.0.0.1:3000", help="where the API is (%(default)s)")
    option("--team", required=True, help="the id of the team")
    option("--type", default="contacts", help="the object type (%(default)s)")
    option("--match", default="email", metavar="FIELD", help="the unique field to match by (%(default)s)")
    option("--json", action="append", default=[], metavar="FIELD", help="a field that is no text: true, 12.5")
    option("--connections", type=int, default=4, metavar="N", help="requests at the same time (%(default)s)")
    option("--patience", type=int, default=120, metavar="SECONDS", help="when to give up (%(default)s)")
    option("--checkpoint", metavar="PATH", help="keeps what is done (FILE.checkpoint)")
    option("--refused", metavar="PATH", help="gets what is refused (refused.csv, or refused-2.csv if that is there)")
    options = parser.parse_args()
    options.has_begun = False
    options.checkpoint = options.checkpoint or f"{options.file}.checkpoint"
    options.token = os.environ.get("ENGINE_TOKEN") or parser.error("put a token into ENGINE_TOKEN")
    return options


def load(options):
    """Loads what is not loaded yet; how far it is."""
    with open(options.file, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with open(options.file, newline="", encoding="utf-8-sig") as file:
        rows = read(file, options)
        header = next(rows)
        if missing := {options.match, *options.json} - set(header):
            raise Stop(f"the first line of {options.file} does not name {' and '.join(sorted(missing))}")
        what = f"{digest} to {options.team} {options.type} by {options.match}"
        progress = Progress(options.checkpoint, options.refused, what)
        options.has_begun = True
        Loader(options, header, progress.missing(rows), progress).run()
    progress.end()
    return progress


def main():
    """Ends with 1 if it was stopped, or if any row was refused."""
    options = asked()
    try:
        progress = load(options)
    except (Stop, OSError, KeyboardInterrupt) as error:
        on = "\nThe same command goes on from here." if options.has_begun else ""
        sys.exit(f"stopped: {str(error) or 'asked to'}{on}")
    print(progress)
    if refused := progress.state["refused"]:
        sys.exit(f"{refused:,} refused: put the rows right in {progress.refused_path}, and load that file.")


if __name__ == "__main__":
    main()
