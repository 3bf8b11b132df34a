// A fragment that refreshes itself asks for nothing while nobody can see it, and at once when it is seen again.

document.addEventListener("htmx:beforeRequest", (event) => {
  const source = event.detail.elt;
  if (source.hasAttribute("data-pause-when-hidden") && document.hidden) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const source of document.querySelectorAll("[data-pause-when-hidden]")) htmx.trigger(source, "look");
});
