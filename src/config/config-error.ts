/** The configuration is wrong. The message is one line for the operator: what, where, and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
