// The text as each order fills it: running text, the fillers marked, those that the orders disagree on marked twice.

function part(each) {
  if (each.kind === "segment") {
    const name = element("span", "segment", each.text)
    name.setAttribute("aria-label", `segment ${each.text}`)
    // Not one of the letters that say which way the text runs.
    name.dir = "ltr"
    return name
  }
  if (each.kind === "text") return document.createTextNode(each.text)
  const filler = element("mark", each.differs ? "filler differs" : "filler")
  filler.dir = "auto"
  if (each.piece) filler.append(element("span", "hashes", "##"))
  filler.append(document.createTextNode(each.text))
  if (each.differs) filler.title = "the orders disagree here"
  return filler
}

export default function (component) {
  const { data, parentElement } = component
  const list = parentElement.querySelector(".filled")
  if (!list || !data) return
  list.setAttribute("aria-label", data.label)
  const rows = data.rows.map((row) => {
    const node = element("div", "row")
    node.setAttribute("role", "listitem")
    const text = element("p", "text")
    text.dir = "auto"
    text.append(...row.parts.map(part))
    node.append(element("span", "orders", row.orders), text)
    return node
  })
  list.replaceChildren(...rows)
}
