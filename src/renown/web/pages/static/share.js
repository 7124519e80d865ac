/* Sharing: links copy instead of open, and drafts have the address of this site; without scripts they are plain links. */
"use strict";

(() => {
  const box = document.querySelector("[data-share]");
  if (!box) return;
  const status = box.querySelector("[data-copied]");
  const page = new URL(box.dataset.path, location).href;

  const close = box.querySelector("[data-close]");
  close.hidden = false;
  close.addEventListener("click", () => {
    box.open = false;
    box.querySelector("summary").focus();
  });

  for (const link of box.querySelectorAll("[data-intent]")) {
    // Without a configured address the server knows only the path of the page.
    link.addEventListener("click", () => {
      link.href = link.href.replace(/(text=).*$/, `$1${encodeURIComponent(box.dataset.text + page)}`);
    });
  }

  const copy = {
    link: () => navigator.clipboard.writeText(page),
    picture: async () => {
      const picture = await (await fetch(box.dataset.picture)).blob();
      await navigator.clipboard.write([new ClipboardItem({ [picture.type]: picture })]);
    },
  };
  for (const link of box.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) break; // only secure sites may copy: the link opens instead
    link.addEventListener("click", async (event) => {
      event.preventDefault();
      try {
        await copy[link.dataset.copy]();
        status.textContent = `${link.textContent} copied`;
      } catch {
        location.assign(link.href);
      }
    });
  }
})();
