// Drafts: forms with data-draft are saved in local storage until the server has stored the post. The server
// signals that with a "posted" cookie that contains the draft's name. Each member has their own drafts, which site.js
// deletes when they log out or someone else logs in. Each tab saves its own draft of a form, so that two open tabs do
// not overwrite each other. What visitors write stays in their tab, because nobody knows who opens the next one.

const ACCOUNT = document.body.dataset.account;
const PREFIX = `drafts:${ACCOUNT}:`;
const TAB = "tab:";
const MAX_AGE_WEEKS = 4;

function storage() {
  try {
    return ACCOUNT ? window.localStorage : window.sessionStorage;
  } catch {
    return null; // disabled in the browser
  }
}

// A tab keeps its number when it is reloaded. A duplicated tab starts with the same number and gets a new one.
let tab = sessionNumber();
navigator.locks?.request(TAB + tab, { ifAvailable: true }, (lock) => {
  if (lock) return new Promise(() => {}); // held until the tab is closed
  tab = sessionNumber(true);
});

function sessionNumber(renew = false) {
  try {
    if (renew || !sessionStorage.getItem("tab")) sessionStorage.setItem("tab", Math.random().toString(36).slice(2));
    return sessionStorage.getItem("tab");
  } catch {
    return "";
  }
}

function fields(form) {
  return [...form.elements].filter(
    (field) => field.name && field.name !== "csrfmiddlewaretoken" && /^(textarea|text|select-one|radio)$/.test(field.type),
  );
}

function ownKey(name) {
  return `${PREFIX}${name}#${tab}`;
}

function valuesOf(form) {
  const values = {};
  for (const field of fields(form)) {
    if (field.type !== "radio" || field.checked) values[field.name] = field.value;
  }
  return values;
}

function store(key, values, isSent = false) {
  try {
    storage()?.setItem(key, JSON.stringify({ at: Date.now(), values, isSent }));
  } catch {
    // Storage is full; the text is still on the page.
  }
}

function save(form) {
  const values = valuesOf(form);
  if (!values.source?.trim() && !values.title?.trim()) return storage()?.removeItem(ownKey(form.dataset.draft));
  store(ownKey(form.dataset.draft), values);
}

// All drafts of a form, this tab's first, then the newest.
function draftsOf(name) {
  const own = ownKey(name);
  return Object.entries(storage() ?? {})
    .filter(([key]) => key.split("#")[0] === PREFIX + name)
    .map(([key, draft]) => ({ key, ...JSON.parse(draft) }))
    .sort((a, b) => (b.key === own) - (a.key === own) || b.at - a.at);
}

// Remove this tab's draft, and other tabs' drafts with the same text.
function discard(name) {
  const [own, ...others] = draftsOf(name);
  if (own?.key !== ownKey(name)) return;
  for (const draft of [own, ...others]) {
    if (draft.values.source === own.values.source) storage().removeItem(draft.key);
  }
}

function fill(form, values) {
  for (const field of fields(form)) {
    if (!(field.name in values)) continue;
    if (field.type === "radio") field.checked = field.value === values[field.name];
    else field.value = values[field.name];
  }
  form.elements.namedItem("source").dispatchEvent(new Event("input", { bubbles: true }));
  form.querySelector("select[data-category]")?.dispatchEvent(new Event("change", { bubbles: true }));
}

// The open tabs; without the Web Locks API, only this one is known.
async function openTabs() {
  const locks = await navigator.locks?.query();
  return new Set([TAB + tab, ...(locks?.held ?? []).map((lock) => lock.name)]);
}

async function restore(form) {
  const open = await openTabs();
  const drafts = draftsOf(form.dataset.draft);
  const source = form.elements.namedItem("source");
  // Do not overwrite a form that came back with errors, or text that is already there unless it is an edit.
  if (!drafts.length || !source || form.querySelector("[role=alert], .errorlist")) return;
  const [{ key, values }] = drafts;
  const isSame = source.value === values.source;
  if (source.value.trim() && !isSame && !form.dataset.draft.startsWith("edit:")) return;
  if (!isSame) fill(form, values); // which also saves it as this tab's draft
  if (key !== ownKey(form.dataset.draft) && !open.has(TAB + key.split("#").pop())) storage().removeItem(key);
  note(form, drafts.filter((draft) => draft.values.source !== values.source), isSame);
}

// Say that the draft was restored, and offer the next one if another tab has saved one.
function note(form, others, isSame = false) {
  const region = form.querySelector("[data-draft-note]");
  if (!region) return;
  region.textContent = isSame ? "" : region.dataset.draftNote;
  if (!others.length) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link-button";
  button.textContent = region.dataset.draftAnother;
  button.addEventListener("click", () => exchange(form, others[0]));
  region.append(" ", button);
}

// Swap the two drafts, so that neither is lost.
function exchange(form, other) {
  const values = valuesOf(form);
  fill(form, other.values);
  save(form);
  if (values.source.trim()) store(other.key, values);
  else storage()?.removeItem(other.key);
  const shown = form.elements.namedItem("source").value;
  const drafts = draftsOf(form.dataset.draft).filter((draft) => draft.values.source !== shown);
  note(form, drafts.reverse());
}

// The cookie is for the tab that sent the form.
function discardPosted() {
  if (!storage()) return;
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("posted="));
  if (!cookie) return;
  const name = decodeURIComponent(cookie.slice("posted=".length)).replaceAll('"', "");
  if (sessionStorage.getItem("sent") !== name) return;
  discard(name);
  document.cookie = "posted=; max-age=0; path=/";
}

function discardExpired() {
  const drafts = storage();
  if (!drafts) return;
  const oldest = Date.now() - MAX_AGE_WEEKS * 7 * 24 * 3600 * 1000;
  for (const key of Object.keys(drafts)) {
    if (key.startsWith("drafts:") && (JSON.parse(drafts.getItem(key)).at ?? 0) < oldest) drafts.removeItem(key);
  }
}

function restoreIn(root) {
  for (const form of root.querySelectorAll("form[data-draft]")) restore(form);
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-draft]");
  if (form) save(form);
});
document.addEventListener("submit", ({ target }) => {
  if (!storage() || !target.dataset.draft) return;
  sessionStorage.setItem("sent", target.dataset.draft);
  if (!ACCOUNT) store(ownKey(target.dataset.draft), valuesOf(target), true);
});
document.addEventListener("click", (event) => {
  const cancel = event.target.closest("[data-draft-drop]");
  if (cancel) discard(cancel.closest("form").dataset.draft);
});
document.addEventListener("htmx:beforeSwap", discardPosted);
document.addEventListener("htmx:load", (event) => {
  if (event.target !== document.body) restoreIn(event.target.parentElement ?? document);
});

discardPosted();
discardExpired();
restoreIn(document);
