import { type BenchClient, CLIENTS } from '../harness/registration.ts'
import { workload } from '../harness/workloads.ts'
import { introspectRequest, serviceRequest } from './actor.ts'
import type { Response } from './http.ts'
import type { Job, ProbeResult } from './job.ts'
import { ask, walk } from './once.ts'
import { newBrowser, prepare } from './prepare.ts'
import { Visit } from './visit.ts'

const WRONG_SECRET = 'a-secret-of-32-random-characterz'
const wrong = (client: BenchClient) => ({ ...client, client_secret: WRONG_SECRET })

/** What a server does with what it must refuse; and the shape of its right answer, for servers that claim to send the same. */
export async function probe(job: Job): Promise<ProbeResult> {
  const accepted: string[] = []
  const { sends, needs } = workload(job.workload)
  if (job.dialect.genuine !== false) {
    if (
      gives(
        await ask(job.port, serviceRequest(job, wrong(sends === 'jwt' ? CLIENTS.jwt : CLIENTS.service))),
        'access_token',
      )
    )
      accepted.push('a wrong client secret at the token endpoint')
    if (
      needs.includes('introspect') &&
      gives(await ask(job.port, introspectRequest(job, 'x', wrong(CLIENTS.resource))), 'active')
    )
      accepted.push('a wrong client secret at introspection')
    if (['flow', 'openid_flow', 'login', 'refresh'].includes(sends)) {
      if (await reaches(job, { password: 'wrong' })) accepted.push('a wrong password')
      if (await reaches(job, { verifier: `${'x'.repeat(50)}` })) accepted.push('a wrong code verifier')
    }
  }
  const [actor] = await prepare({ ...job, connections: 1, people: 1 })
  if (actor === undefined) throw new Error('nothing to ask')
  const right = await walk(job.port, actor)
  const headers = right.head.match(/(?<=\r\n)[^:\r]+/g) ?? []
  return {
    accepted,
    status: right.status,
    bytes: right.body.length,
    headers: headers.map((name) => name.toLowerCase()).sort(),
  }
}

function gives({ status, body }: Response, name: string): boolean {
  return status === 200 && body.includes(`"${name}":`) && !body.includes('"active":false')
}

/** Whether a visit with something wrong in it comes to tokens. */
async function reaches(job: Job, manner: { password?: string; verifier?: string }): Promise<boolean> {
  try {
    await walk(job.port, new Visit(job, newBrowser(0), { pages: true, ...manner }))
    return true
  } catch {
    return false
  }
}
