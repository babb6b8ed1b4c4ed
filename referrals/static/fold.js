// On a narrow screen what can be folded begins closed, unless it is in use; on a wide one it is open and has no heading.
// Runs while the page is read, before it is drawn: nothing jumps.
const narrow = matchMedia("(max-width: 60rem)");
const fold = () => {
  for (const each of document.querySelectorAll(".fold")) each.open = !narrow.matches || "used" in each.dataset;
};
fold();
narrow.addEventListener("change", fold);
