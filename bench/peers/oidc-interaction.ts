import type { Logger } from '../../src/http/logger.ts'
import { SCOPE } from '../harness/registration.ts'
import { readForm } from './forms.ts'
import { consentPage, isPassword, loginPage } from './pages.ts'

/**
 * The pages that oidc-provider leaves to whoever uses it: login, then consent, in the smallest form. They have no token
 * against forged posts, and count no wrong passwords.
 */
// biome-ignore lint/suspicious/noExplicitAny: objects of a library that is not there when this is checked
export async function answerInteraction(provider: any, context: any, log: Logger): Promise<void> {
  const { req: request, res: response, path, requestId: req } = context
  const details = await provider.interactionDetails(request, response)
  const asked = details.prompt.name
  if (context.method === 'GET') {
    context.type = 'html'
    context.body = asked === 'login' ? loginPage(path) : consentPage(path)
    return
  }
  const form = await readForm(request)
  const result = asked === 'login' ? await login(form) : await approve(provider, details)
  const sub = details.session?.accountId ?? form.username
  const event = result === undefined ? 'login_failed' : asked === 'login' ? 'login' : 'consent_granted'
  log.info({ req, event, client_id: details.params.client_id, sub }, event)
  if (result === undefined) {
    context.status = 401
    context.body = 'wrong'
    return
  }
  const location = await provider.interactionResult(request, response, result, {
    mergeWithLastSubmission: true,
  })
  context.status = 303
  context.redirect(location)
}

async function login({ username = '', password = '' }: Record<string, string>) {
  return (await isPassword(username, password)) ? { login: { accountId: username } } : undefined
}

// biome-ignore lint/suspicious/noExplicitAny: as above
async function approve(provider: any, { session, params }: any) {
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id })
  grant.addOIDCScope(`openid ${SCOPE}`)
  return { consent: { grantId: await grant.save() } }
}
