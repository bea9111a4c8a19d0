/*
 * What an eye would object to in the page that is shown, a sentence each; runs in the page (`page.evaluate(LAYOUT)`), whatever its
 * size and theme. It sees text that is cut, charts without a size, labels that touch, tables that scroll without a cue.
 */
export const LAYOUT = `(() => {
  const told = []
  const width = document.documentElement.clientWidth
  const name = (element) => {
    const text = element.textContent.trim().replace(/\\s+/g, ' ').slice(0, 40)
    const kind = element.tagName.toLowerCase() + (element.classList.length ? '.' + [...element.classList].join('.') : '')
    return kind + ' ' + JSON.stringify(text)
  }
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true })
  const isHiddenFromEyes = (element) => {
    const { width, height } = element.getBoundingClientRect()
    return width <= 1 || height <= 1 || element.closest('.skip') !== null
  }

  if (document.documentElement.scrollWidth > width)
    told.push('the page is ' + document.documentElement.scrollWidth + ' px wide on a screen of ' + width)
  const header = document.querySelector('header')
  if (header === null || header.getBoundingClientRect().height > 260)
    told.push('the header is ' + header?.getBoundingClientRect().height + ' px tall')
  const mains = document.querySelectorAll('main')
  if (mains.length !== 1 || mains[0].getBoundingClientRect().height < 50) told.push('there is no main landmark')
  if (document.querySelectorAll('h1').length !== 1) told.push('there is not one h1')
  if (/undefined|NaN|\\[object/.test(mains[0]?.innerText ?? '')) told.push('a value is missing in a text')
  for (const image of document.images)
    if (!image.complete || image.naturalWidth === 0) told.push('an image is broken: ' + image.src)

  for (const region of document.querySelectorAll('body *')) {
    const style = getComputedStyle(region)
    if (!['auto', 'scroll'].includes(style.overflowX) || region.scrollWidth <= region.clientWidth + 1) continue
    if (!isShown(region)) continue
    if (region.tabIndex < 0) told.push('no key scrolls ' + name(region))
    const hasCue = style.backgroundImage !== 'none' || style.maskImage !== 'none' || region.matches('pre')
    if (!hasCue) told.push('nothing tells that this scrolls: ' + name(region))
  }

  const texts = 'h1, h2, h3, h4, th, td, dt, dd, li, p, a, button, summary, label, legend, span, time, code'
  for (const element of document.querySelectorAll(texts)) {
    if (!isShown(element) || isHiddenFromEyes(element) || element.closest('caption, svg, pre') !== null) continue
    const style = getComputedStyle(element)
    if (style.display === 'inline' || style.display === 'contents') continue
    // What ends in an ellipsis says itself that there is more; the page it links to has it.
    if (style.textOverflow === 'ellipsis') continue
    if (element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1 && !['auto', 'scroll'].includes(style.overflowX))
      told.push('cut or beyond its box by ' + (element.scrollWidth - element.clientWidth) + ' px: ' + name(element))
    const box = element.getBoundingClientRect()
    const scrolls = element.closest('.scroll, [tabindex="0"]') !== null
    if (!scrolls && (box.left < -1 || box.right > width + 1)) told.push('off the screen: ' + name(element))
  }

  for (const chart of document.querySelectorAll('.chart:not(:empty)')) {
    const shown = [...chart.querySelectorAll('svg')].filter(isShown)
    if (shown.length === 0) told.push('a chart is not shown')
    for (const svg of shown) {
      const box = svg.getBoundingClientRect()
      // A label that is longer than most may reach into the margin of its card.
      const clip = getComputedStyle(svg).overflowX === 'visible' ? (svg.closest('.card') ?? svg).getBoundingClientRect() : box
      const labels = [...svg.querySelectorAll('text')].filter((text) => text.textContent !== '')
      if (box.width < 200 || box.height < 150) told.push('a chart is ' + box.width + ' by ' + box.height + ' px')
      const boxes = labels.map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }))
      for (const { text, box: own } of boxes) {
        if (own.height < 9) told.push('a label of a chart is too small to be read: ' + text)
        if (own.left < clip.left - 1 || own.right > clip.right + 1 || own.top < clip.top - 1 || own.bottom > clip.bottom + 1)
          told.push('a label of a chart is cut: ' + text)
      }
      boxes.forEach((one, at) => {
        for (const other of boxes.slice(at + 1)) {
          const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left)
          const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top)
          if (across > 0.5 && down > 3) told.push('labels of a chart touch: ' + one.text + ' and ' + other.text)
        }
      })
    }
  }
  return [...new Set(told)]
})()`
