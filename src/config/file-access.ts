import { accessSync, constants, realpathSync, type Stats, statfsSync, statSync } from 'node:fs'
import { platform } from 'node:os'
import { dirname, isAbsolute, resolve } from 'node:path'
import { ConfigError } from './config-error.ts'

/** Why the file at `path` could not be read, and what helps: completes "…, which". */
export function readProblem(error: unknown, path: string): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return `does not exist${isAbsolute(path) ? '' : ` (looked for as ${resolve(path)})`}; in a container it must be mounted with -v`
    case 'EISDIR':
      return 'is a folder; Docker makes one where -v names a file that is not there: remove the folder, and mount the file'
    case 'ENOTDIR':
      return 'goes through something that is not a folder'
    case 'EACCES':
    case 'EPERM':
      return `cannot be read by ${user()}; chown it to that user or chmod it, and its folder too (with SELinux, mount it with :z)`
    default:
      return `cannot be read: ${codeOf(error)}`
  }
}

/** The same for a file that is replaced as a whole, in its folder. */
export function writeProblem(error: unknown, path: string): string {
  const folder = dirname(resolve(path))
  const { syscall } = error as NodeJS.ErrnoException
  if (syscall === 'chown') return `belongs to somebody else than ${user()}; chown it to that user`
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `cannot be written: the folder ${folder} does not exist; make it, or mount it`
    case 'EACCES':
    case 'EPERM':
      return `cannot be written: ${user()} may not write in the folder ${folder}; chown the folder to that user`
    case 'EROFS':
      return `cannot be written: the folder ${folder} is read-only; mount a writable one there`
    case 'EBUSY':
      return `cannot be replaced, because it is a mount of its own; mount its folder ${folder} instead`
    case 'ENOSPC':
    case 'EDQUOT':
      return `cannot be written: there is no space left in ${folder}`
    default:
      return `cannot be written: ${codeOf(error)}`
  }
}

/** Whether a file could be made at `path`, or replaced; throws what writing would throw. */
export function tryFolder(path: string): void {
  accessSync(dirname(resolve(path)), constants.W_OK | constants.X_OK)
}

/**
 * Whoever may write a file that the server believes can let himself in. Throws `ConfigError` if everybody may; returns
 * what the operator should know of somebody else who may. `name` says what the file is in messages.
 */
export function checkWriters(name: string, path: string): string[] {
  const file = statSync(path, { throwIfNoEntry: false })
  // A pipe, or a terminal, is whose process it is.
  if (!file?.isFile() || !hasModes(path)) return []
  if ((file.mode & 0o002) !== 0) {
    throw new ConfigError(`${name} can be changed by everybody (mode ${octal(file)}); chmod go-w it`)
  }
  const folder = statSync(dirname(realpathSync(path)), { throwIfNoEntry: false })
  // With the sticky bit, as in /tmp, only the owner of a file may replace it.
  const replaceable = folder !== undefined && (folder.mode & 0o1002) === 0o002
  return [
    ...(othersOfGroup(file)
      ? [`${name} can be changed by the group ${file.gid} (mode ${octal(file)}); chmod g-w it`]
      : []),
    ...(replaceable
      ? [
          `${name} can be replaced by everybody, because its folder has the mode ${octal(folder)}; chmod o-w the folder`,
        ]
      : []),
  ]
}

// A group of the process' own is how Kubernetes (fsGroup) and a umask of 002 give a file to this user.
function othersOfGroup({ mode, gid }: Stats): boolean {
  return (mode & 0o020) !== 0 && !(process.getgroups?.() ?? []).includes(gid)
}

// statfs(2): 9p (WSL, Docker Desktop on Windows), FUSE (Docker Desktop), SMB, FAT, NTFS and the shared folders of
// virtual machines. What they show as mode is made up, mostly 777, and chmod changes nothing.
const FOREIGN: ReadonlySet<number> = new Set([
  0x01021997, 0x65735546, 0xff534d42, 0xfe534d42, 0x517b, 0x4d44, 0x2011bab0, 0x786f4256, 0xbacbacbc,
  0x7c7c6673, 0x7366746e, 0x5346544e,
])

// Windows has none either.
function hasModes(path: string): boolean {
  return platform() !== 'win32' && !FOREIGN.has(statfsSync(path).type >>> 0)
}

function octal({ mode }: Stats): string {
  return (mode & 0o7777).toString(8)
}

function user(): string {
  const uid = process.getuid?.()
  return uid === undefined ? 'this user' : `this user (uid ${uid})`
}

function codeOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string }
  return code ?? message ?? String(error)
}
