// The intake page, and the page that tells a picture anew, without waiting: questions of a level when it is ticked, a
// draft kept by itself (where the page keeps one), one sending.
"use strict";

(() => {
  const form = document.getElementById("intake");
  const saved = document.getElementById("saved");
  const panel = document.getElementById("so-far");
  const SAVE_AFTER = 4000; // milliseconds of quiet after a change
  document.documentElement.classList.add("scripted");

  // Levels: their questions come when ticked, and wait hidden when unticked.
  const questions = document.getElementById("vertebra-questions");
  const boxes = [...form.querySelectorAll('input[name="levels"]')];
  const order = boxes.map((box) => box.value);

  async function showLevel(box) {
    const present = document.getElementById(`vertebra-${box.value}`);
    if (present) {
      present.hidden = !box.checked;
    } else if (box.checked) {
      const answer = await fetch(form.dataset.vertebra.replace("LEVEL", box.value), { headers: { "HX-Request": "true" } });
      heard(answer.status);
      if (!answer.ok) return say("The questions of this level did not come: “Check eligibility” shows them.", true);
      insert(await answer.text(), box.value);
      document.getElementById(`vertebra-${box.value}`).hidden = !box.checked;
    }
    questions.querySelector(".vertebra-none").hidden = boxes.some((each) => each.checked);
    showRelevant();
  }

  function insert(html, level) {
    if (document.getElementById(`vertebra-${level}`)) return;
    const parsed = new DOMParser().parseFromString(html, "text/html").querySelector(".vertebra");
    const later = [...questions.querySelectorAll(".vertebra")].find(
      (each) => order.indexOf(each.dataset.level) > order.indexOf(level));
    questions.insertBefore(parsed, later || questions.querySelector(".vertebra-none"));
  }

  // Questions that make sense only after another answer.
  function showRelevant() {
    for (const field of form.querySelectorAll("[data-asked-when]")) {
      const near = field.closest(".vertebra") || questions;
      const given = [...near.querySelectorAll(".vertebra:not([hidden]) input:checked, input:checked")]
        .filter((input) => input.name.endsWith(`-${field.dataset.askedWhen}`) && !input.closest(".vertebra[hidden]"));
      const relevant = given.some((input) => field.dataset.askedOf.split(" ").includes(input.value));
      field.hidden = !relevant && !field.querySelector("input:checked");
    }
  }

  // Rows that wait behind a button.
  form.addEventListener("click", (event) => {
    const rows = event.target.closest("button[name=do]")?.closest("[data-rows]");
    if (!rows) return;
    event.preventDefault();
    const waiting = rows.querySelectorAll("fieldset[hidden]");
    waiting[0].hidden = false;
    waiting[0].querySelector("input, select").focus();
    event.target.hidden = waiting.length === 1;
  });

  // The questions still needed are marked where they are asked.
  function markNeeded() {
    for (const field of form.querySelectorAll(".field-needed")) field.classList.remove("field-needed", "field-next");
    for (const item of panel.querySelectorAll(":scope > .needed [data-needed]")) {
      form.querySelector(`[data-field="${item.dataset.needed}"]`)?.classList.add("field-needed");
    }
    const next = panel.querySelector("[data-next]")?.dataset.next;
    if (next) form.querySelector(`[data-field="${next}"]`)?.classList.add("field-needed", "field-next");
  }

  // The draft.
  let timer = null;
  let changed = false;
  let sending = false;

  function say(words, problem = false) {
    saved.textContent = words;
    saved.classList.toggle("saved-problem", problem);
  }

  // A lost session: said at once; once its owner has signed in again in another tab, everything goes on by itself.
  const signedOut = document.getElementById("signed-out");

  function heard(status) {
    if (status === 401) signedOut.hidden = false;
    if (signedOut.hidden || status >= 400) return;
    signedOut.hidden = true;
    htmx.trigger(panel, "levels");
    boxes.filter((box) => box.checked).forEach(showLevel);
  }

  function cameBack() {
    if (signedOut.hidden || document.hidden) return;
    htmx.trigger(panel, "levels");
    save();
  }

  window.addEventListener("focus", cameBack);
  document.addEventListener("visibilitychange", cameBack);
  document.body.addEventListener("htmx:afterRequest", (event) => heard(event.detail.xhr.status || 500));

  const PROBLEMS = {
    400: "Not saved: this page is out of date. What was saved before is under My referrals.",
    401: "Not saved: you are signed out. Sign in in a new tab; then go on here.",
    403: "Not saved: your role does not include this.",
    413: "Not saved: the text is too long.",
  };

  async function save(options = {}) {
    if (!form.dataset.draft || !changed || sending) return;
    changed = false;
    try {
      const answer = await fetch(form.dataset.draft, {
        method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "HX-Request": "true" }, ...options });
      heard(answer.status);
      const said = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
      if (answer.ok) return say(`Draft saved ${said.saved_at}`);
      say(said.problem || PROBLEMS[answer.status] || "Not saved: the service does not answer. It will be tried again.", true);
    } catch {
      say("Not saved: no connection. It will be tried again.", true);
    }
    changed = true;
    later(SAVE_AFTER * 4);
  }

  function later(wait) {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  }

  function changedNow() {
    changed = true;
    later(SAVE_AFTER);
  }

  form.addEventListener("input", changedNow);
  form.addEventListener("change", (event) => {
    changedNow();
    if (event.target.name === "levels") showLevel(event.target);
    else if (event.target.name === "requester") fillWith(event.target);
    else notBoth(event.target);
    showRelevant();
  });
  window.addEventListener("pagehide", () => save({ keepalive: true }));

  // A written answer and “Not known” exclude each other.
  function notBoth(input) {
    const answer = input.closest(".answer");
    const tick = answer?.querySelector('input[type="checkbox"]');
    if (!tick) return;
    if (input === tick && tick.checked) answer.querySelector(".input").value = "";
    else if (input !== tick && input.value) tick.checked = false;
  }

  // A delegate chooses for whom: that physician's numbers, unless somebody wrote others into the boxes.
  function fillWith(chooser) {
    for (const [name, number] of [["requester_npi", "npi"], ["call_back", "callBack"]]) {
      const box = form.elements[name];
      const nobodysOwn = ["", ...[...chooser.options].map((each) => each.dataset[number])];
      if (nobodysOwn.includes(box.value)) box.value = chooser.selectedOptions[0].dataset[number] || "";
    }
  }

  // One sending: a second press waits; coming back by the back button makes it possible again.
  form.addEventListener("submit", (event) => {
    if (sending) return event.preventDefault();
    sending = true;
    clearTimeout(timer);
    event.submitter?.setAttribute("aria-disabled", "true");
  });
  window.addEventListener("pageshow", () => {
    sending = false;
    for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
    if (!isAsItCame()) answeredBefore();
  });

  // What was answered before this script was there, or put back by the browser, counts as if it were answered now.
  function answeredBefore() {
    changedNow();
    if (form.elements.requester) fillWith(form.elements.requester);
    boxes.filter((box) => box.checked).forEach(showLevel);
    htmx.trigger(panel, "levels");
  }

  function isAsItCame() {
    return [...form.querySelectorAll("input, textarea, select")].every((each) => {
      if (each.matches("[type=radio], [type=checkbox]")) return each.checked === each.defaultChecked;
      if (each.type === "date" && !each.value) return true; // what is kept there may be no date, and shows as none
      if (!each.matches("select")) return each.value === each.defaultValue;
      return each.selectedIndex === Math.max(0, [...each.options].findIndex((option) => option.defaultSelected));
    });
  }

  // A link to a question goes to its first control.
  document.addEventListener("click", (event) => {
    const target = event.target.closest('a[href^="#"]');
    const place = target && document.getElementById(target.getAttribute("href").slice(1));
    const control = place?.matches("fieldset") ? place.querySelector("input") : null;
    if (control) { event.preventDefault(); place.scrollIntoView({ block: "center" }); control.focus({ preventScroll: true }); }
  });

  panel.addEventListener("htmx:afterSwap", markNeeded);
  boxes.filter((box) => box.checked).forEach(showLevel);
  showRelevant();
  markNeeded();
})();
