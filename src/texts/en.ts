/**
 * Every text that a person reads on a page, in English, which every other language falls back to. `{name}` is a value;
 * `[…]` is the part of a sentence that is a link.
 */
export const en = {
  'brand.help': 'Get help',
  'account.use_another': 'Use another account',
  'action.continue': 'Continue',
  'action.continue_as': 'Continue as {account}',
  'action.log_in': 'Log in',
  'action.log_out': 'Log out',
  'client.about': 'About this app',
  'client.policy': 'Privacy',
  'client.terms': 'Terms',
  'client.to_continue': 'to continue to {client}',
  reference: 'Reference {id}',

  'login.title': 'Log in',
  'login.title_to': 'Log in to {client}',
  'login.username': 'User name or email',
  'login.password': 'Password',
  'login.demo': 'Demo: the user is {username}, the password is {password}.',
  'login.wrong': 'The user name or password is wrong.',
  'login.wait': 'Too many attempts. Please try again in {time}.',

  'choose_password.title': 'Choose a password',
  'choose_password.for': 'for {account}',
  'choose_password.new': 'New password',
  'choose_password.again': 'The same again',
  'choose_password.rule': '{min} characters or more. A few words in a row make a good one.',
  'choose_password.save': 'Save the password',
  'choose_password.short': 'This password has fewer than {min} characters. Please choose a longer one.',
  'choose_password.long': 'This password is too long. Please choose a shorter one.',
  'choose_password.differ': 'The two passwords are not the same. Please type them again.',
  'choose_password.done': 'Your password is saved',
  'choose_password.now_log_in': 'Your user name is {account}. [Log in]',
  'choose_password.gone': 'This link no longer works',
  'choose_password.gone_message':
    'It was used already, a newer one was made, or it is older than twenty minutes. Ask whoever sent it to you for another one.',

  'select_account.title': 'Choose an account',

  'consent.title': 'Allow {client}?',
  'consent.heading': '{client} wants access',
  'consent.logged_in_as': 'You are logged in as {account}',
  'consent.not_you': 'Not you? [Use another account]',
  'consent.document': 'Its name and logo come from {host}.',
  'consent.introduced_site':
    'Nobody here has checked this app: it introduced itself. It belongs to whoever runs {host}.',
  'consent.introduced_device':
    'Nobody here has checked this app: it introduced itself, and runs on your own device. Go on only if you have just started it yourself ({host}).',
  'consent.able_to': 'It will be able to',
  'consent.more': '{client} wants more access',
  'consent.also_able_to': 'It will also be able to',
  'consent.known': 'What you have allowed before',
  'consent.until_logout': 'Its access ends when you log out.',
  'consent.after_logout': 'It keeps access after you log out, until you remove it.',
  'consent.destination': 'You will be sent to {host}',
  'consent.deny': 'Deny',
  'consent.approve': 'Approve',

  // What the standard scopes let an application do (OpenID Connect Core §5.4, §11).
  'scope.none': 'Know that you logged in',
  'scope.openid': 'Know who you are',
  'scope.profile': 'See your name and profile',
  'scope.email': 'See your email address',
  'scope.address': 'See your postal address',
  'scope.phone': 'See your phone number',
  'scope.groups': 'See which groups you are in',
  'scope.roles': 'See which roles you have',
  'scope.offline_access': 'Stay connected while you are away',
  'scope.other': 'Use “{scope}”',
  'resource.use': 'Use {resource} for you',

  'not_allowed.title': 'You cannot use this app',
  'not_allowed.account': 'You are logged in as {account}, who is not allowed to use {client}.',
  'not_allowed.groups': 'It is for:',
  'not_allowed.ask': 'If you should be, ask the person who looks after {client} to let you in.',
  'not_allowed.back': 'Go back to {client}',

  'form.stale': 'This page was open for a while, or something has changed since. Please check and try again.',
  'form.no_cookies':
    'Your browser sent no cookie, and this page needs them. Please allow cookies for this site and try again.',
  'form_post.title': 'Continue',
  'form_post.heading': 'One moment',
  'form_post.way_back': 'You are on your way back to the app.',

  'home.title': 'Your account',
  'home.logged_in': 'You are logged in',
  'home.as': 'as {account}',
  'home.apps': 'Apps with access',
  'home.no_apps': 'None yet.',
  'home.remove': 'Remove access',
  'home.remove_of': ' of {client}',
  'home.nobody': 'Log in to see which apps have access to your account, and to take it back.',
  'home.try': 'Try the demo',

  'logout.title': 'Log out?',
  'logout.logged_in_as': 'You are logged in as {account}.',
  'logout.stay': 'Stay logged in',
  'logout.will_stay':
    'You will stay here afterwards: the application asked to bring you back in a way that cannot be trusted.',
  'logged_out.title': 'Logged out',
  'logged_out.heading': 'You are logged out',
  'logged_out.going_back': 'You are being sent back. [Continue]',
  'logged_out.close': 'You can close this page, or [log in again].',
  'logged_out.frame': 'Logging out of an application',
  'logged_out.stays': 'You were not sent back: the application asked for it in a way that cannot be trusted.',

  'error.ours': 'Please try again',
  'error.ours_message':
    'Something did not work on our side. Reload this page in a moment; you will not lose your place.',
  'error.theirs': 'This link does not work',
  'error.theirs_message': 'The application that sent you here made a mistake: {problem}.',
  'error.unknown_client':
    '{client}, an application that nobody here has used yet, made a mistake: {problem}. If you did not mean to use it, close this page.',
  'error.blocked': 'This app is blocked here',
  'error.blocked_message':
    'Whoever looks after this server lets nobody log in to it. If you did not mean to use it, close this page.',
  'error.back_to': 'Go back to {host}',
  'error.nothing': 'There is nothing here',
  'error.nothing_message': 'The address may be misspelled, or an application sent you to the wrong place.',
  'error.start_page': 'Go to the start page',
} as const
