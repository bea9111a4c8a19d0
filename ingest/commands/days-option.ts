import { type Command, InvalidArgumentError, Option } from 'commander'
import { startOfDay } from '../model/time.ts'

/** UTC days that a command is to look at. */
export interface DaysOption {
  readonly from?: string
  readonly to?: string
}

export function addDaysOption(command: Command, from: 'required' | 'optional' = 'optional'): Command {
  const first = new Option('--from <day>', 'first UTC day, such as 2026-11-23').argParser(parseDay)
  return command
    .addOption(first.makeOptionMandatory(from === 'required'))
    .option('--to <day>', 'last UTC day, included', parseDay)
}

function parseDay(text: string): string {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(startOfDay(text)))
    throw new InvalidArgumentError('write a UTC day as 2026-11-23')
  return text
}
