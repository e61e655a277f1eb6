/** What the refusal of a request object takes from it. */
export interface RefusedObject {
  state?: string
  response_mode?: string
}

/**
 * Reads `state` and `response_mode` out of a request object (OpenID Connect Core §6.1) that is refused, so that its
 * client hears of that where it listens. Nothing is verified, and need not be: both could stand in the query, in
 * anybody's words. Only strings of a JWS whose payload is a JSON object; anything else is as if it were not there.
 */
export function readRefusedObject(text: string | undefined): RefusedObject {
  const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(text ?? '') ?? []
  if (payload === undefined) return {}
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return {}
    const { state, response_mode } = claims as Record<string, unknown>
    return {
      ...(typeof state === 'string' && state !== '' && { state }),
      ...(typeof response_mode === 'string' && { response_mode }),
    }
  } catch {
    return {}
  }
}
