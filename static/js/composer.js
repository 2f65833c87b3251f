// What helps while writing: a live preview made by the server, people to mention, kinds that fit the category.

const PAUSE = 500;

document.documentElement.dataset.scripted = "";

// Preview

const waiting = new WeakMap();

async function show(field, region) {
  const form = field.closest("form");
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
  body.set("source", field.value);
  try {
    const answer = await fetch(region.dataset.previewUrl, { method: "POST", body });
    // 429 comes with a sentence to show in the preview's place.
    if (answer.ok || answer.status === 429) region.innerHTML = await answer.text();
  } catch {
    // A preview is a courtesy; without the server there is none.
  }
}

document.addEventListener("input", (event) => {
  const region = event.target.id && document.querySelector(`[data-preview-of="${CSS.escape(event.target.id)}"]`);
  if (!region) return;
  clearTimeout(waiting.get(region));
  waiting.set(region, setTimeout(() => show(event.target, region), PAUSE));
});

// Mentions

function option(person, number) {
  const line = document.createElement("li");
  line.role = "option";
  line.id = `person-${number}`;
  line.dataset.username = person.username;
  if (number === 0) line.dataset.comboboxOptionDefault = "true"; // what Enter takes
  const name = document.createElement("strong");
  name.textContent = person.name;
  const handle = document.createElement("span");
  handle.className = "soft";
  handle.textContent = ` @${person.username}`;
  line.append(name, handle);
  return line;
}

async function people(expander, text) {
  const address = new URL(expander.dataset.people, location.href);
  address.searchParams.set("q", text);
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) return { matched: false };
  const found = (await answer.json()).people;
  const menu = document.createElement("ul");
  menu.role = "listbox";
  menu.className = "people-menu";
  menu.append(...found.map(option));
  return { matched: found.length > 0, fragment: menu };
}

// These events do not bubble, so they are caught on their way down.
document.addEventListener(
  "text-expander-change",
  (event) => {
    if (event.detail.key === "@") event.detail.provide(people(event.target, event.detail.text));
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

// Which kinds of topic the chosen category takes

function fit(select) {
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

for (const select of document.querySelectorAll("select[data-category]")) fit(select);
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-category]")) fit(event.target);
});
