// The variants of a pair, one row each: what was done, its tokens under their segment ids, margin and probability.

function token(cell) {
  if (cell.more) return element("span", "more", `… ${cell.more} …`)
  const node = element("span", `token s${cell.segment}`)
  if (!cell.mask) node.classList.add("hidden")
  if (cell.ghost) node.classList.add("ghost")
  const text = element("bdi", "text", cell.text)
  node.append(text, element("span", "id", cell.mask ? String(cell.segment) : "–"))
  node.title = `segment id ${cell.segment}, attention mask ${cell.mask}`
  return node
}

export default function (component) {
  const { data, parentElement } = component
  const table = parentElement.querySelector(".variants")
  if (!table || !data) return
  table.style.setProperty("--segment-a", data.a)
  table.style.setProperty("--segment-b", data.b)
  table.style.setProperty("--is-next", data.is_next)
  table.style.setProperty("--not-next", data.not_next)
  const rows = data.rows.map((row) => {
    const node = element("div", "row")
    node.setAttribute("role", "row")
    const name = element("div", "name")
    name.setAttribute("role", "rowheader")
    name.append(element("strong", "title", row.title), element("span", "meaning", row.meaning))
    const tokens = element("div", "tokens")
    tokens.setAttribute("role", "cell")
    tokens.append(...row.tokens.map(token))
    const numbers = element("div", row.next ? "numbers next" : "numbers not")
    numbers.setAttribute("role", "cell")
    numbers.append(element("span", "verdict", row.next ? "IsNext" : "NotNext"), element("span", "margin", row.margin), element("span", "p", row.p))
    node.append(name, tokens, numbers)
    return node
  })
  table.replaceChildren(...rows)
}
