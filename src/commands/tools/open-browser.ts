import { spawn } from 'node:child_process'

/** Opens a URL as somebody's desktop does. Where there is none nothing happens: the URL was printed, too. */
export function openBrowser(url: string): void {
  const [program, ...first] = PROGRAMS[process.platform] ?? ['xdg-open']
  spawn(program as string, [...first, url], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref()
}

const PROGRAMS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ['open'],
  // Not by the shell, to which the & of a URL would be the end of a command.
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}
