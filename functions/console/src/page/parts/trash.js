// To the trash and back. What is in the trash can come back, so it goes there at once, and the notice has the way back.

import { call } from "../shell/api.js";
import { may } from "../shell/known.js";
import { notify } from "../shell/notice.js";
import { refresh } from "../shell/place.js";

/** Moves a thing of a family to the trash; `said` is `{ trashed, restored }`, what the notices say. */
export async function moveToTrash(family, parameters, said) {
  await call(`${family}.trash`, parameters);
  await refresh();
  const operation = `${family}.restore`;
  notify(said.trashed, may(operation) && { operation, task: () => bringBack(family, parameters, said) });
}

export async function bringBack(family, parameters, said) {
  await call(`${family}.restore`, parameters);
  await refresh();
  notify(said.restored);
}
