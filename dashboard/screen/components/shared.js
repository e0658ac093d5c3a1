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

// The cell of the line above or below (by -1 or 1) that stands nearest to this one; this one where there is no line.
function onLine(all, here, by) {
  const places = all.map((cell) => cell.getBoundingClientRect())
  const from = places[here]
  const apart = (place) => by * (place.top - from.top)
  const beyond = places.map(apart).filter((pixels) => pixels > from.height / 2)
  if (!beyond.length) return here
  const line = Math.min(...beyond) + from.height / 2
  const middle = (place) => place.left + place.width / 2
  let nearest = here
  let least = Infinity
  places.forEach((place, index) => {
    const away = Math.abs(middle(place) - middle(from))
    if (apart(place) > from.height / 2 && apart(place) < line && away < least) [nearest, least] = [index, away]
  })
  return nearest
}

// What a chip says: of the text's own mask the best guess, of a piece its marks.
function written(body, token) {
  if (token.guess) {
    body.classList.add("guess")
    body.append(document.createTextNode(token.guess))
    return
  }
  if (token.piece) body.append(element("span", "hashes", "##"))
  body.append(document.createTextNode(token.text))
}

// Arrow keys move the focus the way they point, along the text and by line, Home and End jump, Enter or Space choose, with Shift
// held if the component has a use for it.
function onKeys(strip, cells, choose, moved) {
  strip.onkeydown = (event) => {
    const all = cells()
    const here = all.indexOf(cellOf(event))
    if (here < 0) return
    const last = all.length - 1
    const right = strip.dir === "rtl" ? -1 : 1
    const lines = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    const there = lines ? onLine(all, here, lines) : { ArrowRight: here + right, ArrowLeft: here - right, Home: 0, End: last }[event.key]
    if (there !== undefined) {
      event.preventDefault()
      const cell = all[Math.min(last, Math.max(0, there))]
      for (const other of all) other.tabIndex = -1
      cell.tabIndex = 0
      cell.focus()
      moved(Number(cell.dataset.index))
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault()
      choose(Number(all[here].dataset.index), event.shiftKey)
    }
  }
}
