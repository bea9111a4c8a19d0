/* Elements and text nodes, made one by one: no label is ever read as HTML. */

type Child = Node | string | null

interface Attributes {
  /** `true`: there, without a value; `false`, `null`: not there. */
  readonly [name: string]: string | number | boolean | null
}

/** An HTML element. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(name), attributes, children)
}

/** An SVG element. */
export function svgElement<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children)
}

function fill<E extends Element>(made: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes))
    if (value !== null && value !== false) made.setAttribute(name, value === true ? '' : String(value))
  made.append(...children.filter((child) => child !== null))
  return made
}

/** A colour as a small square. */
export function chip(color: string): SVGElement {
  return svgElement(
    'svg',
    { class: 'chip', viewBox: '0 0 1 1', 'aria-hidden': 'true' },
    svgElement('rect', { width: 1, height: 1, fill: color }),
  )
}

/** The element that the page holds for this; an Error names the selector when it does not. */
export function find<E extends Element = HTMLElement>(within: ParentNode, selector: string): E {
  const found = within.querySelector<E>(selector)
  if (found === null) throw new Error(`the page has no ${selector}`)
  return found
}
