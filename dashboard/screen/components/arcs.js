// One head over its text: tokens that look on one side, tokens that are looked at on the other, a line for each weight.
// The token that is pointed at or focused, or else the chosen one, has its lines set off. All strings are set as text.

const SVG = "http://www.w3.org/2000/svg"
const BAR = { A: "solid", B: "dashed" }

function curve(query, key, weight) {
  const path = document.createElementNS(SVG, "path")
  const [y, to] = [query + 0.5, key + 0.5]
  path.setAttribute("d", `M0 ${y}C50 ${y} 50 ${to} 100 ${to}`)
  path.style.setProperty("--weight", weight)
  path.query = query
  path.key = key
  return path
}

function cell(token, index, data, looks) {
  const node = element("div", token.ghost ? "cell ghost" : "cell")
  const name = element("span", "token")
  name.dir = "auto"
  written(name, token)
  const value = element("span", "value", "")
  node.append(...(looks ? [value, name] : [name, value]))
  node.dataset.index = String(index)
  if (data.pair) {
    const side = looks ? "InlineEnd" : "InlineStart"
    node.style[`border${side}Style`] = BAR[token.segment]
    node.style[`border${side}Color`] = data[token.segment.toLowerCase()]
  }
  if (looks) {
    node.setAttribute("role", "option")
    node.setAttribute("aria-label", token.name)
  }
  return node
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const arcs = parentElement.querySelector(".arcs")
  if (!arcs || !data) return
  const [queries, keys, line] = [".queries", ".keys", ".line"].map((name) => parentElement.querySelector(name))
  const svg = parentElement.querySelector("svg")
  arcs.dir = data.dir
  queries.dir = data.dir
  arcs.classList.toggle("pair", data.pair)
  queries.setAttribute("aria-label", data.label)

  const drawn = JSON.stringify([data.tokens, data.weights, data.pair, data.a])
  if (arcs.drawn !== drawn) {
    arcs.drawn = drawn
    for (const [at, name] of [".looks", ".looked"].entries()) parentElement.querySelector(name).textContent = data.sides[at]
    queries.replaceChildren(...data.tokens.map((token, i) => cell(token, i, data, true)))
    keys.replaceChildren(...data.tokens.map((token, i) => cell(token, i, data, false)))
    svg.setAttribute("viewBox", `0 0 100 ${data.tokens.length}`)
    const curves = data.weights.flatMap((row, query) =>
      row.flatMap((weight, key) => (weight < data.least ? [] : [curve(query, key, weight)])),
    )
    svg.replaceChildren(...curves)
  }

  const said = (weight) => {
    const text = weight.toFixed(2)
    return weight < data.least ? "" : text === "1.00" && weight < 1 ? "> 0.99" : text
  }
  const show = (index) => {
    const token = data.tokens[index]
    if (!token) return
    for (const path of [...svg.children]) {
      path.setAttribute("class", path.query === index ? "from" : path.key === index ? "to" : "")
    }
    // What is set off lies above the rest.
    svg.append(...svg.querySelectorAll(".to"), ...svg.querySelectorAll(".from"))
    const beside = (column, weight) => {
      for (const each of column.children) {
        const at = Number(each.dataset.index)
        each.classList.toggle("active", at === index)
        each.querySelector(".value").textContent = said(weight(at))
      }
    }
    beside(queries, (at) => data.weights[at][index])
    beside(keys, (at) => data.weights[index][at])
    line.replaceChildren(
      element("span", "where", token.where),
      element("bdi", "token", token.piece ? `##${token.text}` : token.text),
      element("span", "where", "looks at"),
      ...token.to.map((each) => element("span", "found", each)),
      element("span", "where", "looked at by"),
      ...token.by.map((each) => element("span", "found", each)),
    )
  }
  const cells = () => [...queries.children]
  const choose = (index) => {
    markChosen(cells(), index)
    show(index)
    setTriggerValue("picked", index)
  }
  markChosen(cells(), data.chosen)
  show(data.chosen)

  const index = (event) => {
    const found = cellOf(event)
    return found ? Number(found.dataset.index) : null
  }
  arcs.onclick = (event) => {
    if (index(event) !== null) choose(index(event))
  }
  arcs.onmouseover = (event) => {
    if (index(event) !== null) show(index(event))
  }
  arcs.onmouseleave = () => show(data.chosen)
  onKeys(queries, cells, choose, show)
}
