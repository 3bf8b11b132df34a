// A fragment that refreshes itself asks for nothing while nobody can see it, and at once when it is seen again. Once it is
// over (live-lists.js), it asks no more.

document.addEventListener("htmx:beforeRequest", (event) => {
  const source = event.detail.elt;
  if (!source.hasAttribute("data-pause-when-hidden")) return;
  if (document.hidden || source.hasAttribute("data-over")) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const source of document.querySelectorAll("[data-pause-when-hidden]")) htmx.trigger(source, "look");
});
