// What stands in a document.

const fs = require("node:fs");

const FENCED = /^```(\w*)\n(.*?)^```$/gms;

// The fenced blocks of a document that are of a language, in their order.
exports.blocks = (path, language) => {
  const found = [...fs.readFileSync(path, "utf8").matchAll(FENCED)];
  return found.filter(([, name]) => name === language).map(([, , code]) => code);
};
