// The browser's own choice of files.

import { h } from "../shell/dom.js";

/** The choice that was opened last. It is kept, as some browsers forget one that nothing holds. */
let input = null;

/** Lets somebody choose files and gives them to `chosen`. `accept` is what is shown first; other files can be chosen all the same. */
export function chooseFiles(chosen, accept = null) {
  input = h("input", { type: "file", multiple: true, accept });
  const mine = input;
  mine.addEventListener("change", () => { if (mine.files.length > 0) chosen([...mine.files]); });
  mine.click();
}
