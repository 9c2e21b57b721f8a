// What the statuses of HTTP are called.

const NAMES = new Map([
  [200, "OK"], [201, "Created"], [202, "Accepted"], [204, "No content"], [304, "Not modified"],
  [400, "Bad request"], [401, "Unauthorized"], [403, "Forbidden"], [404, "Not found"], [405, "Method not allowed"], [409, "Conflict"],
  [412, "Precondition failed"], [413, "Content too large"], [415, "Unsupported media type"], [422, "Unprocessable content"],
  [429, "Too many requests"], [500, "Internal error"], [503, "Unavailable"],
]);

/** "201 Created" */
export function statusName(status) {
  return [status, NAMES.get(Number(status))].filter(Boolean).join(" ");
}
