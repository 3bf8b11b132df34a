// A field that few people type in loads its script when it gets the focus: see `data-module` and `data-styles`.

document.addEventListener("focusin", ({ target: { dataset } }) => {
  if (!dataset?.module) return;
  const { module, styles: href } = dataset;
  if (href && !document.querySelector(`link[href="${href}"]`)) {
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
  }
  import(module);
});
