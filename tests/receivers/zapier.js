// Runs a function of docs/use/rest-hooks.md with the bundle that is written to it, and tells what it gave and what the answers
// were.
//
// usage: zapier.js <docs/use/rest-hooks.md> <API> <token> <function>

const fs = require("node:fs");

const {blocks} = require("./document.js");

const [path, API, token, name] = process.argv.slice(2);
const answers = [];

// As Zapier's own: what is refused is thrown unless that is switched off, and `data` is the JSON if there is any. The
// token is the connection's.
async function request({url, method = "GET", body, skipThrowForStatus = false}) {
  const headers = {authorization: `Bearer ${token}`, "content-type": "application/json"};
  const response = await fetch(url, {method, headers, body: body && JSON.stringify(body)});
  const {status} = response;
  const content = await response.text();
  const data = content === "" ? undefined : JSON.parse(content);
  const throwForStatus = () => {
    if (status >= 400) throw new Error(`status ${status}`);
  };
  answers.push({status, data});
  if (!skipThrowForStatus) throwForStatus();
  return {status, data, throwForStatus};
}

async function run() {
  const names = "{performSubscribe, performUnsubscribe, perform, performList}";
  const functions = new Function("API", `${blocks(path, "js").join("\n")}\nreturn ${names};`)(API);
  const bundle = JSON.parse(fs.readFileSync(0, "utf8"));
  try {
    return {result: await functions[name]({request}, bundle)};
  } catch (error) {
    return {thrown: error.message};
  }
}

run().then((outcome) => console.log(JSON.stringify({...outcome, answers})));
