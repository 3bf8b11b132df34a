// A fragment that refreshes itself asks for nothing while nobody can see it.

document.addEventListener("htmx:beforeRequest", (event) => {
  const source = event.detail.elt;
  if (source.hasAttribute("data-pause-when-hidden") && document.hidden) event.preventDefault();
});
