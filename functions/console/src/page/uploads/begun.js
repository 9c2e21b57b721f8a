// Large files whose sending has begun and was interrupted: whoever chooses one again goes on with what is not there yet.

import { call } from "../shell/api.js";
import { known } from "../shell/known.js";

/** A smaller file is sent as a whole, and so from its beginning. */
const WHOLE_MAX = 64 * 1024 * 1024;
/** When each file was last changed, by its upload. The API is not told of that; this tab remembers it. */
const KEY = "console.begun";

/** The uploads that this page sends, or has tried to. */
const own = new Set();

const changes = () => JSON.parse(sessionStorage.getItem(KEY)) ?? {};

/** Whether there is something of a file in the store that need not be sent again. */
export function canGoOn({ status, part_count: parts, created_by: by }) {
  return status === "waiting" && Boolean(parts) && by === known.user.id;
}

/**
 * What was begun of a file before this page was loaded; undefined if nothing was. A file that was changed since is another one. The first page of the
 * list is enough, as it has the newest uploads, and what did not come through is at most a day old.
 */
export async function findBegun(team, file, signal) {
  if (file.size <= WHOLE_MAX) return undefined;
  const { data } = await call("uploads.list", { team }, { query: { status: "waiting", limit: 100 }, signal });
  const isChanged = ({ id }) => (changes()[id] ?? file.lastModified) !== file.lastModified;
  return data.find((upload) => canGoOn(upload) && !own.has(upload.id) && upload.filename === file.name && upload.size === file.size && !isChanged(upload));
}

/** Remembers of which file an upload is. */
export function keepBegun({ id, part_count: parts }, { lastModified }) {
  own.add(id);
  if (parts) sessionStorage.setItem(KEY, JSON.stringify({ ...changes(), [id]: lastModified }));
}
