// Two inputs on aligned tokens: columns of A's token, the divergence, B's token, each token over its value, that wrap
// like running text.
// Arrow keys move the focus, up and down by line; Home and End jump, Enter or Space choose. All strings are set as text.

function chip(token, side) {
  if (!token) return element("span", "chip gap", "∅")
  const body = element("span", "chip")
  body.dir = "auto"
  written(body, token)
  if (token.ghost) body.classList.add("ghost")
  else {
    body.style.background = token.fill
    body.style.color = token.ink
  }
  if (token.edited) body.classList.add("edited")
  if (token.segment === "B") body.classList.add("second")
  body.title = `${side}: ${token.name}; ${token.guesses.join(", ")}`
  return body
}

// A space keeps the line of what has no value.
function value(token) {
  return element("span", "value", token && !token.ghost ? token.value : "\u00a0")
}

function column(pair, index) {
  const cell = element("div", `cell ${pair.kind}`)
  if (pair.joined) cell.classList.add("joined")
  const middle = element("span", "js", pair.js || " ")
  if (pair.js) {
    middle.style.background = pair.fill
    middle.style.color = pair.ink
  }
  cell.append(chip(pair.a, "A"), value(pair.a), middle, chip(pair.b, "B"), value(pair.b))
  cell.setAttribute("role", "option")
  cell.setAttribute("aria-label", pair.name)
  cell.dataset.index = String(index)
  return cell
}

function heads() {
  const cell = element("div", "heads")
  cell.setAttribute("aria-hidden", "true")
  cell.append(element("span", "", "A"), value(), element("span", "", "JS"), element("span", "", "B"), value())
  return cell
}

function legend(about) {
  const node = element("div", "legend")
  const scale = element("span", "scale")
  scale.style.background = `linear-gradient(90deg, ${about.colours.join(", ")})`
  node.append(element("span", "name", about.name), element("span", "end", about.low), scale, element("span", "end", about.high))
  return node
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const strip = parentElement.querySelector(".strip")
  if (!strip || !data) return
  strip.dir = data.dir
  const cells = () => [...strip.querySelectorAll(".cell")]

  const mark = (index) => markChosen(cells(), index)
  const choose = (index) => {
    mark(index)
    setTriggerValue("picked", index)
  }

  const drawn = JSON.stringify(data.columns)
  if (strip.drawn !== drawn) {
    strip.drawn = drawn
    strip.replaceChildren(heads(), ...data.columns.map(column))
  }
  parentElement.querySelector(".foot").replaceChildren(...data.legends.map(legend))
  mark(data.chosen)

  strip.onclick = (event) => {
    const cell = cellOf(event)
    if (cell) choose(Number(cell.dataset.index))
  }
  onKeys(strip, cells, choose, () => {})
}
