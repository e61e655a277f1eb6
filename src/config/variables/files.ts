import { text } from './variable.ts'

/** The files that say what the server does and how it looks. */
export const FILES = {
  CONFIG_FILE: text('', 'YAML or JSON file with clients, users and scopes. Without one the demo runs.'),
  VIEWS_DIR: text(
    '',
    "A folder with templates to use instead of the built-in ones; start from a copy of 'views'.",
  ),
} as const
