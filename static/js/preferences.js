// A preference is saved as it is chosen. Without this script, each has a button.

document.getElementById("preferences").addEventListener("change", async ({ target: { form } }) => {
  const values = new FormData(form);
  const request = { method: "POST", body: values, headers: { "HX-Request": "true" } };
  const answer = await fetch(form.action, request).catch(() => null);
  // The page that comes says what is wrong.
  if (answer?.status !== 204) return form.submit();
  const [name, value] = [values.get("name"), values.get("value")];
  if (name === "theme") document.documentElement.dataset.theme = value;
  if (name === "time_zone") await htmx.ajax("GET", location.pathname, { target: "#time-zone-now", select: "#time-zone-now", swap: "outerHTML" });
  document.dispatchEvent(new CustomEvent("portal:done", { detail: "Saved" }));
});
