import type { StackedChart } from '../charts/chart.ts'
import type { ThemeName } from '../charts/theme.ts'
import { csvOf, jsonOf } from '../downloads.ts'
import { find } from './element.ts'
import { type PictureText, pngPicture, svgPicture, svgText } from './picture.ts'
import type { Shown } from './shown.ts'

/** What can be saved: what is shown. */
export interface Saveable {
  /** Without an ending. */
  readonly name: string
  readonly data: Shown['data']
  /** As it is drawn just now. */
  readonly chart: StackedChart
  readonly text: PictureText
}

/** The buttons of `explore.njk` that give the visitor files. `offer(null)`: there is nothing. */
export function createSaver(form: HTMLFormElement): { offer(saveable: Saveable | null): void } {
  let offered: Saveable | null = null
  const buttons = [...form.querySelectorAll<HTMLButtonElement>('button[name="save"]')]
  const ground = find<HTMLSelectElement>(form, '[name="ground"]')
  for (const button of buttons)
    button.addEventListener('click', async () => {
      if (offered === null) return
      const { name } = offered
      save(`${name}.${button.value}`, await contentOf(offered, button.value, ground.value as ThemeName))
    })
  return {
    offer(saveable) {
      offered = saveable
      for (const button of buttons) button.disabled = saveable === null
    },
  }
}

async function contentOf({ data, chart, text }: Saveable, format: string, theme: ThemeName): Promise<Blob> {
  if (format === 'csv') return new Blob([csvOf(data)], { type: 'text/csv' })
  if (format === 'json') return new Blob([jsonOf(data)], { type: 'application/json' })
  const picture = await svgPicture(chart, text, theme)
  return format === 'png' ? pngPicture(picture) : new Blob([svgText(picture)], { type: 'image/svg+xml' })
}

function save(name: string, content: Blob): void {
  const anchor = document.createElement('a')
  anchor.href = URL.createObjectURL(content)
  anchor.download = name
  anchor.click()
  setTimeout(() => URL.revokeObjectURL(anchor.href), KEPT_MS)
}
/** The browser has begun to read it by then. */
const KEPT_MS = 60_000
