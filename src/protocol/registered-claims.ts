/**
 * Names that say something about a token, a login or a protocol: whoever reads them trusts them. No claim of an operator's own,
 * and no renamed one, may take one of them (RFC 7519 §4.1, RFC 9068, RFC 7662, RFC 8693, OpenID Connect and its logout). The last
 * one is no claim of anybody's: in many languages it would change the object that it is put into.
 */
export const REGISTERED_CLAIMS: ReadonlySet<string> = new Set(
  (
    'iss sub aud exp iat nbf jti typ azp act may_act cnf scope client_id active sid nonce acr amr auth_time at_hash c_hash ' +
    's_hash rt_hash events toe txn username token_type token_use authorization_details sub_jwk sub_id vot vtm ' +
    'trust_framework _claim_names _claim_sources error error_description __proto__'
  ).split(' '),
)
