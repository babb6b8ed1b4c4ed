// An unused session ends: said before it does, so that it can go on, and taken off the screen when it has.
"use strict";

(() => {
  const warning = document.getElementById("session-warning");
  if (!warning) return; // the page not found is the same for everybody
  const over = document.getElementById("session-over");
  const { address, person, signIn } = warning.dataset;
  const WARN = 120; // seconds before the end
  const TOLD_EVERY = 60; // seconds: how often the service hears that somebody is at the page
  const BY_ITSELF = { "X-By-Itself": "yes" };
  const title = document.title;
  let timer = null;
  let told = Date.now();
  let endsAt = told + 1000 * Number(warning.dataset.left);

  // How long it lasts; `byItself`: nobody has done anything, so that asking keeps nothing alive.
  async function ask(byItself) {
    const answer = await fetch(address, { headers: { "HX-Request": "true", ...(byItself ? BY_ITSELF : {}) } }).catch(() => null);
    if (answer?.status === 401) return ended();
    if (!answer?.ok) return Date.now() < endsAt ? again(TOLD_EVERY) : ended(); // no answer is no reason to stay
    const session = await answer.json();
    if (session.person !== person) return ended();
    goesOn(session);
  }

  function again(seconds) {
    clearTimeout(timer);
    timer = setTimeout(() => ask(true), 1000 * Math.max(seconds, 1));
  }

  function goesOn({ left, ends, can_stay: canStay }) {
    endsAt = Date.now() + 1000 * left;
    over.hidden = true;
    document.body.classList.remove("session-is-over");
    document.title = title;
    warning.hidden = left > WARN;
    if (!warning.hidden) {
      warning.querySelector("time").textContent = ends;
      for (const each of warning.querySelectorAll("[data-when]")) each.hidden = (each.dataset.when === "can-stay") !== canStay;
    }
    again(left > WARN ? left - WARN : left);
  }

  // Somebody is at the page.
  function used() {
    if (!over.hidden || Date.now() - told < 1000 * (warning.hidden ? TOLD_EVERY : 1)) return;
    told = Date.now();
    ask(false);
  }

  // What was typed is kept behind a cover; a page without any is left for good.
  function ended() {
    warning.hidden = true;
    if (!holds()) return location.replace(signIn);
    document.title = over.dataset.title;
    document.body.classList.add("session-is-over");
    over.hidden = false;
  }

  function holds() {
    return [...document.querySelectorAll('main form[method="post"] :is(input, textarea, select)')].some((field) =>
      ["checkbox", "radio"].includes(field.type) ? field.checked !== field.defaultChecked
        : !["hidden", "submit", "button"].includes(field.type) && field.value.trim() !== "");
  }

  function cameBack() {
    if (!document.hidden) ask(true);
  }

  for (const done of ["keydown", "pointerdown", "wheel", "touchmove"]) document.addEventListener(done, used, { passive: true });
  window.addEventListener("focus", cameBack);
  window.addEventListener("pageshow", (event) => event.persisted && cameBack());
  document.addEventListener("visibilitychange", cameBack);
  again(Number(warning.dataset.left) - WARN);
})();
