// Says at once that a file is too large, instead of after it was sent.
"use strict";

(() => {
  const file = document.querySelector("input[type=file][data-largest]");
  const problem = document.getElementById("file-too-large");
  if (!file || !problem) return;

  const tooLarge = () => file.files[0] && file.files[0].size > Number(file.dataset.largest);
  const say = () => {
    const megabytes = (bytes) => (bytes / 1024 / 1024).toFixed(bytes < 1e7 ? 1 : 0);
    problem.hidden = !tooLarge();
    problem.textContent = tooLarge()
      ? `This file has ${megabytes(file.files[0].size)} MB, and ${megabytes(file.dataset.largest)} MB are possible: send fewer pages, or scan it at 200 dots per inch.`
      : "";
  };
  file.addEventListener("change", say);
  file.form.addEventListener("submit", (event) => {
    say();
    if (tooLarge()) {
      event.preventDefault();
      file.focus();
    }
  });
})();
