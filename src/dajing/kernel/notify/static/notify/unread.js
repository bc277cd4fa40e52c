// Renews the unread mark in the frame. Of all open tabs one listens and tells the others, so that they do not use up
// the browser's connections to this centre.
const mark = document.getElementById("unread");
if (mark && "EventSource" in window && "BroadcastChannel" in window && navigator.locks) {
  const tabs = new BroadcastChannel("dajing-unread");
  const renew = async () => {
    const answer = await fetch(mark.dataset.count, { headers: { accept: "application/json" } });
    if (!answer.ok || !answer.headers.get("content-type").includes("json")) return;
    const { unread } = await answer.json();
    mark.textContent = unread ? `${unread > 99 ? "99+" : unread}` : "";
  };
  tabs.onmessage = renew;
  navigator.locks.request("dajing-unread", () => new Promise(() => {
    const events = new EventSource(`/live?topics=${encodeURIComponent(mark.dataset.topic)}`);
    events.addEventListener(mark.dataset.topic, () => { renew(); tabs.postMessage(1); });
  }));
}
