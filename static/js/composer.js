// The composer: a live preview rendered by the server, mention suggestions, and the kinds a category accepts.

const PREVIEW_DELAY = 500; // milliseconds after the last keystroke

document.documentElement.dataset.scripted = "";

// Preview

const timers = new WeakMap();

async function updatePreview(field, region) {
  const form = field.closest("form");
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
  body.set("source", field.value);
  const category = form.querySelector("select[name=category]"); // of a new topic; some categories have formulas
  if (category) body.set("category", category.value);
  try {
    const headers = { "HX-Request": "true" };
    const response = await fetch(region.dataset.previewUrl, { method: "POST", body, headers });
    if (response.headers.has("X-Session-Ended")) {
      const detail = { html: await response.text(), retry: () => updatePreview(field, region), region };
      document.dispatchEvent(new CustomEvent("session:ended", { detail }));
      return;
    }
    // A 429 response contains a sentence to show instead of the preview.
    const isPaused = response.status === 429;
    if (response.ok || isPaused) {
      region.innerHTML = await response.text();
      document.dispatchEvent(new CustomEvent("preview:shown"));
    }
    if (isPaused) sayUnseen(region.querySelector(".prose").textContent);
  } catch {
    // Offline: keep the last preview.
  }
}

// The preview itself is not announced: it repeats what was just typed.
function sayUnseen(message) {
  document.dispatchEvent(new CustomEvent("toast", { detail: { message, hidden: true } }));
}

document.addEventListener("input", (event) => {
  const region = event.target.id && document.querySelector(`[data-preview-of="${CSS.escape(event.target.id)}"]`);
  if (!region) return;
  clearTimeout(timers.get(region));
  timers.set(region, setTimeout(() => updatePreview(event.target, region), PREVIEW_DELAY));
});

// Where the preview is beside the text, there is one from the start.
if (matchMedia("(width >= 75rem)").matches) {
  for (const details of document.querySelectorAll("[data-open-when-wide]")) details.open = true;
  for (const region of document.querySelectorAll("[data-preview-of]")) {
    const field = document.getElementById(region.dataset.previewOf);
    if (field.value.trim() && !region.children.length) updatePreview(field, region);
  }
}

// Mentions

function personOption(person, number) {
  const item = document.createElement("li");
  item.role = "option";
  item.id = `person-${number}`;
  item.dataset.username = person.username;
  if (number === 0) item.dataset.comboboxOptionDefault = "true"; // selected by Enter
  const name = document.createElement("strong");
  name.textContent = person.name;
  const handle = document.createElement("span");
  handle.className = "soft";
  handle.textContent = ` @${person.username}`;
  item.append(name, handle);
  return item;
}

const lastAsked = new WeakMap(); // for each expander, the text that suggestions are wanted for

async function suggestPeople(expander, text) {
  lastAsked.set(expander, text);
  const address = new URL(expander.dataset.people, location.href);
  address.searchParams.set("q", text);
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  const { people } = response.ok ? await response.json() : { people: [] };
  // An answer that never comes leaves the menu as it is; any other would replace the one for the last key.
  if (lastAsked.get(expander) !== text) return new Promise(() => {});
  const menu = document.createElement("ul");
  menu.role = "listbox";
  menu.className = "people-menu";
  menu.append(...people.map(personOption));
  return { matched: people.length > 0, fragment: menu };
}

// These events do not bubble, so listen in the capture phase.
document.addEventListener(
  "text-expander-change",
  (event) => {
    if (event.detail.key === "@") event.detail.provide(suggestPeople(event.target, event.detail.text));
  },
  true,
);
document.addEventListener(
  "text-expander-value",
  (event) => {
    if (event.detail.key === "@") event.detail.value = `@${event.detail.item.dataset.username}`;
  },
  true,
);

// Hide the kinds of topic that the chosen category does not accept

function updateKinds(select) {
  const chosen = select.selectedOptions[0]?.dataset.kinds;
  const kinds = chosen ? chosen.split(" ") : null;
  const radios = [...select.form.querySelectorAll("[name=kind]")];
  for (const radio of radios) {
    radio.closest("label").hidden = kinds !== null && !kinds.includes(radio.value);
  }
  if (kinds && !radios.some((radio) => radio.checked && kinds.includes(radio.value))) {
    const first = radios.find((radio) => radio.value === kinds[0]);
    if (first) first.checked = true;
  }
}

for (const select of document.querySelectorAll("select[data-category]")) updateKinds(select);
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-category]")) updateKinds(event.target);
});
