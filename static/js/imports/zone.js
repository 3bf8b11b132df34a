// Step 2 of an import: times without an offset are of the clocks around the person, unless they said otherwise.

const zone = document.getElementById("id_zone");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

if (zone && zone.value === "UTC" && [...zone.options].some((option) => option.value === here)) zone.value = here;
