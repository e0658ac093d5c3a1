// What the components have in common; put in front of each one's own script. All strings are set as text.

function element(tag, className, text) {
  const node = document.createElement(tag)
  node.className = className
  if (text !== undefined) node.textContent = text
  return node
}

function cellOf(event) {
  return event.target instanceof Element ? event.target.closest(".cell") : null
}

// One of a row of cells is chosen, and it alone can be reached with Tab.
function markChosen(cells, index) {
  for (const cell of cells) {
    const on = cell.dataset.index === String(index)
    cell.classList.toggle("chosen", on)
    cell.setAttribute("aria-selected", on ? "true" : "false")
    cell.tabIndex = on ? 0 : -1
  }
}

// Arrow keys move the focus, Home and End jump, Enter or Space choose.
function onKeys(strip, cells, choose, moved) {
  strip.onkeydown = (event) => {
    const all = cells()
    const here = all.indexOf(cellOf(event))
    if (here < 0) return
    const last = all.length - 1
    const there = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: last }[event.key]
    if (there !== undefined) {
      event.preventDefault()
      const cell = all[Math.min(last, Math.max(0, there))]
      for (const other of all) other.tabIndex = -1
      cell.tabIndex = 0
      cell.focus()
      moved(Number(cell.dataset.index))
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault()
      choose(Number(all[here].dataset.index))
    }
  }
}
