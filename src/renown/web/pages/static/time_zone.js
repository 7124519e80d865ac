// Fill in the visitor's own time zone where they did not choose one.
for (const input of document.querySelectorAll("[data-time-zone]")) {
  if (input.value === "UTC") input.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
