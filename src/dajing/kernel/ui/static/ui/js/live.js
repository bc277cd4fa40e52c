// Tells a reader that newer figures exist; the page never changes under the reader's eyes.
// <meta name="dajing-live" content="topic,topic" data-notice="words" data-action="words">
const wanted = document.querySelector('meta[name="dajing-live"]');
if (wanted && "EventSource" in window && !new URLSearchParams(location.search).get("as_of")) {
  const events = new EventSource(`/live?topics=${encodeURIComponent(wanted.content)}`);
  const show = () => {
    if (document.getElementById("live-notice")) return;
    const box = document.createElement("p");
    box.id = "live-notice";
    box.className = "notice";
    box.setAttribute("role", "status");
    const again = document.createElement("a");
    again.href = location.href;
    again.textContent = wanted.dataset.action;
    box.append(`${wanted.dataset.notice} `, again);
    document.querySelector("main").prepend(box);
  };
  for (const topic of wanted.content.split(",")) events.addEventListener(topic, show);
  events.addEventListener("message", show);
}
