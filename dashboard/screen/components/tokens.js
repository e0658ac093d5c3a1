// The token strip: chips that wrap like running text, one of them chosen.
// Arrow keys move the focus, up and down by line; Home and End jump, Enter or Space choose. All strings are set as text.

const BAR = { A: "solid", B: "dashed" }

function chip(token, index, previous, pair) {
  const cell = element("div", "cell")
  if (token.joined) cell.classList.add("joined")
  if (token.ghost) cell.classList.add("ghost")
  for (const mark of ["region", "opens", "closes"]) if (token[mark]) cell.classList.add(mark)
  if (pair) {
    cell.style.borderTopStyle = BAR[token.segment]
    cell.style.borderTopColor = `var(--segment-${token.segment.toLowerCase()})`
    if (!previous || previous.segment !== token.segment) {
      cell.append(element("span", "segment", token.segment))
      cell.lastChild.style.color = `var(--segment-${token.segment.toLowerCase()})`
    }
  }
  const body = element("span", "chip")
  body.dir = "auto"
  written(body, token)
  if (!token.ghost) {
    body.style.background = token.fill
    body.style.color = token.ink
  }
  if (token.unknown) body.classList.add("unknown")
  if (token.edited) cell.classList.add("edited")
  cell.append(body, element("span", "value", token.ghost ? " " : token.value))
  cell.setAttribute("role", "option")
  const guesses = token.guesses.length ? `; best guesses ${token.guesses.join(", ")}` : ""
  cell.setAttribute("aria-label", `${token.name}${guesses}`)
  cell.dataset.index = String(index)
  return cell
}

// A line of the text ends before the chip: the strip breaks there, too.
function lineEnd(token) {
  const node = element("div", token.line_ends > 1 ? "line-end stanza" : "line-end")
  node.setAttribute("aria-hidden", "true")
  return node
}

function legend(node, about) {
  node.replaceChildren(
    element("span", "name", about.name),
    element("span", "end", about.low),
    element("span", "scale"),
    element("span", "end", about.high),
  )
  node.querySelector(".scale").style.background = `linear-gradient(90deg, ${about.colours.join(", ")})`
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const strip = parentElement.querySelector(".strip")
  const line = parentElement.querySelector(".line")
  if (!strip || !line || !data) return
  strip.dir = data.dir
  parentElement.querySelector(".frame").style.setProperty("--segment-a", data.a)
  parentElement.querySelector(".frame").style.setProperty("--segment-b", data.b)

  const describe = (index) => {
    const token = data.tokens[index]
    if (!token) return
    line.replaceChildren(
      element("span", "where", token.where),
      element("bdi", "token", token.piece ? `##${token.text}` : token.text),
      ...token.guesses.map((guess) => element("span", "guess", guess)),
    )
  }
  const cells = () => [...strip.querySelectorAll(".cell")]
  const mark = (index) => {
    const all = cells()
    markChosen(all, index)
    if (all.length && !strip.querySelector('[tabindex="0"]')) all[0].tabIndex = 0
  }
  // With Shift the words from the chosen token to this one are marked, and the token stays chosen.
  const choose = (index, extended) => {
    if (extended && data.marks) {
      setTriggerValue("marked", index)
      return
    }
    mark(index)
    describe(index)
    setTriggerValue("picked", index)
  }
  const indexOf = (event) => {
    const cell = cellOf(event)
    return cell ? Number(cell.dataset.index) : null
  }

  let held = null
  const drawn = JSON.stringify([data.tokens, data.pair])
  if (strip.drawn !== drawn) {
    strip.drawn = drawn
    const focused = strip.getRootNode().activeElement
    held = strip.contains(focused) ? Number(focused.dataset.index) : null
    const chips = data.tokens.map((token, i) => chip(token, i, data.tokens[i - 1], data.pair))
    strip.replaceChildren(...chips.flatMap((cell, i) => (data.tokens[i].line_ends ? [lineEnd(data.tokens[i]), cell] : [cell])))
  }
  legend(parentElement.querySelector(".legend"), data.legend)
  mark(data.chosen)
  describe(data.chosen)
  if (data.marks) strip.setAttribute("aria-description", data.marks)
  // Whoever works with the keyboard stays where he was when the chips are drawn anew.
  if (held !== null && cells()[held]) {
    for (const cell of cells()) cell.tabIndex = -1
    cells()[held].tabIndex = 0
    cells()[held].focus()
  }

  strip.onclick = (event) => {
    const index = indexOf(event)
    if (index !== null) choose(index, event.shiftKey)
  }
  // A browser would mark the words as text.
  strip.onmousedown = (event) => {
    if (event.shiftKey && data.marks) event.preventDefault()
  }
  strip.onmouseover = (event) => {
    const index = indexOf(event)
    if (index !== null) describe(index)
  }
  strip.onmouseleave = () => describe(data.chosen)
  onKeys(strip, cells, choose, describe)
}
