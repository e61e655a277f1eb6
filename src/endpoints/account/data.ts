import type { FastifyInstance } from 'fastify'
import { readPerson } from '../../users/person-changes.ts'
import { visitorAt } from '../visitor.ts'
import { ACCOUNT, type AccountContext } from './account.ts'
import { appsOf } from './apps.ts'
import { elevate, isElevated } from './elevation.ts'
import { loginsOf } from './logins.ts'

/**
 * `GET /account/data`: everything that is kept of a person, as JSON, for who has lately proven who they are. Nothing that proves them
 * is in it.
 */
export function registerAccountData(app: FastifyInstance, context: AccountContext): void {
  app.get(`${ACCOUNT}/data`, async (request, reply) => {
    const visitor = await visitorAt({ request, reply }, context)
    const now = context.now()
    if (visitor === undefined || !isElevated(visitor, now))
      return elevate({ request, reply }, 'data', context.base)
    const { sub, username, claims, groups, roles, own_claims } = visitor.user
    const [apps, logins, grants, consents, happened, record] = await Promise.all([
      appsOf(visitor, now, context),
      loginsOf(visitor, now, context),
      context.grants.ofSubject(sub, now),
      context.consents.ofSubject(sub, now),
      context.activity.of(visitor.user, now),
      context.people && readPerson(context.people.store, sub),
    ])
    const names = new Map(apps.map(({ client }) => [client.client_id, client.client_name]))
    const data = {
      made_at: new Date(now * 1000).toISOString(),
      issuer: context.issuer,
      person: { sub, username, claims, groups, roles, own_claims, ...(record && { since: record.since }) },
      logins,
      consents: consents.map(({ revision: _, schema: __, ...consent }) => ({
        ...consent,
        client_name: names.get(consent.client_id),
      })),
      grants: grants.map(({ grant }) => ({
        client_id: grant.client_id,
        client_name: names.get(grant.client_id),
        ...{ scope: grant.scope, resource: grant.resource },
        ...{ created_at: grant.created_at, auth_time: grant.auth_time, expires_at: grant.expires_at },
      })),
      happened,
    }
    return reply
      .type('application/json; charset=utf-8')
      .header('content-disposition', 'attachment; filename="account.json"')
      .send(JSON.stringify(data, undefined, 2))
  })
}
