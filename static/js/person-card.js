// A card about a person opens from their name in a post: under the pointer, with the keyboard's focus, or by a tap.
// It is fetched when it is first wanted. Without scripts, names lead to the profile.

const NAMES = ".post a.person-name";
const OPEN_AFTER = { mouse: 350, focus: 700 }; // milliseconds
const CLOSE_AFTER = 250;

const fetched = new Map(); // the HTML of each card, by profile
let wanted = null; // the name whose card is open or about to be
let card = null;
let timer = 0;

function after(wait, act) {
  clearTimeout(timer);
  timer = setTimeout(act, wait);
}

async function htmlOf(profile) {
  if (!fetched.has(profile)) {
    const response = await fetch(`${profile}card/`);
    if (!response.ok) throw new Error(response.statusText);
    fetched.set(profile, await response.text());
  }
  return fetched.get(profile);
}

async function open(name) {
  if (wanted === name && card?.isConnected) return;
  close();
  wanted = name;
  const html = await htmlOf(name.getAttribute("href"));
  if (wanted !== name || !name.isConnected) return;
  const template = document.createElement("template");
  template.innerHTML = html;
  card = template.content.firstElementChild;
  card.popover = "auto"; // closes on Escape and on a click elsewhere
  card.addEventListener("toggle", ({ target, newState }) => newState === "closed" && target.remove());
  name.closest("header, .meta").after(card); // next in the order of tabs
  card.showPopover();
  place(name.getBoundingClientRect(), card.getBoundingClientRect());
}

function place(beside, own) {
  const gap = 6;
  const isRoomBelow = beside.bottom + own.height + gap < innerHeight || beside.top < own.height + gap;
  const top = isRoomBelow ? beside.bottom + gap : beside.top - own.height - gap;
  const left = Math.max(gap, Math.min(beside.left, document.documentElement.clientWidth - own.width - gap));
  card.style.top = `${top + scrollY}px`;
  card.style.left = `${left + scrollX}px`;
}

function close() {
  clearTimeout(timer);
  wanted = null;
  if (card?.isConnected) card.hidePopover();
}

const nameAt = (target) => target.closest?.(NAMES);
const isAt = (target) => target instanceof Node && (card?.contains(target) || wanted?.contains(target));
const openQuietly = (name) => open(name).catch(close);

document.addEventListener("pointerover", ({ target, pointerType }) => {
  if (pointerType !== "mouse") return;
  const name = nameAt(target);
  if (name) after(OPEN_AFTER.mouse, () => openQuietly(name));
  else if (isAt(target)) clearTimeout(timer);
  else if (wanted && !isAt(document.activeElement)) after(CLOSE_AFTER, close);
  else clearTimeout(timer);
});

document.addEventListener("focusin", ({ target }) => {
  const name = nameAt(target);
  if (name?.matches(":focus-visible")) after(OPEN_AFTER.focus, () => openQuietly(name));
  else if (wanted && !isAt(target)) close();
});

// A tap opens the card, which has a link to the profile.
let lastPointer = "";
document.addEventListener("pointerdown", ({ pointerType }) => (lastPointer = pointerType), true);
document.addEventListener("click", (event) => {
  const name = nameAt(event.target);
  if (!name || lastPointer !== "touch" || event.detail === 0) return;
  event.preventDefault();
  open(name).catch(() => (location.href = name.href));
});
