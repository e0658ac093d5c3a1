// Keeps what stands on a page in this tab's own storage; asked for it once after a reload, it says what was there.

export default function (component) {
  const { data, setTriggerValue } = component
  if (!data) return
  const name = `pretext.${data.name}`
  // Of the window, which a reload makes anew and a connection that is taken up again does not.
  const asked = (window.pretextAsked ??= new Map())
  try {
    if (data.asks && !asked.has(name)) {
      const kept = sessionStorage.getItem(name)
      asked.set(name, kept !== null && kept !== data.view)
      if (asked.get(name)) setTriggerValue("found", kept)
    }
    // While what was found is on its way, it stays.
    if (!(data.asks && asked.get(name))) sessionStorage.setItem(name, data.view)
  } catch {
    // The storage is full, or closed to this page: then nothing is kept.
  }
}
