// Renews the parts of a page marked data-live="seconds" while the page is looked at and nobody is using them.
const part = document.querySelector("[data-live]");
if (part) {
  const renew = async () => {
    if (document.hidden || part.contains(document.activeElement) || part.querySelector("details[open]")) return;
    const answer = await fetch(location.href, { headers: { "X-Requested-With": "live" } });
    if (!answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
    if (fresh) part.replaceChildren(...fresh.childNodes);
  };
  setInterval(() => renew().catch(() => {}), Number(part.dataset.live) * 1000);
}
