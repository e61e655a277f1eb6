import { oneOf, text } from './variable.ts'

/** The files that say what the server does and how it looks. */
export const FILES = {
  CONFIG_FILE: text('', 'YAML or JSON file with clients, users and scopes. Without one the demo runs.'),
  CONFIG_WATCH: oneOf(
    ['false', 'true'],
    'false',
    'Whether CONFIG_FILE is applied when another file takes its place, as by mv, git or Kubernetes: within seconds, as by SIGHUP. A file that is written in place may be half done: the log only says so.',
  ),
  VIEWS_DIR: text(
    '',
    'A folder with templates and assets to use instead of the built-in ones of the same name.',
  ),
} as const
