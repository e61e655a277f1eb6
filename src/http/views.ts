import type { Text } from '../texts/text.ts'

/**
 * What each template in `views/` receives, where each `Text` is a string in the language of the page. One type per view: a
 * template sees nothing that is not named here, and `PageTexts`.
 */

/** A sentence above a form: what went wrong, or what changed since the page was loaded. */
export interface Notice {
  tone: 'error' | 'info'
  text: Text
}

/** The application that asks, as its registration describes it. */
export interface ClientView {
  name: string
  logo_uri?: string
  client_uri?: string
  policy_uri?: string
  tos_uri?: string
}

/** The person who is logged in. `name` falls back to the user name. */
export interface AccountView {
  name: string
  username: string
}

/** What an application may do: a sentence of ours, or the operator's own. */
export type Sentence = Text | string

/** One standing permission on the signed-in page. */
export interface AppView {
  client: ClientView
  scopes: readonly Sentence[]
  client_id: string
  csrf: string
}

export interface Views {
  login: {
    action: string
    csrf: string
    username: string
    notice?: Notice
    client?: ClientView
    /** Shown only by the demo: the account to try. */
    demo?: { username: string; password: string }
  }
  'select-account': {
    action: string
    csrf: string
    client: ClientView
    account: AccountView
    /** The login page for this request, for somebody else. */
    other_href: string
    notice?: Notice
  }
  consent: {
    action: string
    csrf: string
    client: ClientView
    account: AccountView
    switch_href: string
    /** One sentence for each scope. */
    scopes: readonly Sentence[]
    /** How long the access lasts, if it is renewed. */
    stays?: 'until_logout' | 'after_logout'
    /** Where the browser goes next, if it is elsewhere: a host name, or a scheme for an app on this device. */
    redirect_host?: string
    notice?: Notice
  }
  error: {
    heading: Text
    message: Text
    /** The RFC's error code, for the developer who reads over the person's shoulder. */
    error?: string
    request_id: string
    /** A place to go on, if there is one. */
    link?: { href: string; text: Text }
  }
  logout: {
    action: string
    csrf: string
    /** Nobody is logged in (any more) if this is absent. */
    account?: AccountView
    /** Applications that are told of the logout by loading these. */
    frames?: readonly string[]
    /** Where the browser goes on to. */
    continue_href?: string
    notice?: Notice
    /** Parameters of the application's request that were not believed. */
    refused?: readonly string[]
    /** What the log has of it. */
    request_id?: string
  }
  home: {
    account?: AccountView
    apps: readonly AppView[]
    login_href: string
    logout_href: string
    remove_action: string
    /** The walk-through's URL, in the demo. */
    try_href?: string
    notice?: Notice
  }
  'form-post': {
    action: string
    parameters: readonly { name: string; value: string }[]
  }
}

export type ViewName = keyof Views

/** What every page's frame gets beside the view's own data. */
export interface Frame {
  title: string
  /** URL prefix of this server's own paths: '' or the issuer's path. */
  base: string
  /** Version of the assets, for their URLs. */
  assets: string
}
