import { writeFileSync } from 'node:fs'

// Loaded before a measured program (node --import): at its end, what it used goes into the file that USAGE names.
process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  writeFileSync(process.env.USAGE, JSON.stringify({ cpu: (userCPUTime + systemCPUTime) / 1e6, memory: maxRSS * 1024 }))
})
