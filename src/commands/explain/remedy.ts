/** What a line of the log means to whoever runs the server. */
export interface Remedy {
  /** The rule that was broken. */
  rule: string
  /** The one thing to do about it. */
  remedy: string
}

/** What a reason of a refusal means. */
export interface ReasonRemedy extends Remedy {
  /** The sentence of the reason. */
  says: RegExp
}
