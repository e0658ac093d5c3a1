// Draws the figures of a report and saves them and their tables. All it needs stands in the file.

const PNG_DOTS = 3

const read = (figure, what) => JSON.parse(figure.querySelector(`.${what}`).textContent)

// On paper a figure is made smaller as a whole (the style sheet does it), for which its size on screen must be known.
function measure(plot) {
  plot.style.setProperty("--drawn-width", plot.offsetWidth)
  plot.style.setProperty("--drawn-height", plot.offsetHeight)
}

async function draw(plot) {
  const { data, layout, config } = read(plot.closest("figure"), "spec")
  await Plotly.newPlot(plot, data, layout, config)
  measure(plot)
  plot.on("plotly_afterplot", () => measure(plot))
}

// A figure that is folded away has no width until somebody opens its fold.
const waiting = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    if (contentRect.width === 0) continue
    waiting.unobserve(target)
    draw(target)
  }
})

function save(url, name) {
  const link = document.createElement("a")
  link.href = url
  link.download = name
  link.click()
}

function saveBlob(blob, name) {
  const url = URL.createObjectURL(blob)
  save(url, name)
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

const saveTable = (figure, name) => saveBlob(new Blob([read(figure, "csv")], { type: "text/csv;charset=utf-8" }), name)

// A strip has its picture in the file.
async function savePicture(figure, format, name) {
  const svg = read(figure, "picture")
  if (format === "svg") return saveBlob(new Blob([svg], { type: "image/svg+xml" }), name)
  const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
  const faces = rules.filter((rule) => rule instanceof CSSFontFaceRule).map((rule) => rule.cssText)
  saveBlob(await painted(svg, faces.join(""), PNG_DOTS), name)
}

// As drawn, in the size that a printed column takes: twice for the vector picture, four times the pixels for the other.
function saveFigure(figure, format, name) {
  const plot = figure.querySelector(".plot")
  return Plotly.downloadImage(plot, {
    format,
    width: plot.offsetWidth,
    height: plot.offsetHeight,
    scale: format === "png" ? 4 : 2,
    filename: name.slice(0, -format.length - 1),
  })
}

for (const plot of document.querySelectorAll(".plot")) waiting.observe(plot)

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-save]")
  if (!button) return
  const { save: kind, name } = button.dataset
  const figure = button.closest("figure")
  if (kind === "csv") saveTable(figure, name)
  else if (figure.querySelector(".picture")) savePicture(figure, kind, name)
  else saveFigure(figure, kind, name)
})
