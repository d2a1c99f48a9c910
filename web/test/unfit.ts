/** Runs in the page. @returns what somebody could not use: without a name, or with too little contrast (WCAG AA). */
export function unfit(): string[] {
  const faults: string[] = []
  const where = (element: Element) =>
    `${element.tagName.toLowerCase()}.${element.className} "${(element.textContent ?? '').trim().slice(0, 40)}"`
  const seen = (element: Element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
  for (const element of document.querySelectorAll('button, a, input, select, textarea, [role=img]')) {
    const labelled = element.closest('label')?.textContent ?? ''
    const name = [element.getAttribute('aria-label'), element.textContent, element.getAttribute('title'), labelled].join('').trim()
    if (seen(element) && name === '') faults.push(`no name: ${where(element)}`)
  }
  if (document.querySelectorAll('h1').length !== 1) faults.push(`${document.querySelectorAll('h1').length} headings of level 1`)
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!
  canvas.canvas.width = canvas.canvas.height = 1
  const rgba = (color: string, below: readonly number[]): number[] => {
    canvas.fillStyle = `rgb(${below.join(' ')})`
    canvas.fillRect(0, 0, 1, 1)
    canvas.fillStyle = color
    canvas.fillRect(0, 0, 1, 1)
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
  }
  const groundOf = (element: Element | null): number[] => {
    if (element === null) return [255, 255, 255]
    const color = getComputedStyle(element).backgroundColor
    return color === 'rgba(0, 0, 0, 0)' ? groundOf(element.parentElement) : rgba(color, groundOf(element.parentElement))
  }
  const light = (color: readonly number[]) => {
    const [r = 0, g = 0, b = 0] = color.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement!
    if (
      node.textContent!.trim() === '' ||
      !seen(element) ||
      element.closest('.sr, .flap, :disabled, .skip, noscript, script, option') !== null
    )
      continue
    const ground = groundOf(element)
    const { color, fontSize, fontWeight } = getComputedStyle(element)
    const [a, b] = [light(ground), light(rgba(color, ground))]
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    const large = Number.parseFloat(fontSize) >= 24 || (Number.parseFloat(fontSize) >= 18.66 && Number(fontWeight) >= 700)
    if (contrast < (large ? 3 : 4.5)) faults.push(`contrast ${contrast.toFixed(2)}: ${where(element)}`)
  }
  return [...new Set(faults)]
}
