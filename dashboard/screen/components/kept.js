// What stands in the fields, in this tab's own storage: written as pages are read, handed over once to the next visit.

const NAME = "pretext.kept"

function stored() {
  try {
    const found = JSON.parse(sessionStorage.getItem(NAME))
    return found && Array.isArray(found.views) ? found : null
  } catch {
    return null
  }
}

// What is typed until it has come back would be replaced by it.
const LONGEST_WAIT = 10_000
let locked = []

function lock(waits) {
  for (const field of locked) field.readOnly = false
  locked = waits ? [...document.querySelectorAll("[data-testid=stMain] textarea")] : []
  for (const field of locked) field.readOnly = true
  if (waits) setTimeout(lock, LONGEST_WAIT, false)
}

export default function (component) {
  const { data, setStateValue } = component
  if (!data) return
  const before = stored()
  const foreign = before && before.visit !== data.visit
  // The visit before this one went on here: before a reload, or before a server that was started anew.
  const [navigation] = performance.getEntriesByType("navigation")
  const goesOn = foreign && (navigation?.type === "reload" || before.document === performance.timeOrigin)
  // What has not been handed over yet is not written over.
  const waits = goesOn && !data.settled
  lock(waits)
  if (!data.view) {
    if (waits) setStateValue("kept", JSON.stringify(before.views.map((each) => each.view)))
    return
  }
  if (waits) return
  const others = before && (goesOn || !foreign) ? before.views.filter((each) => each.page !== data.page) : []
  const views = [...others, { page: data.page, view: data.view }]
  try {
    sessionStorage.setItem(NAME, JSON.stringify({ visit: data.visit, document: performance.timeOrigin, views }))
  } catch {
    // No storage, or no room in it: then a reload begins anew, as it does without this.
  }
}
