// A line for each test, as the other suites say it, and what went wrong at the end.

export default async function* report(events) {
  const faults = [];
  for await (const { type, data } of events) {
    // A file is told by its tests, unless it could not even begin.
    const isTest = data?.details?.type !== "suite" && (!data?.name?.endsWith(".mjs") || type === "test:fail");
    if (type === "test:pass" && isTest) yield data.skip === undefined ? `ok    ${data.name} (${Math.round(data.details.duration_ms)} ms)\n` : `left  ${data.name}\n`;
    if (type === "test:fail" && isTest) {
      const { cause, message } = data.details.error;
      // The reason stands with the name too, as the end of a long output repeats this line alone.
      yield `NOT   ${data.name}: ${String(cause?.message ?? message).split("\n")[0]}\n`;
      faults.push(`\n${data.file ?? ""} ${data.name}\n${cause?.stack ?? cause ?? message}\n`);
    }
    if (type === "test:stderr") yield data.message;
  }
  yield* faults;
}
