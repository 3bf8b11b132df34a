// Says beside a time what it is in UTC, as it is typed. What is sent is for the portal to say: it knows all clocks too.

const place = (zone) => zone.split("/").at(-1).replaceAll("_", " ");

/** How far clocks of `zone` are ahead of UTC at `moment`, in milliseconds. */
function ahead(moment, zone) {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(moment);
  const of = Object.fromEntries(parts.map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(of.year, of.month - 1, of.day, of.hour, of.minute, of.second) - Math.floor(moment / 1000) * 1000;
}

/** The moments at which clocks of `zone` show `clock`, which is written as if it were of UTC. */
function meanings(clock, zone) {
  const around = [-86_400_000, 86_400_000].map((step) => ahead(clock + step, zone));
  const moments = around.map((offset) => clock - offset).filter((moment) => moment + ahead(moment, zone) === clock);
  return [...new Set(moments)];
}

function inUtc(text, zone) {
  const clock = Date.parse(`${text}Z`);
  if (Number.isNaN(clock)) return "";
  const [moment, other] = meanings(clock, zone);
  if (moment === undefined || other !== undefined) return "";
  const utc = new Date(moment).toISOString();
  const day = utc.slice(0, 10) === text.slice(0, 10) ? "" : ` on ${Number(utc.slice(8, 10))} ${month(moment)}`;
  return `${text.slice(11, 16)} in ${place(zone)} is ${utc.slice(11, 16)} UTC${day}`;
}

const month = (moment) => new Intl.DateTimeFormat("en-US", { month: "short", timeZone: "UTC" }).format(moment);

for (const said of document.querySelectorAll("[data-in-utc]")) {
  const { zone } = said.dataset;
  const input = said.closest(".field").querySelector("input[type=datetime-local]");
  if (zone === "UTC") continue;
  input.addEventListener("input", () => {
    said.textContent = inUtc(input.value, zone);
  });
}
