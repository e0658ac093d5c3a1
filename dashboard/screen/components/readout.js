// The greedy read-out as running text: what the head reads back, and what stood there where the two differ.

export default function (component) {
  const { data, parentElement } = component
  const text = parentElement.querySelector(".readout")
  if (!text || !data) return
  text.dir = data.dir
  text.setAttribute("aria-label", data.label)
  const words = data.words.map((word) => {
    const node = document.createElement("span")
    node.className = word.same ? "same" : "changed"
    if (word.ghost) node.classList.add("ghost")
    if (!word.joined) node.classList.add("apart")
    const read = document.createElement("span")
    read.dir = "auto"
    read.textContent = word.predicted
    node.append(read)
    if (!word.same) {
      const instead = document.createElement("span")
      instead.className = "unseen"
      instead.textContent = " instead of "
      node.append(instead)
      const stood = document.createElement("del")
      stood.dir = "auto"
      stood.textContent = word.stood
      node.append(stood)
    }
    return node
  })
  text.replaceChildren(...words)
}
