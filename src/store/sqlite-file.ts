import { chmodSync, closeSync, lstatSync, openSync, readFileSync, type Stats, statfsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** What is wrong with the place of a store file, and what to know of it. */
export interface Place {
  /** Why the server must not use it, with what to do. */
  problem?: string
  /** What the operator should know. */
  remarks: readonly string[]
}

// Linux: <linux/magic.h>. Locks do not hold there, or not as SQLite needs them.
const REFUSED = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
])
const GOOD = new Set([0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x2fc12fc1])
// What SQLite reads and writes beside the file; of a journal it takes pages into the file at the next opening.
const BESIDE = ['-wal', '-shm', '-journal']
const TMPFS = 0x01021994
const OVERLAY = 0x794c7630

/**
 * Looks at where a store file is, or is to be, and makes it with the mode 0600 if there is none: SQLite gives its own files
 * the mode and owner of that one. Throws what the file system throws.
 */
export function preparePlace(file: string): Place {
  const remarks: string[] = []
  const folder = dirname(resolve(file))
  const { type } = statfsSync(folder)
  const refused = REFUSED.get(type)
  if (refused !== undefined)
    return {
      remarks,
      problem: `is on ${refused}, where locks cannot be relied on; use a disk of this machine`,
    }
  const inFolder = lstatSync(folder, { bigint: false })
  const everybody = (inFolder.mode & 0o002) !== 0 && (inFolder.mode & 0o1000) === 0
  if (everybody && !inFolder.isSymbolicLink())
    return { remarks, problem: `is in a folder that everybody can write; run: chmod o-w ${folder}` }
  for (const name of [file, ...BESIDE.map((suffix) => `${file}${suffix}`)]) {
    const problem = inspect(name, lookAt(name), remarks)
    if (problem !== undefined) return { remarks, problem }
  }
  // Exclusive: what comes in between is not followed.
  if (lookAt(file) === undefined) closeSync(openSync(file, 'wx', 0o600))
  const what = kindOf(type, folder)
  if (what !== undefined) remarks.push(`SQLITE_FILE is ${what}`)
  return { remarks }
}

function inspect(name: string, found: Stats | undefined, remarks: string[]): string | undefined {
  if (found === undefined) return undefined
  // Whoever may write the folder could have the server write elsewhere.
  if (found.isSymbolicLink()) return `is, or has beside it, a symbolic link (${name}); name the file itself`
  if (!found.isFile()) return `is, or has beside it, what is not a file (${name}); name another one`
  const own = process.getuid?.()
  if (own !== undefined && found.uid !== own)
    return `belongs to another user (${name}: uid ${found.uid}, this process ${own}); run: chown ${own} ${name}`
  if ((found.mode & 0o077) !== 0) {
    chmodSync(name, 0o600)
    remarks.push(`${name} could be read or written by others; it has the mode 0600 now`)
  }
  return undefined
}

function lookAt(name: string): Stats | undefined {
  return lstatSync(name, { throwIfNoEntry: false })
}

/** What is odd about where the file is; undefined if nothing is. */
function kindOf(type: number, folder: string): string | undefined {
  if (type === TMPFS)
    return 'in memory (tmpfs): it is GONE with the next start of the machine or container; name a file on a disk'
  const root = mountRoot(folder)
  if (type === OVERLAY)
    return "in the container's own layer: it is GONE with the container; mount a volume, such as -v postern:/data"
  if (root !== undefined && /\/volumes\/[0-9a-f]{64}\/_data/.test(root))
    return 'on a volume without a name, which no other container finds again; name it, such as -v postern:/data'
  return GOOD.has(type)
    ? undefined
    : `on a file system of the type 0x${type.toString(16)}, which was not tried: see whether locks hold there`
}

/** What is mounted where this folder is: the path on its device, as the kernel tells it (proc(5), mountinfo). */
function mountRoot(folder: string): string | undefined {
  try {
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n')
    const places = mounts.map((line) => line.split(' ')).map(([, , , root = '', at = '']) => ({ root, at }))
    const around = places.filter(({ at }) => folder === at || folder.startsWith(at === '/' ? '/' : `${at}/`))
    return around.sort((one, other) => other.at.length - one.at.length)[0]?.root
  } catch {
    return undefined
  }
}
