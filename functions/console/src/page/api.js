// Calls of the API, which stands beside the page: under /live/v1 if the page is /live/console.

const API = location.pathname.replace(/\/console\/?$/, "/v1");

/** A refusal or a failure, as problem+json (RFC 9457) tells it. */
class Problem extends Error {
  constructor(status, { code = "", detail = "", errors = [], request_id: requestId = "" }) {
    const place = status >= 500 && requestId ? ` (request ${requestId})` : "";
    super(`${detail || `The API answered with status ${status}.`}${place}`);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }

  /** Whether the same request, sent again, would be answered the same. */
  get isFinal() {
    return this.status < 500 && !["idempotency_in_progress", "rate_limited"].includes(this.code);
  }
}

/** The answer to a request; null if it has no body. */
async function call(method, path, { body, key } = {}) {
  const headers = { Accept: "application/json", Authorization: `Bearer ${sessionToken()}` };
  if (body) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const response = await request(`${API}${path}`, { method, headers, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})));
  return response.status === 204 ? null : response.json();
}

/** A fetch that carries nothing but what it is given. */
async function request(url, options) {
  try {
    return await fetch(url, { cache: "no-store", credentials: "omit", redirect: "error", ...options });
  } catch (cause) {
    throw new Error(`No answer from ${new URL(url, location.href).host}. Check the connection and try again.`, { cause });
  }
}

/** All things of a list, page by page. */
async function listAll(path) {
  const things = [];
  let cursor = null;
  do {
    const query = new URLSearchParams({ limit: "100", ...(cursor && { cursor }) });
    const page = await call("GET", `${path}?${query}`);
    things.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor);
  return things;
}

