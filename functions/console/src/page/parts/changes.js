// What differs, of values as the API writes them.

export function isEqual(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The members that differ from what they were, as they are now. */
export function changedIn(now, before) {
  return Object.fromEntries(Object.entries(now).filter(([name, value]) => !isEqual(value, before[name])));
}
