// A button that saves an SVG as PNG.

const encoded = (blob) =>
  new Promise((done, failed) => {
    const reader = new FileReader()
    reader.onload = () => done(reader.result)
    reader.onerror = failed
    reader.readAsDataURL(blob)
  })

// Which letters a file of a face has is known by the page's own rules for it; without one the face is not needed.
function ranges() {
  const found = new Map()
  for (const sheet of document.styleSheets) {
    let rules = []
    try {
      rules = [...sheet.cssRules]
    } catch {
      continue
    }
    for (const rule of rules) {
      if (!(rule instanceof CSSFontFaceRule)) continue
      const file = /([\w-]+\.woff2)/.exec(rule.style.getPropertyValue("src"))
      if (file) found.set(file[1], rule.style.getPropertyValue("unicode-range"))
    }
  }
  return found
}

async function faces(fonts) {
  const known = ranges()
  const rules = await Promise.all(
    fonts.map(async ({ family, weight, url }) => {
      try {
        const answer = await fetch(new URL(url, document.baseURI))
        if (!answer.ok) return ""
        const range = known.get(url.split("/").pop())
        const letters = range ? `unicode-range:${range};` : ""
        return `@font-face{font-family:"${family}";font-weight:${weight};${letters}src:url(${await encoded(await answer.blob())})}`
      } catch {
        return ""
      }
    }),
  )
  return rules.join("")
}

export default function (component) {
  const { data, parentElement } = component
  const button = parentElement.querySelector("button")
  if (!button || !data) return
  button.onclick = async () => {
    const link = document.createElement("a")
    link.href = URL.createObjectURL(await painted(data.svg, await faces(data.fonts), data.scale))
    link.download = data.name
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
  }
}
