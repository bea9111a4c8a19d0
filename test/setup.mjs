/*
 * Called first by `npm test`: compiles dist/, which tests of the command line run, and sees to the programs that some
 * tests use. Where it may (Debian, root) it installs what is missing; else it says what to install, and tests that need
 * it are skipped with a printed reason (programs.ts).
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Debian's package for each program, or for each file. */
const PACKAGES = {
  chromium: 'chromium',
  nginx: 'nginx-light',
  '/usr/lib/nginx/modules/ngx_http_brotli_static_module.so': 'libnginx-mod-http-brotli-static',
  nfdump: 'nfdump',
  nfcapd: 'nfdump',
  softflowd: 'softflowd',
  tcpdump: 'tcpdump',
  strace: 'strace',
  '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf': 'fonts-dejavu-core',
}

const missing = missingPackages()
if (missing.length > 0 && mayInstall()) install(missing)
const still = missingPackages()
if (still.length > 0) {
  console.log(`Tests that need ${still.join(', ')} will be skipped. To run them too, install as root:`)
  console.log(`  apt-get install --no-install-recommends ${still.join(' ')}`)
}
process.exit(run('npm', ['run', '--silent', 'build']))

function missingPackages() {
  const absent = Object.entries(PACKAGES).filter(
    ([name]) => !(name.startsWith('/') ? existsSync(name) : hasProgram(name)),
  )
  return [...new Set(absent.map(([, name]) => name))]
}

/** Debian keeps what root runs in sbin, which is not on everybody's PATH. */
function hasProgram(name) {
  const PATH = `${process.env.PATH}:/usr/sbin:/sbin`
  return spawnSync('sh', ['-c', `command -v ${name}`], { env: { ...process.env, PATH } }).status === 0
}

function mayInstall() {
  return process.getuid?.() === 0 && hasProgram('apt-get')
}

function install(packages) {
  console.log(`Installing ${packages.join(', ')} …`)
  if (run('apt-get', ['update', '-qq']) === 0)
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages])
}

/** Its exit code; output goes where ours goes. */
function run(program, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync(program, args, { stdio: 'inherit', env }).status ?? 1
}
