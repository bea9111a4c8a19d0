import { startExplorer } from './explorer.ts'
import { upgradeRangePlots } from './range-plot.ts'

/* What `site.js` fetches when a visitor comes to a chart or opens the explorer. The page has been read by then. */

upgradeRangePlots(document)
const form = document.querySelector<HTMLFormElement>('form.explorer')
if (form !== null) void startExplorer(form)
