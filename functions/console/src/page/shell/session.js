// Sign-in by OpenID Connect: authorization code with PKCE (RFC 7636). All that is kept lies in this tab's storage.

import { request } from "./fetch.js";
import { CONSOLE } from "./place.js";

const SETTINGS = JSON.parse(document.querySelector("meta[name=settings]").content);
const SESSION_KEY = "console.session";
const ATTEMPT_KEY = "console.sign-in";
const REDIRECT_URI = location.origin + CONSOLE;

export function sessionToken() {
  return sessionStorage.getItem(SESSION_KEY);
}

/** Sends the browser to the issuer, and back to where it is now; `isOther` asks it to let somebody else sign in. */
export async function signIn({ isOther = false } = {}) {
  if (!SETTINGS) throw new Error("Sign-in is not set up: the operator has to give OIDC_ISSUER and OIDC_AUDIENCE.");
  if (!isSecureContext) throw new Error("Open this page over https, or on the machine it runs on.");
  const issuer = await discover();
  const place = location.pathname + location.search + location.hash;
  const attempt = { state: randomText(), nonce: randomText(), verifier: randomText(), place };
  sessionStorage.setItem(ATTEMPT_KEY, JSON.stringify(attempt));
  location.assign(withQuery(issuer.authorization_endpoint, {
    response_type: "code",
    client_id: SETTINGS.client_id,
    redirect_uri: REDIRECT_URI,
    scope: "openid email profile",
    state: attempt.state,
    nonce: attempt.nonce,
    code_challenge: await challengeOf(attempt.verifier),
    code_challenge_method: "S256",
    ...(isOther && { prompt: "login" }),
  }));
}

/** Takes what the issuer sent the browser back with, if it did. */
export async function finishSignIn() {
  const answer = new URLSearchParams(location.search);
  if (!answer.has("state") || !(answer.has("code") || answer.has("error"))) return;
  const attempt = JSON.parse(sessionStorage.getItem(ATTEMPT_KEY));
  sessionStorage.removeItem(ATTEMPT_KEY);
  history.replaceState(null, "", attempt?.place ?? location.pathname);
  if (answer.get("state") !== attempt?.state) throw new Error("This sign-in did not begin in this tab. Sign in here.");
  if (!answer.has("code")) throw new Error(`You are not signed in: ${answer.get("error_description") ?? answer.get("error")}`);
  const issuer = await discover();
  if ((answer.get("iss") ?? issuer.issuer) !== issuer.issuer) throw new Error("Another issuer answered. Sign in again.");
  const token = await exchange(issuer, answer.get("code"), attempt.verifier);
  if (claimsOf(token).nonce !== attempt.nonce) throw new Error("The session is not for this sign-in. Sign in again.");
  sessionStorage.setItem(SESSION_KEY, token);
}

/** The code for a session: the ID token, as it has the e-mail address. */
async function exchange(issuer, code, verifier) {
  const response = await request(endpoint(issuer.token_endpoint), {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: SETTINGS.client_id,
      redirect_uri: REDIRECT_URI,
      code,
      code_verifier: verifier,
    }),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok || !answer.id_token) {
    throw new Error(`You are not signed in: ${answer.error_description ?? answer.error ?? "the issuer gave no session."}`);
  }
  return answer.id_token;
}

export function forgetSession() {
  sessionStorage.removeItem(SESSION_KEY);
  sessionStorage.removeItem(ATTEMPT_KEY);
}

/**
 * Forgets the session here, and ends it at the issuer if it has a place for that: true if the browser leaves for it. The
 * session is a key, so it stays out of the address.
 */
export async function signOut() {
  // What was typed, or tried, is the person's too.
  for (const key of Object.keys(sessionStorage).filter((each) => each.startsWith("console."))) sessionStorage.removeItem(key);
  const { end_session_endpoint: end } = await discover().catch(() => ({}));
  if (!end) return false;
  // Cognito has another name for the way back.
  const back = { post_logout_redirect_uri: REDIRECT_URI, logout_uri: REDIRECT_URI };
  location.assign(withQuery(end, { client_id: SETTINGS.client_id, ...back }));
  return true;
}

async function discover() {
  const response = await request(discoveryUrl(), {});
  if (!response.ok) throw new Error(`The issuer's configuration cannot be read: it answered with status ${response.status}.`);
  const issuer = await response.json();
  if (issuer.issuer !== SETTINGS.issuer) throw new Error("The issuer's configuration is that of another issuer.");
  return issuer;
}

/** An issuer on this machine is asked under the page's own name of it: localhost and 127.0.0.1 are strangers to each other. */
function discoveryUrl() {
  const url = new URL(SETTINGS.discovery_url);
  const isHere = [url, location].every(({ hostname }) => ["localhost", "127.0.0.1", "[::1]"].includes(hostname));
  return isHere && url.port === location.port ? new URL(url.pathname, location.origin) : url;
}

/** An address of the issuer, which must be as safe as the page itself. */
function endpoint(address) {
  const url = new URL(address);
  if (url.protocol !== "https:" && url.protocol !== location.protocol) throw new Error("The issuer's addresses are not safe.");
  return url;
}

function withQuery(address, parameters) {
  const url = endpoint(address);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

function claimsOf(token) {
  const payload = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0))));
}

function randomText() {
  return base64Url(crypto.getRandomValues(new Uint8Array(32)));
}

async function challengeOf(verifier) {
  return base64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}

function base64Url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
