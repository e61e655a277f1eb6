import { readFileSync } from 'node:fs'

// A tick of the kernel's count, in microseconds: a hundredth of a second on every Linux of today.
const TICK = 10_000

/** CPU microseconds of a process and of its children, as the kernel counts them: to ten milliseconds. */
export function cpuOfTree(pid: number): number {
  // The name, in brackets, may hold anything.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  const own = (Number(fields[11]) + Number(fields[12])) * TICK
  return childrenOf(pid).reduce((sum, child) => sum + cpuOfTree(child), own)
}

/** Resident bytes of a process and of its children; pages that they share count for each. */
export function residentOfTree(pid: number): number {
  const kilobytes = /VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0'
  return childrenOf(pid).reduce((sum, child) => sum + residentOfTree(child), Number(kilobytes) * 1024)
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number)
}
