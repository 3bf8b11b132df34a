// One PUT of one file, told as it goes. One PUT cannot be resumed: to try again is to start from the beginning.

/**
 * Send `file` to `url`. Resolves to {kind: "stored"}, {kind: "refused", status}, {kind: "aborted"}, or
 * {kind: "lost", sentAll}: the browser does not say why (no network, no CORS, a connection cut).
 */
export function put(url, file, { onProgress }) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve) => {
    let sent = 0;
    request.upload.addEventListener("progress", (event) => onProgress((sent = event.loaded)));
    request.addEventListener("load", () => resolve(outcome(request.status)));
    request.addEventListener("abort", () => resolve({ kind: "aborted" }));
    request.addEventListener("error", () => resolve({ kind: "lost", sentAll: sent >= file.size }));
  });
  request.open("PUT", url);
  request.setRequestHeader("Content-Type", "application/zip");
  // Without a type of its own: the header above is what the link was signed for.
  request.send(file.slice(0, file.size));
  return { done, abort: () => request.abort() };
}

function outcome(status) {
  return status >= 200 && status < 300 ? { kind: "stored" } : { kind: "refused", status };
}
