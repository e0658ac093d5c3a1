// Keeps what stands on a page in this tab's own storage; in a new visit it says, once, what was kept there before.

export default function (component) {
  const { data, setTriggerValue } = component
  if (!data) return
  const name = `pretext.${data.name}`
  // By visit: a reload begins one, and a server that was started anew does, too. What was found and is not yet taken.
  const found = (window.pretextFound ??= new Map())
  const visit = `${name} ${data.visit}`
  try {
    if (data.asks && !found.has(visit)) {
      const kept = sessionStorage.getItem(name)
      found.set(visit, kept === data.view ? null : kept)
      // Not said again: it would bring along what stood in the fields before, and take back what was put there.
      if (found.get(visit) !== null) setTriggerValue("found", kept)
    }
    if (!data.asks) found.set(visit, null)
    // While what was found is on its way, it stays.
    if (found.get(visit) === null) sessionStorage.setItem(name, data.view)
  } catch {
    // The storage is full, or closed to this page: then nothing is kept.
  }
}
