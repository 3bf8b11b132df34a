// htmx asked, and the server did not answer at all: the page says so until a refresh works again.

function showNote() {
  const notice = document.getElementById("page-notice");
  const template = document.getElementById("no-answer");
  if (notice && template) notice.replaceChildren(template.content.cloneNode(true));
}

function removeNote(event) {
  const source = event.detail.requestConfig.elt;
  if (event.detail.xhr.status >= 400 || !source.hasAttribute("data-pause-when-hidden")) return;
  for (const note of document.querySelectorAll("#page-notice [data-api-error]")) note.remove();
}

document.addEventListener("htmx:sendError", showNote);
document.addEventListener("htmx:timeout", showNote);
document.addEventListener("htmx:beforeSwap", removeNote);
