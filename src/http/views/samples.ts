import { say } from '../../texts/text.ts'
import type { Notice } from './view.ts'

// What the samples of several views share.
export const NAME = 'Sample <App>'
export const URI = 'https://app.example/'
export const CLIENT = { name: NAME, logo_uri: URI, client_uri: URI, policy_uri: URI, tos_uri: URI }
export const ACCOUNT = { name: 'Ada Lovelace', username: 'ada' }
export const NOTICE: Notice = { tone: 'error', text: say('login.wrong') }
export const FORM = { action: '/sample', csrf: 'sample' }
