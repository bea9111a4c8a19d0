/* Colours as eyes see them. `#rrggbb` throughout. */

type Triple = readonly [number, number, number]

/** Linear light. */
function lightOf(color: string): Triple {
  return [1, 3, 5].map((at) => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }) as unknown as Triple
}

/** WCAG 2.2, "contrast ratio". */
export function contrast(a: string, b: string): number {
  const [dark, light] = [a, b]
    .map((color) => times([[0.2126, 0.7152, 0.0722]], lightOf(color))[0]!)
    .sort((x, y) => x - y)
  return (light! + 0.05) / (dark! + 0.05)
}

function times(matrix: readonly (readonly number[])[], vector: readonly number[]): number[] {
  return matrix.map((row) => row.reduce((sum, factor, at) => sum + factor * vector[at]!, 0))
}

/** How eyes see light: normal, and Machado, Oliveira and Fernandes 2009 at full severity. */
export const EYES = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanope: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranope: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
}

/** OKLab, Ottosson 2020. */
function oklab(light: readonly number[]): number[] {
  const cones = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    light,
  )
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    cones.map(Math.cbrt),
  )
}

export function distance(a: string, b: string, eye: keyof typeof EYES): number {
  const [x, y] = [a, b].map((color) =>
    oklab(times(EYES[eye], lightOf(color)).map((value) => Math.min(1, Math.max(0, value)))),
  )
  return Math.hypot(...x!.map((value, at) => value - y![at]!))
}
