// htmx asked, and the portal did not answer, or what is in front of it did: the page says so until a refresh works again.

function showNote() {
  const notice = document.getElementById("page-notice");
  const template = document.getElementById("no-answer");
  if (notice && template) notice.replaceChildren(template.content.cloneNode(true));
}

/** Errors of a proxy or of the web server are no part of the page: put in, they would replace what others look for. */
function keepOut(event) {
  const { xhr } = event.detail;
  if (xhr.status < 400 || xhr.getResponseHeader("Content-Type")?.startsWith("text/html")) return;
  event.detail.shouldSwap = false;
  showNote();
}

function removeNote(event) {
  const source = event.detail.requestConfig.elt;
  if (event.detail.xhr.status >= 400 || !source.hasAttribute("data-pause-when-hidden")) return;
  for (const note of document.querySelectorAll("#page-notice [data-api-error]")) note.remove();
}

document.addEventListener("htmx:sendError", showNote);
document.addEventListener("htmx:timeout", showNote);
document.addEventListener("htmx:beforeSwap", keepOut);
document.addEventListener("htmx:beforeSwap", removeNote);
