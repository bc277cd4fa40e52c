// A click on the map is a place: its coordinates go into the form that asks for one.

for (const map of document.querySelectorAll("svg[data-scale]")) {
  const form = document.getElementById(map.dataset.form);
  const [x0, y0, west, north, x1, y1, east, south] = map.dataset.scale.split(" ").map(Number);
  if (!form) continue;
  map.classList.add("clickable");
  map.addEventListener("click", (event) => {
    if (event.target.closest("a")) return;
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
    form.elements.longitude.value = (west + ((at.x - x0) / (x1 - x0)) * (east - west)).toFixed(4);
    form.elements.latitude.value = (north + ((at.y - y0) / (y1 - y0)) * (south - north)).toFixed(4);
    form.requestSubmit();
  });
}
