// Enhancements for every page. Everything also works without JavaScript.

// Close an open menu on a click outside it and on Escape; only one is open at a time.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.dropdown[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.dropdown[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// Drafts are kept in the browser as "drafts:<account>:<form>" and belong to one account; see drafts.js. Anyone else's
// drafts are deleted, and on log-out all are. A visitor's have no account and stay in the tab, for an hour: they are kept
// for whoever logs in there, unless the visitor sent the form. Then the server knows for whom (visitor_drafts.py).
const VISITORS_FOR = 3600 * 1000; // milliseconds
const STORED = /^(drafts|draft):/; // "draft:" was used before drafts belonged to accounts

function storedDrafts(storage = () => localStorage) {
  try {
    return Object.keys(storage()).filter((key) => STORED.test(key));
  } catch {
    return []; // disabled in the browser
  }
}

function handOver(key, account) {
  const text = sessionStorage.getItem(key);
  const ours = `drafts:${account}:${key.slice("drafts::".length)}`;
  try {
    if (localStorage.getItem(ours) === null) localStorage.setItem(ours, text);
  } catch {
    // Storage is full.
  }
}

function isStillNeeded(key, account) {
  try {
    const { at, isSent } = JSON.parse(sessionStorage.getItem(key));
    const cameBack = !account && document.querySelector("form[data-draft]"); // with errors
    return Date.now() - at < VISITORS_FOR && (!isSent || cameBack);
  } catch {
    return false;
  }
}

function keepOwnDrafts(account) {
  for (const key of storedDrafts()) {
    if (account ? !key.startsWith(`drafts:${account}:`) : /^(drafts:|draft):/.test(key)) localStorage.removeItem(key);
  }
  for (const key of storedDrafts(() => sessionStorage)) {
    const isKept = isStillNeeded(key, account);
    if (isKept && account) handOver(key, account);
    if (!isKept || account) sessionStorage.removeItem(key);
  }
}
keepOwnDrafts(document.body.dataset.account);
document.addEventListener("submit", (event) => {
  const target = event.submitter?.getAttribute("formaction") ?? event.target.getAttribute("action");
  if (target === document.body.dataset.logOut) storedDrafts().forEach((key) => localStorage.removeItem(key));
});

// Switch the theme immediately, and save the choice in the background.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-theme-switch]");
  if (!form || !event.submitter) return;
  event.preventDefault();
  const theme = event.submitter.value;
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const button of form.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button === event.submitter));
  }
  document.dispatchEvent(new CustomEvent("theme:change"));
  await fetch(form.action, { method: "POST", body: new FormData(form, event.submitter) });
});

// "/" focuses the search box.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const boxes = [...document.querySelectorAll("form[role=search] input")];
  const box = boxes.find((one) => one.checkVisibility());
  if (!box) return;
  event.preventDefault();
  box.focus();
});

// Character counter for fields with a limit: <span data-counter-for="id_title">. Empty until the limit is near.
const COUNTED_FROM = 0.8;

function updateCounter(field) {
  const counter = document.querySelector(`[data-counter-for="${CSS.escape(field.id)}"]`);
  if (!counter) return;
  const limit = Number(counter.dataset.limit);
  const length = [...field.value].length;
  const isNear = length > limit * COUNTED_FROM;
  counter.textContent = isNear ? `${length.toLocaleString()} / ${limit.toLocaleString()}` : "";
  counter.dataset.state = length > limit ? "over" : "";
}
document.addEventListener("input", (event) => event.target.id && updateCounter(event.target));

// Show errors of htmx requests as toasts.
function toast(sentence, hidden = false) {
  const region = document.querySelector(".toasts");
  if (!region || !sentence) return;
  const message = document.createElement("p");
  message.className = "toast";
  if (hidden) message.classList.add("visually-hidden");
  message.textContent = sentence;
  region.replaceChildren(message);
  setTimeout(() => message.remove(), Math.max(8000, sentence.length * 120)); // milliseconds; time to read it
}

