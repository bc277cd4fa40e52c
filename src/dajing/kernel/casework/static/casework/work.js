// Keys for the list, only while the focus is inside it (WCAG 2.1.4): j next, k previous, x tick, Enter opens.
const list = document.getElementById("list");
if (list) {
  document.getElementById("keys").hidden = false;
  const boxes = [...list.querySelectorAll("input[name=chosen]")];
  const here = () => boxes.findIndex((box) => box.closest("tr").contains(document.activeElement));
  const go = (to) => boxes[Math.max(0, Math.min(boxes.length - 1, to))].focus();
  const acts = {
    j: () => go(here() + 1),
    k: () => go(here() < 0 ? 0 : here() - 1),
    x: () => boxes[here()]?.click(),
    Enter: () => boxes[here()]?.closest("tr").querySelector("th a")?.click(),
  };
  list.addEventListener("keydown", (event) => {
    const act = acts[event.key];
    const follows = event.key === "Enter" && event.target.closest("a");
    if (!act || follows || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
}
document.getElementById("answers")?.focus();
document.querySelector(".error-summary")?.focus();
