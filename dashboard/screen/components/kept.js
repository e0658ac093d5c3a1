// What stands in the fields, in this tab's own storage: written as pages are read, handed over once after a reload.

const NAME = "pretext.kept"

function stored() {
  try {
    const found = JSON.parse(sessionStorage.getItem(NAME))
    return found && Array.isArray(found.views) ? found : null
  } catch {
    return null
  }
}

export default function (component) {
  const { data, setStateValue } = component
  if (!data) return
  const before = stored()
  const foreign = before && before.visit !== data.visit
  const [navigation] = performance.getEntriesByType("navigation")
  const reloaded = navigation && navigation.type === "reload"
  if (!data.view) {
    if (foreign && reloaded && !data.settled) {
      setStateValue("kept", JSON.stringify(before.views.map((each) => each.view)))
    }
    return
  }
  // What the reload has not handed over yet is not written over.
  if (foreign && reloaded && !data.settled) return
  const others = before && (reloaded || !foreign) ? before.views.filter((each) => each.page !== data.page) : []
  try {
    const views = [...others, { page: data.page, view: data.view }]
    sessionStorage.setItem(NAME, JSON.stringify({ visit: data.visit, views }))
  } catch {
    // No storage, or no room in it: then a reload begins anew, as it does without this.
  }
}
