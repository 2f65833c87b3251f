// On the page of a topic: replying to one post, copying its address, and where the eye goes after an act.

function replyTo(number, name) {
  const form = document.getElementById("reply-form");
  if (!form) return false;
  form.elements.namedItem("parent").value = number;
  const line = form.querySelector("[data-replying-to]");
  line.hidden = !number;
  line.querySelector("span").textContent = number ? `In reply to ${name}` : "";
  if (number) form.elements.namedItem("source").focus();
  return true;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-reply-to]");
  if (link && replyTo(link.dataset.replyTo, link.dataset.replyName)) event.preventDefault();
  if (event.target.closest("[data-replying-to] button")) replyTo("", "");
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-copy-link]");
  if (!link || !navigator.clipboard || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  await navigator.clipboard.writeText(link.href);
  link.closest("details")?.removeAttribute("open");
  document.dispatchEvent(new CustomEvent("toast", { detail: { message: "The link is copied.", tone: "success" } }));
});

// A form that opens in place takes the focus, so that one can type at once.
document.addEventListener("htmx:afterSwap", (event) => {
  event.detail.target?.querySelector?.("form[data-draft] textarea")?.focus();
});
