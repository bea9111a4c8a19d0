import { SingleBar } from 'cli-progress'
import { printable } from '../model/text.ts'
import { describeOutcome, type IngestListener, type Outcome } from '../run/ingest.ts'
import { describeRepair } from '../run/repair.ts'

/** Tells how an ingest goes: a bar on a terminal, else a line per file for the log. `stop` clears the bar. */
export interface Progress extends IngestListener {
  /** Of anything else that takes its time. */
  onStep(what: string, done: number, all: number): void
  stop(): void
}

export function createProgress(): Progress {
  return process.stderr.isTTY ? bar() : lines()
}

function bar(): Progress {
  const shown = new SingleBar({
    format: '{what} {bar} {value}/{total}, {rate} a second, {eta_formatted} left',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 100,
  })
  /** Above the bar. */
  const say = (line: string) => process.stderr.write(`\r\x1b[K${line}\n`)
  let current = ''
  let began = 0
  const show = (what: string, done: number, all: number) => {
    if (current !== what) {
      began = performance.now()
      shown.start(all, 0, { what, rate: '–' })
    }
    current = what
    shown.update(done, { rate: rateOf(done, performance.now() - began) })
  }
  return {
    onFile({ name }, outcome, done, all) {
      show('reading flow files', done, all)
      for (const line of complaints(name, outcome)) say(printable(line))
    },
    onDay: (_day, done, all) => show('adding up days', done, all),
    onStep: show,
    onRepair: (repair) => say(printable(describeRepair(repair))),
    onAlarm: ({ subject, what, mend }) => say(printable(`${subject}: ${what}; ${mend}`)),
    stop: () => shown.stop(),
  }
}

/** `12` or `0.8`: of so many in so many milliseconds, those of a second. */
function rateOf(done: number, ms: number): string {
  const rate = (done * 1000) / Math.max(ms, 1)
  return rate.toFixed(rate < 10 ? 1 : 0)
}

function lines(): Progress {
  return {
    onFile({ name }, outcome) {
      if (outcome.kind === 'counted') console.error(printable(`${name}: ${describeOutcome(outcome)}`))
      for (const line of complaints(name, outcome)) console.error(printable(line))
    },
    onStep: () => {},
    onRepair: (repair) => console.error(printable(describeRepair(repair))),
    onAlarm: ({ subject, what, mend }) => console.error(printable(`${subject}: ${what}; ${mend}`)),
    stop: () => {},
  }
}

/** What somebody should know even while a bar is shown. */
function complaints(name: string, outcome: Outcome): string[] {
  if (outcome.kind === 'counted') return outcome.warnings.map((warning) => `${name}: warning: ${warning}`)
  return [`${name}: ${describeOutcome(outcome)}`]
}
