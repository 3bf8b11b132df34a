// Times without an offset are of the clocks around the person, unless they said otherwise.

const zone = document.getElementById("id_zone");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
const isOffered = zone?.type === "hidden" || [...(zone?.options ?? [])].some((option) => option.value === here);

if (zone && ["", "UTC"].includes(zone.value) && isOffered) zone.value = here;
