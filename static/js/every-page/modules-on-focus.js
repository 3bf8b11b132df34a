// A field that few people type in loads its script when it gets the focus: see `data-module` and `data-styles`.

function load(field) {
  const dataset = field?.dataset;
  if (!dataset?.module) return;
  const { module, styles: href } = dataset;
  if (href && !document.querySelector(`link[href="${href}"]`)) {
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
  }
  import(module);
}

document.addEventListener("focusin", ({ target }) => load(target));
// A field may have got the focus before this script was there.
load(document.activeElement);
