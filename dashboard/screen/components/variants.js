// The table of variants: what was done, both logits, the margin as a dot on one axis and as a number, the tokens below.

function token(cell) {
  if (cell.more) {
    const more = element("span", "more", `… ${cell.more} …`)
    more.dir = "ltr"
    return more
  }
  const node = element("span", `token s${cell.segment}`)
  if (!cell.mask) node.classList.add("hidden")
  if (cell.ghost) node.classList.add("ghost")
  const text = element("bdi", "text", cell.text)
  node.append(text, element("span", "id", cell.mask ? String(cell.segment) : "–"))
  node.title = `segment id ${cell.segment}, attention mask ${cell.mask}`
  return node
}

function cell(className, role, ...parts) {
  const node = element("div", className)
  node.setAttribute("role", role)
  node.append(...parts)
  return node
}

function placed(className, left, width) {
  const node = element("span", className)
  node.style.left = `${left}%`
  if (width !== undefined) node.style.width = `${width}%`
  return node
}

// The numbers say the same in words.
function line(row) {
  const node = element("span", "line")
  node.setAttribute("aria-hidden", "true")
  node.append(placed("zero", 50), ...row.marks.map((at) => placed("mark", at)))
  if (row.at !== null) node.append(placed("stem", Math.min(50, row.at), Math.abs(row.at - 50)), placed("dot", row.at))
  return node
}

function head(axis) {
  const node = cell("row head", "row")
  const ends = element("span", "ends")
  ends.append(element("span", "", axis.low), element("span", "", "0"), element("span", "", axis.high))
  const sides = element("span", "sides")
  sides.append(element("span", "no", `← ${axis.no}`), element("span", "yes", `${axis.yes} →`))
  node.append(
    cell("name", "columnheader", "tokens with their segment ids"),
    cell("logits", "columnheader", "logits"),
    cell("axis", "columnheader", sides, ends),
    cell("numbers", "columnheader", `margin (${axis.unit})`),
  )
  return node
}

function logit(name, value) {
  const node = element("span", "logit")
  node.append(element("span", "which", name), element("span", "", value))
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
    const tokens = cell("tokens", "cell", ...row.tokens.map(token))
    tokens.dir = data.dir
    const node = cell(`row ${row.next ? "next" : "not"}`, "row")
    if (row.first) node.classList.add("first")
    node.append(
      cell("name", "rowheader", element("strong", "title", row.title), element("span", "meaning", row.meaning)),
      cell("logits", "cell", ...(row.z0 ? [logit("z0", row.z0), logit("z1", row.z1)] : [])),
      cell("axis", "cell", line(row)),
      cell(
        "numbers",
        "cell",
        element("span", "verdict", row.verdict),
        element("span", "margin", row.margin),
        element("span", "p", row.p),
      ),
      tokens,
    )
    return node
  })
  table.replaceChildren(head(data.axis), ...rows)
}
