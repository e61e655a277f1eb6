import bcrypt from 'bcrypt'
import { personName } from '../harness/registration.ts'
import { settings } from '../servers/server.ts'

const { people, passwordHash } = settings()
const names = new Set(Array.from({ length: people }, (_, index) => personName(index)))

/** Whether there is such a person. */
export const isPerson = (name: string): boolean => names.has(name)

/** Whether it is the person's password, by bcrypt. */
export async function isPassword(name: string, password: string): Promise<boolean> {
  return isPerson(name) && bcrypt.compare(password, passwordHash)
}

/** The smallest page that asks for name and password. `action` needs no escaping. */
export function loginPage(action: string): string {
  return page(action, '<input name="username"><input name="password" type="password"><button>Log in</button>')
}

/** The smallest page that asks for a decision. */
export function consentPage(action: string): string {
  return page(action, '<button name="decision" value="approve">Approve</button>')
}

function page(action: string, fields: string): string {
  return `<!doctype html><title>Page</title><form method="post" action="${action}">${fields}</form>`
}
