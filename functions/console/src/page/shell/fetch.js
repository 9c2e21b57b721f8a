// The one way out of the page.

/** A fetch that carries nothing but what it is given. */
export async function request(url, options) {
  try {
    return await fetch(url, { cache: "no-store", credentials: "omit", redirect: "error", ...options });
  } catch (cause) {
    if (cause.name === "AbortError") throw cause;
    throw new Error(`No answer from ${new URL(url, location.href).host}. Check the connection and try again.`, { cause });
  }
}
