// Small courtesies for every page. Everything here also works, less smoothly, without it.

// An open menu closes on a click elsewhere and on Escape, and only one is open at a time.
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

// The light and dark switch takes effect at once; the form behind it keeps the choice.
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

// "/" goes to the search box, as readers of forums expect.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const box = document.querySelector(".site-search input");
  if (!box?.checkVisibility()) return;
  event.preventDefault();
  box.focus();
});

// A letter count for fields that have a limit: <span data-counter-for="id_title">.
function count(field) {
  const counter = document.querySelector(`[data-counter-for="${CSS.escape(field.id)}"]`);
  if (!counter) return;
  const limit = Number(counter.dataset.limit);
  const length = [...field.value].length;
  counter.textContent = `${length.toLocaleString()} / ${limit.toLocaleString()}`;
  counter.dataset.state = length > limit ? "over" : "";
}
document.addEventListener("input", (event) => event.target.id && count(event.target));

// What htmx could not do is said, never swallowed.
function toast(sentence, tone = "danger") {
  const region = document.querySelector(".toasts");
  if (!region || !sentence) return;
  const line = document.createElement("p");
  line.className = "toast";
  line.dataset.tone = tone;
  line.textContent = sentence;
  region.replaceChildren(line);
  setTimeout(() => line.remove(), 8000);
}
document.addEventListener("htmx:sendError", () => toast(document.body.dataset.offline));
document.addEventListener("htmx:responseError", (event) => {
  const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
  const said = page.querySelector("[data-error-sentence]")?.textContent.trim();
  toast(said || document.body.dataset.failed);
});
document.addEventListener("toast", (event) => toast(event.detail.message ?? event.detail.value, event.detail.tone));

// What scrolls sideways can be reached by keyboard.
function letKeyboardScroll() {
  for (const box of document.querySelectorAll(".table-scroll, .prose pre, .prose table")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("resize", letKeyboardScroll);
document.addEventListener("htmx:load", letKeyboardScroll);
letKeyboardScroll();
