// One more team, made as the first one is.

import { start } from "../tokens/start.js";

export function view() {
  return start("Make a team");
}
