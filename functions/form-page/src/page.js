// Makes the form pleasant where scripts run: fields come and go by what is filled in, and what is wrong is told as somebody leaves a
// field. The server judges all of it again, and works without this.
(() => {
  const rules = JSON.parse(document.getElementById("rules")?.textContent ?? "{}");
  const form = document.querySelector("form");
  const itemOf = (field) => form.querySelector(`[data-field="${CSS.escape(field)}"]`);

  // The frame around a form is as tall as the form.
  const grow = () => parent.postMessage({ formHeight: document.documentElement.offsetHeight }, "*");
  if (parent !== window) new ResizeObserver(grow).observe(document.documentElement);
  document.getElementById("faults")?.focus();
  if (!form) return;

  /** What stands in a field: null if it is empty. */
  function valueOf(field) {
    const rule = rules[field];
    const item = itemOf(field);
    if (!rule || !item || item.hidden) return null;
    if (rule.type === "checkboxes") {
      const chosen = [...item.querySelectorAll("input:checked")].map(({ value }) => value);
      return chosen.length > 0 ? chosen : null;
    }
    if (rule.type === "checkbox") return item.querySelector("input").checked ? true : null;
    if (rule.type === "radio") return item.querySelector("input:checked")?.value ?? null;
    if (["address", "composite"].includes(rule.type)) return [...item.querySelectorAll("input, select")].some(({ value, type, checked }) => (type === "checkbox" ? checked : value.trim())) || null;
    return item.querySelector("input, select, textarea").value.trim() || null;
  }

  const text = (value) => (typeof value === "object" && value !== null ? JSON.stringify(Array.isArray(value) ? value.toSorted() : value) : String(value));

  function isSame(rule, value, other) {
    if (value === null) return false;
    if (rule.type === "number") return Number(value) === Number(other);
    if (rule.type === "money") return Number(value) === Number(other?.amount ?? other);
    if (rule.type === "email") return String(value).toLowerCase() === String(other).toLowerCase();
    return text(value) === text(other);
  }

  function holds(condition) {
    if (condition.all) return condition.all.every(holds);
    if (condition.any) return condition.any.some(holds);
    const { field, op, value: other } = condition;
    const rule = rules[field] ?? {};
    const value = valueOf(field);
    switch (op) {
      case "eq": return isSame(rule, value, other);
      case "ne": return !isSame(rule, value, other);
      case "in": return other.some((each) => isSame(rule, value, each));
      case "empty": return value === null;
      case "not_empty": return value !== null;
      default: return value === true;
    }
  }

  const isSo = (rule) => (rule === "always" ? true : rule?.if ? holds(rule.if) : false);

  /** Shows the fields that are there, and marks those that must be filled in. A field may depend on one that depends on another. */
  function settle() {
    for (let turn = 0; turn <= Object.keys(rules).length; turn += 1) {
      let changed = false;
      for (const [field, { visible }] of Object.entries(rules)) {
        const item = itemOf(field);
        const hidden = !isSo(visible);
        changed ||= item.hidden !== hidden;
        item.hidden = hidden;
      }
      if (!changed) break;
    }
    for (const [field, { required }] of Object.entries(rules)) {
      const mark = itemOf(field).querySelector("[data-must]");
      if (mark) mark.hidden = !isSo(required);
    }
  }

  /** What is wrong with a field, as far as this page can tell. */
  function faultOf(field) {
    const { type, required } = rules[field];
    const value = valueOf(field);
    if (itemOf(field).hidden) return null;
    if (value === null) return isSo(required) ? "This needs a value." : null;
    if (type === "email" && !/^[^\s@]+@[^\s@]+$/.test(value)) return "Give an e-mail address, such as ada@example.com.";
    if ((type === "number" || type === "money") && !/^-?\d+(\.\d+)?$/.test(value)) return "Give a number, such as 12.5.";
    return null;
  }

  function tell(field, fault) {
    const item = itemOf(field);
    const [place] = [...item.querySelectorAll("[data-faults]")].slice(-1);
    place.replaceChildren();
    if (fault) {
      const line = document.createElement("p");
      line.className = "fault";
      line.textContent = fault;
      place.append(line);
    }
    for (const input of item.querySelectorAll("input, select, textarea")) {
      if (fault) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  }

  const told = new Set();
  form.addEventListener("input", ({ target }) => {
    settle();
    const field = target.closest("[data-field]")?.dataset.field;
    if (told.has(field)) tell(field, faultOf(field));
  });
  form.addEventListener("focusout", ({ target, relatedTarget }) => {
    const item = target.closest("[data-field]");
    if (!item || item.contains(relatedTarget)) return;
    const fault = faultOf(item.dataset.field);
    if (!fault && !told.has(item.dataset.field)) return;
    told.add(item.dataset.field);
    tell(item.dataset.field, fault);
  });

  // Nothing is sent twice by pressing twice.
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent !== undefined) event.preventDefault();
    form.dataset.sent = "";
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
  });
  // A page that comes back out of the history of the browser can be sent.
  addEventListener("pageshow", () => {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
    settle();
  });
  settle();
})();
