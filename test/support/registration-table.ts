/** A registration of which little is left to say. */
export const LEAST = {
  redirect_uris: ['http://127.0.0.1/callback', 'https://app.example/callback'],
  token_endpoint_auth_method: 'none',
}

// RFC 7517 appendix A.1.
const KEY = {
  ...{ kty: 'EC', crv: 'P-256', kid: '1' },
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
}

/** The least that a client with keys says. */
export const KEYED = { ...LEAST, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [KEY] } }

/** The ways to authenticate, and the least that says each. */
export const WAYS: Record<string, Readonly<Record<string, unknown>>> = {
  'nothing to authenticate with': LEAST,
  'a secret': { ...LEAST, token_endpoint_auth_method: 'client_secret_post' },
  keys: KEYED,
  'keys, or nothing': { ...KEYED, token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'] },
}

/** The scopes of a server where strangers may have `read` and `write`. */
export const OFFERED = 'openid profile offline_access read write'

/** What can be registered, and what it becomes: everything else leaves no trace. */
export const TABLE: Record<string, readonly (readonly [sent: unknown, becomes: unknown])[]> = {
  redirect_uris: [
    [['https://a.example/cb', 'https://a.example/cb'], ['https://a.example/cb']],
    [
      ['http://127.0.0.1:1234/cb', 'com.example.app:/cb', 'cursor://cb', 'myapp:/cb'],
      ['http://127.0.0.1:1234/cb', 'com.example.app:/cb', 'cursor://cb'],
    ],
  ],
  grant_types: [
    [undefined, ['authorization_code', 'refresh_token']],
    [null, ['authorization_code', 'refresh_token']],
    [['authorization_code'], ['authorization_code']],
    [
      [
        ...['authorization_code', 'implicit', 'password', 'client_credentials', 'refresh_token'],
        'urn:ietf:params:oauth:grant-type:jwt-bearer',
        'urn:ietf:params:oauth:grant-type:saml2-bearer',
        'urn:ietf:params:oauth:grant-type:device_code',
        'urn:ietf:params:oauth:grant-type:token-exchange',
        'urn:openid:params:grant-type:ciba',
      ],
      ['authorization_code', 'refresh_token'],
    ],
  ],
  response_types: [
    [undefined, ['code']],
    [
      [
        'code',
        'token',
        'id_token',
        'id_token token',
        'code id_token',
        'code token',
        'code id_token token',
        'none',
      ],
      ['code'],
    ],
  ],
  scope: [
    [undefined, OFFERED],
    ['', OFFERED],
    ['read', 'read'],
    ['write read openid', 'openid read write'],
    ['read admin email own files', 'read'],
    ['admin email own files', OFFERED],
  ],
  token_endpoint_auth_method: [
    ['none', 'none'],
    ['client_secret_basic', 'client_secret_basic'],
    ['client_secret_post', 'client_secret_post'],
    [undefined, 'client_secret_basic'],
  ],
  client_name: [
    ['An app', 'An app'],
    [undefined, '127.0.0.1'],
    [true, '127.0.0.1'],
  ],
  ...Object.fromEntries(
    ['client_uri', 'policy_uri', 'tos_uri'].map((name) => [
      name,
      [
        ['https://app.example/page', 'https://app.example/page'],
        ['http://app.example/page', undefined],
        ['javascript:alert(1)', undefined],
        [['https://app.example/page'], undefined],
      ],
    ]),
  ),
}

/** What a client with keys can say beside that, and what it becomes. Without keys it leaves no trace. */
export const KEYED_TABLE: typeof TABLE = {
  jwks: [
    [{ keys: [KEY], other: true }, { keys: [KEY] }],
    [{ keys: [{ ...KEY, use: 'enc' }, { kty: 'new' }, KEY] }, { keys: [KEY] }],
  ],
  token_endpoint_auth_signing_alg: [
    ['ES256', 'ES256'],
    ['HS256', undefined],
    ['none', undefined],
  ],
  token_endpoint_auth_methods_supported: [
    [
      ['none', 'private_key_jwt'],
      ['private_key_jwt', 'none'],
    ],
    [['client_secret_basic', 'tls_client_auth', 'private_key_jwt'], undefined],
  ],
}

/** Members that are registered at IANA, or of ours, beside those that the configuration knows. */
export const OTHERS = `
  application_type authorization_data_encrypted_response_alg authorization_details_types authorization_encrypted_response_alg
  authorization_encrypted_response_enc authorization_signed_response_alg backchannel_authentication_request_signing_alg
  backchannel_client_notification_endpoint backchannel_token_delivery_mode backchannel_user_code_parameter client_id_issued_at
  client_registration_types client_secret_expires_at client_uri#fr contacts default_acr_values
  dpop_bound_access_tokens id_token_encrypted_response_alg id_token_encrypted_response_enc initiate_login_uri
  introspection_encrypted_response_alg introspection_encrypted_response_enc introspection_signed_response_alg
  logo_uri#fr organization_name registration_access_token registration_client_uri request_object_encryption_alg
  request_object_encryption_enc request_object_signing_alg request_uris require_pushed_authorization_requests
  require_signed_request_object signed_jwks_uri software_id software_statement software_version tls_client_auth_san_dns
  tls_client_auth_san_email tls_client_auth_san_ip tls_client_auth_san_uri tls_client_auth_subject_dn
  tls_client_certificate_bound_access_tokens token_endpoint_auth_methods_supported tos_uri#fr
  use_mtls_endpoint_aliases userinfo_encrypted_response_alg userinfo_encrypted_response_enc
  introduced own_tokens auth_methods secret keys lifetimes ended_before disabled public audience resource client_secret_digest
  __proto__ constructor toString
`
  .trim()
  .split(/\s+/)

/** Nothing is fetched for a stranger, and whoever sent it relies on it: refused, not left out. */
export const REFUSED = ['sector_identifier_uri']
