// Nothing typed is ever lost: every form with data-draft keeps a copy in this browser until the server has it.
// The server says so with a cookie named "posted" that holds the draft's name.

const PREFIX = "draft:";
const WEEKS = 4;

function storage() {
  try {
    return window.localStorage;
  } catch {
    return null; // switched off by the reader
  }
}

function fields(form) {
  return [...form.elements].filter(
    (field) => field.name && field.name !== "csrfmiddlewaretoken" && /^(textarea|text|select-one|radio)$/.test(field.type),
  );
}

function keep(form) {
  const values = {};
  for (const field of fields(form)) {
    if (field.type !== "radio" || field.checked) values[field.name] = field.value;
  }
  if (!values.source?.trim() && !values.title?.trim()) return forget(form.dataset.draft);
  try {
    storage()?.setItem(PREFIX + form.dataset.draft, JSON.stringify({ at: Date.now(), values }));
  } catch {
    // Full: the page itself still holds the text.
  }
}

function forget(name) {
  storage()?.removeItem(PREFIX + name);
}

function restore(form) {
  const kept = storage()?.getItem(PREFIX + form.dataset.draft);
  if (!kept) return;
  const { values } = JSON.parse(kept);
  // What the server sent back, or what is being edited, wins unless the draft differs and nothing failed.
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
  note(form, "Restored what you had typed.");
}

function note(form, sentence) {
  const line = form.querySelector("[data-draft-note]");
  if (line) line.textContent = sentence;
}

function arrived() {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("posted="));
  if (!cookie) return;
  forget(decodeURIComponent(cookie.slice("posted=".length)).replaceAll('"', ""));
  document.cookie = "posted=; max-age=0; path=/";
}

function sweep() {
  const box = storage();
  if (!box) return;
  const oldest = Date.now() - WEEKS * 7 * 24 * 3600 * 1000;
  for (const key of Object.keys(box)) {
    if (key.startsWith(PREFIX) && (JSON.parse(box.getItem(key)).at ?? 0) < oldest) box.removeItem(key);
  }
}

function restoreIn(root) {
  for (const form of root.querySelectorAll("form[data-draft]")) restore(form);
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-draft]");
  if (form) keep(form);
});
document.addEventListener("click", (event) => {
  const cancel = event.target.closest("[data-draft-drop]");
  if (cancel) forget(cancel.closest("form").dataset.draft);
});
document.addEventListener("htmx:beforeSwap", arrived);
document.addEventListener("htmx:load", (event) => {
  if (event.target !== document.body) restoreIn(event.target.parentElement ?? document);
});

arrived();
sweep();
restoreIn(document);
