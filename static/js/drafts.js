// Drafts: forms with data-draft are saved in local storage until the server has stored the post. The server
// signals that with a "posted" cookie that contains the draft's name. Each member has their own, which site.js deletes
// when they log out or someone else logs in.

const PREFIX = `drafts:${document.body.dataset.account}:`;
const MAX_AGE_WEEKS = 4;

function storage() {
  try {
    return window.localStorage;
  } catch {
    return null; // disabled in the browser
  }
}

function fields(form) {
  return [...form.elements].filter(
    (field) => field.name && field.name !== "csrfmiddlewaretoken" && /^(textarea|text|select-one|radio)$/.test(field.type),
  );
}

function save(form) {
  const values = {};
  for (const field of fields(form)) {
    if (field.type !== "radio" || field.checked) values[field.name] = field.value;
  }
  if (!values.source?.trim() && !values.title?.trim()) return discard(form.dataset.draft);
  try {
    storage()?.setItem(PREFIX + form.dataset.draft, JSON.stringify({ at: Date.now(), values }));
  } catch {
    // Storage is full; the text is still on the page.
  }
}

function discard(name) {
  storage()?.removeItem(PREFIX + name);
}

function restore(form) {
  const draft = storage()?.getItem(PREFIX + form.dataset.draft);
  if (!draft) return;
  const { values } = JSON.parse(draft);
  // Do not overwrite a form that came back with errors, or text that is already there unless it is an edit.
  const source = form.elements.namedItem("source");
  if (!source || form.querySelector("[role=alert], .errorlist") || source.value === values.source) return;
  if (source.value.trim() && !form.dataset.draft.startsWith("edit:")) return;
  for (const field of fields(form)) {
    if (!(field.name in values)) continue;
    if (field.type === "radio") field.checked = field.value === values[field.name];
    else field.value = values[field.name];
  }
  source.dispatchEvent(new Event("input", { bubbles: true }));
  form.querySelector("select[data-category]")?.dispatchEvent(new Event("change", { bubbles: true }));
  const note = form.querySelector("[data-draft-note]");
  if (note) note.textContent = note.dataset.draftNote;
}

function discardPosted() {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("posted="));
  if (!cookie) return;
  discard(decodeURIComponent(cookie.slice("posted=".length)).replaceAll('"', ""));
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
