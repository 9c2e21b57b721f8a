// Dialogs and their forms. The API alone judges what is sent; its faults are shown beside the inputs they belong to.

/** Makes the buttons that close a dialog do so. */
function bindDialog(dialog) {
  for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close());
}

/** Runs a task whenever a form is sent, and shows what goes wrong in the form. */
function onSubmit(form, task) {
  const button = form.querySelector("[type=submit]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    once(button, async () => {
      clearFaults(form);
      try {
        await task();
      } catch (fault) {
        if (fault.status === 401) tell(fault);
        else showFaults(form, fault);
      }
    });
  });
}

function clearFaults(form) {
  for (const place of form.querySelectorAll("[data-fault]")) place.textContent = "";
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}

/** Shows each fault at its place, or above all if it has none, and goes to the first. */
function showFaults(form, fault) {
  const errors = fault.errors?.length ? fault.errors : [{ pointer: "", detail: fault.message }];
  for (const { pointer, detail } of errors) {
    const place = placeOf(form, pointer) ?? placeOf(form, "");
    place.append(...(place.textContent ? [document.createElement("br")] : []), detail);
    inputAt(place)?.setAttribute("aria-invalid", "true");
    const fold = place.closest("details");
    if (fold) fold.open = true;
  }
  const first = [...form.querySelectorAll("[data-fault]")].find((place) => place.textContent);
  first.scrollIntoView({ block: "center" });
  inputAt(first)?.focus();
}

/** Where a fault is shown: the place of the pointer itself, or of the list it points into. */
function placeOf(form, pointer) {
  const places = [...form.querySelectorAll("[data-fault]")];
  const whole = `/${pointer.split("/")[1] ?? ""}`;
  return places.find(({ dataset }) => dataset.fault === (pointer ? whole : ""));
}

/** The input that a place belongs to. */
function inputAt(place) {
  return place.closest(".field")?.querySelector("input, textarea, select");
}

/** A fault that is found before anything is sent. */
function faultAt(pointer, detail) {
  return Object.assign(new Error(detail), { errors: [{ pointer, detail }] });
}

/** Faults whose details name the values they are about, where they stand in a list, and teams as people know them. */
function withValues(fault, body) {
  fault.errors = fault.errors?.map((error) => {
    const [name, index] = error.pointer.split("/").slice(1);
    const value = Array.isArray(body[name]) && index ? `${body[name][index]}: ` : "";
    const detail = known.teams.reduce((text, team) => text.replaceAll(team.id, `“${team.name}”`), error.detail);
    return { ...error, detail: `${value}${detail}` };
  });
  return fault;
}

