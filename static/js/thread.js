// The topic page: post actions in place, reply to a post, copy its link, and move the focus after a swap.

const act = document.getElementById("act");

// Derive htmx's URLs from the plain ones of buttons and links.
function letHtmxFetch(one) {
  if (one.matches("#posts [form=act]")) one.setAttribute("hx-post", one.getAttribute("formaction") ?? act.getAttribute("action"));
  else if (one.matches("#posts [data-get]")) one.setAttribute("hx-get", one.getAttribute("href"));
  else return;
  // Votes, likes and the link to a menu replace themselves; anything else replaces the post.
  if (one.matches(".votes > button")) one.setAttribute("hx-target", "closest .votes");
  else if (one.matches("[aria-pressed], [title]")) one.setAttribute("hx-target", "this");
  htmx.process(one);
}
document.addEventListener("htmx:load", ({ target }) => {
  [target, ...target.querySelectorAll("[form=act], [data-get]")].forEach(letHtmxFetch);
});

// Likes and votes show at once; if the server does not agree, they go back. If it does, a new button gets the focus.
const afterwards = new WeakMap();
const reactionsTo = (post) => [...document.querySelectorAll(`#posts [aria-pressed][value="${post}"]`)];
const isPressed = (button) => button.getAttribute("aria-pressed") === "true";

function press(button) {
  const votes = button.closest(".votes");
  const buttons = votes ? [...votes.querySelectorAll("button")] : [button];
  const sum = () => buttons.reduce((n, one, index) => n + (isPressed(one) ? 1 - 2 * index : 0), 0); // up 1, down -1
  const figure = [...(votes?.querySelector("b") ?? button).childNodes].find(({ data }) => /^\s*-?\d+\s*$/.test(data));
  const before = { pressed: buttons.map(isPressed), figure: figure?.data, sum: sum() };
  buttons.forEach((one, index) => one.setAttribute("aria-pressed", one === button && !before.pressed[index]));
  if (figure) figure.data = before.figure.replace(/-?\d+/, (number) => Number(number) + sum() - before.sum);
  return () => {
    buttons.forEach((one, index) => one.setAttribute("aria-pressed", before.pressed[index]));
    if (figure) figure.data = before.figure;
  };
}
document.addEventListener("htmx:beforeSend", ({ target }) => {
  if (!target.matches("#posts [aria-pressed]")) return;
  const place = reactionsTo(target.value).indexOf(target);
  const hadFocus = target === document.activeElement;
  const undo = press(target);
  afterwards.set(target, (isDone) => {
    if (!isDone) undo();
    else if (hadFocus && document.activeElement === document.body) reactionsTo(target.value)[place]?.focus();
  });
});
document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig: { elt }, xhr } }) => {
  afterwards.get(elt)?.(xhr.status >= 200 && xhr.status <= 299);
  afterwards.delete(elt);
});

function replyTo(number, name) {
  const form = document.getElementById("reply-form");
  if (!form) return false;
  form.elements.namedItem("parent").value = number;
  const note = form.querySelector("[data-replying-to]");
  note.hidden = !number;
  note.querySelector("b").textContent = name;
  if (number) form.elements.namedItem("source").focus();
  return true;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-reply]");
  const name = link?.closest(".post").querySelector(".person-name").textContent;
  if (link && replyTo(new URL(link.href).searchParams.get("parent"), name)) event.preventDefault();
  if (event.target.closest("[data-replying-to] button")) replyTo("", "");
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-copy-link]");
  if (!link || !navigator.clipboard || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  await navigator.clipboard.writeText(link.href);
  link.closest("details")?.removeAttribute("open");
  document.dispatchEvent(new CustomEvent("toast", { detail: { message: link.dataset.copyLink } }));
});

// If a form was sent twice, the same post arrives again and replaces itself.
document.addEventListener("htmx:oobBeforeSwap", ({ detail: { fragment, target } }) => {
  if (target.id !== "newest") return;
  for (const post of fragment.querySelectorAll(".post")) document.getElementById(post.id)?.remove();
});

// Focus a form that was just opened in place.
document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  // The replacement of a target has the same id.
  const place = (target?.id && document.getElementById(target.id)) || target;
  if (place?.matches?.(".post, .comment, .post-main > :last-child")) place.querySelector("form[data-draft] textarea")?.focus();
  document.querySelector(".post-actions details[open] summary:not(:focus)")?.focus();
});

// A form returned with errors has replaced the one with the focus.
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const name = detail.requestConfig?.elt.dataset.draft;
  const form = name && document.querySelector(`form[data-draft="${CSS.escape(name)}"]`);
  if (document.activeElement === document.body) form?.querySelector("[aria-invalid=true], textarea")?.focus();
});

// Focus what an action changed, and announce what was done. Of votes and likes, the sentence is for
// screen readers only.
document.addEventListener("changed", ({ detail: { focus, message } }) => {
  const place = focus && document.querySelector(focus);
  if (place) {
    place.tabIndex = -1;
    place.focus();
  }
  document.dispatchEvent(new CustomEvent("toast", { detail: { message, hidden: !focus } }));
});
