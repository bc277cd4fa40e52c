// Turns the period list of a [data-scrub] section into a slider; each step fetches the same page and swaps the section.
const wire = (section) => {
  const list = section.querySelector('select[name="period"]');
  if (!list || list.options.length < 2) return;
  const slider = document.createElement("input");
  Object.assign(slider, { type: "range", min: 0, max: list.options.length - 1, value: list.options.length - 1 - list.selectedIndex, id: "map-slider" });
  slider.className = "slider";
  slider.setAttribute("aria-label", section.querySelector(`label[for="${list.id}"]`).textContent);
  const chosen = () => list.options.length - 1 - slider.value; // the list is newest first, time runs to the right
  const say = () => slider.setAttribute("aria-valuetext", list.options[chosen()].text);
  say();
  let last = 0;
  slider.addEventListener("input", () => {
    list.selectedIndex = chosen();
    say();
  });
  slider.addEventListener("change", async () => {
    const turn = ++last;
    const address = new URL(location.href);
    for (const [key, value] of new FormData(section.querySelector("form"))) address.searchParams.set(key, value);
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok || turn !== last) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(section.id);
    if (!fresh) return;
    section.replaceWith(fresh);
    history.replaceState(null, "", address);
    wire(fresh);
    fresh.querySelector(".slider")?.focus();
  });
  section.querySelector("form").after(slider);
};
document.querySelectorAll("[data-scrub]").forEach(wire);
