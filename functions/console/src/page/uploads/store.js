// The store that takes the bytes. It is another origin than the API's, and knows no sessions: the URL is all that it asks for.

/** A URL that ends this soon is not begun with, in milliseconds. */
const MARGIN = 30_000;

/** Whether there is time to begin with a signed request. */
export function isUsable({ expires_at: end }) {
  return new Date(end) - Date.now() > MARGIN;
}

/** Sends bytes by a signed request, and gives the status. Of the ways that a browser has, this one tells how far it is. */
export function sendBytes({ url, method, headers }, bytes, signal, progressed) {
  return new Promise((done, failed) => {
    signal.throwIfAborted();
    const sender = new XMLHttpRequest();
    const abort = () => sender.abort();
    sender.open(method, url);
    for (const [name, value] of Object.entries(headers)) {
      // The browser sets the length itself, and lets nobody else.
      if (name.toLowerCase() !== "content-length") sender.setRequestHeader(name, value);
    }
    sender.upload.addEventListener("progress", ({ loaded }) => progressed(loaded));
    sender.addEventListener("load", () => done(sender.status));
    sender.addEventListener("error", () => failed(new Error("The connection to the store broke. Try again when it is back.")));
    sender.addEventListener("abort", () => failed(new DOMException("It was stopped.", "AbortError")));
    // The signal is that of the whole file, and outlives each of its parts.
    sender.addEventListener("loadend", () => signal.removeEventListener("abort", abort));
    signal.addEventListener("abort", abort);
    sender.send(bytes);
  });
}
