// An SVG as the blob of a PNG. A picture that is painted knows no type face of the page: the rules of faces, each with
// its letters in it, are written into the drawing first.
async function painted(svg, faces, scale) {
  const drawing = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement
  const sheet = drawing.ownerDocument.createElementNS(drawing.namespaceURI, "style")
  sheet.textContent = faces
  drawing.prepend(sheet)
  const image = new Image()
  image.src = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(drawing)], { type: "image/svg+xml" }))
  await image.decode()
  const canvas = document.createElement("canvas")
  canvas.width = scale * Number(drawing.getAttribute("width"))
  canvas.height = scale * Number(drawing.getAttribute("height"))
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height)
  URL.revokeObjectURL(image.src)
  return new Promise((done) => canvas.toBlob(done, "image/png"))
}
