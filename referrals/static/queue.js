// Keys for the list: j and k go from name to name while the focus is in the list. Blank filters stay out of the address.
document.documentElement.classList.add("js");

document.addEventListener("keydown", (event) => {
  const step = { j: 1, k: -1 }[event.key];
  const list = event.target.closest("[data-keys]");
  if (!step || !list || event.ctrlKey || event.metaKey || event.altKey) return;
  const names = [...list.querySelectorAll(".row-link")];
  const row = event.target.closest("tr")?.querySelector(".row-link");
  const next = names[Math.max(0, names.indexOf(row) + step)];
  next?.focus();
});

document.querySelector("[data-drop-blank]")?.addEventListener("submit", (event) => {
  for (const control of event.target.elements) control.disabled = control.name !== "" && control.value === "";
});
window.addEventListener("pageshow", () => {
  for (const control of document.querySelectorAll("[data-drop-blank] :disabled")) control.disabled = false;
});
