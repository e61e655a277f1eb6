// Plain JavaScript: runs before anything that needs Node 26. Installs what the tests need from the system's
// packages where it may, else says exactly what to install. It never lets a test be skipped.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const onPath = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0
const chromium =
  process.env.CHROMIUM || ['/usr/bin/chromium', '/usr/bin/chromium-browser'].some((path) => existsSync(path))
const packages = [
  ...(chromium ? [] : ['chromium']),
  ...(onPath('redis-server') && onPath('redis-cli') ? [] : ['redis-server']),
  ...(onPath('openssl') ? [] : ['openssl']),
  ...(onPath('strace') ? [] : ['strace']),
]
if (packages.length > 0) {
  const apt = spawnSync('apt-get', ['--version']).status === 0
  if (process.getuid?.() !== 0 || !apt) {
    console.error(
      `The tests need: ${packages.join(', ')}. Install, on Debian: sudo apt-get install -y ${packages.join(' ')}`,
    )
    console.error('Where Chromium is somewhere else, name it: CHROMIUM=/path/to/chromium npm test')
    process.exit(1)
  }
  console.log(`installing ${packages.join(', ')}`)
  const quiet = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }
  execFileSync('apt-get', ['update', '-qq'], quiet)
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], quiet)
}