// Screen readers announce only what changes after a page has loaded, so its messages become visible a moment later.
for (const box of document.querySelectorAll(".messages")) {
  box.dataset.unsaid = "";
  setTimeout(() => delete box.dataset.unsaid, 150);
}
document.addEventListener("htmx:sendError", () => toast(document.body.dataset.offline));
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.getResponseHeader("X-Session-Ended")) return;
  const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
  const sentence = page.querySelector("[data-error-sentence]")?.textContent.trim();
  toast(sentence || document.body.dataset.failed);
});
document.addEventListener("toast", (event) => toast(event.detail.message, event.detail.hidden));

// When the session has ended, the server answers with a dialog that offers to log in, in a new tab. Once the same member
// is logged in again, the page gets a new CSRF token and retries the refused requests.
const lastRetries = new WeakMap(); // when each element's request was last retried

async function currentSession(dialog) {
  const response = await fetch(dialog.dataset.sessionUrl, { headers: { Accept: "application/json" } });
  return response.json();
}

function renewToken(token) {
  for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = token;
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
}

const waiting = []; // requests to retry after logging in

async function goOnIfLoggedIn(dialog) {
  const { account, token } = await currentSession(dialog);
  const isSame = account === document.body.dataset.account;
  dialog.querySelector("[data-someone-else]").hidden = isSame || !account;
  if (!isSame) return false;
  renewToken(token);
  const retries = waiting.splice(0);
  dialog.close();
  dialog.remove();
  for (const retry of retries) retry();
  return true;
}

async function sessionEnded(html, retry, region) {
  waiting.push(retry);
  if (document.querySelector("dialog[data-session-url]")) return;
  document.body.insertAdjacentHTML("beforeend", html);
  const dialog = document.querySelector("dialog[data-session-url]");
  if (await goOnIfLoggedIn(dialog).catch(() => false)) return;
  if (region && waiting.length === 1) {
    // Do not interrupt people while they write; show the message in place of the preview.
    region.replaceChildren(dialog.querySelector("[data-error-sentence]"), dialog.querySelector("a"));
    toast(region.textContent.trim(), true);
    waiting.length = 0;
    return dialog.remove();
  }
  const check = () => document.visibilityState === "visible" && goOnIfLoggedIn(dialog).catch(() => {});
  dialog.addEventListener("close", () => {
    removeEventListener("focus", check);
    document.removeEventListener("visibilitychange", check);
    waiting.length = 0;
    dialog.remove();
  });
  dialog.showModal();
  addEventListener("focus", check);
  document.addEventListener("visibilitychange", check);
}

document.addEventListener("htmx:responseError", ({ detail }) => {
  const { elt, xhr, requestConfig } = detail;
  if (!xhr.getResponseHeader("X-Session-Ended")) return;
  if (Date.now() - (lastRetries.get(elt) ?? 0) < 5000) return toast(document.body.dataset.failed);
  sessionEnded(xhr.responseText, () => {
    lastRetries.set(elt, Date.now());
    if (elt.matches("form")) elt.requestSubmit(requestConfig.triggeringEvent?.submitter ?? undefined);
    else elt.click();
  });
});
document.addEventListener("session:ended", ({ detail }) => sessionEnded(detail.html, detail.retry, detail.region));

// Make elements that scroll horizontally focusable, so that they can be scrolled with the keyboard.
function makeScrollableFocusable() {
  for (const box of document.querySelectorAll(".table-scroll, .prose pre, .prose table")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("resize", makeScrollableFocusable);
document.addEventListener("htmx:load", makeScrollableFocusable);
document.addEventListener("preview:shown", makeScrollableFocusable);
document.addEventListener("toggle", makeScrollableFocusable, true); // what is hidden has no width
makeScrollableFocusable();

// The service worker shows a page of our own when the server cannot be reached.
addEventListener("load", () => navigator.serviceWorker?.register("/sw.js", { updateViaCache: "all" }).catch(() => {}));
