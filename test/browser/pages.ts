/*
 * Every kind of page, by a name for people and its address on the demo's campus (`CAMPUS`). A new kind of page
 * joins all tests in the browser by an entry here, and `matrix.test.ts` misses it until then.
 */
export interface PageKind {
  readonly name: string
  readonly address: string
  /** Of `templates/`, without `.njk`. */
  readonly template: string
  /** 200 when absent. */
  readonly status?: number
  /** What is there when its scripts have done their work; absent where there is nothing to wait for. */
  readonly ready?: string
}

/** An afternoon with a scan; the store begins four hours before its end. */
export const CAMPUS = { end: Date.parse('2026-11-24T15:00:00Z') / 1000, hours: 4, flowsPerSlot: 400 }

export const PAGES: readonly PageKind[] = [
  { name: 'overview', address: '', template: 'overview' },
  { name: 'networks', address: 'networks/', template: 'dimension' },
  { name: 'network', address: 'networks/dormitories/', template: 'range' },
  { name: 'week', address: 'networks/dormitories/week/', template: 'range' },
  { name: 'year', address: 'services/https/year/', template: 'range' },
  { name: 'total', address: 'total/', template: 'range' },
  { name: 'matrix', address: 'networks/services/', template: 'matrix' },
  { name: 'pair', address: 'networks/dormitories/services/quic/', template: 'range' },
  { name: 'scoreboard', address: 'scoreboard/', template: 'scoreboard' },
  { name: 'slot', address: 'scoreboard/2026/11/24/1455/', template: 'slot' },
  { name: 'day', address: 'scoreboard/2026/11/24/', template: 'day' },
  { name: 'overall', address: 'scoreboard/overall/', template: 'overall' },
  { name: 'archive', address: 'scoreboard/archive/', template: 'calendar' },
  { name: 'explorer', address: 'explore/', template: 'explore', ready: '.plot svg:visible' },
  { name: 'reports', address: 'reports/', template: 'reports' },
  { name: 'statement', address: 'reports/2026-11/', template: 'statement' },
  { name: 'pair of a router', address: 'routers/border-1/services/https/month/', template: 'range' },
  { name: 'quality', address: 'quality/', template: 'quality' },
  { name: 'about', address: 'about/', template: 'about' },
  { name: 'nothing', address: 'nothing/', template: 'not-found', status: 404 },
]
