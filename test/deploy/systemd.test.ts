import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findProgram, isWithout } from '../programs.ts'

const DEPLOY = new URL('../../deploy/', import.meta.url).pathname
const text = (name: string) => readFileSync(join(DEPLOY, name), 'utf8')

describe.skipIf(isWithout('deploy/*.service', 'systemd-analyze'))('the units', () => {
  const analyze = (...args: readonly string[]) =>
    spawnSync(findProgram('systemd-analyze')!, args, { cwd: DEPLOY, encoding: 'utf8' })

  test('are without mistakes', () => {
    const { stderr } = analyze('verify', '--man=no', './flowscan.service', './flowscan.timer')
    const mistakes = stderr.split('\n').filter((line) => line !== '' && !line.includes('flowscan is not executable'))
    expect(mistakes).toEqual([])
  })

  test('shut the service in: exposure at most 1.0 of 10', () => {
    const { status, stdout } = analyze('security', '--offline=yes', '--threshold=10', './flowscan.service')
    expect(stdout).toMatch(/Overall exposure level/)
    expect(status).toBe(0)
  })
})

test('service and cron call the same command', () => {
  const command = 'flowscan run --config /etc/flowscan/flowscan.config.ts'
  expect(text('flowscan.service')).toContain(`ExecStart=/usr/local/bin/${command}\n`)
  expect(text('cron')).toMatch(new RegExp(`^1-59/5 \\* \\* \\* \\* flowscan /usr/local/bin/${command} `, 'm'))
})

test('all files agree where things lie', () => {
  expect(text('README.md')).toContain("site: { dir: '/var/lib/flowscan/public' }")
  expect(text('nginx.conf')).toContain('root /var/lib/flowscan/public/current;')
  expect(text('Caddyfile')).toContain('root * /var/lib/flowscan/public/current\n')
  expect(text('flowscan.service')).toMatch(/^StateDirectory=flowscan$/m)
  expect(text('flowscan.service')).toMatch(/^ReadWritePaths=\/var\/netflow$/m)
})
