// What only helps: every page works without it. Its words are the page's, in attributes of it.

// Show password: a button that is there only with a script.
for (const field of document.querySelectorAll('input[type="password"][data-show]')) {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'peek'
  const show = (isShown) => {
    const { selectionStart, selectionEnd } = field
    field.type = isShown ? 'text' : 'password'
    field.setSelectionRange(selectionStart, selectionEnd)
    button.textContent = isShown ? field.dataset.hide : field.dataset.show
    button.setAttribute('aria-pressed', String(isShown))
  }
  show(false)
  button.addEventListener('click', () => {
    show(field.type === 'password')
    field.focus()
  })
  // Whoever has gone on by then is not called back.
  const isNext = field.autofocus && document.activeElement === document.body
  const hadFocus = document.activeElement === field || isNext
  const around = document.createElement('div')
  around.className = 'peeked'
  field.replaceWith(around)
  around.append(field, button)
  // Whoever types does not lose their place by it.
  if (hadFocus) field.focus()
  // Nothing that was shown is sent, or kept by the browser, as a text.
  field.form.addEventListener('submit', () => show(false))

  const caps = document.createElement('p')
  caps.className = 'hint'
  caps.setAttribute('aria-live', 'polite')
  around.after(caps)
  const look = (event) => {
    caps.textContent = event.getModifierState?.('CapsLock') ? field.dataset.caps : ''
  }
  field.addEventListener('keydown', look)
  field.addEventListener('keyup', look)
}

// Whoever has to wait sees how long: the button waits, too.
const wait = document.querySelector('[data-wait]')
if (wait) {
  const button = document.querySelector('form[method="post"] button[type="submit"]')
  const said = button.textContent
  const end = Date.now() + Number(wait.dataset.wait) * 1000
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000)
    button.disabled = left > 0
    button.textContent = left > 0 ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}` : said
    if (left > 0) setTimeout(tick, 250)
  }
  tick()
}

// Twice is no better than once, but whoever stopped the first may try again.
for (const form of document.querySelectorAll('form[method="post"]')) {
  let isSent = false
  form.addEventListener('submit', (event) => {
    if (isSent) return event.preventDefault()
    isSent = true
    setTimeout(() => {
      isSent = false
    }, 5000)
  })
}
// A page that comes back from the browser's memory begins anew.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload()
})
