// A line for each test, as the other suites say it, and what went wrong at the end.

export default async function* report(events) {
  const faults = [];
  for await (const { type, data } of events) {
    // A file is told by its tests, unless it could not even begin.
    const isTest = data?.details?.type !== "suite" && (!data?.name?.endsWith(".mjs") || type === "test:fail");
    if (type === "test:pass" && isTest) yield data.skip === undefined ? `ok    ${data.name} (${Math.round(data.details.duration_ms)} ms)\n` : `left  ${data.name}\n`;
    if (type === "test:fail" && isTest) {
      yield `NOT   ${data.name}\n`;
      faults.push(`\n${data.file ?? ""} ${data.name}\n${data.details.error.cause?.stack ?? data.details.error.cause ?? data.details.error.message}\n`);
    }
    if (type === "test:stderr") yield data.message;
  }
  yield* faults;
}
