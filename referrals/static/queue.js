// The queue's keys, and its refresh: an open list follows what others do without losing the place, the ticks or the focus.
document.documentElement.classList.add("js");

const typing = (element) => element.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");
const names = () => [...document.querySelectorAll("[data-keys] .row-link")];
const rowOf = (element) => element?.closest?.("[data-keys] tr");
const linkTo = (name) => document.querySelector(`a > [data-count="${name}"]`)?.parentElement;
const GO = { n: "new", u: "undecided", m: "mine", o: "overdue", t: "today" };
let going = false;

const step = (by) => {
  const here = names().indexOf(rowOf(document.activeElement)?.querySelector(".row-link"));
  names()[here < 0 ? 0 : Math.min(names().length - 1, Math.max(0, here + by))]?.focus();
};
const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  x: () => rowOf(document.activeElement)?.querySelector("input[type=checkbox]")?.click(),
  "/": () => document.getElementById("words")?.focus(),
  "?": () => document.querySelector(".queue-keys a")?.click(),
  g: () => { going = true; },
};

document.addEventListener("keydown", (event) => {
  if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = going && GO[event.key] ? () => linkTo(GO[event.key])?.click() : KEYS[event.key];
  if (event.key !== "g" && event.key !== "Shift") going = false;
  if (!act) return;
  event.preventDefault();
  act();
});

// Every while the page asks whether anything is different; only then is the list read again. Nobody's session lives on by it.
const EVERY = 20000;
const BY_ITSELF = { headers: { "X-By-Itself": "yes", "HX-Request": "true" } };
const lists = document.querySelector("[data-pulse]");
let newest = lists?.dataset.newest ?? null; // what the list's own first page shows; any other view asks at once

const keep = () => ({
  focus: rowOf(document.activeElement)?.querySelector(".row-link")?.getAttribute("href"),
  ticked: [...document.querySelectorAll("#list input:checked")].map((tick) => tick.value.split(":")[0]),
});
const giveBack = ({ focus, ticked }) => {
  for (const tick of document.querySelectorAll("#list input[name=row]")) tick.checked = ticked.includes(tick.value.split(":")[0]);
  if (focus) names().find((name) => name.getAttribute("href") === focus)?.focus({ preventScroll: true });
};
const readAgain = async () => {
  const answer = await fetch(location.href, BY_ITSELF).catch(() => null);
  if (!answer?.ok || answer.redirected) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [old, list] = [document.getElementById("list"), page.getElementById("list")];
  if (!old || !list) return false;
  const kept = keep();
  old.replaceWith(document.adoptNode(list));
  giveBack(kept);
  return true;
};
const pulse = async () => {
  if (document.hidden) return;
  const answer = await fetch(lists.dataset.pulse, BY_ITSELF).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const { counts, newest: now } = await answer.json();
  for (const [name, count] of Object.entries(counts)) {
    for (const shown of document.querySelectorAll(`[data-count="${name}"]`)) shown.textContent = count;
  }
  if (newest === null || now === newest || (await readAgain())) newest = now;
};
if (lists) {
  if (newest === null) pulse();
  setInterval(pulse, EVERY);
  window.addEventListener("look-again", pulse);
  document.addEventListener("visibilitychange", pulse);
}
